import { z } from "zod";

/** Bounds that the schema of `batch` names. */
export interface ToolBounds {
  readonly maxCalls: number;
  readonly maxConcurrency: number;
  readonly timeoutMs: number;
  readonly maxTimeoutMs: number;
}

/** What `batch` is asked for. */
export type BatchInput = z.output<ReturnType<typeof batchInput>>;

export function batchInput({ maxCalls, maxConcurrency, timeoutMs, maxTimeoutMs }: ToolBounds) {
  const entry = z.strictObject({
    tool: z.string().min(1).max(128).describe("Name of a tool of this server."),
    // What is wrong with one call's arguments is that call's error, not the batch's: they are checked slot by slot.
    arguments: z.unknown().optional().meta({ type: "object", description: "Arguments of that tool." }),
    id: z.string().max(128).optional().describe("A name of your own for the call, given back with its result."),
  });
  return z.strictObject({
    calls: z.array(entry).min(1).max(maxCalls).describe("The calls, answered in this order."),
    concurrency: z.int().min(1).max(maxConcurrency).optional().describe("How many read-only calls run at a time."),
    stop_on_error: z
      .boolean()
      .default(false)
      .describe("Whether calls that have not begun are skipped once one has failed."),
    timeout_ms: z
      .int()
      .min(1)
      .max(maxTimeoutMs)
      .default(timeoutMs)
      .describe("When to return with what is finished, in milliseconds."),
    resume: z
      .string()
      .max(4000)
      .optional()
      .describe("The `resume` of an earlier result, with the same calls: runs only what had not finished."),
    detach: z
      .boolean()
      .default(false)
      .describe("Return a handle at once, for batches that take longer than a request may."),
  });
}

const slot = z.object({
  index: z.int(),
  id: z.string().optional(),
  tool: z.string(),
  ok: z.boolean(),
  status: z
    .enum(["ok", "error", "skipped", "earlier"])
    .describe("`earlier`: had finished before the batch was resumed."),
  result: z.record(z.string(), z.unknown()).optional().describe("The complete result of the call."),
  error: z.string().optional(),
  duration_ms: z.int(),
  cached: z.boolean().optional(),
});

const counts = { succeeded: z.int(), failed: z.int(), skipped: z.int(), earlier: z.int() };

export const batchOutput = z.object({
  results: z.array(slot),
  ...counts,
  partial: z.boolean().describe("Whether calls were left out."),
  resume: z.string().nullable().describe("Pass it with the same calls to run what was left out."),
  handle: z.string().optional().describe("Of a detached batch, for batch_status and batch_cancel."),
});

export const statusInput = (maxWaitMs: number) =>
  z.strictObject({
    handle: z.string().min(1).max(64),
    wait_ms: z.int().min(0).max(maxWaitMs).default(0).describe("How long to wait for something new, in milliseconds."),
    cursor: z.string().max(16).optional().describe("The next_cursor of the last status: only what has finished since."),
  });

export const statusOutput = z.object({
  handle: z.string(),
  state: z.enum(["running", "done", "cancelled"]),
  results: z.array(slot).describe("What has finished since the cursor, in the order in which it did."),
  pending: z.array(z.int()).describe("Indices of the calls that have not finished."),
  ...counts,
  next_cursor: z.string(),
  resume: z
    .string()
    .nullable()
    .describe("Once the batch has ended: pass it to batch with the same calls to run what was left out."),
  more: z.boolean().describe("Whether more has finished already than fits here: ask again with next_cursor."),
});

export const cancelInput = z.strictObject({ handle: z.string().min(1).max(64) });
export const cancelOutput = z.object({
  handle: z.string(),
  state: z.enum(["running", "done", "cancelled"]),
  ...counts,
});
