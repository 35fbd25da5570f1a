import { RedisLink } from "@plugboard/core/redis";
import { skipsRedis } from "@plugboard/services/redis";
import fc from "fast-check";
import { describe, expect, it, onTestFinished } from "vitest";
import { systemClock } from "../src/clock.ts";
import { GIVE_BACK, RELEASE } from "../src/lua.ts";
import { MemoryStore } from "../src/memory.ts";
import { Names } from "../src/names.ts";
import { SharedStore } from "../src/shared.ts";
import { TestRedis } from "./redis.ts";
import { type Attempt, Bench, hintOf, refusalOf, type RuleInput } from "./setup.ts";

const now = { maxWaitMs: 0 };
const ignore = (): void => undefined;
const until = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

describe.skipIf(skipsRedis)(`counting in Redis${skipsRedis ? " (redis-server is not installed)" : ""}`, () => {
  const redis = new TestRedis();
  let link: RedisLink;

  /** Connects. A script that Redis does not know yet is sent a second time, and comes after what was sent meanwhile. */
  async function open(): Promise<void> {
    link = new RedisLink({ url: redis.server.url, timeoutMs: 10_000, plugin: "test", meanwhile: "", warn: ignore });
    onTestFinished(() => link.close());
    for (const script of [GIVE_BACK, RELEASE]) await link.run(script, [], []);
  }

  function shared(rules: RuleInput[]): Bench {
    const { now: time } = systemClock;
    const names = new Names("p", "i");
    const memory = new MemoryStore(time);
    return new Bench(rules, {
      store: new SharedStore({ link, names, now: time, leaseMs: 60_000, onError: "deny", memory, warn: ignore }),
    });
  }

  async function tries(bench: Bench, n = 1): Promise<Attempt> {
    const attempt = bench.call({ args: { n } });
    await attempt.decided;
    return attempt;
  }

  it("counts as a process alone does, to the last unit, also what is given back", async () => {
    // Without trailing zeros, so that every digit counts.
    const windowMs = 31 * 86_400_000 - 1;
    const rule = fc.record({
      kind: fc.constantFrom("limit", "budget", "concurrency"),
      most: fc.oneof(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 100_000 })),
      tools: fc.constantFrom<string[]>(["*"], ["a"]),
    });
    const step = fc.record({
      tool: fc.constantFrom("a", "b"),
      n: fc.oneof(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 90_000 })),
      back: fc.boolean(),
    });
    await open();
    await fc.assert(
      fc.asyncProperty(
        fc.array(rule, { minLength: 1, maxLength: 4 }),
        fc.array(step, { minLength: 1, maxLength: 20 }),
        async (rules, steps) => {
          await redis.client.flushall();
          const given = rules.map(({ kind, most, tools }) => ({
            ...now,
            tools,
            ...(kind === "concurrency"
              ? { concurrency: most }
              : { [kind]: most, windowMs, cost: { "*": { argument: "n" } } }),
          }));
          const here = new Bench(given);
          const there = shared(given);
          for (const { tool, n, back } of steps) {
            const [mine, theirs] = [here, there].map((bench) => bench.call({ tool, args: { n } }));
            await theirs!.decided;
            expect(theirs!.outcome === "in").toBe(mine!.outcome === "in");
            const left = (bench: Bench, { ticket }: Attempt) =>
              ticket.claims.map((claim) => bench.limiter.standing(claim)?.left);
            if (mine!.outcome !== "in" && refusalOf(mine!).reason === "cost") continue;
            expect(left(there, theirs!)).toEqual(left(here, mine!));
            if (mine!.outcome !== "in" || !back) continue;
            here.limiter.giveBack(mine!.ticket);
            there.limiter.giveBack(theirs!.ticket);
            for (const [bench, { ticket }] of [
              [here, mine!],
              [there, theirs!],
            ] as const)
              bench.limiter.release(ticket);
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  it("gives back no more than time has not made up for, and nothing of a key that was forgotten", async () => {
    await open();
    const bench = shared([{ limit: 5, windowMs: 2000, cost: { tool: { argument: "n" } }, ...now }]);
    const [first, second] = [await tries(bench, 3), await tries(bench, 2)];
    bench.limiter.giveBack(first.ticket);
    await until(hintOf(await tries(bench, 5)));
    expect((await tries(bench, 5)).outcome).toBe("in");
    bench.limiter.giveBack(second.ticket);
    bench.limiter.giveBack(first.ticket);
    expect(refusalOf(await tries(bench)).reason).toBe("limit");

    await redis.client.flushall();
    const old = await tries(bench, 2);
    await redis.client.flushall();
    expect((await tries(bench, 5)).outcome).toBe("in");
    bench.limiter.giveBack(old.ticket);
    expect(refusalOf(await tries(bench)).reason).toBe("limit");
  });

  it("says when a budget has room for a call that needs what was spent at several times", async () => {
    await open();
    const bench = shared([{ budget: 3, windowMs: 500, cost: { tool: { argument: "n" } }, ...now }]);
    for (let n = 0; n < 3; n++) {
      expect((await tries(bench)).outcome).toBe("in");
      await until(50);
    }
    const [one, all] = [hintOf(await tries(bench)), hintOf(await tries(bench, 3))];
    expect(all).toBeGreaterThan(one);
    await until(all);
    expect((await tries(bench, 3)).outcome).toBe("in");
  });

  it("looks at budgets and takes nothing, no slot either", async () => {
    await open();
    const bench = shared([{ budget: 3, windowMs: 60_000, concurrency: 1, ...now }]);
    const ticket = bench.limiter.budgets({ owner: "ann", sessionId: undefined, server: "test" });
    for (let n = 0; n < 3; n++) expect((await bench.limiter.look(ticket))[0]?.left).toBe(3);
    expect((await tries(bench)).outcome).toBe("in");
  });

  it("goes on where the clock of Redis was set back", async () => {
    await open();
    const bench = shared([{ limit: 2, windowMs: 60_000, ...now }]);
    await tries(bench);
    const [key = ""] = await redis.client.keys("*");
    await redis.client.hincrby(key, "at", 3_600_000_000);
    expect((await tries(bench)).outcome).toBe("in");
    expect(hintOf(await tries(bench))).toBeLessThanOrEqual(30_000);
  });

  it("lets slots expire also where nobody asks for them any more", async () => {
    await open();
    const bench = shared([{ concurrency: 1, ...now }]);
    await tries(bench);
    const [key = ""] = await redis.client.keys("*:slots");
    expect(await redis.client.pttl(key)).toBeGreaterThan(0);
  });
});
