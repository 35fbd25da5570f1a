import type { HistogramReport } from "./report.ts";
import type { Stats } from "./stats.ts";
import type { TimelineDump } from "./timeline.ts";

/** What was counted of all lines together: plain data. */
export interface TotalsDump {
  readonly lines: number;
  readonly other: number;
  /** Infinity and -Infinity when no line had a time. */
  readonly first: number;
  readonly last: number;
  /** Lines without a level, and of each level. */
  readonly levels: readonly number[];
  readonly times: TimelineDump;
  readonly errors: TimelineDump;
}

/** What a template has counted: plain data. */
export type StatsDump = Omit<Readonly<Stats>, "histogram"> & { readonly histogram: HistogramReport | undefined };

/** What a summary has counted: plain data, for another summary, also in another thread. */
export interface SummaryDump {
  readonly totals: TotalsDump;
  readonly stats: readonly StatsDump[];
  /** Keys of shapes, what makes them sure, and which of `stats` they are. */
  readonly keys: readonly (readonly [key: number, check: number, place: number])[];
}
