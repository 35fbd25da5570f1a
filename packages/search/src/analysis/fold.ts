import { stemmer } from "stemmer";

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
/** Accents, where they are not part of the letter as й's is. */
const ACCENTS = /(?<=[\p{sc=Latin}\p{sc=Greek}])[\u0300-\u036f]+/gu;
/** Vowel points and the like, which Hebrew and Arabic are mostly written without; joiners; soft hyphens. */
const OPTIONAL =
  /[\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a\u0640\u064b-\u065f\u0670\u06d6-\u06ed\u00ad\u200b-\u200d\u2060\ufeff]/gu;

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
    .normalize("NFD")
    .replace(ACCENTS, "")
    .replace(OPTIONAL, "")
    .normalize("NFC")
    .replace(PLAINABLE, (letter) => PLAIN[letter] ?? letter);
}

const STEMMABLE = /^[a-z]{3,40}$/;

/** The Porter stem of a folded English word; any other word as it is. */
export function stem(word: string): string {
  return STEMMABLE.test(word) ? stemmer(word) : word;
}
