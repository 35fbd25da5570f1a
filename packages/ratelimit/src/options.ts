import { redisOptions } from "@plugboard/core/redis";
import { z } from "zod";

const MONTH_MS = 31 * 86_400_000;
const pattern = z.string().min(1).max(128).meta({ names: "tools" });
const tokens = z.int().min(1).max(1_000_000);

const costOfArgument = z
  .strictObject({
    argument: z
      .string()
      .min(1)
      .max(128)
      .meta({ names: "argument" })
      .describe("The argument that says the cost: a number, or a list or text by its length"),
    max: tokens.optional().describe("Most that a call costs; without it, a call that costs more than fits is refused"),
  })
  .describe("The cost by an argument, rounded up, at least 1");

const rule = z
  .strictObject({
    name: z
      .string()
      .min(1)
      .max(64)
      .optional()
      .describe("What results and statistics call it; default `rule-1` and so on"),
    tools: z
      .array(pattern)
      .min(1)
      .max(1000)
      .default(["*"])
      .describe("The tools that it is for; `*` for any characters"),
    per: z
      .union([
        z.literal("global"),
        z.enum(["principal", "session", "tool"]),
        z
          .array(z.enum(["principal", "session", "tool"]))
          .min(1)
          .max(3),
      ])
      .default("principal")
      .describe(
        "What has a limit of its own: each caller, session or tool, each combination of those, or all together",
      ),
    limit: tokens.optional().describe("Calls per `windowMs`, as a rate"),
    budget: tokens.optional().describe("Calls per `windowMs`, never more in any window of that length"),
    windowMs: z.int().min(1).max(MONTH_MS).optional().describe("The time that `limit` or `budget` is for"),
    burst: tokens.optional().describe("Calls that may come at once; default `limit`"),
    cost: z
      .union([tokens, z.record(pattern, z.union([tokens, costOfArgument]))])
      .optional()
      .describe(
        "What a call takes of `limit` or `budget`: a number, or for patterns of tools, the first that fits; default 1",
      ),
    concurrency: z.int().min(1).max(100_000).optional().describe("Calls that run at a time"),
    queue: z.int().min(0).max(10_000).default(100).describe("Most calls of one caller that wait for one key"),
    maxWaitMs: z
      .int()
      .min(0)
      .max(3_600_000)
      .default(10_000)
      .describe("Longest time that a call waits where this rule has no room; 0 refuses at once"),
  })
  .superRefine((given, context) => {
    const wrong = (path: (string | number)[], message: string): void =>
      context.addIssue({ code: "custom", path, message });
    const { limit, budget, windowMs, burst, cost, concurrency, per } = given;
    const quota = limit ?? budget;
    if (quota === undefined && concurrency === undefined)
      wrong(["limit"], "a rule needs `limit` or `budget` with `windowMs`, or `concurrency`");
    if (limit !== undefined && budget !== undefined)
      wrong(["budget"], "a rule has a limit or a budget: make two rules");
    if (quota !== undefined && windowMs === undefined) wrong(["windowMs"], "which time is the number of calls for?");
    for (const field of ["windowMs", "cost"] as const) {
      if (quota === undefined && given[field] !== undefined)
        wrong([field], "it says nothing without `limit` or `budget`");
    }
    if (limit === undefined && burst !== undefined) wrong(["burst"], "it says nothing without `limit`");
    if (Array.isArray(per) && new Set(per).size < per.length) wrong(["per"], "each part once");
    const most = burst ?? quota ?? Infinity;
    for (const [path, amount] of costsIn(cost)) {
      if (amount > most) wrong(["cost", ...path], `no call could ever run: at most ${most} fit at once`);
    }
  });

function costsIn(cost: RuleOptions["cost"]): [path: string[], amount: number][] {
  if (cost === undefined) return [];
  if (typeof cost === "number") return [[[], cost]];
  return Object.entries(cost).map(([tool, own]) =>
    typeof own === "number" ? [[tool], own] : [[tool, "max"], own.max ?? 1],
  );
}

export type RuleOptions = {
  name?: string | undefined;
  tools: string[];
  per: "global" | Scope | Scope[];
  limit?: number | undefined;
  budget?: number | undefined;
  windowMs?: number | undefined;
  burst?: number | undefined;
  cost?: number | Record<string, CostOptions> | undefined;
  concurrency?: number | undefined;
  queue: number;
  maxWaitMs: number;
};
export type Scope = "principal" | "session" | "tool";
export type CostOptions = number | z.output<typeof costOfArgument>;

const redis = redisOptions.extend({ leaseMs: z.int().min(1000).max(3_600_000).default(10_000) });

export type RedisOptions = z.output<typeof redis>;

export const ratelimitOptions = z.strictObject({
  rules: z
    .array(rule)
    .max(100)
    .superRefine((rules, context) => {
      for (const [index, { name }] of rules.entries()) {
        const first = rules.findIndex((other, at) => nameOf(other.name, at) === nameOf(name, index));
        if (first < index)
          context.addIssue({ code: "custom", path: [index, "name"], message: "another rule has this name" });
      }
    })
    .prefault([
      { name: "caller", per: "principal", limit: 600, windowMs: 60_000, burst: 200, concurrency: 32 },
      { name: "server", per: "global", concurrency: 256 },
    ])
    .describe("The limits; a call needs room in all that fit it, and takes from all or none"),
  maxWaiting: z.int().min(0).max(100_000).default(1000).describe("Most calls that wait, in all"),
  maxKeys: z
    .int()
    .min(1)
    .max(10_000_000)
    .default(100_000)
    .describe("Most callers, sessions or tools that one rule keeps apart"),
  store: z
    .union([z.literal("memory"), redis])
    .default("memory")
    .describe(
      'Where calls are counted: `"memory"`, or for many processes `{"redis": "redis://…"}` with `prefix`, `timeoutMs` of one command and `leaseMs` (how long a slot outlives a process that died)',
    ),
  onStoreError: z
    .enum(["allow", "deny", "local"])
    .default("local")
    .describe("While Redis is away: let all calls pass, refuse all, or count them in this process"),
});

/** A rule's name: the given one, else its place. */
export function nameOf(name: string | undefined, index: number): string {
  return name ?? `rule-${index + 1}`;
}
