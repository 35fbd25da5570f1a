import { setMaxListeners } from "node:events";
import type { Call, Prepared, Progress } from "@plugboard/core";
import { canonical } from "./canonical.ts";
import { encodeResume } from "./cursor.ts";
import type { Gate } from "./gate.ts";
import type { Policy } from "./policy.ts";
import { runSteps, type Step } from "./schedule.ts";
import { type Entry, fail, settle, type Slot, textOf } from "./slots.ts";

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
    const steps: Step[] = [];
    const repeated: [Ready, Ready][] = [];
    // What was read before something was changed is not what would be read after it.
    let first = new Map<string, Ready>();
    for (const ready of this.#ready) {
      if (!ready.readOnly) first = new Map();
      const key = ready.readOnly ? this.#keyOf(ready) : undefined;
      const same = key === undefined ? undefined : first.get(key);
      if (same) repeated.push([ready, same]);
      else {
        if (key !== undefined) first.set(key, ready);
        steps.push({ parallel: ready.readOnly, run: () => this.#runOne(ready, end.signal, onSettled) });
      }
    }
    try {
      await runSteps(steps, concurrency, () => end.signal.aborted || this.#failed);
    } finally {
      clearTimeout(timer);
      signal.removeEventListener("abort", cancel);
    }
    for (const [{ slot }, { slot: same }] of repeated) {
      const { index: _, id: __, ...outcome } = same;
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
    } else await this.#attempt(slot, prepared, readOnly, end, leave);
    if (slot.status === "skipped") return;
    if (this.#options.stopOnError && slot.status === "error") this.#failed = true;
    onSettled(slot);
    // Not awaited: a client that does not read holds nobody up.
    void this.#report(slot.index, { progress: 1, total: 1 });
  }

  async #attempt(
    slot: Slot,
    prepared: Prepared,
    readOnly: boolean,
    end: AbortSignal,
    leave: () => void,
  ): Promise<void> {
    const { callTimeoutMs } = this.#options;
    const began = performance.now();
    const own = new AbortController();
    const stop = (): void => own.abort(end.reason);
    end.addEventListener("abort", stop, { once: true });
    const timer = setTimeout(() => own.abort(new Error("the call's time was over")), callTimeoutMs);
    const work = prepared.run({ signal: own.signal, report: (progress) => this.#report(slot.index, progress) });
    const ended = work.then(ignore, ignore);
    // A tool that ignores its signal keeps its place, for as long again as it had.
    void within(callTimeoutMs, ended, own.signal).then(leave);
    try {
      settle(slot, await untilAborted(work, own.signal), performance.now() - began);
    } catch (error) {
      slot.duration_ms = Math.round(performance.now() - began);
      this.#interrupted(slot, readOnly, end, own.signal, error);
      // What has effects runs alone: the next one waits until this one has really ended, or the batch has.
      if (!readOnly) await untilAborted(ended, end).catch(ignore);
    } finally {
      clearTimeout(timer);
      end.removeEventListener("abort", stop);
    }
  }

  /** Compares calls by what the caller wrote: schemas may turn arguments into values that look alike. */
  #keyOf({ slot }: Ready): string | undefined {
    const args = canonical(this.#entries[slot.index]?.arguments ?? {});
    return args === undefined ? undefined : `${slot.tool} ${args}`;
  }

  /** A call was stopped, or rejected as only cancellation and questions to the person do. */
  #interrupted(slot: Slot, readOnly: boolean, end: AbortSignal, own: AbortSignal, error: unknown): void {
    if (end.aborted && readOnly) {
      slot.error = `Stopped while it ran: ${(end.reason as Error).message}.`;
      return;
    }
    slot.status = "error";
    if (end.aborted) {
      slot.error = `It was running when the batch ended (${(end.reason as Error).message}) and may have had its effect. Check before you call it again.`;
    } else if (own.aborted) {
      const effect = readOnly ? "" : " It may have had its effect.";
      slot.error = `\`${slot.tool}\` did not finish within ${this.#options.callTimeoutMs} ms and was stopped.${effect} Call it on its own, or ask it for less.`;
    } else {
      const why = error instanceof Error ? error.message : String(error);
      slot.error = `\`${slot.tool}\` needs an answer from the person, which a batch cannot wait for (${why}). Call it on its own.`;
    }
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

const ignore = (): void => {};

/** Resolves when `work` has ended, but not later than `ms` after `signal` aborted. */
function within(ms: number, work: Promise<void>, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    let timer: NodeJS.Timeout | undefined;
    const give = (): void => {
      timer = setTimeout(resolve, ms).unref();
    };
    signal.addEventListener("abort", give, { once: true });
    void work.then(() => {
      clearTimeout(timer);
      signal.removeEventListener("abort", give);
      resolve();
    });
  });
}

/** Settles as `work` does, or rejects when `signal` aborts first: a tool that ignores its signal holds nobody up. */
function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = (): void => reject(signal.reason as Error);
    signal.addEventListener("abort", stop, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", stop));
    if (signal.aborted) stop();
  });
}
