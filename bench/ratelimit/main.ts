// What a decision costs beside rate-limiter-flexible, admitted and refused; what a key costs in memory; and what the layer
// adds to a call of a tool that does nothing.
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { definePlugin, type Plugin } from "@plugboard/core";
import { ratelimit } from "@plugboard/ratelimit";
import { RateLimiterMemory } from "rate-limiter-flexible";
import { z } from "zod";
import { systemClock } from "../../packages/ratelimit/src/clock.ts";
import { Limiter } from "../../packages/ratelimit/src/limiter.ts";
import { MemoryStore } from "../../packages/ratelimit/src/memory.ts";
import { ratelimitOptions } from "../../packages/ratelimit/src/options.ts";
import { Rule } from "../../packages/ratelimit/src/rule.ts";
import { callsOf } from "../core/wire.ts";
import { compare, type Subject, table } from "../measure.ts";

type RuleInput = NonNullable<z.input<typeof ratelimitOptions>["rules"]>[number];

const KEYS = 100_000;
const names = Array.from({ length: KEYS }, (_, index) => `subject:${index.toString(36).padStart(27, "x")}`);
const order = Array.from({ length: 1 << 17 }, () => Math.floor(Math.random() * KEYS));
const args = {};
const wish = { signal: undefined, tell: undefined };

function limiterOf(rules: RuleInput[]): Limiter {
  const { now } = systemClock;
  const made = ratelimitOptions.parse({ rules }).rules.map((rule, index) => new Rule(rule, index, 2_000_000));
  return new Limiter({ rules: made, store: new MemoryStore(now), clock: systemClock, now, maxWaiting: 0 });
}

/** Decisions of our limiter for `keys` callers in turn, slots included. */
function ours(name: string, rules: RuleInput[], keys: number): Subject {
  const limiter = limiterOf(rules);
  let at = 0;
  return {
    name,
    run(size) {
      for (let n = 0; n < size; n++) {
        const owner = keys === 1 ? "subject:one" : (names[order[at++ & (order.length - 1)] ?? 0] ?? "");
        const ticket = limiter.ticket("tool", args, { owner, sessionId: undefined, server: "bench" });
        if (limiter.enter(ticket, wish, undefined) === undefined) limiter.release(ticket);
      }
      return Promise.resolve();
    },
  };
}

/** Decisions of rate-limiter-flexible; with several rules, one after the other. */
function flexible(name: string, points: number, rules: number, keys: number): Subject {
  const limiters = Array.from({ length: rules }, () => new RateLimiterMemory({ points, duration: 3600 }));
  let at = 0;
  return {
    name,
    async run(size) {
      for (let n = 0; n < size; n++) {
        const owner = keys === 1 ? "subject:one" : (names[order[at++ & (order.length - 1)] ?? 0] ?? "");
        try {
          for (const limiter of limiters) await limiter.consume(owner);
        } catch {
          // Refused.
        }
      }
    },
  };
}

const rate: RuleInput = { limit: 1_000_000, windowMs: 1000, maxWaitMs: 0 };
const three: RuleInput[] = [
  rate,
  { ...rate, per: ["principal", "tool"], windowMs: 60_000, burst: 1_000_000 },
  { ...rate, per: ["principal", "tool"], windowMs: 3_600_000, concurrency: 100_000 },
];
const exhausted: RuleInput = { limit: 1, windowMs: 31 * 86_400_000, maxWaitMs: 0 };

const cases: [string, Subject, Subject, number][] = [
  ["one rule, one key", flexible("rate-limiter-flexible", 1e9, 1, 1), ours("ratelimit", [rate], 1), 1],
  [
    "one rule, 100,000 keys",
    flexible("rate-limiter-flexible", 1e9, 1, KEYS),
    ours("ratelimit", [rate], KEYS),
    Number.NaN,
  ],
  [
    "three rules, 100,000 keys each",
    flexible("rate-limiter-flexible", 1e9, 3, KEYS),
    ours("ratelimit", three, KEYS),
    2,
  ],
  ["refused, one key", flexible("rate-limiter-flexible", 1, 1, 1), ours("ratelimit", [exhausted], 1), Number.NaN],
  [
    "refused, 100,000 keys",
    flexible("rate-limiter-flexible", 1, 1, KEYS),
    ours("ratelimit", [exhausted], KEYS),
    Number.NaN,
  ],
];
const rows = [];
for (const [name, theirs, own, most] of cases) {
  for (const subject of [theirs, own]) await subject.run(4 * KEYS);
  const measured = await compare([theirs, own], { rounds: 60, size: 5000, warmup: 10 });
  rows.push(
    ...measured.map(({ name: who, ns, ratio }, index) => ({
      decision: name,
      limiter: who,
      µs: (ns / 1000).toFixed(2),
      "times as fast": ratio.toFixed(1),
      "at most µs": index === 1 && most > 0 ? most : "",
    })),
  );
}
table(rows);

