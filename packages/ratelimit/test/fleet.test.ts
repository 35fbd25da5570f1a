import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { skipsRedis } from "@plugboard/services/redis";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { TestRedis } from "./redis.ts";
import type { Result } from "./server.ts";

describe.skipIf(skipsRedis)(`a fleet of processes${skipsRedis ? " (redis-server is not installed)" : ""}`, () => {
  const redis = new TestRedis();
  type News = { ready?: true; running?: number; result?: Result };
  interface Member {
    readonly child: ChildProcess;
    readonly news: News[];
    send(order: object): void;
    heard(what: (news: readonly News[]) => boolean): Promise<void>;
  }

  async function start(options: object): Promise<Member> {
    const child = fork(fileURLToPath(new URL("./fixtures/member.ts", import.meta.url)), [JSON.stringify(options)], {
      execArgv: ["--conditions=@plugboard/source", "--import", "tsx"],
    });
    onTestFinished(() => void child.kill("SIGKILL"));
    const news: News[] = [];
    child.on("message", (message) => void news.push(message as News));
    const one: Member = {
      child,
      news,
      send: (order) => void child.send(order),
      async heard(what) {
        while (!what(news)) await once(child, "message");
      },
    };
    await one.heard((all) => all.some(({ ready }) => ready));
    return one;
  }

  const resultsOf = ({ news }: Member): Result[] => news.flatMap(({ result }) => (result ? [result] : []));

  /** When the first slot expires, in microseconds. */
  async function firstExpiry(): Promise<number> {
    const [key = ""] = await redis.client.keys("*:slots");
    return Number((await redis.client.zrange(key, "0", "-1", "WITHSCORES"))[1]);
  }

  it("never lets three of them together have more than one limit, and gives back the slots of one that was killed", async () => {
    const options = {
      store: redis.store({ leaseMs: 1000 }),
      rules: [
        { tools: ["quick"], limit: 20, windowMs: 3_600_000, maxWaitMs: 0 },
        { tools: ["hold"], concurrency: 4, per: "global", maxWaitMs: 10_000 },
      ],
    };
    const fleet = await Promise.all([start(options), start(options), start(options)]);
    for (const one of fleet) one.send({ call: "quick", times: 30 });
    await Promise.all(fleet.map((one) => one.heard(() => resultsOf(one).length === 30)));
    expect(fleet.flatMap(resultsOf).filter(({ isError }) => isError !== true)).toHaveLength(20);

    const [first, second, third] = fleet as [Member, Member, Member];
    const runningIn = ({ news }: Member): number => Math.max(0, ...news.map(({ running = 0 }) => running));
    for (const one of [first, second]) {
      one.send({ call: "hold", times: 2 });
      await one.heard(() => runningIn(one) === 2);
    }
    third.send({ call: "hold", times: 2 });
    // The slots of processes that live are renewed, again and again.
    const ends = await firstExpiry();
    await vi.waitUntil(async () => (await firstExpiry()) > ends + 1_500_000, { timeout: 10_000 });
    expect(runningIn(third)).toBe(0);
    const exit = once(first.child, "exit");
    first.child.kill("SIGKILL");
    await exit;
    await third.heard(() => runningIn(third) === 2);
    for (const one of [second, third]) one.send({ open: true });
    await Promise.all([second, third].map((one) => one.heard(() => resultsOf(one).length === 32)));
    await vi.waitUntil(async () => (await redis.slots()) === 0);
  });
});
