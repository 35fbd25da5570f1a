import { boundary, cleanLine } from "../documents/clean.ts";
import { marksOf } from "./marks.ts";
import type { Mark } from "./marks.ts";
import { partsOf, wholeMarks } from "./wholes.ts";

/** How far a cut may be moved to stand between two words, in UTF-16 units. */
const REACH = 30;
/** What a whole counts beside a word: more than a snippet has words. */
const WHOLE = 10_000;

/**
 * The passage of a text that says most about a query: the window with the most of what the query asks for as a whole,
 * then the most distinct words that count as found, then the most of them, then the first. One line, cut between words,
 * never inside a character. Where no such word is in the text, its beginning.
 *
 * @param text plain text of one section
 * @param forms the folded words that count as found
 * @param chars its length at most, in UTF-16 units, without the dots that show where it was cut
 * @param wholes of the query
 */
export function snippet(text: string, forms: ReadonlySet<string>, chars: number, wholes?: RegExp): string {
  const line = cleanLine(text);
  if (line.length <= chars) return line;
  const found = wholeMarks(line, wholes);
  // Where a whole is, its parts elsewhere are no reason to show them: what explains it stands behind it.
  const parts = partsOf(found.map(({ start, end }) => line.slice(start, end)));
  const others = new Set([...forms].filter((form) => !parts.has(form)));
  const marks = [...marksOf(line, others), ...found].toSorted((a, b) => a.start - b.start);
  const best = bestWindow(marks, chars);
  if (best === undefined) return cut(line, 0, chars);
  // A little before the first word, for the sense of it.
  const spare = Math.max(0, chars - (best.end - best.start));
  const start = Math.max(0, Math.min(best.start - Math.floor(spare / 4), line.length - chars));
  return cut(line, start, chars);
}

/** @param marks in the order in which they begin */
function bestWindow(marks: readonly Mark[], chars: number): { start: number; end: number } | undefined {
  let best: { start: number; end: number; weight: number; count: number } | undefined;
  const inside = new Map<string, number>();
  let weight = 0;
  let from = 0;
  let end = 0;
  for (const [to, mark] of marks.entries()) {
    weight += step(inside, mark, 1);
    end = Math.max(end, mark.end);
    for (let first = marks[from]; first && from < to && end - first.start > chars; first = marks[from]) {
      weight -= step(inside, first, -1);
      from += 1;
    }
    const count = to - from + 1;
    if (!best || weight > best.weight || (weight === best.weight && count > best.count))
      best = { start: marks[from]?.start ?? mark.start, end, weight, count };
  }
  return best;
}

/** What a mark that comes or goes counts: nothing where another of its kind is there as well. */
function step(inside: Map<string, number>, { form, whole = false }: Mark, change: 1 | -1): number {
  const key = whole ? `"${form}` : form;
  const before = inside.get(key) ?? 0;
  inside.set(key, before + change);
  if (Math.min(before, before + change) > 0) return 0;
  return whole ? WHOLE : 1;
}

/** `chars` of a line from `start`, moved to whole words where they are near. */
function cut(line: string, start: number, chars: number): string {
  let from = boundary(line, start);
  if (from > 0) {
    const space = line.indexOf(" ", from - 1);
    if (space !== -1 && space - from < REACH) from = space + 1;
  }
  let to = Math.min(line.length, from + chars);
  if (to < line.length) {
    const space = line.lastIndexOf(" ", to);
    to = space > from && to - space < REACH ? space : boundary(line, to);
  }
  return `${from > 0 ? "…" : ""}${line.slice(from, to).trim()}${to < line.length ? "…" : ""}`;
}
