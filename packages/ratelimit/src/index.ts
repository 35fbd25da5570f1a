import { systemClock } from "./clock.ts";
import { ratelimitOn } from "./plugin.ts";

export type { RatelimitMeta } from "./meta.ts";
export { ratelimitOptions } from "./options.ts";
export type { BudgetLeft } from "./plugin.ts";

/** Limits the calls of tools: rates, budgets and concurrency, with a bounded line for those who can wait. */
export const ratelimit = ratelimitOn(systemClock);
