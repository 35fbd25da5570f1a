import { cutText } from "./text.ts";
import type { Progress } from "./types.ts";
import { within } from "./within.ts";

/** How long a result waits for a transport that does not take the last report. */
const FLUSH_MS = 1000;
/** Longest message, in characters; clients show 200. */
const MAX_MESSAGE = 1000;

/**
 * The one place where a call's progress leaves: strictly rising, nothing after the response or after cancellation, one
 * notification in flight at a time. What arrives meanwhile is coalesced into the newest, so a client that does not read
 * costs no memory.
 */
export class Reporter {
  #last = -Infinity;
  #next: Progress | undefined;
  #sending: Promise<void> | undefined;
  #unsettled = false;
  #closed = false;
  readonly #send: (progress: Progress) => Promise<void>;
  readonly #signal: AbortSignal;

  constructor(send: (progress: Progress) => Promise<void>, signal: AbortSignal) {
    this.#send = send;
    this.#signal = signal;
  }

  /** Never rejects. Values that are not finite, negative or not above the last one are dropped; a total below the value is raised to it. */
  readonly report = (report: Progress): Promise<void> => {
    const { progress, total, message } = report;
    if (this.#closed || this.#signal.aborted || !Number.isFinite(progress) || progress < 0 || progress <= this.#last) {
      return Promise.resolve();
    }
    this.#last = progress;
    this.#next = {
      // One zero: to clients, -0 is another number in memory and the same on the wire.
      progress: progress + 0,
      ...(typeof total === "number" && Number.isFinite(total) && { total: Math.max(total, progress) }),
      ...(typeof message === "string" && { message: cutText(message, MAX_MESSAGE) }),
    };
    return (this.#sending ??= this.#drain());
  };

  async #drain(): Promise<void> {
    while (this.#next && !this.#signal.aborted) {
      const progress = this.#next;
      this.#next = undefined;
      try {
        await this.#send(progress);
      } catch {
        // The client is gone; the signal tells the tool.
      }
      this.#unsettled = true;
    }
    this.#sending = undefined;
  }

  /** Takes no more reports, and resolves when the last one is with the client: `settle` waits for that where it matters. */
  async close(settle: () => Promise<void>): Promise<void> {
    this.#closed = true;
    if (this.#signal.aborted) return;
    if (this.#sending) await within(FLUSH_MS, this.#sending);
    if (this.#unsettled) await settle();
  }
}
