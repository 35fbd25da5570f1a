import type { Level } from "../format/level.ts";
import { chanceOfRise } from "./rate.ts";
import type { Stats } from "./stats.ts";
import { joinTokens } from "./tokens.ts";

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

/** A rise by chance is rarer than this. */
export const SIGNIFICANT = 0.001;
const MIN_RATIO = 1.5;

export function total(items: readonly Stats[]): number {
  return items.reduce((sum, { count }) => sum + count, 0);
}

export function exampleOf({ example, position }: Stats): Pick<Stats, "example" | "position"> {
  return { example, position };
}

export function describe(stats: Stats, count: number, lines: number): TemplateReport {
  const histogram = stats.histogram?.read();
  return {
    template: joinTokens(stats.tokens),
    count,
    share: lines === 0 ? 0 : count / lines,
    levels: stats.level === undefined ? {} : { [stats.level]: count },
    ...(stats.last >= stats.first && { first: stats.first, last: stats.last }),
    example: stats.example,
    position: stats.position,
    ...(histogram !== undefined && count > 0 && { histogram }),
  };
}

export function trendOf(now: number, before: number, share: number, lost: number): Trend | undefined {
  // What was too rare to keep before may have been this.
  if (before === 0 && now > 0) return lost === 0 || chanceOfRise(now, 0, share) < SIGNIFICANT ? "new" : undefined;
  const expected = (before * share) / Math.max(1e-9, 1 - share);
  return now >= expected * MIN_RATIO && chanceOfRise(now, before, share) < SIGNIFICANT ? "rising" : undefined;
}

export function rankOf(level: Level | undefined, trend: Trend | undefined): number {
  const error = level === "error" || level === "critical";
  if (error) return trend === "new" ? 0 : trend === "rising" ? 1 : 2;
  return trend === "new" ? 3 : trend === "rising" ? 4 : 5;
}

/** By template, then by level, then by position. */
export function compare(a: TemplateReport, b: TemplateReport): number {
  const [one, other] = [a, b].map(({ template, levels }) => `${template}\0${Object.keys(levels).join("")}`) as [
    string,
    string,
  ];
  return one < other ? -1 : one > other ? 1 : a.position - b.position;
}
