import fc from "fast-check";
import { eachWord, queryWordTerms, wordTerms } from "../../src/analysis/words.ts";

/** A word of a text, as `eachWord` visits it. */
export interface Visited {
  readonly start: number;
  readonly end: number;
  readonly tail: boolean;
  readonly word: string;
}

/** All words of a text, with where they stand. */
export function visits(text: string): Visited[] {
  const all: Visited[] = [];
  eachWord(text, (start, end, tail) => {
    all.push({ start, end, tail, word: text.slice(start, end) });
  });
  return all;
}

/** The words of a text as they are written. */
export function wordsOf(text: string): string[] {
  return visits(text).map(({ word }) => word);
}

/** The terms of a text with their positions in it, `term@position`. */
export function textTerms(text: string): Set<string> {
  const terms = new Set<string>();
  let position = 0;
  for (const { word } of visits(text)) {
    const found = wordTerms(word);
    for (const { term, at } of found.terms) terms.add(term).add(`${term}@${position + at}`);
    position += found.span;
  }
  return terms;
}

/** The terms of a query. */
export function queryTerms(query: string): string[] {
  return visits(query).flatMap(({ word, tail }) => queryWordTerms(word, tail).map(({ term }) => term));
}

/** Whether a text with `written` in it is found by `asked`: by all that is asked. */
export function finds(written: string, asked: string): boolean {
  const there = textTerms(`before ${written} after`);
  const terms = queryTerms(asked);
  return terms.length > 0 && terms.every((term) => there.has(term));
}

/** Whether the smallest terms of a query stand one after the other in a text. */
export function findsPhrase(written: string, asked: string): boolean {
  const there = textTerms(written);
  const wanted: { term: string; at: number }[] = [];
  let position = 0;
  for (const { word, tail } of visits(asked)) {
    for (const { term, at } of queryWordTerms(word, tail)) wanted.push({ term, at: position + at });
    position += wordTerms(word).span;
  }
  const places = visits(written).length * 4;
  for (let from = 0; from <= places; from += 1) {
    const misses = wanted.filter(({ term, at }) => !there.has(`${term}@${from + at}`));
    // A whole that the text has not is no reason: its parts are there, one after the other.
    if (misses.every((miss) => wanted.some((other) => other.at === miss.at && !misses.includes(other))))
      return wanted.length > 0;
  }
  return false;
}

/** Any text: of any UTF-16 units, halves of pairs among them; and of what means something to the analysis. */
export const anyText: fc.Arbitrary<string> = fc.oneof(
  fc.array(fc.integer({ min: 0, max: 0xff_ff }), { maxLength: 40 }).map((units) => String.fromCharCode(...units)),
  fc.array(fc.integer({ min: 0, max: 0x2_ff }), { maxLength: 40 }).map((units) => String.fromCharCode(...units)),
  fc.string({
    unit: fc.constantFrom(..."aBz19_-.,@$+#:'’/\\& \u0301\u200d東ไี가\u1161ｶﾞ\ud83d\u{1f680}ßéİıςש\u05c1"),
    maxLength: 40,
  }),
);
