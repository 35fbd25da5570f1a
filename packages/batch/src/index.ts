import { type Call, definePlugin, ToolError, toolResult } from "@plugboard/core";
import { z } from "zod";
import { decodeResume } from "./cursor.ts";
import { Gate } from "./gate.ts";
import { type Job, Jobs } from "./jobs.ts";
import { map } from "./map.ts";
import { policyOf } from "./policy.ts";
import { BATCH_META, Run } from "./run.ts";
import { countsOf, type Entry, show, type Slot } from "./slots.ts";
import {
  batchInput,
  batchOutput,
  cancelInput,
  cancelOutput,
  listing,
  statusInput,
  statusOutput,
  summary,
} from "./tools.ts";

export type { MapOptions, Settled } from "./map.ts";

const patterns = z.array(z.string().min(1).max(128)).max(1000).default([]);

export const batchOptions = z.strictObject({
  allow: patterns.describe(
    "Tools that are not read-only and may be called all the same: names, `*` for any characters",
  ),
  deny: patterns.describe("Tools that may not be called, whatever they are; wins over `allow`"),
  maxCalls: z.int().min(1).max(1000).default(100).describe("Most calls in one batch"),
  concurrency: z
    .int()
    .min(1)
    .max(256)
    .default(8)
    .describe("Read-only calls that run at a time, where the caller does not say"),
  maxConcurrency: z.int().min(1).max(256).default(32).describe("Most that a caller may ask for"),
  maxRunning: z.int().min(1).max(10_000).default(64).describe("Calls that run at a time in all batches together"),
  timeoutMs: z
    .int()
    .min(1)
    .max(3_600_000)
    .default(45_000)
    .describe("When a batch returns with what is finished, in milliseconds; clients give up after 60 s"),
  callTimeoutMs: z.int().min(1).max(3_600_000).default(30_000).describe("Longest time of one call, in milliseconds"),
  maxChars: z
    .int()
    .min(1000)
    .max(10_000_000)
    .default(30_000)
    .describe("Most characters of all results of a batch together; larger ones are cut, with a notice"),
  maxBlobBytes: z
    .int()
    .min(0)
    .max(100_000_000)
    .default(250_000)
    .describe("Most bytes of all images, audio and binary blocks of a batch together"),
  detach: z
    .boolean()
    .default(true)
    .describe("Whether callers may detach batches; adds the tools `batch_status` and `batch_cancel`"),
  detachedTimeoutMs: z
    .int()
    .min(1)
    .max(86_400_000)
    .default(1_800_000)
    .describe("Longest time of a detached batch, in milliseconds"),
  keepMs: z
    .int()
    .min(1000)
    .max(86_400_000)
    .default(600_000)
    .describe("How long a finished detached batch can be asked for, in milliseconds"),
  maxJobs: z.int().min(1).max(10_000).default(100).describe("Most detached batches that the server holds"),
  maxJobsPerPrincipal: z.int().min(1).max(1000).default(5).describe("Most detached batches that one caller holds"),
});

const MAX_WAIT_MS = 45_000;
const NO_STORE = { "dev.plugboard/cache": "no-store" };
/** What a detached batch keeps of its results, in all. */
const KEPT_CHARS = 1_000_000;
/** Blocks that are shorter than this stand in the slot itself. */
const INLINE = 2000;

