import { liveCount } from "./postings.ts";
import type { Segment } from "./segment.ts";

const MIN_CHARS = 4;
const MAX_CHARS = 32;
/** From here on two mistakes are believed, below one. */
const LONG = 8;
const WORD = /^\p{L}+$/u;

/**
 * The word of the index that is most likely meant: with the fewest mistakes, then the most frequent one. A mistake is a
 * letter too many, too few, wrong, or two that changed places (Damerau 1964). The first letter is believed, except where it
 * changed places with the second. Codes and short words are not corrected.
 */
export function correct(term: string, segments: readonly Segment[]): string | undefined {
  if (term.length < MIN_CHARS || term.length > MAX_CHARS || !WORD.test(term)) return undefined;
  const most = term.length >= LONG ? 2 : 1;
  const swapped = `${term.charAt(1)}${term.charAt(0)}${term.slice(2)}`;
  const found = new Map<string, { mistakes: number; count: number }>();
  for (const segment of segments) {
    const consider = (rank: number, candidate: string, mistakes: number): void => {
      const count = liveCount(segment, rank);
      if (count === 0) return;
      const known = found.get(candidate);
      if (known) known.count += count;
      else found.set(candidate, { mistakes, count });
    };
    const { terms } = segment;
    const [from, to] = terms.range(term.charAt(0));
    for (let rank = from; rank < to; rank += 1) {
      if (Math.abs(terms.lengthAt(rank) - term.length) > most) continue;
      const mistakes = terms.distance(rank, term, most);
      if (mistakes > most) continue;
      const candidate = terms.at(rank);
      if (WORD.test(candidate)) consider(rank, candidate, mistakes);
    }
    const rank = segment.terms.find(swapped);
    if (rank !== -1) consider(rank, swapped, 1);
  }
  let best: { readonly term: string; readonly mistakes: number; readonly count: number } | undefined;
  for (const [candidate, { mistakes, count }] of found) {
    const better =
      !best ||
      mistakes < best.mistakes ||
      (mistakes === best.mistakes && (count > best.count || (count === best.count && candidate < best.term)));
    if (better) best = { term: candidate, mistakes, count };
  }
  return best?.term;
}
