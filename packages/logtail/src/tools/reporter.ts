import type { Call } from "@plugboard/core";

const EVERY_MS = 250;

/** Reports how far work is, not too often, one report at a time: what comes while one is on its way is left out. */
export class Reporter {
  readonly #call: Call;
  readonly #what: string;
  #last = performance.now();
  #busy = false;

  constructor(call: Call, what: string) {
    this.#call = call;
    this.#what = what;
  }

  report(progress: number, total: number, detail: string): void {
    if (this.#busy || performance.now() - this.#last < EVERY_MS) return;
    this.#busy = true;
    void this.#call.report({ progress, total, message: `${this.#what}: ${detail}` }).finally(() => {
      this.#last = performance.now();
      this.#busy = false;
    });
  }
}
