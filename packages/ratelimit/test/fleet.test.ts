import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { skipsRedis } from "@plugboard/services/redis";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { TestRedis } from "./redis.ts";
import type { Result } from "./server.ts";
import type { RuleInput } from "./setup.ts";

describe.skipIf(skipsRedis)(`a fleet of processes${skipsRedis ? " (redis-server is not installed)" : ""}`, () => {
  const redis = new TestRedis();

  /** One of them, in a process of its own: `hold` runs until it is told to end. */
  async function start(options: object) {
    const child = fork(fileURLToPath(new URL("./fixtures/member.ts", import.meta.url)), [JSON.stringify(options)], {
      execArgv: ["--conditions=@plugboard/source", "--import", "tsx"],
    });
    onTestFinished(() => void child.kill("SIGKILL"));
    const results: Result[] = [];
    let running = 0;
    child.on("message", (news: { result?: Result; running?: number }) => {
      if (news.result) results.push(news.result);
      running = news.running ?? running;
    });
    const heard = async (what: () => boolean): Promise<void> => {
      while (!what()) await once(child, "message");
    };
    await once(child, "message");
    return {
      async call(name: string, times: number): Promise<Result[]> {
        const from = results.length;
        child.send({ call: name, times });
        await heard(() => results.length === from + times);
        return results.slice(from);
      },
      async hold(times: number): Promise<void> {
        child.send({ call: "hold", times });
        await heard(() => running === times);
      },
      async kill(): Promise<void> {
        const exit = once(child, "exit");
        child.kill("SIGKILL");
        await exit;
      },
    };
  }

  /** When the first slot expires, in microseconds. */
  async function firstExpiry(): Promise<number> {
    const [key = ""] = await redis.client.keys("*:slots");
    return Number((await redis.client.zrange(key, "0", "-1", "WITHSCORES"))[1]);
  }

  it("never lets three of them together have more than one limit, and gives back the slots of one that was killed", async () => {
    const store = redis.store({ leaseMs: 1000 });
    const rules: RuleInput[] = [
      { tools: ["quick"], limit: 20, windowMs: 3_600_000, maxWaitMs: 0 },
      { tools: ["hold"], concurrency: 4, per: "global", maxWaitMs: 10_000 },
    ];
    // One that can be killed; the others are of this process, which for the store is one like any other.
    const [doomed, second, third] = await Promise.all([
      start({ store, rules }),
      redis.member(rules, { store }),
      redis.member(rules, { store }),
    ]);
    const quick = await Promise.all([
      doomed.call("quick", 30),
      ...[second, third].map(({ call }) => Promise.all(Array.from({ length: 30 }, () => call("quick")))),
    ]);
    expect(quick.flat()).toHaveLength(90);
    expect(quick.flat().filter(({ isError }) => isError !== true)).toHaveLength(20);

    await doomed.hold(2);
    const held = [second.call("hold"), second.call("hold")];
    await vi.waitUntil(() => second.gate.inside === 2);
    const waiting = [third.call("hold"), third.call("hold")];
    // The slots of processes that live are renewed: they are held for longer than a lease.
    const ends = await firstExpiry();
    await vi.waitUntil(async () => (await firstExpiry()) > ends + 1_000_000, { timeout: 10_000 });
    expect(third.gate.inside).toBe(0);
    await doomed.kill();
    await vi.waitUntil(() => third.gate.inside === 2, { timeout: 10_000 });
    expect(second.gate.inside).toBe(2);
    for (const { gate } of [second, third]) for (let n = 0; n < 2; n++) gate.open();
    for (const result of await Promise.all([...held, ...waiting])) expect(result.isError).toBeUndefined();
    await vi.waitUntil(async () => (await redis.slots()) === 0);
  });
});
