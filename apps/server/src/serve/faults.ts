/** Exceptions that nobody catches, from which the server goes on while they are rare. */
export class Faults {
  readonly #times: number[] = [];
  readonly #most: number;
  readonly #windowMs: number;
  readonly #now: () => number;

  /** @param most so many within `windowMs` are too many @param now milliseconds of a clock that never goes back */
  constructor({ most = 10, windowMs = 60_000, now = () => performance.now() } = {}) {
    this.#most = most;
    this.#windowMs = windowMs;
    this.#now = now;
  }

  /** Counts one more. @returns whether there are too many by now */
  add(): boolean {
    this.#times.push(this.#now());
    while (this.#times.length > this.#most) this.#times.shift();
    return this.#times.length === this.#most && this.#now() - (this.#times[0] ?? 0) < this.#windowMs;
  }
}
