import { once } from "node:events";
import { createServer } from "node:net";
import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { skipsRedis } from "@plugboard/services/redis";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { ratelimit } from "../src/index.ts";
import { Names } from "../src/names.ts";
import { type Options, TestRedis } from "./redis.ts";
import { connect, layer, metaOf, newServer, type Result, text, textOf } from "./server.ts";
import { Bench, type RuleInput } from "./setup.ts";

const now = { maxWaitMs: 0 };

describe.skipIf(skipsRedis)(`a shared store${skipsRedis ? " (redis-server is not installed)" : ""}`, () => {
  const redis = new TestRedis();

  it("counts rates of many processes together, takes from all rules or none, and its hint is right", async () => {
    const rules: RuleInput[] = [
      { name: "wide", limit: 10, windowMs: 2000, ...now },
      { name: "narrow", tools: ["dear"], limit: 1, windowMs: 60_000, ...now },
    ];
    const [a, b] = [await redis.member(rules), await redis.member(rules)];
    expect(metaOf(await a.call("quick"))).toMatchObject({ rule: "wide", limit: 10, remaining: 9 });
    expect(metaOf(await b.call("dear"))).toMatchObject({ rule: "narrow", remaining: 0 });
    for (let n = 0; n < 5; n++) expect(metaOf(await a.call("dear"))).toMatchObject({ rule: "narrow" });
    const results: Result[] = [];
    while (results.at(-1)?.isError !== true) results.push(await (results.length % 2 ? a : b).call("quick"));
    expect(results.length).toBeGreaterThan(8);
    expect(results.length).toBeLessThan(8 + 5);
    const { retryAfterMs = 0, ...meta } = metaOf(results.at(-1)!)!;
    expect(meta).toMatchObject({ rule: "wide", remaining: 0 });
    expect(retryAfterMs).toBeGreaterThan(0);
    expect(retryAfterMs).toBeLessThanOrEqual(200);
    await new Promise((resolve) => setTimeout(resolve, retryAfterMs));
    expect((await b.call("quick")).isError).toBeUndefined();
  });

  it("counts budgets, shows them, and forgets nothing when a process ends", async () => {
    const rules: RuleInput[] = [{ name: "daily", budget: 3, windowMs: 86_400_000, cost: { dear: 2 }, ...now }];
    const a = await redis.member(rules, {}, "ann");
    expect(metaOf(await a.call("dear"))).toMatchObject({ limit: 3, remaining: 1 });
    expect((await a.call("dear")).isError).toBe(true);
    await a.plugin.dispose();
    const b = await redis.member(rules, {}, "ann");
    expect(metaOf(await b.call("quick"))).toMatchObject({ remaining: 0 });
    const refused = await b.call("quick");
    expect(textOf(refused)).toMatch(/budget of 3 units a day for each caller, and 0 are left\. Try again in 24 h/);
    const { contents } = await b.client.readResource({ uri: "ratelimit://budget" });
    expect(JSON.parse((contents[0] as { text: string }).text)).toMatchObject({
      budgets: [{ rule: "daily", budget: 3, remaining: 0 }],
    });
    const fresh = await redis.member(rules, {}, "ann");
    // Before its first call a process knows for which server only when it is told, as readers of the resource tell it.
    expect(await fresh.plugin.budget({ kind: "local", id: "local" })).toEqual([
      { rule: "daily", budget: 3, remaining: null, resetMs: null },
    ]);
    const read = await fresh.client.readResource({ uri: "ratelimit://budget" });
    expect(JSON.parse((read.contents[0] as { text: string }).text)).toMatchObject({ budgets: [{ remaining: 0 }] });
    const other = await redis.member(rules, {}, "bob");
    expect(metaOf(await other.call("quick"))).toMatchObject({ remaining: 2 });
  });

  it("counts slots, wakes a call that waits when another process ends one, and lends the slot of a call that dispatches", async () => {
    const rules: RuleInput[] = [{ concurrency: 1, per: "global", maxWaitMs: 5000 }];
    const more = { store: redis.store({ leaseMs: 3_600_000 }) };
    const [a, b] = [await redis.member(rules, more), await redis.member(rules, more)];
    const started = vi.spyOn(globalThis, "setInterval");
    const stopped = vi.spyOn(globalThis, "clearInterval");
    const first = a.call("hold");
    await a.gate.entered();
    // What renews the slot keeps no process alive.
    const timer = started.mock.results[0]?.value as NodeJS.Timeout;
    expect(timer.hasRef()).toBe(false);
    expect(stopped).not.toHaveBeenCalledWith(timer);
    const second = b.call("quick");
    await vi.waitUntil(() => b.plugin.stats()["waiting"] === 1);
    a.gate.open();
    await first;
    expect((await second).isError).toBeUndefined();
    expect(stopped).toHaveBeenCalledWith(timer);
    expect(await Promise.all([a.call("ten"), b.call("ten")])).toMatchObject([text("0 failed"), text("0 failed")]);
    await vi.waitUntil(async () => (await redis.slots()) === 0);
    for (const { plugin } of [a, b])
      expect(plugin.stats()).toMatchObject({ running: 0, waiting: 0, refused: 0, storeErrors: 0 });
  });

  it("takes a slot back after the last call that it was lent to", async () => {
    const rules: RuleInput[] = [{ concurrency: 1, per: "global", ...now }];
    const [a, b] = [await redis.member(rules), await redis.member(rules)];
    const held = a.call("hold");
    await a.gate.entered();
    a.gate.open("quick");
    await a.gate.entered();
    await vi.waitUntil(async () => (await redis.slots()) === 1);
    expect((await b.call("quick")).isError).toBe(true);
    a.gate.open();
    expect(textOf(await held)).toBe("fine");
  });

  it("takes a slot back and lends it again in that order, also where Redis does not know the scripts yet", async () => {
    const rules: RuleInput[] = [{ concurrency: 1, per: "global", maxWaitMs: 2000 }];
    const a = await redis.member(rules, { store: redis.store({ leaseMs: 3_600_000 }) });
    await redis.client.script("FLUSH");
    const twice = a.call("twice");
    await Promise.race([a.gate.entered(), twice]);
    a.gate.open();
    expect(textOf(await twice)).toBe("done");
    await vi.waitUntil(async () => (await redis.slots()) === 0);
  });

  it("asks once at a time for each key, however many calls wait for it, and those are first come, first served", async () => {
    const rules: RuleInput[] = [{ limit: 10, windowMs: 300, burst: 1, per: "global", maxWaitMs: 15_000 }];
    const a = await redis.member(rules);
    await a.call("quick");
    const before = await redis.asked();
    const order: number[] = [];
    await Promise.all(Array.from({ length: 10 }, (_, n) => a.call("quick").then(() => order.push(n))));
    expect(order).toEqual(Array.from({ length: 10 }, (_, n) => n));
    // Two for each call, and a few more where the timer was early.
    expect((await redis.asked()) - before).toBeLessThan(40);
  });

  it("asks once for all rules of a call, and once more to give its slots back", async () => {
    const rules: RuleInput[] = [
      { limit: 100, windowMs: 1000 },
      { per: ["tool", "session"], budget: 100, windowMs: 1000, concurrency: 5 },
      { per: "global", concurrency: 5 },
    ];
    const a = await redis.member(rules);
    await a.call("quick");
    await vi.waitUntil(async () => (await redis.slots()) === 0);
    const before = await redis.asked();
    for (let n = 0; n < 10; n++) await a.call("quick");
    await vi.waitUntil(async () => (await redis.slots()) === 0);
    expect((await redis.asked()) - before).toBe(20);
  });

  it("keeps the local user apart from those of other machines", async () => {
    const rules: RuleInput[] = [{ limit: 1, windowMs: 3_600_000, ...now }];
    const a = await redis.member(rules);
    await a.call("quick");
    const { ticket } = new Bench(rules).call({ who: "local" });
    const plain = new Names("plugboard", "ratelimit").of(ticket, ticket.claims[0]!);
    const [key] = await redis.client.keys("*");
    expect(key?.slice(0, -22)).toBe(plain.slice(0, -22));
    expect(key).not.toBe(plain);
  });

  it("gives back what a call did not use, and its slot", async () => {
    let mode = "early";
    const early = layer("early", (call, next) =>
      next(mode === "early" ? call.with({ signal: AbortSignal.abort() }) : call),
    );
    const plugin = ratelimit({
      store: redis.store(),
      rules: [
        { name: "rate", limit: 5, windowMs: 3_600_000, ...now },
        { name: "spend", budget: 100, windowMs: 3_600_000, ...now },
        { concurrency: 1, ...now },
      ],
    });
    const mcp = newServer(early, plugin);
    mcp.registerTool("quick", {}, () => text("fine"));
    const { call } = await connect(mcp);
    for (let n = 0; n < 4; n++) await call("quick").catch(() => undefined);
    mode = "late";
    expect(metaOf(await call("quick"))).toMatchObject({ rule: "rate", remaining: 4 });
    const [budget] = await plugin.budget({ kind: "local", id: "local" });
    expect(budget).toMatchObject({ remaining: 99 });
    await vi.waitUntil(async () => (await redis.slots()) === 0);
  });

  it("keeps apart instances, prefixes, servers, rules and keys, in names that no part can break out of", async () => {
    const rule: RuleInput = { per: ["principal", "tool"], limit: 1, windowMs: 3_600_000, ...now };
    const tries = async (
      rules: RuleInput[],
      more: Options,
      as: string,
      name: string,
      subject: string,
    ): Promise<boolean> => {
      const plugin = ratelimit({ rules, store: redis.store(), ...more }, { as });
      const mcp = plugin.attach(new McpServer({ name, version: "1" }));
      onTestFinished(() => plugin.dispose());
      mcp.registerTool("quick", {}, () => text("fine"));
      const { call } = await connect(mcp, subject);
      return (await call("quick")).isError !== true;
    };
    const variants: Parameters<typeof tries>[] = [
      [[rule], {}, "ratelimit", "test", "ann"],
      [[rule], {}, "other", "test", "ann"],
      [[rule], { store: redis.store({ prefix: "mine" }) }, "ratelimit", "test", "ann"],
      [[rule], {}, "ratelimit", "test}:{", "ann"],
      [[{ ...rule, limit: 2, burst: 1 }], {}, "ratelimit", "test", "ann"],
      [[rule], {}, "ratelimit", "test", "bob"],
      [[rule], {}, "ratelimit", "test", "__proto__"],
    ];
    for (const variant of variants) expect(await tries(...variant)).toBe(true);
    for (const variant of variants) expect(await tries(...variant)).toBe(false);
    const keys = await redis.client.keys("*");
    expect(keys).toHaveLength(variants.length);
    for (const key of keys) {
      expect(key).toMatch(/^(plugboard|mine):\{(ratelimit|other):[\w-]{22}\}:[\w-]{22}:[\w-]{22}$/);
      expect(await redis.client.pttl(key)).toBeGreaterThan(0);
    }
  });

  it("leaves nothing behind for ever: keys expire by themselves", async () => {
    const a = await redis.member([
      { limit: 1000, windowMs: 1000, concurrency: 5, ...now },
      { budget: 1000, windowMs: 1000, ...now },
    ]);
    await a.call("quick");
    const keys = await redis.client.keys("*");
    expect(keys.length).toBeGreaterThanOrEqual(2);
    for (const key of keys) {
      const ms = await redis.client.pttl(key);
      expect(ms).toBeGreaterThan(0);
      expect(ms).toBeLessThanOrEqual(2020);
    }
  });

  it("takes an answer that makes no sense for none: what is at a key, what a server says", async () => {
    const rules: RuleInput[] = [{ limit: 2, windowMs: 3_600_000, ...now }];
    const a = await redis.member(rules);
    await a.call("quick");
    const [key = ""] = await redis.client.keys("*");
    await redis.client.set(key, "garbage");
    for (const expected of [true, true, false]) expect((await a.call("quick")).isError !== true).toBe(expected);
    expect(
      redis.warnings.filter((line) =>
        line.includes("Redis gave no answer that makes sense: calls are counted in this process."),
      ),
    ).toHaveLength(1);
    await redis.client.del(key);
    expect(metaOf(await a.call("quick"))).toMatchObject({ remaining: 1 });
    await redis.client.set(key, "garbage");
    await a.call("quick");
    expect(redis.warnings).toHaveLength(2);
    await redis.client.del(key);

    for (const answer of [
      "+OK",
      "*1\r\n:1",
      "*8\r\n:1\r\n:0\r\n:0\r\n$3\r\nabc\r\n:0\r\n:0\r\n:0\r\n:0",
      ":5",
      "$-1",
      "-ERR no",
    ]) {
      const liar = createServer((socket) => {
        socket.on("error", () => undefined);
        socket.on("data", (data) => {
          const asked = data.toString().match(/\r\n(?=\*\d+\r\n)/g)?.length ?? 0;
          for (let n = 0; n <= asked; n++) socket.write(/info/i.test(data.toString()) ? "$0\r\n\r\n" : `${answer}\r\n`);
        });
      }).listen(0, "127.0.0.1");
      await once(liar, "listening");
      const { port } = liar.address() as { port: number };
      const b = await redis.member(rules, { store: { redis: `redis://127.0.0.1:${port}`, timeoutMs: 2000 } });
      const results = [];
      for (let n = 0; n < 3; n++) results.push((await b.call("quick")).isError !== true);
      expect(results).toEqual([true, true, false]);
      expect(b.plugin.stats()["storeErrors"]).toBeGreaterThan(0);
      await b.plugin.dispose();
      liar.close();
    }
  });
});
