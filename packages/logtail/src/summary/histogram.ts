/** Counts over time in a fixed number of buckets, which double their width as the span grows. */
export class Histogram {
  readonly #buckets: Float64Array;
  #width: number;
  /** Number of the first bucket, in widths since the epoch. */
  #first = Number.NaN;

  /**
   * @param buckets at least 2
   * @param widthMs of a bucket at first; default 1,000
   */
  constructor(buckets: number, widthMs = 1000) {
    this.#buckets = new Float64Array(buckets);
    this.#width = widthMs;
  }

  /** Counts `count` at `time` (ms since the epoch); a time that is no finite number is not counted. */
  add(time: number, count = 1): void {
    if (!Number.isFinite(time)) return;
    let at = Math.floor(time / this.#width) - this.#first;
    if (!(at >= 0 && at < this.#buckets.length)) at = this.#fit(time);
    this.#buckets[at] = (this.#buckets[at] ?? 0) + count;
  }

  /** Counts all that the other has counted, as if it had been counted here. */
  addAll(other: Histogram): void {
    this.addCounts(other.read());
  }

  /** Counts what another histogram had read. */
  addCounts(counted: ReturnType<Histogram["read"]>): void {
    if (counted === undefined) return;
    const { from, widthMs, counts } = counted;
    while (this.#width < widthMs) this.#double();
    for (let at = 0; at < counts.length; at++) {
      const count = counts[at] ?? 0;
      if (count > 0) this.add(from + at * widthMs, count);
    }
  }

  /** The buckets from the first to the last that has a count; `from` in ms since the epoch. */
  read(): { readonly from: number; readonly widthMs: number; readonly counts: readonly number[] } | undefined {
    const start = this.#buckets.findIndex((count) => count > 0);
    if (start < 0) return undefined;
    const end = this.#buckets.findLastIndex((count) => count > 0);
    return {
      from: (this.#first + start) * this.#width,
      widthMs: this.#width,
      counts: [...this.#buckets.subarray(start, end + 1)],
    };
  }

  /** Makes room for `time`, and returns its bucket. */
  #fit(time: number): number {
    if (Number.isNaN(this.#first)) {
      this.#first = Math.floor(time / this.#width);
      return 0;
    }
    for (;;) {
      const number = Math.floor(time / this.#width);
      const used = this.#buckets.findIndex((count) => count > 0);
      const lowest = Math.min(number, this.#first + Math.max(0, used));
      const highest = Math.max(number, this.#first + this.#buckets.findLastIndex((count) => count > 0));
      if (highest - lowest < this.#buckets.length) {
        this.#move(lowest);
        return number - lowest;
      }
      this.#double();
    }
  }

  #move(first: number): void {
    const old = this.#buckets.slice();
    this.#buckets.fill(0);
    for (let at = 0; at < old.length; at++) {
      const count = old[at] ?? 0;
      if (count > 0) this.#buckets[this.#first + at - first] = count;
    }
    this.#first = first;
  }

  #double(): void {
    this.#width *= 2;
    if (Number.isNaN(this.#first)) return;
    const first = Math.floor(this.#first / 2);
    const old = this.#buckets.slice();
    this.#buckets.fill(0);
    for (let at = 0; at < old.length; at++) {
      const to = Math.floor((this.#first + at) / 2) - first;
      this.#buckets[to] = (this.#buckets[to] ?? 0) + (old[at] ?? 0);
    }
    this.#first = first;
  }
}