setFlagsFromString("--expose-gc");
const gc = runInNewContext("gc") as () => void;

/** Bytes of heap for each key that `use` is called with; returns what it keeps, so that it is still there. */
async function bytesPerKey(use: () => Promise<object>): Promise<number> {
  gc();
  const before = process.memoryUsage().heapUsed;
  const kept = await use();
  gc();
  const bytes = (process.memoryUsage().heapUsed - before) / KEYS;
  return kept ? bytes : Number.NaN;
}

const slow: RuleInput = { limit: 100, windowMs: 3_600_000, maxWaitMs: 0 };
const perKey = {
  "rate-limiter-flexible": await bytesPerKey(async () => {
    const limiter = new RateLimiterMemory({ points: 100, duration: 3600 });
    for (const name of names) await limiter.consume(name);
    return limiter;
  }),
  ratelimit: await bytesPerKey(() => {
    const limiter = limiterOf([slow]);
    for (const owner of names) {
      const ticket = limiter.ticket("tool", args, { owner, sessionId: undefined, server: "bench" });
      void limiter.enter(ticket, wish, undefined);
      limiter.release(ticket);
    }
    return Promise.resolve(limiter);
  }),
};
console.log();
table(Object.entries(perKey).map(([limiter, bytes]) => ({ limiter, "bytes of heap per key": Math.round(bytes) })));

const said = { say: "hi" };

/** Calls of a tool that does nothing, behind one plugin. */
async function served(name: string, plugin: Plugin): Promise<Subject> {
  const server = plugin.attach(new McpServer({ name: "bench", version: "1" }));
  server.registerTool("echo", { inputSchema: z.object({ say: z.string() }) }, async ({ say }) =>
    Promise.resolve({ content: [{ type: "text", text: say }] }),
  );
  return callsOf(name, server, "echo", () => said);
}

const nothing = definePlugin({ name: "nothing", options: z.strictObject({}), setup: () => {} });
const awaiting = definePlugin({
  name: "awaiting",
  options: z.strictObject({}),
  setup: (host) =>
    host.use(async function awaiting(_call, next) {
      const result = await next();
      return { ...result };
    }),
});
// The SDK checks the `_meta` of every result that has one.
const telling = definePlugin({
  name: "telling",
  options: z.strictObject({}),
  setup: (host) =>
    host.use(async function telling(_call, next) {
      const result = await next();
      const meta = { rule: "rule-1", limit: 1, remaining: 1, resetMs: 1 };
      return { ...result, _meta: { ...result._meta, "dev.plugboard/ratelimit": meta } };
    }),
});
const most = { limit: 1_000_000, windowMs: 1000 };
const calls = await compare([
  await served("no layer", nothing()),
  await served("a layer that awaits and copies", awaiting()),
  await served("the same, with a `_meta`", telling()),
  await served("ratelimit, one rule", ratelimit({ rules: [most] })),
  await served(
    "ratelimit, as by default",
    ratelimit({
      rules: [
        { ...most, concurrency: 32 },
        { per: "global", concurrency: 256 },
      ],
    }),
  ),
]);
const [plain = 0] = calls.map(({ ns }) => ns);
console.log();
table(
  calls.map(({ name, ns, ratio }) => ({
    "a call of a tool that does nothing": name,
    µs: (ns / 1000).toFixed(2),
    "µs more": ((ns - plain) / 1000).toFixed(2),
    "of the speed": ratio.toFixed(2),
  })),
);
