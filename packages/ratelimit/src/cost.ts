import { matcher } from "@plugboard/core";
import type { CostOptions, RuleOptions } from "./options.ts";

/** What a call of a tool costs: always the same, or by its arguments. */
export type Cost = number | ((args: Readonly<Record<string, unknown>>) => number);

/** The cost for each tool; the first pattern that fits counts. */
export function costsOf(cost: RuleOptions["cost"]): (tool: string) => Cost {
  if (typeof cost !== "object") return () => cost ?? 1;
  const known = Object.entries(cost).map(([pattern, own]) => ({ fits: matcher([pattern]), cost: costOf(own) }));
  return (tool) => known.find(({ fits }) => fits(tool))?.cost ?? 1;
}

function costOf(cost: CostOptions): Cost {
  if (typeof cost === "number") return cost;
  const { argument, max = Infinity } = cost;
  return (args) => Math.min(max, sizeOf(args[argument]));
}

/** Never below 1, so that no argument gives credit; 1 also for what has no size. */
function sizeOf(value: unknown): number {
  const size = typeof value === "string" || Array.isArray(value) ? value.length : value;
  return typeof size === "number" && size > 1 ? Math.ceil(size) : 1;
}
