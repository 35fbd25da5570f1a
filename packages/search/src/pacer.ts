import { setImmediate as nextTurn } from "node:timers/promises";

/** Milliseconds of work between two turns of the event loop. */
const SLICE_MS = 8;

/** Cuts long work into slices, so that the process stays responsive: `if (pacer.due) await pacer.pause()`. */
export class Pacer {
  readonly #signal: AbortSignal | undefined;
  #since = performance.now();

  /** @param signal ends the work at the next pause */
  constructor(signal?: AbortSignal) {
    this.#signal = signal;
  }

  get aborted(): boolean {
    return this.#signal?.aborted ?? false;
  }

  get due(): boolean {
    return performance.now() - this.#since >= SLICE_MS;
  }

  /** Lets other work run. @throws the signal's reason once it is aborted */
  async pause(): Promise<void> {
    await nextTurn();
    this.#since = performance.now();
    this.#signal?.throwIfAborted();
  }
}
