import type { SummaryOptions, SummaryReport } from "../summary/summary.ts";
import { ScanError } from "./error.ts";
import { halvesOf, joinHalves } from "./parallel.ts";
import type { Request } from "./protocol.ts";
import type { Query } from "./query.ts";
import { checkPattern } from "./query.ts";
import { DEFAULT_MS, DEFAULT_SEEK_MS } from "./serve.ts";
import type { Outcome } from "./thread.ts";
import { ScanThread } from "./thread.ts";
import type {
  Part,
  Progress,
  ReportOptions,
  SearchLimits,
  SearchPart,
  SeekOptions,
  SummarizeLimits,
  SummarizePart,
} from "./types.ts";

export interface ScannersOptions {
  /** Threads at most. Default 2. */
  readonly max?: number;
  /** Milliseconds after which an idle thread ends. Default 30,000. */
  readonly idleMs?: number;
  /** Sessions that wait for a thread at most. Default 32. */
  readonly maxWaiting?: number;
  /** Bytes from which on a part is searched by a second thread as well, if one is free. Default 64 MiB. */
  readonly parallelBytes?: number;
}

/**
 * The exclusive use of one thread. One request at a time. Give it back by disposing of it: only then, or when its promise
 * is settled, may the descriptor of a part be closed.
 *
 * All requests reject with the signal's reason when the session's signal aborts, at most 100 ms later, with
 * `ScanError` (`closed`, `failed`), and with `PatternError`.
 */
export interface Session extends AsyncDisposable {
  /** Finds lines. What the thread does not finish 250 ms after `ms` ends with `killed`, with what it had told by then. */
  search(
    part: Part,
    query: Query,
    limits: SearchLimits,
    onProgress?: (progress: Progress) => void,
  ): Promise<SearchPart>;
  /** Adds a part to the summary of the session. After `killed` the summary is empty. */
  summarize(
    part: Part,
    query: Query,
    limits: SummarizeLimits,
    onProgress?: (progress: Progress) => void,
  ): Promise<SummarizePart>;
  /** Begins a new summary, with other options. */
  begin(options: SummaryOptions): Promise<void>;
  /** What was summarized. */
  report(options: ReportOptions): Promise<SummaryReport>;
  /**
   * The offset from which on lines are to be searched that have `time` or a later one; see `seek` in `seek.ts`.
   * @param time ms since the epoch
   */
  seek(part: Part, time: number, options?: SeekOptions): Promise<number>;
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

/** The other threads of the pool. */
interface Others {
  /** One that nobody uses or waits for. */
  take(): ScanThread | undefined;
  give(thread: ScanThread): void;
}

class ThreadSession implements Session {
  readonly #thread: ScanThread;
  readonly #signal: AbortSignal | undefined;
  readonly #parallelBytes: number;
  readonly #others: Others;
  #running: Promise<unknown> | undefined;
  #disposed = false;

  constructor(thread: ScanThread, signal: AbortSignal | undefined, parallelBytes: number, others: Others) {
    this.#thread = thread;
    this.#signal = signal;
    this.#parallelBytes = parallelBytes;
    this.#others = others;
  }

  async search(
    part: Part,
    query: Query,
    limits: SearchLimits,
    onProgress?: (progress: Progress) => void,
  ): Promise<SearchPart> {
    if (query.pattern !== undefined) checkPattern(query.pattern);
    const large = !part.compressed && part.to - part.from >= this.#parallelBytes;
    const helper = large && limits.bytes === undefined ? this.#others.take() : undefined;
    if (helper === undefined) {
      return this.#exclusive(() => searchOn(this.#thread, part, query, limits, this.#signal, onProgress));
    }
    try {
      return await this.#exclusive(() => this.#searchHalves(helper, part, query, limits, onProgress));
    } finally {
      this.#others.give(helper);
    }
  }