const define = definePlugin({
  name: "batch",
  options: batchOptions,
  setup(host, options) {
    const { maxChars, maxBlobBytes, callTimeoutMs } = options;
    const policy = policyOf(options.allow, options.deny);
    const gate = new Gate(options.maxRunning);
    const jobs = new Jobs({
      maxPerPrincipal: options.maxJobsPerPrincipal,
      maxJobs: options.maxJobs,
      keepMs: options.keepMs,
    });
    const counts = { batches: 0, calls: 0, failed: 0, skipped: 0 };
    const [statusTool, cancelTool] = [host.toolName("batch_status"), host.toolName("batch_cancel")];
    host.onDispose(() => jobs.clear());

    type Input = z.output<ReturnType<typeof batchInput>>;
    const bounds = {
      maxCalls: options.maxCalls,
      maxConcurrency: options.maxConcurrency,
      timeoutMs: options.timeoutMs,
      maxTimeoutMs: Math.max(options.timeoutMs, 50_000),
    };

    function runOf(call: Call, input: Input, timeoutMs: number): Run {
      const entries: Entry[] = input.calls;
      for (let above = call.parent; above; above = above.parent) {
        if (above.toolMeta[BATCH_META] !== undefined)
          throw new ToolError("A batch cannot run inside another one. Make its calls part of the outer one.");
      }
      const earlier = input.resume === undefined ? new Set<number>() : decodeResume(input.resume, entries);
      const concurrency = Math.min(input.concurrency ?? options.concurrency, options.maxConcurrency);
      return new Run(call, entries, policy, gate, {
        concurrency,
        stopOnError: input.stop_on_error,
        timeoutMs,
        callTimeoutMs,
        earlier,
      });
    }

    async function check(run: Run, stopOnError: boolean): Promise<void> {
      const bad = await run.prepare(callTimeoutMs);
      if (!bad || !stopOnError) return;
      throw new ToolError(
        `Nothing was run: calls[${bad.index}] is wrong. ${bad.error ?? ""} Correct it, or leave out \`stop_on_error\`.`,
      );
    }

    function count(slots: readonly Slot[]): void {
      const { failed, skipped } = countsOf(slots);
      counts.batches++;
      counts.calls += slots.length;
      counts.failed += failed;
      counts.skipped += skipped;
    }

    async function detach(call: Call, input: Input): Promise<ReturnType<typeof toolResult>> {
      if (!options.detach) {
        throw new ToolError(
          "This server does not detach batches. Run it without `detach`, and go on with `resume` where it stops.",
        );
      }
      const controller = new AbortController();
      const run = runOf(call.detach(controller.signal), input, options.detachedTimeoutMs);
      const refusal = jobs.refuse(call.principal);
      if (refusal !== undefined) throw new ToolError(refusal);
      const job = jobs.add(call.principal, run, controller);
      try {
        await check(run, input.stop_on_error);
      } catch (error) {
        jobs.remove(job);
        throw error;
      }
      void runDetached(job);
      const text =
        `The batch of ${run.slots.length} calls runs on. Ask for its results with ${statusTool} {"handle": "${job.handle}", "wait_ms": 30000}; ` +
        `stop it with ${cancelTool}.`;
      const nothing = { succeeded: 0, failed: 0, skipped: 0, earlier: 0 };
      return toolResult(text, {
        structuredContent: { results: [], ...nothing, partial: true, resume: null, handle: job.handle },
      });
    }

    /** What a job keeps is bounded for all of it: each slot has its share, and binary blocks what is left of theirs. */
    async function runDetached(job: Job): Promise<void> {
      const { run, controller } = job;
      const maxKept = Math.floor(KEPT_CHARS / run.slots.length);
      let bytes = maxBlobBytes;
      const keep = (slot: Slot): void => {
        const { slots, blocks } = show([slot], { maxChars: maxKept, maxBlobBytes: bytes });
        const blobs = JSON.stringify(blocks).length;
        if (blobs > INLINE) {
          bytes = Math.max(0, bytes - Math.floor((blobs * 3) / 4));
          job.blocks.set(slot.index, blocks);
        }
        Object.assign(slot, slots[0]);
        jobs.settle(job, slot);
      };
      for (const slot of run.slots) if (slot.status === "error") keep(slot);
      try {
        await run.run(controller.signal, keep);
      } catch (error) {
        host.warn("a detached batch failed", error);
      }
      for (const slot of run.slots) if (slot.status === "skipped") job.settled.push(slot);
      count(run.slots);
      jobs.end(job);
    }

    host.tool(
      "batch",
      {
        title: "Call many tools",
        description:
          "Calls many tools of this server in one go: read-only ones side by side, the others one after another in their place. One result for each " +
          `call, in the order of the calls; a failed call does not disturb the others. ${policy.mayWrite ? "" : "Only read-only tools. "}For long work, set detach.`,
        inputSchema: batchInput(bounds),
        outputSchema: batchOutput,
        annotations: {
          readOnlyHint: !policy.mayWrite,
          destructiveHint: policy.mayWrite,
          idempotentHint: !policy.mayWrite,
          openWorldHint: true,
        },
        _meta: { ...NO_STORE, [BATCH_META]: "calls other tools" },
      },
      async (input, call) => {
        if (input.detach) return detach(call, input);
        const run = runOf(call, input, input.timeout_ms);
        await check(run, input.stop_on_error);
        await run.run(call.signal);
        count(run.slots);
        const { slots, blocks } = show(run.slots, { maxChars, maxBlobBytes });
        const { resume } = run;
        const totals = countsOf(run.slots);
        const advice =
          resume === null ? "" : `\n\nTo run the rest, repeat the call with the same calls and resume "${resume}".`;
        const text = `${run.slots.length} calls: ${summary(totals)}.\n\n${listing(slots)}${advice}`;
        return toolResult([{ type: "text", text }, ...blocks], {
          structuredContent: { results: slots, ...totals, partial: run.partial, resume },
        });
      },
    );

    if (options.detach) {
      const jobOf = (handle: string, call: Call): Job => {
        const job = jobs.get(handle, call.principal);
        if (job) return job;
        throw new ToolError(
          "There is no such batch of yours: the handle is wrong, or the batch ended too long ago. Run the calls again.",
        );
      };

      host.tool(
        "batch_status",
        {
          title: "Results of a detached batch",
          description:
            "Returns what has finished of a detached batch since the cursor, and what is pending. Waits for news up to wait_ms.",
          inputSchema: statusInput(MAX_WAIT_MS),
          outputSchema: statusOutput,
          annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false },
          _meta: NO_STORE,
        },
        async ({ handle, wait_ms: waitMs, cursor }, call) => {
          const job = jobOf(handle, call);
          const from = cursor === undefined ? 0 : Number(cursor);
          if (!Number.isInteger(from) || from < 0 || from > job.settled.length) {
            throw new ToolError(
              "`cursor` is not one of this batch. Pass the next_cursor of its last status, or leave it out to begin at the first result.",
            );
          }
          if (!jobs.hasEnded(job) && job.settled.length === from && waitMs > 0)
            await jobs.wait(job, waitMs, call.signal);
          const news = pageOf(job.settled.slice(from), maxChars);
          const { slots, blocks: small } = show(news, { maxChars, maxBlobBytes });
          const blocks = [...small, ...news.flatMap(({ index }) => job.blocks.get(index) ?? [])];
          const settled = new Set(job.settled.map(({ index }) => index));
          const pending = job.run.slots
            .filter(({ index, status }) => !settled.has(index) && status !== "earlier")
            .map(({ index }) => index);
          const totals = countsOf([...job.settled, ...earlierOf(job)]);
          const next = from + news.length;
          const more = next < job.settled.length;
          const data = {
            handle,
            state: job.state,
            results: slots,
            pending,
            ...totals,
            next_cursor: String(next),
            more,
            resume: jobs.hasEnded(job) ? job.run.resume : null,
          };
          const onward =
            job.state === "running" || more ? `\n\nGo on with cursor "${next}"${more ? "" : " and wait_ms"}.` : "";
          const text = `The batch is ${job.state}: ${summary(totals)}, ${pending.length} pending.\n\n${listing(slots) || "Nothing new."}${onward}`;
          return toolResult([{ type: "text", text }, ...blocks], { structuredContent: data });
        },
      );

      host.tool(
        "batch_cancel",
        {
          title: "Stop a detached batch",
          description:
            "Stops a detached batch: running calls are aborted, the rest is not run. What has finished stays to be read.",
          inputSchema: cancelInput,
          outputSchema: cancelOutput,
          annotations: { readOnlyHint: false, destructiveHint: false, idempotentHint: true, openWorldHint: false },
          _meta: NO_STORE,
          text: ({ state, ...totals }) => `The batch is ${state}: ${summary(totals)}.`,
        },
        ({ handle }, call) => {
          const job = jobOf(handle, call);
          if (job.state === "running") {
            job.state = "cancelled";
            job.controller.abort(new Error("the batch was cancelled"));
          }
          return { handle, state: job.state, ...countsOf([...job.settled, ...earlierOf(job)]) };
        },
      );
    }

    return { stats: () => ({ ...counts, running: gate.inside, jobs: jobs.size }) };
  },
});

/** The first slots that fit, at least one. */
function pageOf(slots: readonly Slot[], maxChars: number): Slot[] {
  let left = maxChars;
  const end = slots.findIndex((slot, index) => (left -= JSON.stringify(slot).length) < 0 && index > 0);
  return slots.slice(0, end === -1 ? slots.length : end);
}

const earlierOf = ({ run }: Job): Slot[] => run.slots.filter(({ status }) => status === "earlier");

/** Many calls in one: the tool `batch`; and `batch.map`, for tools that work on many items. */
export const batch: typeof define & { readonly map: typeof map } = Object.assign(define, { map });
