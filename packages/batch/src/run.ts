import { setMaxListeners } from "node:events";
import type { Call, Prepared, Progress } from "@plugboard/core";
import { attempt } from "./attempt.ts";
import { comparable } from "./compare.ts";
import { encodeResume } from "./cursor.ts";
import type { Gate } from "./gate.ts";
import type { Policy } from "./policy.ts";
import { runSteps, type Step } from "./schedule.ts";
import { type Entry, fail, type Slot, textOf } from "./slots.ts";
import { untilAborted } from "./wait.ts";

export interface RunOptions {
  readonly concurrency: number;
  readonly stopOnError: boolean;
  /** Longest time for the whole; `Infinity` for none. */
  readonly timeoutMs: number;
  readonly callTimeoutMs: number;
  /** Calls that had finished before. */
  readonly earlier: ReadonlySet<number>;
}

/** Marks tools that call others: they run in no batch, whatever their name and instance. */
export const BATCH_META = "dev.plugboard/batch";

/** A call that passed all checks. */
interface Ready {
  readonly slot: Slot;
  readonly prepared: Prepared;
  readonly readOnly: boolean;
}

/** One batch: checks all calls before it runs any, and has one slot for each from the beginning. */
export class Run {
  readonly slots: Slot[];
  /** Whether something was left out: at the deadline, on cancellation, after an error. */
  partial = false;
  readonly #call: Call;
  readonly #entries: readonly Entry[];
  readonly #policy: Policy;
  readonly #gate: Gate;
  readonly #options: RunOptions;
  readonly #shares: number[];
  #ready: Ready[] = [];
  #failed = false;

  constructor(call: Call, entries: readonly Entry[], policy: Policy, gate: Gate, options: RunOptions) {
    this.#call = call;
    this.#entries = entries;
    this.#policy = policy;
    this.#gate = gate;
    this.#options = options;
    this.#shares = entries.map((_, index) => (options.earlier.has(index) ? 1 : 0));
    this.slots = entries.map(({ tool, id }, index) => ({
      index,
      ...(id !== undefined && { id }),
      tool,
      ok: options.earlier.has(index),
      status: options.earlier.has(index) ? "earlier" : "skipped",
      duration_ms: 0,
    }));
  }

  /** The cursor for what was left out, once the run has ended; null where nothing was. */
  get resume(): string | null {
    const finished = this.slots.filter(({ status }) => status !== "skipped").map(({ index }) => index);
    return this.partial && finished.length < this.slots.length ? encodeResume(this.#entries, finished) : null;
  }

  /** Checks every call, for at most `ms`; returns the first that cannot be made. */
  async prepare(ms: number): Promise<Slot | undefined> {
    const late = AbortSignal.timeout(ms);
    setMaxListeners(0, late);
    const checked = await Promise.all(
      this.slots.map((slot, index) => this.#checkUntil(late, slot, this.#entries[index] as Entry)),
    );
    this.#ready = checked.filter((ready) => ready !== undefined);
    return this.slots.find(({ status }) => status === "error");
  }

  async #checkUntil(late: AbortSignal, slot: Slot, entry: Entry): Promise<Ready | undefined> {
    try {
      return await untilAborted(this.#check(slot, entry), late);
    } catch {
      fail(slot, `The arguments of \`${slot.tool}\` could not be checked in time.`);
      return undefined;
    }
  }

  async #check(slot: Slot, { tool, arguments: args }: Entry): Promise<Ready | undefined> {
    if (slot.status === "earlier") return undefined;
    const prepared = await this.#call.prepare(tool, args);
    const refusal = prepared.ok ? this.#refusal(prepared) : textOf(prepared.error);
    if (prepared.ok && refusal === undefined) {
      return { slot, prepared, readOnly: prepared.tool.annotations.readOnlyHint === true };
    }
    fail(slot, refusal ?? "The call cannot be made.");
    this.#shares[slot.index] = 1;
    return undefined;
  }

  /** Why a tool may not be called, as it is now. */
  #refusal({ tool }: Prepared): string | undefined {
    if (tool.toolMeta[BATCH_META] !== undefined)
      return `\`${tool.name}\` cannot run in a batch: it is one itself. Call it on its own.`;
    return this.#policy.refuse(tool);
  }