  async #searchHalves(
    helper: ScanThread,
    part: Part,
    query: Query,
    limits: SearchLimits,
    onProgress?: (progress: Progress) => void,
  ): Promise<SearchPart> {
    const { outcome } = await this.#thread.request({ type: "middle", part }, DEFAULT_MS, this.#signal);
    if (typeof outcome !== "number") return searchOn(this.#thread, part, query, limits, this.#signal, onProgress);
    const [one, other] = halvesOf(part, outcome, limits.newestFirst);
    const progress = [NO_PROGRESS, NO_PROGRESS];
    const tell = (half: number) => (told: Progress) => {
      progress[half] = told;
      const [a = NO_PROGRESS, b = NO_PROGRESS] = progress;
      onProgress?.({ scannedBytes: a.scannedBytes + b.scannedBytes, matched: a.matched + b.matched });
    };
    const enough = new AbortController();
    const stop = this.#signal === undefined ? enough.signal : AbortSignal.any([this.#signal, enough.signal]);
    const second = searchOn(helper, other, query, limits, stop, tell(1));
    second.catch(() => undefined);
    try {
      const first = await searchOn(this.#thread, one, query, limits, this.#signal, tell(0));
      if (first.ended !== "end") return first;
      return joinHalves(first, await second, limits);
    } finally {
      // The other thread may still read the file.
      enough.abort();
      await second.catch(() => undefined);
    }
  }

  async summarize(
    part: Part,
    query: Query,
    limits: SummarizeLimits,
    onProgress?: (progress: Progress) => void,
  ): Promise<SummarizePart> {
    if (query.pattern !== undefined) checkPattern(query.pattern);
    const { outcome } = await this.#run(
      { type: "summarize", part, query, limits },
      limits.ms ?? DEFAULT_MS,
      onProgress,
    );
    if (outcome !== "killed") return outcome as SummarizePart;
    return { lines: 0, events: 0, scannedBytes: 0, exact: false, from: part.to, to: part.to, ended: "killed" };
  }

  async begin(options: SummaryOptions): Promise<void> {
    await this.#run({ type: "begin", options }, DEFAULT_MS);
  }

  async report(options: ReportOptions): Promise<SummaryReport> {
    const { outcome } = await this.#run({ type: "report", options }, DEFAULT_MS);
    if (outcome === "killed") throw new ScanError("failed", "The summary took too long to write.");
    return outcome as SummaryReport;
  }

  async seek(part: Part, time: number, options: SeekOptions = {}): Promise<number> {
    const { outcome } = await this.#run({ type: "seek", part, time, options }, options.ms ?? DEFAULT_SEEK_MS);
    return outcome === "killed" ? part.from : (outcome as number);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#disposed) return;
    this.#disposed = true;
    // A request that is still running would go on reading a descriptor that may be closed now.
    if (this.#running !== undefined) {
      await this.#thread.end();
      await this.#running.catch(() => undefined);
    }
    this.#others.give(this.#thread);
  }

  #run(request: Request, ms: number, onProgress?: (progress: Progress) => void): Promise<Outcome> {
    return this.#exclusive(() => this.#thread.request(request, ms, this.#signal, onProgress));
  }

  /** One request at a time: the thread would mix up the answers. */
  async #exclusive<Result>(run: () => Promise<Result>): Promise<Result> {
    if (this.#disposed) throw new ScanError("closed", "The session has been given back.");
    if (this.#running !== undefined) throw new Error("a session does one request at a time");
    const running = run();
    this.#running = running;
    try {
      return await running;
    } finally {
      this.#running = undefined;
    }
  }
}

const NO_PROGRESS: Progress = { scannedBytes: 0, matched: 0 };

async function searchOn(
  thread: ScanThread,
  part: Part,
  query: Query,
  limits: SearchLimits,
  signal: AbortSignal | undefined,
  onProgress?: (progress: Progress) => void,
): Promise<SearchPart> {
  const request = { type: "search", part, query, limits } as const;
  const { outcome, told, risk } = await thread.request(request, limits.ms ?? DEFAULT_MS, signal, onProgress);
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
    next: newest && part.compressed ? undefined : next,
    ended: "killed",
    ...(risk !== undefined && { skipped: risk }),
  };
}
