import { ScanError } from "./error.ts";
import { DEFAULT_MS } from "./serve.ts";
import type { Session } from "./session.ts";
import { ThreadSession } from "./session.ts";
import { ScanThread } from "./thread.ts";

export type { Session } from "./session.ts";

export interface ScannersOptions {
  /** Threads at most. Default 2. */
  readonly max?: number;
  /** Milliseconds after which an idle thread ends. Default 30,000. */
  readonly idleMs?: number;
  /** Sessions that wait for a thread at most. Default 32. */
  readonly maxWaiting?: number;
  /** Bytes from which on a part is searched or summarized by a second thread as well, if one is free. Default 64 MiB. */
  readonly parallelBytes?: number;
}

/** A pool of threads that scan: no pattern and no file of any size blocks the event loop. Keeps no process alive. */
export class Scanners {
  readonly #max: number;
  readonly #idleMs: number;
  readonly #maxWaiting: number;
  readonly #parallelBytes: number;
  readonly #threads = new Set<ScanThread>();
  readonly #idle: ScanThread[] = [];
  readonly #waiting: { give(thread: ScanThread): void; fail(error: Error): void }[] = [];
  readonly #timers = new Map<ScanThread, NodeJS.Timeout>();
  #closed = false;

  constructor(options: ScannersOptions = {}) {
    this.#max = Math.max(1, options.max ?? 2);
    this.#idleMs = options.idleMs ?? 30_000;
    this.#maxWaiting = options.maxWaiting ?? 32;
    this.#parallelBytes = options.parallelBytes ?? 67_108_864;
  }

  /** Threads that run now, idle or not. */
  get size(): number {
    return [...this.#threads].filter((thread) => thread.running).length;
  }

  /**
   * Waits for a thread, first come, first served.
   * @param signal ends the waiting, and whatever the session does
   * @throws ScanError `busy` if too many wait, `closed`
   */
  async session(signal?: AbortSignal): Promise<Session> {
    signal?.throwIfAborted();
    const thread = await this.#take(signal);
    await thread.request({ type: "begin", options: {} }, DEFAULT_MS, signal).catch((error: unknown) => {
      this.#give(thread);
      throw error;
    });
    return new ThreadSession(thread, signal, this.#parallelBytes, {
      take: () => (this.#waiting.length > 0 ? undefined : this.#free()),
      give: (one) => this.#give(one),
    });
  }

  /** Ends all threads, also in the middle of a scan. Idempotent. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const { fail } of this.#waiting.splice(0)) fail(closedError());
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
    await Promise.all([...this.#threads].map((thread) => thread.end()));
  }

  async #take(signal: AbortSignal | undefined): Promise<ScanThread> {
    if (this.#closed) throw closedError();
    const free = this.#free();
    if (free !== undefined) return free;
    if (this.#waiting.length >= this.#maxWaiting)
      throw new ScanError("busy", `${this.#waiting.length} searches wait already: try again in a moment.`);
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        const at = this.#waiting.indexOf(waiter);
        if (at !== -1) this.#waiting.splice(at, 1);
        reject(signal?.reason as Error);
      };
      const waiter = {
        give: (thread: ScanThread): void => {
          signal?.removeEventListener("abort", leave);
          resolve(thread);
        },
        fail: (error: Error): void => {
          signal?.removeEventListener("abort", leave);
          reject(error);
        },
      };
      signal?.addEventListener("abort", leave, { once: true });
      this.#waiting.push(waiter);
    });
  }

  /** A thread that nobody uses; undefined when all are in use. */
  #free(): ScanThread | undefined {
    if (this.#closed) return undefined;
    const idle = this.#idle.pop();
    if (idle !== undefined) {
      clearTimeout(this.#timers.get(idle));
      this.#timers.delete(idle);
      return idle;
    }
    if (this.#threads.size >= this.#max) return undefined;
    const thread = new ScanThread();
    this.#threads.add(thread);
    return thread;
  }

  #give(thread: ScanThread): void {
    if (this.#closed) return;
    const next = this.#waiting.shift();
    if (next !== undefined) {
      next.give(thread);
      return;
    }
    this.#idle.push(thread);
    const timer = setTimeout(() => {
      this.#timers.delete(thread);
      this.#idle.splice(this.#idle.indexOf(thread), 1);
      this.#threads.delete(thread);
      void thread.end();
    }, this.#idleMs);
    timer.unref();
    this.#timers.set(thread, timer);
  }
}

function closedError(): ScanError {
  return new ScanError("closed", "The search has been shut down.");
}
