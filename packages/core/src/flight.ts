import { AsyncResource } from "node:async_hooks";

const nobody = new AsyncResource("plugboard");

/** Runs `fn` outside of the current call's context: what it opens belongs to no caller. */
export function runOutside<T>(fn: () => T): T {
  return nobody.runInAsyncScope(fn);
}

/** Why `join` gave up: the work goes on, for those who still wait. */
export class WaitedTooLong extends Error {
  override readonly name = "WaitedTooLong";
}

/** How long, and for what, one caller waits. */
export interface JoinOptions<News> {
  /** Leaves when it aborts: `join` rejects with its reason. */
  readonly signal?: AbortSignal | undefined;
  /** Leaves after this many milliseconds: `join` rejects with `WaitedTooLong`. Default: no limit. */
  readonly maxWaitMs?: number | undefined;
  /** Gets what the work tells while this caller waits. */
  readonly onNews?: ((news: News) => void) | undefined;
}

/**
 * Work that several callers wait for and that runs once (single flight). A caller who leaves disturbs no other; when the last
 * one has left, the work itself is cancelled. Once it has settled, it answers whoever joins.
 */
export class Flight<T, News = never> {
  readonly #abort = new AbortController();
  #listeners: Set<(news: News) => void> | undefined;
  #latest: { readonly news: News } | undefined;
  #waiting = 0;
  #settled = false;
  /** How it ends. Never an unhandled rejection. */
  readonly outcome: Promise<T>;

  /** Begins the work at once; what it throws, the outcome rejects with. */
  constructor(work: (flight: Flight<T, News>) => Promise<T>) {
    let outcome: Promise<T>;
    try {
      outcome = work(this);
    } catch (error) {
      outcome = Promise.reject(error as Error);
    }
    const settle = (): void => void (this.#settled = true);
    outcome.then(settle, settle);
    this.outcome = outcome;
  }

  /** Aborts when nobody waits any more, or on `abort`. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  get waiting(): number {
    return this.#waiting;
  }

  /** Tells all who wait, and the latest to those who come later. */
  tell(news: News): void {
    this.#latest = { news };
    this.#listeners?.forEach((listen) => listen(news));
  }

  /** Cancels the work, whoever waits. */
  abort(reason?: unknown): void {
    this.#abort.abort(reason);
  }

  /** Resolves or rejects as the work does, unless the caller leaves before. */
  join({ signal, maxWaitMs, onNews }: JoinOptions<News> = {}): Promise<T> {
    this.#waiting += 1;
    if (onNews) {
      (this.#listeners ??= new Set()).add(onNews);
      if (this.#latest) onNews(this.#latest.news);
    }
    return new Promise<T>((resolve, reject) => {
      let timer: NodeJS.Timeout | undefined;
      let here = true;
      const leave = (): void => {
        here = false;
        signal?.removeEventListener("abort", onAbort);
        clearTimeout(timer);
        if (onNews) this.#listeners?.delete(onNews);
        this.#waiting -= 1;
      };
      const giveUp = (reason: unknown): void => {
        if (!here) return;
        leave();
        reject(reason as Error);
        if (this.#waiting === 0 && !this.#settled) this.#abort.abort(reason);
      };
      const onAbort = (): void => giveUp(signal?.reason);
      if (signal?.aborted) return onAbort();
      signal?.addEventListener("abort", onAbort);
      if (maxWaitMs !== undefined) timer = setTimeout(() => giveUp(new WaitedTooLong("waited too long")), maxWaitMs);
      this.outcome.then(
        (value) => {
          if (here) leave();
          resolve(value);
        },
        (error: unknown) => {
          if (here) leave();
          reject(error as Error);
        },
      );
    });
  }
}
