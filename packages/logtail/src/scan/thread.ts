import { Worker } from "node:worker_threads";
import type { Kept, Told } from "./control.ts";
import { shared } from "./control.ts";
import { workerEntry } from "./entry.ts";
import { PatternError, ScanError } from "./error.ts";
import type { Answer, Request } from "./protocol.ts";
import type { Progress } from "./types.ts";

/** After the end of its time a thread has so long to answer before it is ended in the middle, in milliseconds. */
const KILL_MS = 250;
/** The same after an abort. */
const ABORT_MS = 50;
const MAX_HEAP_MB = 512;

export interface Outcome {
  /** `killed`: the thread did not answer in time, and has been ended. */
  readonly outcome: (Answer & { type: "done" })["result"] | "killed";
  /** What it had told by then. */
  readonly told: readonly Told[];
  /** The last of what a summary had told; undefined: nothing. */
  readonly kept: Kept | undefined;
  /** Bytes that it was testing when it was killed. */
  readonly risk: { readonly from: number; readonly to: number } | undefined;
}

/** One thread that scans, started when it is needed and again after it was killed. */
export class ScanThread {
  #worker: Worker | undefined;
  #ready: Promise<void> | undefined;
  #shared = shared();
  #ended = false;
  #starts = 0;

  /** How often it was started: what it knew is lost with each start. */
  get starts(): number {
    return this.#starts;
  }

  get running(): boolean {
    return this.#worker !== undefined;
  }

  /** Ends the thread, in the middle of whatever it does; a request fails as `closed`. */
  async end(): Promise<void> {
    this.#ended = true;
    await this.#terminate();
    this.#ended = false;
  }

  /**
   * Sends a request and waits for its answer. Rejects with the signal's reason, only after the thread has stopped to use the
   * descriptor of the request.
   * @param ms what the request allows itself
   */
  async request(
    request: Request,
    ms: number,
    signal?: AbortSignal,
    onProgress?: (progress: Progress) => void,
  ): Promise<Outcome> {
    signal?.throwIfAborted();
    const worker = (this.#worker ??= this.#spawn());
    const told: Told[] = [];
    let kept: Kept | undefined;
    worker.ref();
    try {
      await this.#ready;
      signal?.throwIfAborted();
      Atomics.store(this.#shared.flags, 0, 0);
      this.#shared.risk.fill(0);
      const outcome = await this.#exchange(worker, request, ms, signal, (answer) => {
        if (answer.type === "kept") kept = answer.kept;
        if (answer.type !== "told") return;
        told.push(answer.told);
        onProgress?.({ scannedBytes: answer.told.scannedBytes, matched: answer.told.matched });
      });
      signal?.throwIfAborted();
      const [from = 0, to = 0] = this.#shared.risk;
      return { outcome, told, kept, risk: outcome === "killed" && from < to ? { from, to } : undefined };
    } finally {
      worker.unref();
    }
  }

  #exchange(
    worker: Worker,
    request: Request,
    ms: number,
    signal: AbortSignal | undefined,
    hear: (answer: Answer) => void,
  ): Promise<Outcome["outcome"]> {
    return new Promise((resolve, reject) => {
      let timer = setTimeout(kill, Math.min(2 ** 31 - 1, ms + KILL_MS), this.#terminate.bind(this));
      const settle = (finish: () => void): void => {
        clearTimeout(timer);
        signal?.removeEventListener("abort", abort);
        worker.off("message", answered).off("error", failed).off("exit", exited);
        finish();
      };
      function kill(terminate: () => Promise<void>): void {
        // Messages that have come already are heard first.
        setImmediate(() => {
          worker.off("exit", exited);
          void terminate().then(() => settle(() => resolve("killed")));
        });
      }
      const abort = (): void => {
        Atomics.store(this.#shared.flags, 0, 1);
        clearTimeout(timer);
        timer = setTimeout(kill, ABORT_MS, this.#terminate.bind(this));
      };
      const answered = (answer: Answer): void => {
        hear(answer);
        if (answer.type === "done") settle(() => resolve(answer.result));
        if (answer.type === "failed") settle(() => reject(errorOf(answer)));
      };
      const failed = (error: unknown): void => {
        this.#forget(worker);
        settle(() => reject(new ScanError("failed", `The search has failed: ${String(error)}.`, { cause: error })));
      };
      const exited = (): void => {
        this.#forget(worker);
        const code = this.#ended ? "closed" : "failed";
        settle(() => reject(new ScanError(code, "The thread of the search has ended.")));
      };
      worker.on("message", answered).on("error", failed).on("exit", exited);
      signal?.addEventListener("abort", abort, { once: true });
      worker.postMessage(request);
    });
  }

  #spawn(): Worker {
    this.#shared = shared();
    this.#starts++;
    const worker = new Worker(workerEntry(), {
      workerData: { memory: this.#shared.memory },
      execArgv: [],
      resourceLimits: { maxOldGenerationSizeMb: MAX_HEAP_MB },
    });
    this.#ready = new Promise((resolve, reject) => {
      const failed = (error?: unknown): void => {
        this.#forget(worker);
        reject(new ScanError("failed", "The thread of the search did not start.", { cause: error }));
      };
      worker.once("error", failed).once("exit", failed);
      worker.once("message", () => {
        worker.off("error", failed).off("exit", failed);
        worker.on("error", () => this.#forget(worker)).on("exit", () => this.#forget(worker));
        resolve();
      });
    });
    this.#ready.catch(() => undefined);
    return worker;
  }

  #forget(worker: Worker): void {
    if (this.#worker === worker) this.#worker = undefined;
  }

  async #terminate(): Promise<void> {
    const worker = this.#worker;
    this.#worker = undefined;
    await worker?.terminate();
  }
}

function errorOf({ error, pattern }: Answer & { type: "failed" }): Error {
  if (pattern !== undefined)
    return new PatternError(pattern.code as PatternError["code"], pattern.message, pattern.position);
  return error instanceof RangeError
    ? error
    : new ScanError("failed", `The search has failed: ${String(error)}.`, { cause: error });
}
