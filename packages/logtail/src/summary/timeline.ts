import { Histogram } from "./histogram.ts";
import type { HistogramReport } from "./report.ts";

/** What a timeline has counted: plain data. */
export interface TimelineDump {
  readonly widthMs: number;
  /** The buckets with counts: their numbers, in widths since the epoch, and counts. */
  readonly buckets: readonly (readonly [number: number, count: number])[];
}

/** What lies outside on either side is at most this part of all. */
const MAX_OUTSIDE = 0.001;
/** There is an outside only where it makes the span so many times longer. */
const MIN_SHRINK = 10;

/**
 * Counts over time in as many narrow buckets as there are different times, up to a bound, beyond which all double their
 * width: so a few odd times (a clock before it was set, a year that is a number of something else) cost nothing of the
 * precision that the others have. What it holds does not depend on the order in which times were added.
 */
export class Timeline {
  readonly #maxBuckets: number;
  #buckets = new Map<number, number>();
  #width = 1000;
  /** The bucket that was counted last, and what is still to be added to it. */
  #recent = Number.NaN;
  #pending = 0;

  /** @param maxBuckets buckets that have a count, at most; at least 2 */
  constructor(maxBuckets: number) {
    this.#maxBuckets = maxBuckets;
  }

  /** Counts `count` at `time`, a finite number of ms since the epoch. */
  add(time: number, count = 1): void {
    const number = Math.floor(time / this.#width);
    if (number !== this.#recent) {
      this.#settle();
      this.#recent = Math.floor(time / this.#width);
    }
    this.#pending += count;
  }

  addAll({ widthMs, buckets }: TimelineDump): void {
    this.#settle();
    while (this.#width < widthMs) this.#double();
    for (const [number, count] of buckets) this.add(number * widthMs, count);
  }

  dump(): TimelineDump {
    this.#settle();
    return { widthMs: this.#width, buckets: [...this.#buckets] };
  }

  /**
   * Where most times are. The times between the quantiles of 0.1 % and 99.9 % span so much; where all together span ten times
   * as much or more, those are outside that lie farther from it than it is long. Undefined when nothing was counted. `to` is
   * behind the last.
   */
  span(): { readonly from: number; readonly to: number; readonly outside: number } | undefined {
    const sorted = this.dump().buckets.toSorted(([a], [b]) => a - b);
    const most = Math.floor(sum(sorted) * MAX_OUTSIDE);
    const [first, last] = [sorted[0]?.[0], sorted.at(-1)?.[0]];
    const [low, high] = [behind(sorted, most), behind(sorted.toReversed(), most)];
    if (first === undefined || last === undefined || low === undefined || high === undefined) return undefined;
    const length = high - low + 1;
    const near = last - first + 1 >= MIN_SHRINK * length ? length : Infinity;
    const kept = sorted.filter(([number]) => number >= low - near && number <= high + near);
    return {
      from: (kept[0]?.[0] ?? first) * this.#width,
      to: ((kept.at(-1)?.[0] ?? last) + 1) * this.#width,
      outside: sum(sorted) - sum(kept),
    };
  }

  /** The counts from `from` to before `to` in at most `buckets` buckets; undefined when there are none. */
  view(buckets: number, from: number, to: number): HistogramReport | undefined {
    const { widthMs, buckets: counted } = this.dump();
    const histogram = new Histogram(buckets, widthMs);
    for (const [number, count] of counted) {
      const time = number * widthMs;
      if (time >= from && time < to) histogram.add(time, count);
    }
    return histogram.read();
  }

  /** The counts in the buckets of a view of another timeline. */
  countsOver({ from, widthMs, counts }: HistogramReport): number[] {
    const own = counts.map(() => 0);
    const dump = this.dump();
    for (const [number, count] of dump.buckets) {
      const at = Math.floor((number * dump.widthMs - from) / widthMs);
      if (at >= 0 && at < own.length) own[at] = (own[at] ?? 0) + count;
    }
    return own;
  }

  /** Writes down what was counted last. */
  #settle(): void {
    if (this.#pending > 0) this.#buckets.set(this.#recent, (this.#buckets.get(this.#recent) ?? 0) + this.#pending);
    this.#recent = Number.NaN;
    this.#pending = 0;
    while (this.#buckets.size > this.#maxBuckets) this.#double();
  }

  #double(): void {
    this.#width *= 2;
    const old = this.#buckets;
    this.#buckets = new Map();
    for (const [number, count] of old) {
      const half = Math.floor(number / 2);
      this.#buckets.set(half, (this.#buckets.get(half) ?? 0) + count);
    }
  }
}

type Buckets = TimelineDump["buckets"];

function sum(buckets: Buckets): number {
  return buckets.reduce((all, [, count]) => all + count, 0);
}

/** The first bucket behind `most` counts. */
function behind(buckets: Buckets, most: number): number | undefined {
  let before = 0;
  for (const [number, count] of buckets) {
    before += count;
    if (before > most) return number;
  }
  return undefined;
}
