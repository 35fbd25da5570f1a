import { type Call, ToolError } from "@plugboard/core";
import { decodeResume } from "./cursor.ts";
import { Gate } from "./gate.ts";
import type { BatchOptions } from "./options.ts";
import type { Policy } from "./policy.ts";
import { BATCH_META, Run } from "./run.ts";
import type { BatchInput } from "./schema.ts";
import { countsOf, type Entry } from "./slots.ts";

/** Makes the runs of one instance, and counts what became of them. */
export class Runs {
  readonly counts = { batches: 0, calls: 0, failed: 0, skipped: 0 };
  readonly #options: BatchOptions;
  readonly #policy: Policy;
  readonly #gate: Gate;

  constructor(options: BatchOptions, policy: Policy) {
    this.#options = options;
    this.#policy = policy;
    this.#gate = new Gate(options.maxRunning);
  }

  /** Calls that run now, of all batches. */
  get running(): number {
    return this.#gate.inside;
  }

  /** @throws ToolError inside another batch, and for a `resume` that is not one of these calls */
  of(call: Call, input: BatchInput, timeoutMs: number): Run {
    const entries: Entry[] = input.calls;
    for (let above = call.parent; above; above = above.parent) {
      if (above.toolMeta[BATCH_META] !== undefined)
        throw new ToolError("A batch cannot run inside another one. Make its calls part of the outer one.");
    }
    const { concurrency, maxConcurrency, callTimeoutMs } = this.#options;
    return new Run(call, entries, this.#policy, this.#gate, {
      concurrency: Math.min(input.concurrency ?? concurrency, maxConcurrency),
      stopOnError: input.stop_on_error,
      timeoutMs,
      callTimeoutMs,
      earlier: input.resume === undefined ? new Set() : decodeResume(input.resume, entries),
    });
  }

  /**
   * Checks all calls of a run.
   * @throws ToolError naming the first that is wrong, with `stopOnError`
   */
  async check(run: Run, stopOnError: boolean): Promise<void> {
    const bad = await run.prepare(this.#options.callTimeoutMs);
    if (!bad || !stopOnError) return;
    throw new ToolError(
      `Nothing was run: calls[${bad.index}] is wrong. ${bad.error ?? ""} Correct it, or leave out \`stop_on_error\`.`,
    );
  }

  /** Counts a run that has ended. */
  count({ slots }: Run): void {
    const { failed, skipped } = countsOf(slots);
    this.counts.batches++;
    this.counts.calls += slots.length;
    this.counts.failed += failed;
    this.counts.skipped += skipped;
  }
}
