/** Remembers a ring until somebody waits for it. */
export class Bell {
  #rang = false;
  /** Files that were written to; undefined: anything may have changed. */
  #written: Set<string> | undefined = new Set();
  #wake: (() => void) | undefined;

  ring(written?: string): void {
    this.#rang = true;
    if (written === undefined) this.#written = undefined;
    else this.#written?.add(written);
    this.#wake?.();
  }

  /** What rang since the last time: see {@link Reader.read}. */
  reset(): ReadonlySet<string> | undefined {
    const written = this.#written;
    this.#rang = false;
    this.#written = new Set();
    return written;
  }

  /** Whether it rang before `ms` were over; waits for ever without them. */
  async wait(ms?: number): Promise<boolean> {
    if (this.#rang) return true;
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
      if (ms !== undefined) timer = setTimeout(resolve, ms);
    });
    clearTimeout(timer);
    this.#wake = undefined;
    return this.#rang;
  }
}
