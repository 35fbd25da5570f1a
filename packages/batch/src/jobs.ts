import { randomBytes } from "node:crypto";
import { type ContentBlock, type Principal, ToolError } from "@plugboard/core";
import type { Run } from "./run.ts";
import type { Slot } from "./slots.ts";

/** A batch that outlives its request. */
export interface Job {
  readonly handle: string;
  readonly owner: string;
  readonly run: Run;
  readonly controller: AbortController;
  /** Slots in the order in which they were settled. */
  readonly settled: Slot[];
  /** Binary blocks of slots, by index. */
  readonly blocks: Map<number, ContentBlock[]>;
  state: "running" | "done" | "cancelled";
  expiresAt: number;
}

export interface JobLimits {
  readonly maxPerPrincipal: number;
  readonly maxJobs: number;
  /** How long a finished batch can be asked for. */
  readonly keepMs: number;
}

/** The batches that outlive their requests: bound to a principal, bounded in number, forgotten in time. */
export class Jobs {
  readonly #jobs = new Map<string, Job>();
  readonly #waiting = new Map<Job, Set<() => void>>();
  readonly #limits: JobLimits;
  readonly #now: () => number;

  constructor(limits: JobLimits, now: () => number = () => performance.now()) {
    this.#limits = limits;
    this.#now = now;
  }

  get size(): number {
    return this.#jobs.size;
  }

  /**
   * Holds a batch for `principal`. Where that one has as many as it may, its oldest finished one makes room; `undo` takes
   * back a job that never began.
   * @throws ToolError for an anonymous principal, and at the bounds
   */
  add(principal: Principal, run: Run, controller: AbortController): { readonly job: Job; undo(): void } {
    this.#forget();
    if (principal.kind === "anonymous") {
      throw new ToolError(
        "A batch can be detached only for callers that can be told apart: sign in, or use a session. Run it without `detach`.",
      );
    }
    const replaced = this.#makeRoom(principal);
    const handle = randomBytes(16).toString("base64url");
    const job: Job = {
      handle,
      owner: principal.id,
      run,
      controller,
      settled: [],
      blocks: new Map(),
      state: "running",
      expiresAt: Infinity,
    };
    this.#jobs.set(handle, job);
    const undo = (): void => {
      this.#jobs.delete(handle);
      if (replaced) this.#jobs.set(replaced.handle, replaced);
    };
    return { job, undo };
  }

  /** The finished batch that had to go; undefined where there is room. */
  #makeRoom({ id }: Principal): Job | undefined {
    const { maxPerPrincipal, maxJobs, keepMs } = this.#limits;
    const own = [...this.#jobs.values()].filter(({ owner }) => owner === id);
    if (own.length >= maxPerPrincipal) {
      const oldest = own.find(({ state }) => state !== "running");
      if (!oldest)
        throw new ToolError(`${own.length} detached batches are running already. Wait for one, or cancel it.`);
      this.#jobs.delete(oldest.handle);
      return oldest;
    }
    if (this.#jobs.size < maxJobs) return undefined;
    throw new ToolError(
      `The server holds ${maxJobs} detached batches, its limit. Try again in ${Math.ceil(keepMs / 60_000)} min, or run it without \`detach\`.`,
    );
  }

  /** The job of a handle, for its owner only. */
  get(handle: string, principal: Principal): Job | undefined {
    this.#forget();
    const job = this.#jobs.get(handle);
    return job?.owner === principal.id && principal.kind !== "anonymous" ? job : undefined;
  }

  /** A slot has its outcome: who waits hears of it, and with the last one that the batch has ended. */
  settle(job: Job, slot: Slot): void {
    job.settled.push(slot);
    const earlier = job.run.slots.filter(({ status }) => status === "earlier").length;
    if (job.settled.length + earlier === job.run.slots.length) this.end(job);
    else this.#wake(job);
  }

  /** Whether every slot of a job is settled: after a cancellation that takes a moment. */
  hasEnded(job: Job): boolean {
    return job.expiresAt !== Infinity;
  }

  /** Aborts what runs of a job; what has finished stays. */
  cancel(job: Job): void {
    if (job.state !== "running") return;
    job.state = "cancelled";
    job.controller.abort(new Error("the batch was cancelled"));
  }

  /** Every slot of a job is settled: from now on its time to be asked for runs. */
  end(job: Job): void {
    if (this.hasEnded(job)) return;
    if (job.state === "running") job.state = "done";
    job.expiresAt = this.#now() + this.#limits.keepMs;
    this.#wake(job);
  }

  /** Resolves when something has happened to `job`, when `ms` have passed, or when `signal` aborts. */
  wait(job: Job, ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const waiting = this.#waiting.get(job) ?? new Set();
      this.#waiting.set(job, waiting);
      const done = (): void => {
        clearTimeout(timer);
        signal.removeEventListener("abort", done);
        waiting.delete(done);
        if (waiting.size === 0) this.#waiting.delete(job);
        resolve();
      };
      const timer = setTimeout(done, ms);
      waiting.add(done);
      signal.addEventListener("abort", done, { once: true });
      if (signal.aborted) done();
    });
  }

  /** Aborts and forgets all jobs. */
  clear(): void {
    for (const job of this.#jobs.values()) {
      job.controller.abort(new Error("the server shuts down"));
      this.#wake(job);
    }
    this.#jobs.clear();
  }

  #wake(job: Job): void {
    for (const done of this.#waiting.get(job) ?? []) done();
  }

  #forget(): void {
    const now = this.#now();
    for (const [handle, { expiresAt }] of this.#jobs) if (expiresAt <= now) this.#jobs.delete(handle);
  }
}
