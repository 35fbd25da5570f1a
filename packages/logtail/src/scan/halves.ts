import { DEFAULT_MS } from "./serve.ts";
import { wholeMs } from "./reach.ts";
import { ownEnd } from "./search.ts";
import type { ScanThread } from "./thread.ts";
import type { Hit, Part, SearchLimits, SearchPart, Work } from "./types.ts";
import { bothProgress } from "./progress.ts";

/** Searches a part on one thread, as `Session.search` does. */
export async function searchOn(
  thread: ScanThread,
  { part, query, limits, signal, onProgress }: Work<SearchLimits>,
): Promise<SearchPart> {
  const request = { type: "search", part, query, limits } as const;
  const ms = wholeMs(part, limits.ms ?? DEFAULT_MS);
  const { outcome, told, risk } = await thread.request(request, ms, signal, onProgress);
  const hits = told.flatMap((one) => one.hits);
  if (outcome !== "killed") {
    const result = outcome as SearchPart;
    return { ...result, hits: [...hits, ...result.hits] };
  }
  const last = told.at(-1);
  const newest = limits.newestFirst === true;
  const reached = last?.position ?? (newest ? part.to : part.from);
  const next = risk === undefined ? reached : newest ? risk.from : risk.to;
  return {
    hits,
    matched: last?.matched ?? 0,
    scannedBytes: last?.scannedBytes ?? 0,
    exact: false,
    next: newest && part.compressed ? ownEnd(part) : next,
    ended: "killed",
    ...(risk !== undefined && { skipped: risk }),
  };
}

/** Searches a part on two threads, each half of it. */
export async function searchHalves(
  thread: ScanThread,
  helper: ScanThread,
  work: Work<SearchLimits>,
): Promise<SearchPart> {
  const { part, limits, signal } = work;
  const { outcome } = await thread.request({ type: "middle", part }, DEFAULT_MS, signal);
  if (typeof outcome !== "number") return searchOn(thread, work);
  const [one, other] = halvesOf(part, outcome, limits.newestFirst);
  const [tellOne, tellOther] = bothProgress(work.onProgress);
  const enough = new AbortController();
  const stop = signal === undefined ? enough.signal : AbortSignal.any([signal, enough.signal]);
  const second = searchOn(helper, { ...work, part: other, signal: stop, onProgress: tellOther });
  second.catch(() => undefined);
  try {
    const first = await searchOn(thread, { ...work, part: one, onProgress: tellOne });
    if (first.ended !== "end") return first;
    return joinHalves(first, await second, limits);
  } finally {
    // The other thread may still read the file.
    enough.abort();
    await second.catch(() => undefined);
  }
}

/**
 * The result of a search over a part, from those over its halves that were searched at once.
 * @param first of the half that comes first in the direction of the search
 */
function joinHalves(first: SearchPart, second: SearchPart, limits: SearchLimits): SearchPart {
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
function halvesOf(part: Part, middle: number, newestFirst = false): readonly [Part, Part] {
  const low = { ...part, to: middle };
  const high = { ...part, from: middle };
  return newestFirst ? [high, low] : [low, high];
}
