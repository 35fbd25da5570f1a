import type { Level } from "../format/level.ts";
import { LEVELS } from "../format/level.ts";
import type { TotalsDump } from "./dump.ts";
import type { SummaryReport } from "./report.ts";
import { Timeline } from "./timeline.ts";

/** The rank of a warning: its place among the levels, from 1. */
const WARNING = LEVELS.indexOf("warning") + 1;
/** Narrow buckets from which a histogram is made. */
const MIN_NARROW = 4096;
const NARROW_PER_BUCKET = 64;

/** The place of a level among all, from 1; 0 for none. */
export function rankOfLevel(level: Level | undefined): number {
  return level === undefined ? 0 : LEVELS.indexOf(level) + 1;
}

/** What is counted of all lines together, whatever their templates. */
export class Totals {
  readonly #buckets: number;
  readonly #times: Timeline;
  /** Of the lines whose level is error or critical. */
  readonly #errors: Timeline;
  /** Lines without a level, and of each level. */
  readonly #levels = new Float64Array(LEVELS.length + 1);
  #lines = 0;
  #other = 0;
  #first = Infinity;
  #last = -Infinity;

  /** @param buckets of the histogram, at least 2 */
  constructor(buckets: number) {
    this.#buckets = buckets;
    const narrow = Math.max(MIN_NARROW, buckets * NARROW_PER_BUCKET);
    this.#times = new Timeline(narrow);
    this.#errors = new Timeline(narrow);
  }

  /** Lines counted. */
  get lines(): number {
    return this.#lines;
  }

  /** Lines of templates that were given up. */
  get other(): number {
    return this.#other;
  }

  /** Counts a line. */
  add(rank: number, time: number | undefined): void {
    this.#lines++;
    this.#levels[rank] = (this.#levels[rank] ?? 0) + 1;
    if (time === undefined || !Number.isFinite(time)) return;
    this.#times.add(time);
    if (rank > WARNING) this.#errors.add(time);
    if (time < this.#first) this.#first = time;
    if (time > this.#last) this.#last = time;
  }

  /** Takes note of lines, counted before, whose template was given up. */
  giveUp(lines: number): void {
    this.#other += lines;
  }

  dump(): TotalsDump {
    return {
      lines: this.#lines,
      other: this.#other,
      first: this.#first,
      last: this.#last,
      levels: [...this.#levels],
      times: this.#times.dump(),
      errors: this.#errors.dump(),
    };
  }

  /** Counts what others have counted, as if it had been counted here. */
  addAll(dump: TotalsDump): void {
    this.#lines += dump.lines;
    this.#other += dump.other;
    this.#first = Math.min(this.#first, dump.first);
    this.#last = Math.max(this.#last, dump.last);
    for (const [rank, count] of dump.levels.entries()) this.#levels[rank] = (this.#levels[rank] ?? 0) + count;
    this.#times.addAll(dump.times);
    this.#errors.addAll(dump.errors);
  }

  /** The totals of both. */
  with(other: Totals): Totals {
    const sum = new Totals(this.#buckets);
    for (const part of [other, this]) sum.addAll(part.dump());
    return sum;
  }

  /** The first and the last time, without those that are left out as mistakes. */
  get span(): { readonly first: number; readonly last: number } {
    const span = this.#times.span();
    return {
      first: Math.max(this.#first, span?.from ?? -Infinity),
      last: Math.min(this.#last, span === undefined ? Infinity : span.to - 1),
    };
  }

  report(): Pick<SummaryReport, "lines" | "levels" | "first" | "last" | "histogram"> {
    const span = this.#times.span();
    const histogram = span && this.#times.view(this.#buckets, span.from, span.to);
    const { first, last } = this.span;
    return {
      lines: this.#lines,
      levels: Object.fromEntries(
        LEVELS.flatMap((level, at) => ((this.#levels[at + 1] ?? 0) > 0 ? [[level, this.#levels[at + 1]]] : [])),
      ),
      ...(last >= first && { first, last }),
      ...(span !== undefined &&
        histogram !== undefined && {
          histogram: {
            ...histogram,
            ...(span.outside > 0 && { outside: span.outside }),
            errors: this.#errors.countsOver(histogram),
          },
        }),
    };
  }
}
