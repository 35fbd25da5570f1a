import { deepStrictEqual, ok } from "node:assert";

/** The gain of each relevant document of a query. */
export type Gains = ReadonlyMap<string, number>;

/**
 * Normalized discounted cumulative gain of the first `depth` results, as trec_eval's `ndcg_cut`: the gain is the judgement,
 * the discount log2 of rank + 1, and the ideal is made of all judgements of the query (Järvelin and Kekäläinen 2002).
 */
export function ndcg(ranking: readonly string[], gains: Gains, depth = 10): number {
  const dcg = (values: readonly number[]): number =>
    values.slice(0, depth).reduce((sum, gain, at) => sum + Math.max(0, gain) / Math.log2(at + 2), 0);
  const ideal = dcg([...gains.values()].toSorted((a, b) => b - a));
  return ideal === 0 ? 0 : dcg(ranking.map((id) => gains.get(id) ?? 0)) / ideal;
}

/** Average precision as trec_eval's `map`: of all results given, a judgement above 0 being relevant. */
export function averagePrecision(ranking: readonly string[], gains: Gains): number {
  const relevant = [...gains.values()].filter((gain) => gain > 0).length;
  let found = 0;
  let sum = 0;
  for (const [at, id] of ranking.entries()) {
    if ((gains.get(id) ?? 0) > 0) sum += (found += 1) / (at + 1);
  }
  return relevant === 0 ? 0 : sum / relevant;
}

/** The place of the first of what was wanted, from 1; 0 if it is not there. */
export function rankOf(ranking: readonly string[], wanted: ReadonlySet<string>): number {
  return ranking.findIndex((id) => wanted.has(id)) + 1;
}

export function mean(values: readonly number[]): number {
  return values.length === 0 ? Number.NaN : values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** The smallest value that `part` of all are not above. */
export function percentile(values: readonly number[], part: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(sorted.length * part) - 1)] ?? Number.NaN;
}

/** Cases worked out by hand. @throws if the measures are wrong */
export function checkMeasures(): void {
  const close = (value: number, wanted: number): void =>
    ok(Math.abs(value - wanted) < 1e-6, `${value} is not ${wanted}`);
  const gains = new Map([
    ["a", 3],
    ["b", 2],
    ["c", 1],
    ["d", 0],
  ]);
  close(ndcg(["a", "b", "c"], gains), 1);
  // (2 + 3 / log2(3) + 1 / log2(5)) / (3 + 2 / log2(3) + 1 / 2)
  close(ndcg(["b", "a", "x", "c"], gains), (2 + 1.892789 + 0.430677) / (3 + 1.26186 + 0.5));
  close(ndcg(["d", "x"], gains), 0);
  close(ndcg(["x", "a"], gains, 1), 0);
  // Found at 1 and 4; the third is not found: (1 / 1 + 2 / 4) / 3.
  close(averagePrecision(["b", "d", "x", "c"], gains), 0.5);
  close(averagePrecision([], gains), 0);
  deepStrictEqual(rankOf(["x", "b"], new Set(["b", "c"])), 2);
  deepStrictEqual(percentile([5, 1, 4, 2, 3], 0.5), 3);
  deepStrictEqual(percentile([1, 2, 3, 4], 0.99), 4);
}
