import { type Call, type Host, LIVE, READ_ONLY, ToolError, toolResult } from "@plugboard/core";
import { type Job, Jobs } from "./jobs.ts";
import type { BatchOptions } from "./options.ts";
import { movedOf, type Room, show } from "./room.ts";
import type { Runs } from "./runs.ts";
import { type BatchInput, cancelInput, cancelOutput, statusInput, statusOutput } from "./schema.ts";
import { type Counts, countsOf, type Slot } from "./slots.ts";
import { listing, summary } from "./wording.ts";

/** Longest wait of `batch_status`: clients give up after 60 s. */
const MAX_WAIT_MS = 45_000;
/** Characters of results that a detached batch keeps, in all. */
const KEPT_CHARS = 1_000_000;

/** The batches that outlive their requests, and the tools that speak of them. */
export class Detached {
  readonly #host: Host;
  readonly #runs: Runs;
  readonly #options: BatchOptions;
  readonly #jobs: Jobs;
  readonly #statusTool: string;
  readonly #cancelTool: string;

  constructor(host: Host, runs: Runs, options: BatchOptions) {
    this.#host = host;
    this.#runs = runs;
    this.#options = options;
    this.#statusTool = host.toolName("batch_status");
    this.#cancelTool = host.toolName("batch_cancel");
    this.#jobs = new Jobs({
      maxPerPrincipal: options.maxJobsPerPrincipal,
      maxJobs: options.maxJobs,
      keepMs: options.keepMs,
    });
    host.onDispose(() => this.#jobs.clear());
  }

  /** Batches that are held, running or not. */
  get size(): number {
    return this.#jobs.size;
  }

  /**
   * Begins a batch that goes on without its request, and answers with its handle.
   * @throws ToolError where batches may not be detached, the caller has too many, or the calls are wrong
   */
  async start(call: Call, input: BatchInput): Promise<ReturnType<typeof toolResult>> {
    const { detach, detachedTimeoutMs } = this.#options;
    if (!detach) {
      throw new ToolError(
        "This server does not detach batches. Run it without `detach`, and go on with `resume` where it stops.",
      );
    }
    const controller = new AbortController();
    const run = this.#runs.of(call.detach(controller.signal), input, detachedTimeoutMs);
    const { job, undo } = this.#jobs.add(call.principal, run, controller);
    try {
      await this.#runs.check(run, input.stop_on_error);
    } catch (error) {
      undo();
      throw error;
    }
    void this.#run(job);
    const text =
      `The batch of ${run.slots.length} calls runs on. Ask for its results with ${this.#statusTool} {"handle": "${job.handle}", "wait_ms": 30000}; ` +
      `stop it with ${this.#cancelTool}.`;
    const nothing = { succeeded: 0, failed: 0, skipped: 0, earlier: 0 };
    return toolResult(text, {
      structuredContent: { results: [], ...nothing, partial: true, resume: null, handle: job.handle },
    });
  }

  /** What a job keeps is bounded for all of it: each slot has its share, and binary blocks what is left of theirs. */
  async #run(job: Job): Promise<void> {
    const { run, controller } = job;
    const maxChars = Math.floor(KEPT_CHARS / run.slots.length);
    let bytes = this.#options.maxBlobBytes;
    const keep = (slot: Slot): void => {
      const { slots, blocks } = show([slot], { maxChars, maxBlobBytes: bytes });
      const moved = movedOf(slot, blocks);
      bytes -= moved.bytes;
      if (moved.bytes > 0) job.blocks.set(slot.index, moved.blocks);
      Object.assign(slot, slots[0]);
      this.#jobs.settle(job, slot);
    };
    for (const slot of run.slots) if (slot.status === "error") keep(slot);
    try {
      await run.run(controller.signal, keep);
    } catch (error) {
      this.#host.warn("a detached batch failed", error);
    }
    for (const slot of run.slots) if (slot.status === "skipped") job.settled.push(slot);
    this.#runs.count(run);
    this.#jobs.end(job);
  }

  /** Adds `batch_status` and `batch_cancel`. */
  addTools(): void {
    this.#host.tool(
      "batch_status",
      {
        title: "Results of a detached batch",
        description:
          "Returns what has finished of a detached batch since the cursor, and what is pending. Waits for news up to wait_ms.",
        inputSchema: statusInput(MAX_WAIT_MS),
        outputSchema: statusOutput,
        annotations: READ_ONLY,
        _meta: LIVE,
      },
      async ({ handle, wait_ms: waitMs, cursor }, call) => {
        const job = this.#find(handle, call);
        const from = positionOf(cursor, job);
        if (!this.#jobs.hasEnded(job) && job.settled.length === from && waitMs > 0)
          await this.#jobs.wait(job, waitMs, call.signal);
        return this.#status(job, from);
      },
    );
    this.#host.tool(
      "batch_cancel",
      {
        title: "Stop a detached batch",
        description:
          "Stops a detached batch: running calls are aborted, the rest is not run. What has finished stays to be read.",
        inputSchema: cancelInput,
        outputSchema: cancelOutput,
        annotations: { readOnlyHint: false, destructiveHint: false, idempotentHint: true, openWorldHint: false },
        _meta: LIVE,
        text: ({ state, ...totals }) => `The batch is ${state}: ${summary(totals)}.`,
      },
      ({ handle }, call) => {
        const job = this.#find(handle, call);
        this.#jobs.cancel(job);
        return { handle, state: job.state, ...totalsOf(job) };
      },
    );
  }

  #find(handle: string, call: Call): Job {
    const job = this.#jobs.get(handle, call.principal);
    if (job) return job;
    throw new ToolError(
      "There is no such batch of yours here: the handle is wrong, the batch is no longer kept, or it is in another process of this server. " +
        "Ask again with the same handle, in the session that began it if you can. If it stays so, the calls may have been made: " +
        "look at what they did before you run any again that change something; those that only read can be run again.",
    );
  }

  /** What has finished since `from`, as much as fits. */
  #status(job: Job, from: number): ReturnType<typeof toolResult> {
    const room: Room = this.#options;
    const news = pageOf(job.settled.slice(from), room.maxChars);
    const { slots, blocks: small } = show(news, room);
    const blocks = [...small, ...news.flatMap(({ index }) => job.blocks.get(index) ?? [])];
    const pending = pendingOf(job);
    const totals = totalsOf(job);
    const next = from + news.length;
    const more = next < job.settled.length;
    const onward =
      job.state === "running" || more ? `\n\nGo on with cursor "${next}"${more ? "" : " and wait_ms"}.` : "";
    const text = `The batch is ${job.state}: ${summary(totals)}, ${pending.length} pending.\n\n${listing(slots) || "Nothing new."}${onward}`;
    return toolResult([{ type: "text", text }, ...blocks], {
      structuredContent: {
        handle: job.handle,
        state: job.state,
        results: slots,
        pending,
        ...totals,
        next_cursor: String(next),
        more,
        resume: this.#jobs.hasEnded(job) ? job.run.resume : null,
      },
    });
  }
}

/** How many results the caller of `batch_status` has seen, by its cursor. */
function positionOf(cursor: string | undefined, { settled }: Job): number {
  const from = cursor === undefined ? 0 : Number(cursor);
  if (Number.isInteger(from) && from >= 0 && from <= settled.length) return from;
  throw new ToolError(
    "`cursor` is not one of this batch. Pass the next_cursor of its last status, or leave it out to begin at the first result.",
  );
}

/** The first slots that fit, at least one. */
function pageOf(slots: readonly Slot[], maxChars: number): Slot[] {
  let left = maxChars;
  const end = slots.findIndex((slot, index) => (left -= JSON.stringify(slot).length) < 0 && index > 0);
  return slots.slice(0, end === -1 ? slots.length : end);
}

const earlierOf = ({ run }: Job): Slot[] => run.slots.filter(({ status }) => status === "earlier");

const totalsOf = (job: Job): Counts => countsOf([...job.settled, ...earlierOf(job)]);

/** Indices of the calls that have not finished. */
function pendingOf({ run, settled }: Job): number[] {
  const done = new Set(settled.map(({ index }) => index));
  return run.slots.filter(({ index, status }) => !done.has(index) && status !== "earlier").map(({ index }) => index);
}
