import { eachWord, wordTerms } from "../analysis/words.ts";
import { kindAt, LETTER } from "../analysis/kinds.ts";
import { fold } from "../analysis/fold.ts";
import { cleanLine } from "../documents/clean.ts";
import type { Query } from "../query/types.ts";
import type { Mark } from "./marks.ts";

/** What stands between two words of a phrase. The space makes it one way of matching: texts take no more time than they are long. */
const BETWEEN = String.raw`\p{P}? `;
const SYNTAX = /[\\^$.*+?()[\]{}|/]/g;

/**
 * What a query asks for as a whole, as it was written: its phrases, and its words that have parts (`STATE_DIR`,
 * `a/b.ts`). Undefined if there is nothing of the kind.
 */
export function wholesOf({ phrases, words }: Query): RegExp | undefined {
  const wholes = new Set(phrases.map((phrase) => cleanLine(phrase)));
  for (const { text, prefix } of words) {
    if (prefix) continue;
    eachWord(text, (start, end) => {
      const word = text.slice(start, end);
      if (wordTerms(word).terms.length > 1 && kindAt(word, 0) <= LETTER) wholes.add(word);
    });
  }
  // A phrase may be nothing but what machines see.
  wholes.delete("");
  if (wholes.size === 0) return undefined;
  // Longer ones first: of two that begin alike, the first counts.
  const sorted = [...wholes].toSorted((a, b) => b.length - a.length);
  return new RegExp(sorted.map((whole) => patternOf(whole)).join("|"), "giu");
}

function patternOf(whole: string): string {
  const words = whole.split(" ").map((word) => word.replaceAll(SYNTAX, String.raw`\$&`));
  return words.join(BETWEEN);
}

/** Where such wholes stand in a line, not within other words; in order, none over another. */
export function wholeMarks(text: string, wholes: RegExp | undefined): Mark[] {
  if (wholes === undefined) return [];
  const found = [...text.matchAll(wholes)].map(({ 0: { length }, index }) => ({ start: index, end: index + length }));
  return found
    .filter(({ start, end }) => !isInWord(text, start) && !isInWord(text, end))
    .map(({ start, end }) => ({ start, end, form: fold(text.slice(start, end)), whole: true }));
}

/** The terms by which the words of such wholes are found, each by itself. */
export function partsOf(wholes: readonly string[]): ReadonlySet<string> {
  const parts = new Set<string>();
  for (const whole of new Set(wholes))
    eachWord(whole, (start, end) => {
      for (const { term } of wordTerms(whole.slice(start, end)).terms) parts.add(term);
    });
  return parts;
}

function isInWord(text: string, at: number): boolean {
  return at > 0 && kindAt(text, at - 1) === LETTER && kindAt(text, at) === LETTER;
}