  /**
   * Runs what was prepared, until all is done, the time is over, or `signal` aborts; then what runs is aborted and the rest
   * stays skipped. `onSettled` is told of each slot.
   */
  async run(signal: AbortSignal, onSettled: (slot: Slot) => void = () => {}): Promise<void> {
    const { concurrency, timeoutMs } = this.#options;
    const end = new AbortController();
    // As many listen as calls run.
    setMaxListeners(0, end.signal);
    const cancel = (): void => end.abort(new Error("the batch was cancelled"));
    signal.addEventListener("abort", cancel, { once: true });
    if (signal.aborted) cancel();
    const timer = Number.isFinite(timeoutMs)
      ? setTimeout(() => end.abort(new Error(`the batch's time of ${timeoutMs} ms was over`)), timeoutMs)
      : undefined;
    const { steps, repeated } = this.#plan(end.signal, onSettled);
    try {
      await runSteps(steps, concurrency, () => end.signal.aborted || this.#failed);
    } finally {
      clearTimeout(timer);
      signal.removeEventListener("abort", cancel);
    }
    for (const { slot, first } of repeated) {
      const { index: _, id: __, ...outcome } = first;
      Object.assign(slot, outcome);
      if (slot.status === "skipped") continue;
      onSettled(slot);
      void this.#report(slot.index, { progress: 1, total: 1 });
    }
    this.#ready = [];
    const reason = end.signal.aborted ? (end.signal.reason as Error).message : "an earlier call failed";
    for (const slot of this.slots) {
      if (slot.status !== "skipped") continue;
      this.partial = true;
      slot.error ??= `Not run: ${reason}.`;
    }
    this.partial ||= end.signal.aborted;
  }

  /** What is to run, in order; and the read-only calls that are answered by the same call before them. */
  #plan(end: AbortSignal, onSettled: (slot: Slot) => void): { steps: Step[]; repeated: { slot: Slot; first: Slot }[] } {
    const steps: Step[] = [];
    const repeated: { slot: Slot; first: Slot }[] = [];
    let firsts = new Map<string, Slot>();
    for (const ready of this.#ready) {
      const { slot, readOnly } = ready;
      // What was read before something was changed is not what would be read after it.
      if (!readOnly) firsts = new Map();
      const key = readOnly ? this.#keyOf(slot) : undefined;
      const first = key === undefined ? undefined : firsts.get(key);
      if (first) repeated.push({ slot, first });
      else {
        if (key !== undefined) firsts.set(key, slot);
        steps.push({ parallel: readOnly, run: () => this.#runOne(ready, end, onSettled) });
      }
    }
    return { steps, repeated };
  }

  /** Compares calls by what the caller wrote: schemas may turn arguments into values that look alike. */
  #keyOf({ index, tool }: Slot): string | undefined {
    const args = comparable(this.#entries[index]?.arguments ?? {});
    return args === undefined ? undefined : `${tool} ${args}`;
  }

  async #runOne({ slot, prepared, readOnly }: Ready, end: AbortSignal, onSettled: (slot: Slot) => void): Promise<void> {
    const leave = await this.#gate.enter(end);
    if (!leave) return;
    // Much may have happened while it waited.
    if (end.aborted || this.#failed) return leave();
    const refusal = this.#refusal(prepared);
    const changed = refusal === undefined && readOnly && prepared.tool.annotations.readOnlyHint !== true;
    if (refusal !== undefined || changed) {
      leave();
      fail(
        slot,
        refusal ?? `\`${slot.tool}\` has changed since the batch began: it is not read-only any more. Call it again.`,
      );
    } else {
      const report = (progress: Progress): Promise<void> => this.#report(slot.index, progress);
      await attempt(slot, prepared, { readOnly, timeoutMs: this.#options.callTimeoutMs, end, report, leave });
    }
    if (slot.status === "skipped") return;
    if (this.#options.stopOnError && slot.status === "error") this.#failed = true;
    onSettled(slot);
    // Not awaited: a client that does not read holds nobody up.
    void this.#report(slot.index, { progress: 1, total: 1 });
  }

  /** The batch's progress: the shares of its calls that are done. */
  #report(index: number, { progress, total, message }: Progress): Promise<void> {
    const share = total !== undefined && total > 0 ? Math.min(1, progress / total) : 0;
    if (share > (this.#shares[index] ?? 0)) this.#shares[index] = share;
    const done = this.#shares.reduce((sum, each) => sum + each, 0);
    const tool = this.slots[index]?.tool ?? "";
    return this.#call.report({
      progress: done,
      total: this.slots.length,
      message: message === undefined ? tool : `${tool}: ${message}`,
    });
  }
}
