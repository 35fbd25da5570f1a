import { median } from "../measure.ts";

/** How often each query is asked and timed. */
export const PASSES = 3;

/** Each query's median over the passes: what else the machine does hits one of them, and rarely two. */
export function eachMedian(passes: readonly (readonly number[])[]): number[] {
  const [first = []] = passes;
  return first.map((_, at) => median(passes.map((ms) => ms[at] ?? Number.NaN)));
}
