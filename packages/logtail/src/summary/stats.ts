import type { Level } from "../format/level.ts";
import type { Cluster } from "./cluster.ts";
import { Histogram } from "./histogram.ts";
import type { Tokens } from "./tokens.ts";

/** A template, or what is left of several. */
export interface Stats {
  readonly level: Level | undefined;
  tokens: Tokens;
  readonly group: string;
  count: number;
  /** Infinity and -Infinity while no line had a time. */
  first: number;
  last: number;
  /** Of the line with the lowest position. */
  example: string;
  position: number;
  histogram: Histogram | undefined;
}

/** The counts of `items` in one. */
export function mergeStats({ words }: Cluster<Stats>, items: readonly Stats[], buckets: number): Stats {
  let example = items[0];
  for (const item of items) if (example !== undefined && item.position < example.position) example = item;
  if (example === undefined) throw new Error("nothing to merge");
  const merged: Stats = {
    ...example,
    tokens: {
      words: words.length > 0 ? words : example.tokens.words,
      separators: example.tokens.separators,
    },
    count: 0,
    histogram: undefined,
  };
  for (const { count, first, last, histogram } of items) {
    merged.count += count;
    merged.first = Math.min(merged.first, first);
    merged.last = Math.max(merged.last, last);
    if (histogram !== undefined) (merged.histogram ??= new Histogram(buckets)).addAll(histogram);
  }
  return merged;
}
