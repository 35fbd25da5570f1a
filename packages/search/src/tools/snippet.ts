import { boundary, cleanLine } from "../documents/clean.ts";
import { words } from "../analysis/tokens.ts";

/** UTF-16 units of a snippet, without the dots that show where it was cut. */
export const SNIPPET_CHARS = 260;

/**
 * The passage of a text that says most about a query: the window with the most distinct terms, then the most terms, then
 * the first. One line, cut at words, never inside a character. Where no term is in the text, its beginning.
 *
 * @param text plain text of one section
 * @param terms terms of the query
 */
export function snippet(text: string, terms: ReadonlyMap<string, unknown>, chars: number = SNIPPET_CHARS): string {
  const line = cleanLine(text);
  if (line.length <= chars) return line;
  const hits: { start: number; end: number; term: string }[] = [];
  for (const word of words(line)) {
    const term = word.terms.find((each) => terms.has(each));
    if (term !== undefined) hits.push({ start: word.start, end: word.end, term });
  }
  const best = bestWindow(hits, chars);
  if (best === undefined) return cut(line, 0, chars);
  // A little before the first hit, for the sense of it.
  const spare = Math.max(0, chars - (best.end - best.start));
  const start = Math.max(0, Math.min(best.start - Math.floor(spare / 4), line.length - chars));
  return cut(line, start, chars);
}

function bestWindow(
  hits: readonly { start: number; end: number; term: string }[],
  chars: number,
): { start: number; end: number } | undefined {
  let best: { start: number; end: number; distinct: number; count: number } | undefined;
  const inside = new Map<string, number>();
  let from = 0;
  for (const [to, hit] of hits.entries()) {
    inside.set(hit.term, (inside.get(hit.term) ?? 0) + 1);
    for (let first = hits[from]; first && from < to && hit.end - first.start > chars; first = hits[from]) {
      const left = (inside.get(first.term) ?? 1) - 1;
      if (left === 0) inside.delete(first.term);
      else inside.set(first.term, left);
      from += 1;
    }
    const count = to - from + 1;
    if (!best || inside.size > best.distinct || (inside.size === best.distinct && count > best.count)) {
      best = { start: hits[from]?.start ?? hit.start, end: hit.end, distinct: inside.size, count };
    }
  }
  return best;
}

/** `chars` of a line from `start`, moved to whole words where they are near. */
function cut(line: string, start: number, chars: number): string {
  let from = boundary(line, start);
  if (from > 0) {
    const space = line.indexOf(" ", from - 1);
    if (space !== -1 && space - from < 30) from = space + 1;
  }
  let to = Math.min(line.length, from + chars);
  if (to < line.length) {
    const space = line.lastIndexOf(" ", to);
    to = space > from && to - space < 30 ? space : boundary(line, to);
  }
  return `${from > 0 ? "…" : ""}${line.slice(from, to).trim()}${to < line.length ? "…" : ""}`;
}
