import type { Level } from "../format/level.ts";

/** How a template goes on from the time before to the present; see `chanceOfRise` for what counts as a rise. */
export type Trend = "new" | "rising" | "stopped";

export interface TemplateReport {
  /** With `<num>`, `<id>`, `<ip>`, `<time>`, `<path>`, `<str>` and `<*>` where the lines differ. */
  readonly template: string;
  readonly count: number;
  /** Of all lines, from 0 to 1. */
  readonly share: number;
  readonly levels: Readonly<Partial<Record<Level, number>>>;
  /** Ms since the epoch; absent when no line had a time. */
  readonly first?: number;
  readonly last?: number;
  /** The line that came first, cut, and the position that was passed with it. */
  readonly example: string;
  readonly position: number;
  readonly histogram?: HistogramReport;
  readonly trend?: Trend;
  /** Lines in the time before; only with a time before. */
  readonly before?: number;
  /** Lines in the present; only with `includeBefore`, where `count` is of both. */
  readonly recent?: number;
}

export interface HistogramReport {
  /** Ms since the epoch. */
  readonly from: number;
  readonly widthMs: number;
  readonly counts: readonly number[];
}

export interface SummaryReport {
  readonly lines: number;
  /** Lines in the time before, counted in `lines` or not; only with a time before. */
  readonly before?: number;
  readonly levels: Readonly<Partial<Record<Level, number>>>;
  /** Ms since the epoch, but for the times that the histogram leaves out; absent when no line had a time. */
  readonly first?: number;
  readonly last?: number;
  readonly histogram?: HistogramReport & {
    /** Lines whose times lie so far from the others that they are left out, 0.1 % on either side at most; absent for none. */
    readonly outside?: number;
    /** Of each bucket, the lines whose level is error or critical. */
    readonly errors: readonly number[];
  };
  /** The most important first: new errors, rising errors, errors, what is new, rising, frequent. */
  readonly templates: readonly TemplateReport[];
  /** Templates known, shown or not. */
  readonly known: number;
  /** Lines of known templates that are not shown. */
  readonly unshown: number;
  /** Lines whose templates were too rare to keep. */
  readonly other: number;
  /** What was in the time before and is no more; the most frequent first. */
  readonly stopped: readonly TemplateReport[];
}
