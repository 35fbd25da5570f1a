import type { SummaryOptions } from "../summary/summary.ts";
import { Claims } from "./claims.ts";
import type { Kept } from "./control.ts";
import { ScanError } from "./error.ts";
import { bothProgress } from "./progress.ts";
import { DEFAULT_MS } from "./serve.ts";
import { wholeMs } from "./reach.ts";
import type { ScanThread } from "./thread.ts";
import type { Part, SummarizeLimits, SummarizePart, Work } from "./types.ts";

/** What has come of a part, and of the summary that it was added to. */
export interface Summarized {
  readonly covered: SummarizePart;
  /** Dumps that make up the whole summary; undefined: it is as it was before. */
  readonly dumps: readonly Uint8Array[] | undefined;
  /** Whether the thread does not hold that summary. */
  readonly lost: boolean;
}

/** Adds a part to the summary of a thread. */
export async function summarizeAlone(thread: ScanThread, work: Work<SummarizeLimits>): Promise<Summarized> {
  const { part, query, limits, signal, onProgress } = work;
  const request = { type: "summarize", part, query, limits } as const;
  const { outcome, kept } = await thread.request(request, wholeMs(part, limits.ms ?? DEFAULT_MS), signal, onProgress);
  const done = outcome === "killed" ? kept : (outcome as Kept);
  return {
    covered: done?.covered ?? nothingOf(part),
    dumps: done && [done.dumps],
    lost: outcome === "killed",
  };
}

/** Adds a part to the summary of a thread with the help of another one, whose own summary is lost. */
export async function summarizeTogether(
  thread: ScanThread,
  helper: ScanThread,
  options: SummaryOptions,
  work: Work<SummarizeLimits>,
): Promise<Summarized> {
  const { part, query, limits, signal } = work;
  await helper.request({ type: "begin", options }, DEFAULT_MS, signal);
  const claims = Claims.until(part.to);
  const request = { type: "summarize", part, query, limits, claims: claims.memory } as const;
  const [tellOne, tellOther] = bothProgress(work.onProgress);
  const ms = limits.ms ?? DEFAULT_MS;
  // Both have to end before the file may be closed.
  const [one, other] = await Promise.allSettled([
    thread.request(request, ms, signal, tellOne),
    helper.request(request, ms, signal, tellOther),
  ]);
  if (one.status === "rejected") throw one.reason as Error;
  if (other.status === "rejected") throw other.reason as Error;
  // Of what both did no part is without a gap.
  if (one.value.outcome === "killed" || other.value.outcome === "killed")
    return { covered: nothingOf(part), dumps: undefined, lost: true };
  const mine = one.value.outcome as Kept;
  const others = other.value.outcome as Kept;
  const { outcome } = await thread.request({ type: "merge", dumps: others.dumps }, DEFAULT_MS, signal);
  if (outcome === "killed") throw new ScanError("failed", "The two halves of a summary could not be joined.");
  return {
    covered: join(mine.covered, others.covered, claims.start, part),
    dumps: [mine.dumps, others.dumps],
    lost: false,
  };
}

function join(one: SummarizePart, other: SummarizePart, from: number, part: Part): SummarizePart {
  const first = Math.min(one.first ?? Infinity, other.first ?? Infinity);
  const last = Math.max(one.last ?? -Infinity, other.last ?? -Infinity);
  const exact = from <= part.from;
  return {
    lines: one.lines + other.lines,
    events: one.events + other.events,
    scannedBytes: one.scannedBytes + other.scannedBytes,
    exact,
    from,
    to: part.to,
    ...(last >= first && { first, last }),
    ended: exact ? "end" : "time",
  };
}

function nothingOf({ compressed, from, to }: Part): SummarizePart {
  const none = compressed ? from : to;
  return { lines: 0, events: 0, scannedBytes: 0, exact: false, from: none, to: none, ended: "killed" };
}
