import { boundary, cleanLine } from "../documents/clean.ts";
import { marksOf } from "./marks.ts";
import type { Mark } from "./marks.ts";

/** How far a cut may be moved to stand between two words, in UTF-16 units. */
const REACH = 30;

/**
 * The passage of a text that says most about a query: the window with the most distinct words that count as found, then
 * the most of them, then the first. One line, cut between words, never inside a character. Where no such word is in the
 * text, its beginning.
 *
 * @param text plain text of one section
 * @param forms the folded words that count as found
 * @param chars its length at most, in UTF-16 units, without the dots that show where it was cut
 */
export function snippet(text: string, forms: ReadonlySet<string>, chars: number): string {
  const line = cleanLine(text);
  if (line.length <= chars) return line;
  const best = bestWindow(marksOf(line, forms), chars);
  if (best === undefined) return cut(line, 0, chars);
  // A little before the first word, for the sense of it.
  const spare = Math.max(0, chars - (best.end - best.start));
  const start = Math.max(0, Math.min(best.start - Math.floor(spare / 4), line.length - chars));
  return cut(line, start, chars);
}

function bestWindow(marks: readonly Mark[], chars: number): { start: number; end: number } | undefined {
  let best: { start: number; end: number; distinct: number; count: number } | undefined;
  const inside = new Map<string, number>();
  let from = 0;
  for (const [to, mark] of marks.entries()) {
    inside.set(mark.form, (inside.get(mark.form) ?? 0) + 1);
    for (let first = marks[from]; first && from < to && mark.end - first.start > chars; first = marks[from]) {
      const left = (inside.get(first.form) ?? 1) - 1;
      if (left === 0) inside.delete(first.form);
      else inside.set(first.form, left);
      from += 1;
    }
    const count = to - from + 1;
    if (!best || inside.size > best.distinct || (inside.size === best.distinct && count > best.count)) {
      best = { start: marks[from]?.start ?? mark.start, end: mark.end, distinct: inside.size, count };
    }
  }
  return best;
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
