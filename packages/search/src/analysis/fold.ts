/** Letters that Unicode does not decompose but people type without their marks. */
const PLAIN: Readonly<Record<string, string>> = {
  ß: "ss",
  æ: "ae",
  œ: "oe",
  ø: "o",
  đ: "d",
  ð: "d",
  þ: "th",
  ł: "l",
  ħ: "h",
  ŋ: "n",
  ı: "i",
  ς: "σ",
  ё: "е",
};
const PLAINABLE = new RegExp(`[${Object.keys(PLAIN).join("")}]`, "gu");
const ASCII = /^[\x00-\x7f]*$/;
/** Letters with marks on them of the scripts in which accents do not make another letter, as й is another than и. */
const MARKED = /([\p{sc=Latin}\p{sc=Greek}])(\p{M}+)/gu;
const ACCENTS = /[\u0300-\u036f]/g;
/** Vowel points and the like, which Hebrew and Arabic are mostly written without; joiners, soft hyphens, variation selectors. */
const OPTIONAL =
  /[\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a\u0640\u064b-\u065f\u0670\u06d6-\u06ed\u00ad\u200b-\u200d\u2060\ufe00-\ufe0f\ufeff]/gu;

/**
 * One form for all spellings of a word: compatibility forms (full-width, ligatures) and letter case are unified, accents
 * of Latin and Greek and optional points of Hebrew and Arabic dropped. `Café`, `CAFE` and `cafe` are one word, and so are
 * composed and decomposed text.
 */
export function fold(word: string): string {
  if (ASCII.test(word)) return word.toLowerCase();
  return word
    .normalize("NFKC")
    .toLowerCase()
    .replace(OPTIONAL, "")
    .normalize("NFD")
    .replace(MARKED, (_, letter: string, marks: string) => letter + marks.replace(ACCENTS, ""))
    .normalize("NFC")
    .replace(PLAINABLE, (letter) => PLAIN[letter] ?? letter);
}

/**
 * A word as stemmers take it: compatibility forms and letter case unified as in `fold`, optional points dropped, accents
 * kept. `İ` is an `i`.
 */
export function lower(word: string): string {
  if (ASCII.test(word)) return word.toLowerCase();
  return word.normalize("NFKC").toLowerCase().replace(OPTIONAL, "").normalize("NFC").replaceAll("i\u0307", "i");
}
