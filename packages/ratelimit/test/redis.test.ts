import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { fileURLToPath } from "node:url";
import { currentCall } from "@plugboard/core";
import { RedisLink } from "@plugboard/core/redis";
import { RedisServer, skipsRedis } from "@plugboard/services/redis";
import fc from "fast-check";
import { Redis } from "ioredis";
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished, vi } from "vitest";
import { ratelimit } from "../src/index.ts";
import { connect, layer, metaOf, newServer, registerGate, type Result, text, textOf } from "./server.ts";
import { GIVE_BACK, RELEASE } from "../src/lua.ts";
import { MemoryStore } from "../src/memory.ts";
import { Names } from "../src/names.ts";
import { SharedStore } from "../src/shared.ts";
import { type Attempt, Bench, refusalOf, type RuleInput } from "./setup.ts";

const now = { maxWaitMs: 0 };

describe.skipIf(skipsRedis)(`a shared store${skipsRedis ? " (redis-server is not installed)" : ""}`, () => {
  let server: RedisServer;
  let redis: Redis;
  let warnings: string[];

  beforeAll(async () => {
    server = await RedisServer.start();
    redis = new Redis(server.url, { lazyConnect: true, retryStrategy: () => 20, maxRetriesPerRequest: null });
    redis.on("error", () => undefined);
    await redis.connect();
  });
  afterAll(async () => {
    redis.disconnect();
    await server[Symbol.asyncDispose]();
  });
  beforeEach(async () => {
    await redis.flushall();
    warnings = [];
    vi.spyOn(console, "warn").mockImplementation((...args) => void warnings.push(args.map(String).join(" ")));
  });

  type Options = NonNullable<Parameters<typeof ratelimit>[0]>;
  const store = (more: object = {}): Options["store"] => ({ redis: server.url, timeoutMs: 10_000, ...more });

  /** One of several processes, as far as the store can tell. */
  async function member(rules: RuleInput[], more: Options = {}, subject?: string) {
    const plugin = ratelimit({ rules, store: store(), ...more });
    const mcp = newServer(plugin);
    mcp.registerTool("quick", {}, () => text("fine"));
    mcp.registerTool("dear", {}, () => text("fine"));
    mcp.registerTool("ten", {}, async () => {
      const call = currentCall()!;
      const results = await Promise.all(Array.from({ length: 10 }, () => call.dispatch("quick")));
      return text(`${results.filter(({ isError }) => isError).length} failed`);
    });
    const gate = registerGate(mcp, "hold");
    const { call, client } = await connect(mcp, subject);
    return { plugin, gate, call, client };
  }

  it("counts rates of many processes together, takes from all rules or none, and its hint is right", async () => {
    const rules: RuleInput[] = [
      { name: "wide", limit: 10, windowMs: 2000, ...now },
      { name: "narrow", tools: ["dear"], limit: 1, windowMs: 60_000, ...now },
    ];
    const [a, b] = [await member(rules), await member(rules)];
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
    const a = await member(rules, {}, "ann");
    expect(metaOf(await a.call("dear"))).toMatchObject({ limit: 3, remaining: 1 });
    expect((await a.call("dear")).isError).toBe(true);
    await a.plugin.dispose();
    const b = await member(rules, {}, "ann");
    expect(metaOf(await b.call("quick"))).toMatchObject({ remaining: 0 });
    const refused = await b.call("quick");
    expect(textOf(refused)).toMatch(/budget of 3 units a day for each caller, and 0 are left\. Try again in 24 h/);
    const { contents } = await b.client.readResource({ uri: "ratelimit://budget" });
    expect(JSON.parse((contents[0] as { text: string }).text)).toMatchObject({
      budgets: [{ rule: "daily", budget: 3, remaining: 0 }],
    });
    const fresh = await member(rules, {}, "ann");
    expect(await fresh.plugin.budget({ kind: "local", id: "local" })).toEqual([
      { rule: "daily", budget: 3, remaining: null, resetMs: null },
    ]);
    const other = await member(rules, {}, "bob");
    expect(metaOf(await other.call("quick"))).toMatchObject({ remaining: 2 });
  });

  it("counts slots, wakes a call that waits when another process ends one, and lends the slot of a call that dispatches", async () => {
    const rules: RuleInput[] = [{ concurrency: 1, per: "global", maxWaitMs: 15_000 }];
    const [a, b] = [await member(rules), await member(rules)];
    const first = a.call("hold");
    await a.gate.entered();
    const second = b.call("quick");
    await vi.waitUntil(() => b.plugin.stats()["waiting"] === 1);
    a.gate.open();
    await first;
    expect((await second).isError).toBeUndefined();
    expect(await Promise.all([a.call("ten"), b.call("ten")])).toMatchObject([text("0 failed"), text("0 failed")]);
    await vi.waitUntil(async () => (await slots()) === 0);
    for (const { plugin } of [a, b])
      expect(plugin.stats()).toMatchObject({ running: 0, waiting: 0, refused: 0, storeErrors: 0 });
  });

  /** How many slots are taken, of all keys. */
  async function slots(): Promise<number> {
    const keys = await redis.keys("*:slots");
    return (await Promise.all(keys.map((key) => redis.zcard(key)))).reduce((sum, count) => sum + count, 0);
  }

  /** When the last slot expires, in microseconds. */
  async function lastExpiry(): Promise<number> {
    const [key = ""] = await redis.keys("*:slots");
    return Number((await redis.zrange(key, "0", "-1", "WITHSCORES")).at(-1));
  }

  it("asks once at a time for each key, however many calls wait for it, and those are first come, first served", async () => {
    const rules: RuleInput[] = [{ limit: 10, windowMs: 1000, burst: 1, per: "global", maxWaitMs: 15_000 }];
    const a = await member(rules);
    await a.call("quick");
    const before = await commands();
    const order: number[] = [];
    await Promise.all(Array.from({ length: 10 }, (_, n) => a.call("quick").then(() => order.push(n))));
    expect(order).toEqual(Array.from({ length: 10 }, (_, n) => n));
    // Two for each call, and a few more where the timer was early.
    expect((await commands()) - before).toBeLessThan(40);
  });

  async function commands(): Promise<number> {
    const stats = await redis.info("commandstats");
    return Number(/cmdstat_evalsha:calls=(\d+)/.exec(stats)?.[1] ?? 0);
  }

  it("asks once for all rules of a call, and once more to give its slots back", async () => {
    const rules: RuleInput[] = [
      { limit: 100, windowMs: 1000 },
      { per: ["tool", "session"], budget: 100, windowMs: 1000, concurrency: 5 },
      { per: "global", concurrency: 5 },
    ];
    const a = await member(rules);
    await a.call("quick");
    await vi.waitUntil(async () => (await slots()) === 0);
    const before = await commands();
    for (let n = 0; n < 10; n++) await a.call("quick");
    await vi.waitUntil(async () => (await slots()) === 0);
    expect((await commands()) - before).toBe(20);
  });

  it("keeps the local user apart from those of other machines", async () => {
    const rules: RuleInput[] = [{ limit: 1, windowMs: 3_600_000, ...now }];
    const a = await member(rules);
    await a.call("quick");
    const { ticket } = new Bench(rules).call({ who: "local" });
    const plain = new Names("plugboard", "ratelimit").of(ticket, ticket.claims[0]!);
    const [key] = await redis.keys("*");
    expect(key?.slice(0, -22)).toBe(plain.slice(0, -22));
    expect(key).not.toBe(plain);
  });

  it("counts as a process alone does, to the last unit, also what is given back", async () => {
    const windowMs = 31 * 86_400_000;
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
    const link = new RedisLink({
      url: server.url,
      timeoutMs: 10_000,
      plugin: "test",
      meanwhile: "",
      warn: () => undefined,
    });
    onTestFinished(() => link.close());
    // A script that Redis does not know yet is sent a second time, and comes after what was sent meanwhile.
    for (const known of [GIVE_BACK, RELEASE]) await link.run(known, [], []);
    await fc.assert(
      fc.asyncProperty(
        fc.array(rule, { minLength: 1, maxLength: 4 }),
        fc.array(step, { minLength: 1, maxLength: 20 }),
        async (rules, steps) => {
          await redis.flushall();
          const given = rules.map(({ kind, most, tools }) => ({
            ...now,
            tools,
            ...(kind === "concurrency"
              ? { concurrency: most }
              : { [kind]: most, windowMs, cost: { "*": { argument: "n" } } }),
          }));
          const here = new Bench(given);
          const memory = new MemoryStore(here.now);
          const there = new Bench(given, {
            store: new SharedStore({
              link,
              names: new Names("p", "i"),
              now: here.now,
              leaseMs: 60_000,
              onError: "deny",
              memory,
              warn: () => undefined,
            }),
          });
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

  it("gives back what a call did not use, and its slot", async () => {
    let mode = "early";
    const early = layer("early", (call, next) =>
      next(mode === "early" ? call.with({ signal: AbortSignal.abort() }) : call),
    );
    const plugin = ratelimit({
      store: store(),
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
    await vi.waitUntil(async () => (await slots()) === 0);
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
      const plugin = ratelimit({ rules, store: store(), ...more }, { as });
      const { McpServer } = await import("@modelcontextprotocol/sdk/server/mcp.js");
      const mcp = plugin.attach(new McpServer({ name, version: "1" }));
      onTestFinished(() => plugin.dispose());
      mcp.registerTool("quick", {}, () => text("fine"));
      const { call } = await connect(mcp, subject);
      return (await call("quick")).isError !== true;
    };
    const variants: Parameters<typeof tries>[] = [
      [[rule], {}, "ratelimit", "test", "ann"],
      [[rule], {}, "other", "test", "ann"],
      [[rule], { store: store({ prefix: "mine" }) }, "ratelimit", "test", "ann"],
      [[rule], {}, "ratelimit", "test}:{", "ann"],
      [[{ ...rule, limit: 2, burst: 1 }], {}, "ratelimit", "test", "ann"],
      [[rule], {}, "ratelimit", "test", "bob"],
      [[rule], {}, "ratelimit", "test", "__proto__"],
    ];
    for (const variant of variants) expect(await tries(...variant)).toBe(true);
    for (const variant of variants) expect(await tries(...variant)).toBe(false);
    const keys = await redis.keys("*");
    expect(keys).toHaveLength(variants.length);
    for (const key of keys) {
      expect(key).toMatch(/^(plugboard|mine):\{(ratelimit|other):[\w-]{22}\}:[\w-]{22}:[\w-]{22}$/);
      expect(await redis.pttl(key)).toBeGreaterThan(0);
    }
  });

  it("leaves nothing behind for ever: keys expire by themselves", async () => {
    const a = await member([
      { limit: 1000, windowMs: 1000, concurrency: 5, ...now },
      { budget: 1000, windowMs: 1000, ...now },
    ]);
    await a.call("quick");
    const keys = await redis.keys("*");
    expect(keys.length).toBeGreaterThanOrEqual(2);
    for (const key of keys) {
      const ms = await redis.pttl(key);
      expect(ms).toBeGreaterThan(0);
      expect(ms).toBeLessThanOrEqual(2020);
    }
  });

  describe("when Redis is away", () => {
    const rules: RuleInput[] = [{ limit: 3, windowMs: 3_600_000, ...now }];

    it.each([
      ["local", [true, true, true, false, false]],
      ["allow", [true, true, true, true, true]],
      ["deny", [false, false, false, false, false]],
    ] as const)(
      "%s does as it says, with one warning, and Redis counts again when it is back",
      async (onStoreError, expected) => {
        const a = await member(rules, { onStoreError });
        expect((await a.call("quick")).isError).toBeUndefined();
        await server.stop();
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
        expect(warnings.filter((line) => line.includes("is not available"))).toHaveLength(1);
        await server.start();
        await vi.waitUntil(() => warnings.some((line) => line.includes("is available again")), { timeout: 10_000 });
        for (let n = 2; n >= 0; n--) expect(metaOf(await a.call("quick"))).toMatchObject({ remaining: n });
        expect((await a.call("quick")).isError).toBe(true);
        expect(warnings).toHaveLength(2);
      },
    );

    it("in the middle of a load, no caller sees an error, and those that wait have their turn", async () => {
      const a = await member([{ concurrency: 2, per: "global", queue: 1000, maxWaitMs: 30_000 }]);
      const results: Promise<Result>[] = [];
      for (let n = 0; n < 20; n++) results.push(a.call("quick"), a.call("ten"));
      await vi.waitUntil(() => a.plugin.stats()["admitted"]! > 10);
      await server.stop();
      await vi.waitUntil(() => a.plugin.stats()["admitted"]! > 60);
      await server.start();
      for (const result of await Promise.all(results)) expect(result.isError).toBeUndefined();
      expect(a.plugin.stats()).toMatchObject({ running: 0, waiting: 0, refused: 0 });
    });

    it("and does not answer, no call takes longer than the timeout for it", async () => {
      const a = await member(rules, { store: store({ timeoutMs: 100 }) });
      await a.call("quick");
      server.pause();
      try {
        for (let n = 0; n < 3; n++) expect((await a.call("quick")).isError).toBeUndefined();
        expect((await a.call("quick")).isError).toBe(true);
        expect(a.plugin.stats()["storeErrors"]).toBe(1);
      } finally {
        server.resume();
      }
      await vi.waitUntil(() => warnings.some((line) => line.includes("is available again")), { timeout: 10_000 });
      expect(metaOf(await a.call("quick"))).toMatchObject({ limit: 3 });
    });

    it("from the beginning, calls are counted here at once", async () => {
      const a = await member(rules, { store: { redis: "redis://127.0.0.1:1" } });
      const results = [];
      for (let n = 0; n < 4; n++) results.push((await a.call("quick")).isError !== true);
      expect(results).toEqual([true, true, true, false]);
    });
  });

  it("takes an answer that makes no sense for none: what is at a key, what a server says", async () => {
    const rules: RuleInput[] = [{ limit: 2, windowMs: 3_600_000, ...now }];
    const a = await member(rules);
    await a.call("quick");
    const [key = ""] = await redis.keys("*");
    await redis.set(key, "garbage");
    for (const expected of [true, true, false]) expect((await a.call("quick")).isError !== true).toBe(expected);
    expect(
      warnings.filter((line) =>
        line.includes("Redis gave no answer that makes sense: calls are counted in this process."),
      ),
    ).toHaveLength(1);
    await redis.del(key);
    expect(metaOf(await a.call("quick"))).toMatchObject({ remaining: 1 });

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
      const b = await member(rules, { store: { redis: `redis://127.0.0.1:${port}`, timeoutMs: 2000 } });
      const results = [];
      for (let n = 0; n < 3; n++) results.push((await b.call("quick")).isError !== true);
      expect(results).toEqual([true, true, false]);
      expect(b.plugin.stats()["storeErrors"]).toBeGreaterThan(0);
      await b.plugin.dispose();
      liar.close();
    }
  });

  describe("for a fleet of processes", () => {
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

    it("never lets three of them together have more than one limit, and gives back the slots of one that was killed", async () => {
      const options = {
        store: store({ leaseMs: 1000 }),
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
      first.send({ call: "hold", times: 4 });
      await first.heard(() => runningIn(first) === 4);
      second.send({ call: "hold", times: 2 });
      third.send({ call: "hold", times: 2 });
      // Those of a process that lives are renewed, again and again.
      const end = await lastExpiry();
      await vi.waitUntil(async () => (await lastExpiry()) > end + 1_500_000, { timeout: 10_000 });
      expect(runningIn(second) + runningIn(third)).toBe(0);
      const exit = once(first.child, "exit");
      first.child.kill("SIGKILL");
      await exit;
      await Promise.all([second.heard(() => runningIn(second) === 2), third.heard(() => runningIn(third) === 2)]);
      for (const one of [second, third]) one.send({ open: true });
      await Promise.all([second, third].map((one) => one.heard(() => resultsOf(one).length === 32)));
      await vi.waitUntil(async () => (await slots()) === 0);
    });
  });
});
