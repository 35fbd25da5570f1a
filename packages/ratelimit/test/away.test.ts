import { skipsRedis } from "@plugboard/services/redis";
import { describe, expect, it, vi } from "vitest";
import { TestRedis } from "./redis.ts";
import { metaOf, type Result, textOf } from "./server.ts";
import type { RuleInput } from "./setup.ts";

const now = { maxWaitMs: 0 };

describe.skipIf(skipsRedis)(`while Redis is away${skipsRedis ? " (redis-server is not installed)" : ""}`, () => {
  const redis = new TestRedis();
  const rules: RuleInput[] = [{ limit: 3, windowMs: 3_600_000, ...now }];

  it.each([
    ["local", [true, true, true, false, false]],
    ["allow", [true, true, true, true, true]],
    ["deny", [false, false, false, false, false]],
  ] as const)(
    "%s does as it says, with one warning, and Redis counts again when it is back",
    async (onStoreError, expected) => {
      const a = await redis.member(rules, { onStoreError });
      expect((await a.call("quick")).isError).toBeUndefined();
      await redis.server.stop();
      const results: boolean[] = [];
      for (let n = 0; n < 5; n++) results.push((await a.call("quick")).isError !== true);
      expect(results).toEqual(expected);
      if (onStoreError === "deny") {
        const refused = await a.call("quick");
        expect(textOf(refused)).toBe(
          "`quick` was not run: its limits cannot be counted at the moment. Try again in a few seconds.",
        );
        expect(metaOf(refused)).toEqual({ retryAfterMs: 5000, estimated: true });
      }
      expect(redis.warnings.filter((line) => line.includes("is not available"))).toHaveLength(1);
      await redis.server.start();
      await redis.isBack();
      for (let n = 2; n >= 0; n--) expect(metaOf(await a.call("quick"))).toMatchObject({ remaining: n });
      expect((await a.call("quick")).isError).toBe(true);
      expect(redis.warnings).toHaveLength(2);
    },
  );

  it("in the middle of a load, no caller sees an error, and those that wait have their turn", async () => {
    const a = await redis.member([{ concurrency: 2, per: "global", queue: 1000, maxWaitMs: 30_000 }]);
    const results: Promise<Result>[] = [];
    for (let n = 0; n < 20; n++) results.push(a.call("quick"), a.call("ten"));
    await vi.waitUntil(() => a.plugin.stats()["admitted"]! > 10);
    await redis.server.stop();
    await vi.waitUntil(() => a.plugin.stats()["admitted"]! > 60);
    await redis.server.start();
    for (const result of await Promise.all(results)) expect(result.isError).toBeUndefined();
    expect(a.plugin.stats()).toMatchObject({ running: 0, waiting: 0, refused: 0 });
  });

  it("a call that waits for Redis is counted here, and is told so", async () => {
    const slow: RuleInput[] = [{ limit: 10, windowMs: 3_600_000, concurrency: 1, per: "global", maxWaitMs: 15_000 }];
    const [a, b] = [await redis.member(slow), await redis.member(slow)];
    await a.call("quick");
    const held = a.call("hold");
    await a.gate.entered();
    const waiting = b.call("quick");
    await vi.waitUntil(() => b.plugin.stats()["waiting"] === 1);
    await redis.server.stop();
    expect(metaOf(await waiting)).toMatchObject({ remaining: 9 });
    a.gate.open();
    await held;
    await redis.server.start();
  });

  it("a tool that has no limit is not refused, whatever calls it", async () => {
    const a = await redis.member([{ tools: ["hold"], concurrency: 1 }], { onStoreError: "deny" });
    const held = a.call("hold");
    await a.gate.entered();
    await redis.server.stop();
    expect(textOf(await a.call("ten"))).toBe("0 failed");
    a.gate.open("quick");
    await a.gate.entered();
    a.gate.open();
    expect(textOf(await held)).toBe("fine");
    expect((await a.call("hold")).isError).toBe(true);
    await redis.server.start();
  });

  it("and does not answer, no call takes longer than the timeout for it", async () => {
    const a = await redis.member(rules, { store: redis.store({ timeoutMs: 100 }) });
    await a.call("quick");
    redis.server.pause();
    try {
      for (let n = 0; n < 3; n++) expect((await a.call("quick")).isError).toBeUndefined();
      expect((await a.call("quick")).isError).toBe(true);
      expect(a.plugin.stats()["storeErrors"]).toBe(1);
    } finally {
      redis.server.resume();
    }
    await redis.isBack();
    expect(metaOf(await a.call("quick"))).toMatchObject({ limit: 3 });
  });

  it("from the beginning, calls are counted here at once", async () => {
    const a = await redis.member(rules, { store: { redis: "redis://127.0.0.1:1" } });
    const results = [];
    for (let n = 0; n < 4; n++) results.push((await a.call("quick")).isError !== true);
    expect(results).toEqual([true, true, true, false]);
  });
});
