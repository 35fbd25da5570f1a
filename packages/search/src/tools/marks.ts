import { fold } from "../analysis/fold.ts";
import { wordTerms } from "../analysis/terms.ts";
import { eachWord } from "../analysis/words.ts";
import { wholeMarks } from "./wholes.ts";

/** A word of a text that counts as found. Offsets are UTF-16 positions. */
export interface Mark {
  readonly start: number;
  readonly end: number;
  /** Why it counts: one of the forms. */
  readonly form: string;
  /** Whether it is a phrase or an identifier as the query has it. */
  readonly whole?: boolean;
}

/** A letter of those scripts that are cut into pairs, with its marks; it is never alone in a word of other scripts. */
const PAIRED_LETTER = /^\p{L}\p{M}*(?=\p{L}\p{M}*$)/u;
const MAX_HIGHLIGHTS = 8;
const MAX_HIGHLIGHT_CHARS = 100;

/**
 * The words of a text that count as found, in order; in scripts without spaces they are pairs of letters and overlap.
 * @param forms folded words
 */
export function marksOf(text: string, forms: ReadonlySet<string>): Mark[] {
  const marks: Mark[] = [];
  if (forms.size === 0) return marks;
  const known = new Map<string, string | undefined>();
  eachWord(text, (start, end) => {
    const word = text.slice(start, end);
    if (!known.has(word)) known.set(word, wordTerms(word).terms.find(({ term }) => forms.has(term))?.term);
    const form = known.get(word);
    if (form === undefined) return;
    // Of two letters of which the first counts, only that is marked.
    const single = PAIRED_LETTER.exec(word)?.[0];
    marks.push({ start, end: single !== undefined && fold(single) === form ? start + single.length : end, form });
  });
  return marks;
}

/**
 * The distinct words of a text that count as found, as they stand there, the first ones: at most 8.
 * @param wholes of the query; they come before all others
 */
export function highlights(text: string, forms: ReadonlySet<string>, wholes?: RegExp): string[] {
  const first = wholeMarks(text, wholes).map(({ start, end }) => text.slice(start, end));
  const found = new Set(first.filter(({ length }) => length <= MAX_HIGHLIGHT_CHARS).slice(0, MAX_HIGHLIGHTS));
  let run: { start: number; end: number } | undefined;
  const close = (): void => {
    if (run && run.end - run.start <= MAX_HIGHLIGHT_CHARS && found.size < MAX_HIGHLIGHTS)
      found.add(text.slice(run.start, run.end));
  };
  for (const { start, end } of marksOf(text, forms)) {
    if (run && start < run.end) run.end = Math.max(run.end, end);
    else {
      close();
      run = { start, end };
    }
  }
  close();
  return [...found];
}
