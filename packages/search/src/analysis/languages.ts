import { fold } from "./fold.ts";
import { type Script, STEMMERS } from "./stemmers.ts";
import { stopWords } from "./stoplists.ts";
import type { Language } from "./types.ts";

export { clueOf, detectLanguage, LanguageTally } from "./detect.ts";
export type { Clue } from "./detect.ts";

/** The languages that have a stemmer and stop words, in the order of their codes. */
export const LANGUAGES: readonly Language[] = [...STEMMERS.keys()];

const MAX_STEMMABLE = 80;
const WORDS: Readonly<Record<Script, RegExp>> = {
  Latin: /^[\p{sc=Latin}\p{M}]+$/u,
  Cyrillic: /^[\p{sc=Cyrillic}\p{M}]+$/u,
  Greek: /^[\p{sc=Greek}\p{M}]+$/u,
  Arabic: /^[\p{sc=Arabic}\p{M}]+$/u,
};

/**
 * What a word has in common with its other forms, folded: its stem, and that of the word without its accents where that is
 * another, so that what was typed without them is found all the same. One or two; the first is that of the word as it is
 * written. A word in another script, an overlong one and any word of an unknown language is its own stem, folded.
 * @param stemmable as in `Term`: lower-case, with its accents
 */
export function stems(stemmable: string, language: Language): readonly string[] {
  const folded = fold(stemmable);
  const stemmer = STEMMERS.get(language);
  if (stemmer === undefined || stemmable.length > MAX_STEMMABLE || !WORDS[stemmer.script].test(stemmable))
    return [folded];
  const plain = fold(stemmer.stem(folded)) || folded;
  if (folded === stemmable || language === "en") return [plain];
  const stem = fold(stemmer.stem(stemmable)) || folded;
  return stem === plain ? [stem] : [stem, plain];
}

const APOSTROPHE = /['’]/u;

/**
 * Whether a folded word says nothing about what a text is about. Of a contraction, the full words in it decide: `don't` and
 * `it's` are stop words, `l'ecole` is none.
 */
export function isStopWord(folded: string, language: Language): boolean {
  const list = stopWords(language);
  if (list === undefined) return false;
  if (list.has(folded)) return true;
  return APOSTROPHE.test(folded) && folded.split(APOSTROPHE).every((part) => part.length <= 2 || list.has(part));
}
