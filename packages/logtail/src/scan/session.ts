import type { SummaryOptions } from "../summary/summary.ts";
import type { SummaryReport } from "../summary/report.ts";
import { ScanError } from "./error.ts";
import { searchHalves, searchOn } from "./halves.ts";
import { compilePattern, isHeavy } from "./pattern.ts";
import type { Request } from "./protocol.ts";
import type { Query } from "./query.ts";
import { checkPattern } from "./query.ts";
import { DEFAULT_MS, DEFAULT_SEEK_MS } from "./serve.ts";
import { summarizeAlone, summarizeTogether } from "./together.ts";
import type { Outcome, ScanThread } from "./thread.ts";
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
  /**
   * Adds to the summary of the session the lines of a part, or of its end if the time does not suffice: exactly those from
   * `from` to `to` of the result, also after `killed`.
   */
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

/** The other threads of the pool. */
export interface Others {
  /** One that nobody uses or waits for. */
  take(): ScanThread | undefined;
  give(thread: ScanThread): void;
}

/** A session on a thread of the pool, which has begun an empty summary. */
export class ThreadSession implements Session {
  readonly #thread: ScanThread;
  readonly #signal: AbortSignal | undefined;
  readonly #parallelBytes: number;
  readonly #others: Others;
  /** Of the summary; what the thread holds of it is lost when it is ended. */
  #options: SummaryOptions = {};
  #kept: readonly Uint8Array[] = [];
  #starts = -1;
  #running: Promise<unknown> | undefined;
  #disposed = false;

  constructor(thread: ScanThread, signal: AbortSignal | undefined, parallelBytes: number, others: Others) {
    this.#thread = thread;
    this.#signal = signal;
    this.#parallelBytes = parallelBytes;
    this.#others = others;
    this.#starts = thread.starts;
  }

  async search(
    part: Part,
    query: Query,
    limits: SearchLimits,
    onProgress?: (progress: Progress) => void,
  ): Promise<SearchPart> {
    if (query.pattern !== undefined) checkPattern(query.pattern);
    const work = { part, query, limits, signal: this.#signal, onProgress };
    const helper = this.#helper(part, limits);
    try {
      return await this.#exclusive(() =>
        helper === undefined ? searchOn(this.#thread, work) : searchHalves(this.#thread, helper, work),
      );
    } finally {
      if (helper !== undefined) this.#others.give(helper);
    }
  }

  async summarize(
    part: Part,
    query: Query,
    limits: SummarizeLimits,
    onProgress?: (progress: Progress) => void,
  ): Promise<SummarizePart> {
    const pattern = query.pattern && compilePattern(query.pattern);
    // What may have to be ended in the middle is done alone, so that what was done before can be kept.
    const helper = pattern !== undefined && isHeavy(pattern) ? undefined : this.#helper(part, limits);
    try {
      return await this.#exclusive(async () => {
        await this.#restore();
        // Until it is known what the thread holds.
        this.#starts = -1;
        const work = { part, query, limits, signal: this.#signal, onProgress };
        const { covered, dumps, lost } =
          helper === undefined
            ? await summarizeAlone(this.#thread, work)
            : await summarizeTogether(this.#thread, helper, this.#options, work);
        if (dumps !== undefined) this.#kept = dumps;
        if (!lost) this.#starts = this.#thread.starts;
        return covered;
      });
    } finally {
      if (helper !== undefined) this.#others.give(helper);
    }
  }

  async begin(options: SummaryOptions): Promise<void> {
    this.#options = options;
    this.#kept = [];
    this.#starts = -1;
    await this.#exclusive(() => this.#restore());
  }

  async report(options: ReportOptions): Promise<SummaryReport> {
    const { outcome } = await this.#exclusive(async () => {
      await this.#restore();
      return this.#thread.request({ type: "report", options }, DEFAULT_MS, this.#signal);
    });
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

  #run(request: Request, ms: number): Promise<Outcome> {
    return this.#exclusive(() => this.#thread.request(request, ms, this.#signal));
  }

  /** Another thread for a part that is large enough; without a limit of bytes, which is for one thread. */
  #helper(part: Part, { bytes }: { readonly bytes?: number }): ScanThread | undefined {
    const large = !part.compressed && part.to - part.from >= this.#parallelBytes;
    return large && bytes === undefined ? this.#others.take() : undefined;
  }

  /** Tells the thread what it has forgotten, if it was started again. */
  async #restore(): Promise<void> {
    if (this.#thread.starts === this.#starts) return;
    const requests: Request[] = [{ type: "begin", options: this.#options }];
    for (const dumps of this.#kept) requests.push({ type: "merge", dumps });
    for (const request of requests) {
      const { outcome } = await this.#thread.request(request, DEFAULT_MS, this.#signal);
      if (outcome === "killed") throw new ScanError("failed", "The summary could not be continued.");
    }
    this.#starts = this.#thread.starts;
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
