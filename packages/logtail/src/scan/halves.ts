import { halvesOf, joinHalves } from "./parallel.ts";
import { DEFAULT_MS } from "./serve.ts";
import { wholeMs } from "./reach.ts";
import { ownEnd } from "./search.ts";
import type { ScanThread } from "./thread.ts";
import type { SearchLimits, SearchPart, Work } from "./types.ts";
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
