import type { Prepared, Progress } from "@plugboard/core";
import { settle, type Slot } from "./slots.ts";
import { untilAborted, untilOverdue } from "./wait.ts";

/** How one call runs. */
export interface AttemptOptions {
  readonly readOnly: boolean;
  /** Longest time of the call, in milliseconds. */
  readonly timeoutMs: number;
  /** Aborts when the batch ends, and the call with it. */
  readonly end: AbortSignal;
  readonly report: (progress: Progress) => Promise<void>;
  /** Gives up the call's place among those that run. */
  readonly leave: () => void;
}

/** Runs one call, and puts what became of it into its slot. Never rejects. */
export async function attempt(slot: Slot, prepared: Prepared, options: AttemptOptions): Promise<void> {
  const { readOnly, timeoutMs, end, report, leave } = options;
  const began = performance.now();
  const own = new AbortController();
  const stop = (): void => own.abort(end.reason);
  end.addEventListener("abort", stop, { once: true });
  const timer = setTimeout(() => own.abort(new Error("the call's time was over")), timeoutMs);
  const work = prepared.run({ signal: own.signal, report });
  const ended = work.then(ignore, ignore);
  // A tool that ignores its signal keeps its place, for as long again as it had.
  void untilOverdue(ended, own.signal, timeoutMs).then(leave);
  try {
    settle(slot, await untilAborted(work, own.signal), performance.now() - began);
  } catch (error) {
    slot.duration_ms = Math.round(performance.now() - began);
    const { status, message } = interruption(slot.tool, options, own.signal.aborted, error);
    slot.status = status;
    slot.error = message;
    // What has effects runs alone: the next one waits until this one has really ended, or the batch has.
    if (!readOnly) await untilAborted(ended, end).catch(ignore);
  } finally {
    clearTimeout(timer);
    end.removeEventListener("abort", stop);
  }
}

const ignore = (): void => {};

/** What is said of a call that was stopped, or rejected as only cancellation and questions to the person do. */
function interruption(
  tool: string,
  { readOnly, timeoutMs, end }: AttemptOptions,
  wasStopped: boolean,
  error: unknown,
): { status: "skipped" | "error"; message: string } {
  if (end.aborted) {
    const why = (end.reason as Error).message;
    if (readOnly) return { status: "skipped", message: `Stopped while it ran: ${why}.` };
    const message = `It was running when the batch ended (${why}) and may have had its effect. Check before you call it again.`;
    return { status: "error", message };
  }
  if (wasStopped) {
    const effect = readOnly ? "" : " It may have had its effect.";
    const message = `\`${tool}\` did not finish within ${timeoutMs} ms and was stopped.${effect} Call it on its own, or ask it for less.`;
    return { status: "error", message };
  }
  const why = error instanceof Error ? error.message : String(error);
  const message = `\`${tool}\` needs an answer from the person, which a batch cannot wait for (${why}). Call it on its own.`;
  return { status: "error", message };
}
