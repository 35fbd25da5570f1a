import { stemmer } from "stemmer";

/** The English stop words of the Snowball project (BSD), without its contractions. */
export const STOP_WORDS: ReadonlySet<string> = new Set(
  (
    "i me my myself we our ours ourselves you your yours yourself yourselves he him his himself she her hers herself it its " +
    "itself they them their theirs themselves what which who whom this that these those am is are was were be been being have " +
    "has had having do does did doing would should could ought a an the and but if or because as until while of at by for with " +
    "about against between into through during before after above below to from up down in out on off over under again further " +
    "then once here there when where why how all any both each few more most other some such no nor not only own same so than " +
    "too very"
  ).split(" "),
);

/** Lower-case words: runs of letters, marks and digits. */
export function words(text: string): string[] {
  return text.toLowerCase().match(/[\p{L}\p{M}\p{N}]+/gu) ?? [];
}

/** A word's stem by Porter's algorithm; undefined for stop words. */
export function stemOf(word: string): string | undefined {
  const lower = word.toLowerCase();
  return STOP_WORDS.has(lower) ? undefined : stemmer(lower);
}
