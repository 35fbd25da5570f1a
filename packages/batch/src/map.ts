import { currentCall } from "@plugboard/core";

/** What became of one item. */
export type Settled<R> =
  | { readonly index: number; readonly status: "fulfilled"; readonly value: R }
  | { readonly index: number; readonly status: "rejected"; readonly reason: unknown }
  | { readonly index: number; readonly status: "skipped" };

export interface MapOptions {
  /** How many items are worked on at a time: 1 to 1,000. Default 8. */
  readonly concurrency?: number;
  /** Whether items that have not begun are skipped once one has failed. Default false. */
  readonly stopOnError?: boolean;
  /** Ends the map: items that have not begun are skipped. Default: the current call's signal. */
  readonly signal?: AbortSignal | undefined;
  /** Told after each item. Default: reports the current call's progress. */
  readonly onProgress?: (done: number, total: number) => void;
}

const MAX_CONCURRENCY = 1000;

/**
 * Works on many items for one call: `concurrency` at a time, results settled and in the order of the items, exactly one for
 * each. `fn` gets a signal that aborts with the map's. Never rejects for what an item does.
 * @throws RangeError when `concurrency` is out of its bounds.
 */
export async function map<T, R>(
  items: Iterable<T>,
  fn: (item: T, index: number, signal: AbortSignal) => R | Promise<R>,
  options: MapOptions = {},
): Promise<Settled<Awaited<R>>[]> {
  const call = currentCall();
  const { concurrency = 8, stopOnError = false, signal = call?.signal ?? NEVER } = options;
  if (!Number.isInteger(concurrency) || concurrency < 1 || concurrency > MAX_CONCURRENCY) {
    throw new RangeError(`concurrency must be a whole number from 1 to ${MAX_CONCURRENCY}, not ${concurrency}.`);
  }
  const list = [...items];
  const total = list.length;
  const tell = options.onProgress ?? (call && ((done: number) => void call.report({ progress: done, total })));
  const results: Settled<Awaited<R>>[] = Array.from({ length: total });
  let next = 0;
  let done = 0;
  let stopped = false;

  const worker = async (): Promise<void> => {
    while (next < total) {
      const index = next++;
      if (stopped || signal.aborted) {
        results[index] = { index, status: "skipped" };
        continue;
      }
      try {
        results[index] = { index, status: "fulfilled", value: await fn(list[index] as T, index, signal) };
      } catch (reason) {
        results[index] = { index, status: "rejected", reason };
        stopped ||= stopOnError;
      }
      done++;
      try {
        tell?.(done, total);
      } catch {
        // Whoever watches does not spoil the work.
      }
    }
  };
  const all = Promise.all(Array.from({ length: Math.min(concurrency, total) }, worker));
  const watch = new AbortController();
  await Promise.race([all, aborted(signal, watch.signal)]);
  watch.abort();
  if (!signal.aborted) return results;
  // What still runs after an abort is not waited for, and changes nothing any more.
  return Array.from(results, (settled, index): Settled<Awaited<R>> => {
    if (settled) return settled;
    return index < next ? { index, status: "rejected", reason: signal.reason } : { index, status: "skipped" };
  });
}

/** Resolves a turn after `signal` aborts: work that heeds it has ended by then. Listens until `over`. */
function aborted(signal: AbortSignal, over: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const stop = (): void => void setImmediate(resolve);
    if (signal.aborted) stop();
    else signal.addEventListener("abort", stop, { once: true, signal: over });
  });
}

const NEVER = new AbortController().signal;
