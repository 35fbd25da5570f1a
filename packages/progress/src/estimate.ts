/** Weight of the newest interval in the rate, as tqdm has it: steady, and quick to follow a change. */
const SMOOTHING = 0.3;
/** Intervals shorter than this say more of the clock than of the work. */
const MIN_INTERVAL_MS = 50;
/** An estimate means something once this much time has passed and this many intervals were seen. */
const MIN_ELAPSED_MS = 2000;
const MIN_INTERVALS = 3;

/** Estimates the time that is left, from a rate that is smoothed exponentially and corrected for its start. */
export class Estimate {
  readonly #started: number;
  #at: number;
  #value: number | undefined;
  #rate = 0;
  #weight = 0;
  #intervals = 0;

  constructor(now: number) {
    this.#started = now;
    this.#at = now;
  }

  add(value: number, now: number): void {
    const ms = now - this.#at;
    if (this.#value !== undefined && ms < MIN_INTERVAL_MS) return;
    if (this.#value !== undefined && value > this.#value) {
      this.#rate += SMOOTHING * ((value - this.#value) / ms - this.#rate);
      this.#weight += SMOOTHING * (1 - this.#weight);
      this.#intervals++;
    } else if (this.#value !== undefined) return;
    this.#value = value;
    this.#at = now;
  }

  /** Milliseconds until `total`, once that is more than a guess. */
  left(total: number, now: number): number | undefined {
    if (this.#value === undefined || this.#intervals < MIN_INTERVALS || now - this.#started < MIN_ELAPSED_MS)
      return undefined;
    const rate = this.#rate / this.#weight;
    const left = (total - this.#value) / rate - (now - this.#at);
    return rate > 0 && Number.isFinite(left) ? Math.max(0, left) : undefined;
  }

  /** Milliseconds since the beginning. */
  elapsed(now: number): number {
    return now - this.#started;
  }
}
