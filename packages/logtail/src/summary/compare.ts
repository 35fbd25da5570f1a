import type { Level } from "../format/level.ts";
import { clusterShapes } from "./cluster.ts";
import { chanceOfRise } from "./rate.ts";
import type { SummaryReport, TemplateReport, Trend } from "./report.ts";
import type { Stats } from "./stats.ts";
import { mergeStats } from "./stats.ts";
import { joinTokens } from "./tokens.ts";
import type { Totals } from "./totals.ts";

/** A rise by chance is rarer than this. */
const SIGNIFICANT = 0.001;
/** A rise is at least so much. */
const MIN_RATIO = 1.5;

/** What was counted in one time. */
export interface Counted {
  readonly stats: ReadonlySet<Stats>;
  readonly totals: Totals;
}

/** How the present is compared with a time before. */
export interface CompareOptions {
  /** How many times longer the present is than the time before; default: by the times of the lines, else by their number. */
  readonly spanRatio?: number;
  /**
   * Whether counts, levels, histograms, first and last are of both times together, also in templates that the present has
   * not; default false: of the present alone. Trends compare the two either way.
   */
  readonly includeBefore?: boolean;
}

/**
 * What was counted, at most `limit` templates of it, and, with a time before, what is new, rising and stopped.
 * @param buckets of histograms
 */
export function reportOf(
  now: Counted,
  before: Counted | undefined,
  limit: number,
  buckets: number,
  options: CompareOptions = {},
): SummaryReport {
  const old = before?.stats ?? new Set<Stats>();
  const share = before === undefined ? 1 : presentShare(now.totals, before.totals, options.spanRatio);
  const together = before !== undefined && options.includeBefore === true;
  const totals = together ? now.totals.with(before.totals) : now.totals;
  const templates: (TemplateReport & { readonly priority: number })[] = [];
  const stopped: TemplateReport[] = [];
  for (const cluster of clusterShapes([...now.stats, ...old])) {
    const recent = cluster.items.filter((item) => !old.has(item));
    const earlier = cluster.items.filter((item) => old.has(item));
    const [recentCount, earlierCount] = [total(recent), total(earlier)];
    const known = mergeStats(cluster, recent.length > 0 ? recent : earlier, buckets);
    const gone = recent.length === 0 && chanceOfRise(earlierCount, 0, 1 - share) < SIGNIFICANT;
    if (gone) stopped.push({ ...describe(known, 0, totals.lines), trend: "stopped", before: earlierCount });
    if (recent.length === 0 && !together) continue;
    const { example, position } = known;
    const counted = together ? { ...mergeStats(cluster, cluster.items, buckets), example, position } : known;
    const compared = before !== undefined && before.totals.lines > 0;
    const trend = gone
      ? "stopped"
      : compared
        ? trendOf(recentCount, earlierCount, share, before.totals.other)
        : undefined;
    templates.push({
      ...describe(counted, counted.count, totals.lines),
      ...(trend !== undefined && { trend }),
      ...(before !== undefined && { before: earlierCount }),
      ...(together && { recent: recentCount }),
      priority: priorityOf(known.level, trend),
    });
  }
  templates.sort((a, b) => a.priority - b.priority || b.count - a.count || inOrder(a, b));
  stopped.sort((a, b) => (b.before ?? 0) - (a.before ?? 0) || inOrder(a, b));
  const shown = templates.slice(0, Math.max(0, limit)).map(({ priority: _, ...template }) => template);
  return {
    ...totals.report(),
    ...(before !== undefined && { before: before.totals.lines }),
    templates: shown,
    known: templates.length,
    unshown: totals.lines - totals.other - shown.reduce((sum, { count }) => sum + count, 0),
    other: totals.other,
    stopped: stopped.slice(0, Math.max(0, limit)),
  };
}

/** The present's part of both spans. */
function presentShare(present: Totals, past: Totals, spanRatio: number | undefined): number {
  const [one, other] = [present.span, past.span];
  const now = one.last - one.first;
  const then = other.last - other.first;
  const ratio = spanRatio ?? (now > 0 && then > 0 ? now / then : present.lines / Math.max(1, past.lines));
  return Math.min(1, Math.max(0, ratio / (1 + ratio)));
}

function total(items: readonly Stats[]): number {
  return items.reduce((sum, { count }) => sum + count, 0);
}

function describe(stats: Stats, count: number, lines: number): TemplateReport {
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

/** @param lost lines of the time before whose templates were given up */
function trendOf(now: number, before: number, share: number, lost: number): Trend | undefined {
  // What was too rare to keep before may have been this.
  if (before === 0 && now > 0) return lost === 0 || chanceOfRise(now, 0, share) < SIGNIFICANT ? "new" : undefined;
  const expected = (before * share) / Math.max(1e-9, 1 - share);
  return now >= expected * MIN_RATIO && chanceOfRise(now, before, share) < SIGNIFICANT ? "rising" : undefined;
}

/** The lowest comes first. */
function priorityOf(level: Level | undefined, trend: Trend | undefined): number {
  const error = level === "error" || level === "critical";
  if (error) return trend === "new" ? 0 : trend === "rising" ? 1 : 2;
  return trend === "new" ? 3 : trend === "rising" ? 4 : 5;
}

/** By template, then by level, then by position. */
function inOrder(a: TemplateReport, b: TemplateReport): number {
  const [one, other] = [a, b].map(({ template, levels }) => `${template}\0${Object.keys(levels).join("")}`) as [
    string,
    string,
  ];
  return one < other ? -1 : one > other ? 1 : a.position - b.position;
}
