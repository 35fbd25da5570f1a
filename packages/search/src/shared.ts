import { AsyncResource } from "node:async_hooks";

/** How far shared work is. */
export interface WorkProgress {
  readonly done: number;
  readonly total: number;
}

interface Run {
  readonly promise: Promise<void>;
  readonly abort: AbortController;
  readonly listeners: Set<(progress: WorkProgress) => void>;
  waiting: number;
}

/**
 * Work that many callers wait for and that runs once (single flight). A caller that is cancelled leaves; only when the
 * last one has left is the work itself cancelled. It runs outside the context of the caller that happened to be first. A
 * failure is told to all who wait and remembered by nobody.
 */
export class SharedWork {
  readonly #work: (signal: AbortSignal, report: (progress: WorkProgress) => void) => Promise<void>;
  readonly #lifetime: AbortSignal;
  readonly #outside = new AsyncResource("plugboard.SharedWork");
  #run: Run | undefined;

  /** @param lifetime cancels the work, whoever waits */
  constructor(
    work: (signal: AbortSignal, report: (progress: WorkProgress) => void) => Promise<void>,
    lifetime: AbortSignal,
  ) {
    this.#work = work;
    this.#lifetime = lifetime;
  }

  /** Resolves when the work that is under way, or else is now begun, is done. */
  async join(signal?: AbortSignal, onProgress?: (progress: WorkProgress) => void): Promise<void> {
    signal?.throwIfAborted();
    this.#lifetime.throwIfAborted();
    // Cancelled work is stopping: two runs at a time would get into each other's way.
    while (this.#run?.abort.signal.aborted)
      await untilAborted(
        this.#run.promise.catch(() => undefined),
        signal,
      );
    const run = (this.#run ??= this.#start());
    run.waiting += 1;
    if (onProgress) run.listeners.add(onProgress);
    try {
      await untilAborted(run.promise, signal);
    } finally {
      run.waiting -= 1;
      if (onProgress) run.listeners.delete(onProgress);
      if (run.waiting === 0) run.abort.abort(signal?.reason);
    }
  }

  #start(): Run {
    const abort = new AbortController();
    const listeners: Run["listeners"] = new Set();
    const cancel = (): void => abort.abort(this.#lifetime.reason);
    this.#lifetime.addEventListener("abort", cancel, { once: true });
    const report = (progress: WorkProgress): void => listeners.forEach((listen) => listen(progress));
    const promise = this.#outside
      .runInAsyncScope(async () => this.#work(abort.signal, report))
      .finally(() => {
        this.#lifetime.removeEventListener("abort", cancel);
        this.#run = undefined;
      });
    promise.catch(() => undefined);
    return { promise, abort, listeners, waiting: 0 };
  }
}

function untilAborted(promise: Promise<void>, signal: AbortSignal | undefined): Promise<void> {
  if (!signal) return promise;
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason as Error);
    signal.addEventListener("abort", abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
    if (signal.aborted) abort();
  });
}
