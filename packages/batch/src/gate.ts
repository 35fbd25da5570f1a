/** Lets `limit` through at a time, in the order of arrival. */
export class Gate {
  readonly #limit: number;
  #inside = 0;
  readonly #waiting = new Set<() => void>();

  constructor(limit: number) {
    this.#limit = limit;
  }

  get inside(): number {
    return this.#inside;
  }

  /** Resolves to a function that leaves again, or to undefined when `signal` aborts first. */
  enter(signal: AbortSignal): Promise<(() => void) | undefined> {
    if (signal.aborted) return Promise.resolve(undefined);
    if (this.#inside < this.#limit) return Promise.resolve(this.#pass());
    return new Promise((resolve) => {
      const admit = (): void => {
        signal.removeEventListener("abort", give);
        resolve(this.#pass());
      };
      const give = (): void => {
        this.#waiting.delete(admit);
        resolve(undefined);
      };
      this.#waiting.add(admit);
      signal.addEventListener("abort", give, { once: true });
    });
  }

  #pass(): () => void {
    this.#inside++;
    let left = false;
    return () => {
      if (left) return;
      left = true;
      this.#inside--;
      const [first] = this.#waiting;
      if (!first) return;
      this.#waiting.delete(first);
      first();
    };
  }
}
