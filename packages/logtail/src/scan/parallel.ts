import type { Hit, Part, SearchLimits, SearchPart } from "./types.ts";

/**
 * The result of a search over a part, from those over its halves that were searched at once.
 * @param first of the half that comes first in the direction of the search
 */
export function joinHalves(first: SearchPart, second: SearchPart, limits: SearchLimits): SearchPart {
  // What lies behind a place where the search has ended cannot be told: it goes on there.
  if (first.ended !== "end") return first;
  const hits: Hit[] = [...first.hits, ...second.hits].slice(0, limits.hits);
  const matched = first.matched + second.matched;
  const scannedBytes = first.scannedBytes + second.scannedBytes;
  const { exact, ended, skipped } = second;
  const lastHit = hits.at(-1)?.line;
  const dropped = first.hits.length + second.hits.length > hits.length;
  const afterLast = limits.newestFirst === true ? lastHit?.start : lastHit?.end;
  // Behind full hits of the first half the search goes on there, else behind those of the second.
  const next = first.next ?? (dropped ? afterLast : second.next);
  const cutLines = (first.cutLines ?? 0) + (second.cutLines ?? 0);
  return {
    hits,
    matched,
    scannedBytes,
    exact,
    next,
    ended,
    ...(cutLines > 0 && { cutLines }),
    ...(skipped !== undefined && { skipped }),
  };
}

/** The halves of a part, that which comes first in the direction of the search first. */
export function halvesOf(part: Part, middle: number, newestFirst = false): readonly [Part, Part] {
  const low = { ...part, to: middle };
  const high = { ...part, from: middle };
  return newestFirst ? [high, low] : [low, high];
}
