import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import { fileURLToPath } from "node:url";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import type { ToolResult } from "@plugboard/core";
import { RedisServer, skipsRedis } from "@plugboard/services/redis";
import { Redis } from "ioredis";
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished, vi } from "vitest";
import { fleetServer } from "./fixtures/fleet.ts";
import { connect, countingTool, newCache, newServer, statusOf, text, textOf } from "./setup.ts";

describe.skipIf(skipsRedis)(`over Redis${skipsRedis ? " (redis-server is not installed)" : ""}`, () => {
  let server: RedisServer;
  let prefix = "";
  let round = 0;
  beforeAll(async () => {
    server = await RedisServer.start();
  });
  beforeEach(() => {
    prefix = `test-${++round}`;
  });
  afterAll(() => server[Symbol.asyncDispose]());

  const store = (more: object = {}) => ({ redis: server.url, prefix, timeoutMs: 2000, ...more });

  /** What one process of a fleet has: a cache of its own, a server and a client. */
  async function member(options: Parameters<typeof newCache>[0] = {}) {
    const memo = newCache({ jitter: 0, store: store(), ...options });
    const mcp = newServer();
    memo.attach(mcp);
    const read = countingTool(mcp, "read");
    countingTool(mcp, "write", {});
    const connected = await connect(mcp, { subject: "ann" });
    return { memo, read, ...connected };
  }

  it("what one process has stored, another one gives, with its age", async () => {
    const [one, two] = [await member(), await member()];
    expect(statusOf(await one.call("read"))).toBe("miss");
    const found = await two.call("read");
    expect([textOf(found), statusOf(found)]).toEqual(["run 1", "hit"]);
    expect(found._meta?.["dev.plugboard/cache"]).toMatchObject({ ageMs: expect.any(Number) });
    expect(two.read.runs).toBe(0);
  });

  it("is asked once: afterwards the process itself answers, until another one invalidates", async () => {
    const options = { invalidates: { write: ["read"] } };
    const [one, two] = [await member(options), await member(options)];
    one.read.answer = (run) => text(`one ${run}`);
    two.read.answer = (run) => text(`two ${run}`);
    await one.call("read");
    await vi.waitFor(async () => {
      expect(textOf(await two.call("read"))).toBe("one 1");
      expect(two.memo.stats()["entries"]).toBe(1);
    });
    const redis = new Redis(server.url);
    onTestFinished(() => redis.disconnect());
    const commands = async (): Promise<string | undefined> =>
      /cmdstat_evalsha:calls=(\d+)/.exec(await redis.info("commandstats"))?.[1];
    const before = await commands();
    for (let again = 0; again < 5; again++) expect(textOf(await two.call("read"))).toBe("one 1");
    expect(await commands()).toBe(before);
    await one.call("write");
    await vi.waitFor(async () => expect(textOf(await two.call("read"))).toBe("two 1"), 5000);
    expect(textOf(await one.call("read"))).toBe("two 1");
  });

  it("calls go on uncached while Redis is away, with one warning and one load for those who come together; then it is used again, and what was invalidated meanwhile is gone", async () => {
    const warn = vi.spyOn(console, "warn").mockReturnValue();
    const { call, read, memo } = await member({ store: store({ timeoutMs: 300 }) });
    await call("read");
    expect(statusOf(await call("read"))).toBe("hit");
    await server.stop();
    const during = await Promise.all([call("read"), call("read"), call("read", { n: 2 })]);
    expect(during.every(({ isError }) => isError !== true)).toBe(true);
    expect(during.map(statusOf)).toContain("bypass");
    const runs = read.runs;
    expect(runs).toBeLessThanOrEqual(4);
    for (let again = 0; again < 5; again++) expect((await call("read")).isError).toBeUndefined();
    expect(read.runs).toBe(runs + 5);
    expect(warn).toHaveBeenCalledTimes(1);
    expect(warn.mock.calls[0]?.[0]).toContain("calls go on uncached");
    await memo.invalidate({ tool: "read" });
    await server.start();
    await vi.waitFor(async () => expect(statusOf(await call("read"))).toBe("hit"), 5000);
    expect(warn).toHaveBeenCalledTimes(2);
  });

  it("pays Redis the invalidations that it missed before it reads again", async () => {
    vi.spyOn(console, "warn").mockReturnValue();
    const { call, memo } = await member({ store: store({ timeoutMs: 200, nearMs: 0 }) });
    await call("read");
    expect(textOf(await call("read"))).toBe("run 1");
    server.pause();
    onTestFinished(() => server.resume());
    await memo.invalidate({ tool: "read" });
    server.resume();
    await vi.waitFor(async () => {
      const result = await call("read");
      expect(statusOf(result)).toBe("hit");
      expect(textOf(result)).not.toBe("run 1");
    }, 5000);
  });

  it("pays them as soon as Redis is there again, for the other processes, without a call of its own", async () => {
    vi.spyOn(console, "warn").mockReturnValue();
    const options = { store: store({ timeoutMs: 200, nearMs: 0 }) };
    const [one, two] = [await member(options), await member(options)];
    two.read.answer = (run) => text(`two ${run}`);
    await one.call("read");
    expect(textOf(await two.call("read"))).toBe("run 1");
    server.pause();
    onTestFinished(() => server.resume());
    await one.memo.invalidate("all");
    server.resume();
    await vi.waitFor(async () => {
      const result = await two.call("read");
      expect([statusOf(result), textOf(result)]).toEqual(["hit", expect.stringContaining("two")]);
    }, 5000);
  });

  it("connects on first use only, and leaves no connection behind", async () => {
    vi.spyOn(console, "warn").mockReturnValue();
    const sockets = new Set<Socket>();
    const mute = createServer((socket) => {
      sockets.add(
        socket
          .on("close", () => sockets.delete(socket))
          .on("error", () => undefined)
          .resume(),
      );
    }).listen(0, "127.0.0.1");
    await once(mute, "listening");
    onTestFinished(() => void mute.close());
    const redis = `redis://127.0.0.1:${(mute.address() as { port: number }).port}`;
    const idle = newCache({ store: { redis, timeoutMs: 300 } });
    const used = newCache({ store: { redis, timeoutMs: 300 } });
    const loading = used.getOrSet("key", () => 1, { scope: "public" });
    await vi.waitFor(() => expect(sockets.size).toBeGreaterThan(0));
    // One for commands, one to listen: of the cache that is used.
    await loading;
    expect(sockets.size).toBeLessThanOrEqual(2);
    const gone = newCache({ store: { redis, timeoutMs: 300 } });
    void gone.getOrSet("key", () => 1, { scope: "public" });
    for (const memo of [idle, used, gone]) await memo.dispose();
    await vi.waitFor(() => expect(sockets.size).toBe(0), 5000);
  });

  it("a silent Redis holds a call up no longer than timeoutMs", async () => {
    vi.spyOn(console, "warn").mockReturnValue();
    const { call } = await member({ store: store({ timeoutMs: 100, nearMs: 0 }) });
    await call("read");
    server.pause();
    onTestFinished(() => server.resume());
    const before = performance.now();
    for (let n = 1; n <= 5; n++) expect((await call("read", { n })).isError).toBeUndefined();
    expect(performance.now() - before).toBeLessThan(3000);
  });

  it("what others have written there is not taken for an entry, and harms nothing", async () => {
    const warn = vi.spyOn(console, "warn").mockReturnValue();
    const { call, read } = await member({ store: store({ nearMs: 0 }) });
    await call("read");
    const redis = new Redis(server.url);
    onTestFinished(() => redis.disconnect());
    const [key] = await redis.keys(`*${prefix}*:entry:*`);
    for (const value of ["garbage", "null", "[]", '{"value":1}', '{"value":1,"ttlMs":"x","failed":false}']) {
      await redis.hset(key ?? "", "value", value);
      const result = await call("read");
      expect(result.isError).toBeUndefined();
      expect(String(textOf(result))).toMatch(/^run \d+$/);
      await redis.hset(key ?? "", "value", value);
    }
    await redis.del(key ?? "");
    await redis.set(key ?? "", "a string");
    expect((await call("read")).isError).toBeUndefined();
    expect(read.runs).toBeGreaterThan(5);
    expect(warn.mock.calls.length).toBeLessThanOrEqual(3);
  });

  it("everything expires by itself, and all keys are in one slot", async () => {
    const { call } = await member({ ttlMs: 50_000 });
    await call("read");
    const redis = new Redis(server.url);
    onTestFinished(() => redis.disconnect());
    const keys = await redis.keys(`*${prefix}*`);
    expect(keys.length).toBeGreaterThan(2);
    for (const key of keys) {
      expect(key.startsWith(`{${prefix}:cache:cache}:`)).toBe(true);
      expect(await redis.pttl(key)).toBeGreaterThan(0);
    }
  });

  it("the local users of two machines do not share", async () => {
    const { Keys } = await import("../src/key.ts");
    const options = { namespace: "cache", version: "", maxChars: 1000 };
    const own = new Keys({ ...options, shared: false }).identity("local");
    const shared = new Keys({ ...options, shared: true }).identity("local");
    expect(own).toBe("local");
    expect(shared).toMatch(/^local@.{22}$/);
  });

  describe("a fleet", () => {
    type Member = (name: string, args?: object) => Promise<ToolResult>;

    /** A member in a process of its own. */
    async function spawn(): Promise<{ call: Member; pid: number }> {
      const script = fileURLToPath(new URL("./fixtures/process.ts", import.meta.url));
      const transport = new StdioClientTransport({
        command: process.execPath,
        args: ["--conditions=@plugboard/source", "--import", "tsx", script, server.url, prefix],
      });
      const client = new Client({ name: "test", version: "1" });
      await client.connect(transport);
      onTestFinished(() => client.close());
      return {
        call: async (name, args = {}) => (await client.callTool({ name, arguments: { ...args } })) as ToolResult,
        pid: transport.pid ?? 0,
      };
    }

    /** A member in this process, which for the store is one like any other. */
    async function here(redis: Redis): Promise<Member> {
      const { server: mcp, memo } = fleetServer(redis, server.url, prefix);
      onTestFinished(() => memo.dispose());
      return (await connect(mcp)).call;
    }

    it("loads once, forgets together, and goes on when the process that loads is killed", async () => {
      const redis = new Redis(server.url);
      onTestFinished(() => redis.disconnect());
      const [other, ...calls] = await Promise.all([spawn(), here(redis), here(redis)]);
      const fleet = [other.call, ...calls];
      const runs = (key: string): Promise<number> => redis.llen(`${prefix}:runs:${key}`);
      const together = await Promise.all(
        fleet.flatMap((call) => Array.from({ length: 10 }, () => call("read", { key: "a", ms: 200 }))),
      );
      expect(new Set(together.map(textOf))).toEqual(new Set(["a run 1"]));
      expect(together.filter((result) => statusOf(result) === "miss")).toHaveLength(1);
      expect(await runs("a")).toBe(1);

      await calls[0]?.("write");
      await expect
        .poll(async () => (await Promise.all(fleet.map((call) => call("read", { key: "a", ms: 0 })))).map(textOf), {
          timeout: 5000,
        })
        .not.toContain("a run 1");

      // The first run never ends, and its process is killed: its claim ends by itself, in ten seconds at most.
      const doomed = other.call("read", { key: "stuck" }).catch(() => "killed");
      await expect.poll(() => runs("stuck"), { timeout: 10_000 }).toBe(1);
      const waiting = Promise.all(calls.map((call) => call("read", { key: "stuck" })));
      process.kill(other.pid, "SIGKILL");
      expect(await doomed).toBe("killed");
      const claims = await redis.keys(`*${prefix}*:claim:*`);
      expect(claims).toHaveLength(1);
      const leftMs = await redis.pttl(claims[0] ?? "");
      expect(leftMs).toBeGreaterThan(0);
      expect(leftMs).toBeLessThanOrEqual(10_000);
      expect(await runs("stuck")).toBe(1);
      // As if those were over.
      await redis.pexpire(claims[0] ?? "", 1);
      expect((await waiting).map(textOf)).toEqual(["stuck run 2", "stuck run 2"]);
      expect(await runs("stuck")).toBe(2);
    }, 60_000);
  });
});
