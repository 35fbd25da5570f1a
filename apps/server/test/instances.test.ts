import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import type { JSONRPCMessage } from "@modelcontextprotocol/sdk/types.js";
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";
import { RedisServer, skipsRedis } from "@plugboard/services/redis";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { httpSettings } from "../src/config/http-settings.ts";
import { InstanceIds } from "../src/http/instance-ids.ts";
import { RedisFleet } from "../src/redis/fleet.ts";
import { createLog } from "../src/serve/log.ts";
import { folder } from "./folder.ts";
import { openSession, serve, toolCall } from "./http.ts";
import { fixtures, Program } from "./process.ts";
import { RoundRobin } from "./proxy.ts";

const TOKEN = "a-token-of-enough-letters";

const ids = new InstanceIds("one");
test.each([
  [
    { id: 0, method: "ping", params: { _meta: { progressToken: 0 } } },
    { id: "one.0", method: "ping", params: { _meta: { progressToken: "one.0" } } },
  ],
  [
    { method: "notifications/cancelled", params: { requestId: 7 } },
    { method: "notifications/cancelled", params: { requestId: "one.7" } },
  ],
  [
    { id: 3, result: {} },
    { id: 3, result: {} },
  ],
])("an instance's %j is %j to the client", (own, named) => {
  expect(ids.outgoing({ jsonrpc: "2.0", ...own } as JSONRPCMessage)).toEqual({ jsonrpc: "2.0", ...named });
});
test.each([
  [
    { id: "one.3", result: {} },
    { id: 3, result: {} },
  ],
  [{ id: "two.3", result: {} }, undefined],
  [{ id: 3, error: { code: 1, message: "" } }, undefined],
  [
    { method: "notifications/progress", params: { progressToken: "one.3", progress: 1 } },
    { method: "notifications/progress", params: { progressToken: 3, progress: 1 } },
  ],
  [{ method: "notifications/progress", params: { progressToken: "two.3", progress: 1 } }, undefined],
  [
    { id: 5, method: "ping" },
    { id: 5, method: "ping" },
  ],
])("the client's %j is %j to the instance", (posted, known) => {
  expect(ids.incoming({ jsonrpc: "2.0", ...posted } as JSONRPCMessage)).toEqual(known && { jsonrpc: "2.0", ...known });
});

const said = (result: unknown): string => (result as { content: { text: string }[] }).content[0]?.text ?? "";

describe.skipIf(skipsRedis)(`instances${skipsRedis ? " (redis-server is not installed)" : ""}`, () => {
  /** Three of them over one Redis, behind a proxy that knows nothing of sessions; the last test kills one. */
  let redis: RedisServer;
  let proxy: RoundRobin;
  let ports: number[];
  const programs: Program[] = [];
  beforeAll(async () => {
    redis = await RedisServer.start();
    const rules = [{ name: "adds", tools: ["add"], budget: 100, windowMs: 3_600_000, maxWaitMs: 0 }];
    using at = folder({
      "c.json": {
        redis: redis.url,
        http: { port: 0, allowedHosts: ["127.0.0.1"] },
        plugins: { ratelimit: { rules }, works: { plugin: `${fixtures}/works.js` } },
      },
    });
    for (let count = 0; count < 3; count++)
      programs.push(new Program([`${at.path}/c.json`], { env: { PLUGBOARD_TOKEN: TOKEN } }));
    ports = await Promise.all(
      programs.map(async (program) => Number((await program.says(/listens on http:\/\/[^:]+:(\d+)/))[1])),
    );
    proxy = await RoundRobin.to(ports);
  });
  afterAll(async () => {
    await proxy[Symbol.asyncDispose]();
    for (const program of programs) await program[Symbol.asyncDispose]();
    await redis[Symbol.asyncDispose]();
  });

  async function connect(): Promise<Client> {
    const client = new Client({ name: "test", version: "1" });
    const requestInit = { headers: { Authorization: `Bearer ${TOKEN}` } };
    await client.connect(new StreamableHTTPClientTransport(proxy.url, { requestInit }) as Transport);
    return client;
  }

  test("are one server to their clients: what is said to one of them reaches the one that it is for", async () => {
    const client = await connect();
    const stop = new AbortController();
    const call = client.callTool({ name: "endless" }, undefined, {
      signal: stop.signal,
      onprogress: () => stop.abort(),
    });
    await expect(call).rejects.toThrow();
    const counts = new Map<string, number>();
    const cancelled = async (): Promise<number[]> => {
      const [count = "", instance = ""] = said(await client.callTool({ name: "cancelled" })).split(" in ");
      counts.set(instance, Number(count));
      return [...counts.values()].toSorted((a, b) => a - b);
    };
    await expect.poll(cancelled).toEqual([0, 0, 1]);
    await client.close();
  });

  test("send what a client missed, and what is still to come, whichever of them runs the call", async () => {
    const client = await connect();
    const result = await client.callTool({ name: "slow" }, undefined, { onprogress: () => proxy.cut() });
    expect(said(result)).toMatch(/^done by/);
    await client.close();
  });

  test("keep a session to whoever opened it, and end it everywhere", async () => {
    const ask = (headers: Record<string, string>, method = "POST"): Promise<Response> =>
      fetch(proxy.url, {
        method,
        headers: {
          Authorization: `Bearer ${TOKEN}`,
          Accept: "application/json, text/event-stream",
          "Content-Type": "application/json",
          "Mcp-Protocol-Version": "2025-11-25",
          ...headers,
        },
        ...(method === "POST" && { body: JSON.stringify({ jsonrpc: "2.0", id: 1, method: "ping" }) }),
      });
    const client = await connect();
    const id = (client.transport as StreamableHTTPClientTransport).sessionId ?? "";
    for (let times = 0; times < 3; times++) expect((await ask({ "Mcp-Session-Id": id })).status).toBe(200);
    expect((await ask({ "Mcp-Session-Id": id, Authorization: "Bearer another-token-of-letters" })).status).toBe(401);
    expect((await ask({ "Mcp-Session-Id": "{x}" })).status).toBe(404);
    await client.close();
    expect((await ask({ "Mcp-Session-Id": id }, "DELETE")).status).toBe(200);
    for (let times = 0; times < 6; times++) expect((await ask({ "Mcp-Session-Id": id })).status).toBe(404);
  });

  /** Servers in this process that share their sessions; the second one with these settings. */
  async function pair(prefix: string, settings: Parameters<typeof serve>[0] = {}) {
    const join = (own: typeof settings) => {
      const log = createLog("silent");
      const fleet = new RedisFleet({ url: redis.url, prefix, settings: httpSettings.parse(own), log });
      return serve(own, { fleet });
    };
    return [await join({}), await join(settings)] as const;
  }

  test("that are told to stop take no sessions over: 503, for the proxy to ask another one", async () => {
    const [one, other] = await pair("stopping");
    await using _ = one;
    await using __ = other;
    const session = await openSession(one.front.port);
    void other.traffic.drain();
    const answer = await other.send({ body: toolCall(1, "lab_count"), headers: session });
    expect([answer.status, answer.headers["retry-after"]]).toEqual([503, "5"]);
    expect((await one.send({ body: toolCall(1, "lab_count"), headers: session })).status).toBe(200);
  });

  test("take no more sessions over than they may have, also at once", async () => {
    const [one, other] = await pair("full", { maxSessions: 2, resume: false });
    await using _ = one;
    await using __ = other;
    const sessions = await Promise.all(Array.from({ length: 6 }, () => openSession(one.front.port)));
    const sizes: number[] = [];
    await Promise.all(
      sessions.map(async (headers) => {
        await other.send({ body: toolCall(1, "lab_count"), headers });
        sizes.push(other.front.sessions);
      }),
    );
    expect(Math.max(...sizes)).toBe(2);
  });

  test("go on when one of them is killed in mid-load, and tell the client whose call it ran that this one is lost", async () => {
    const clients = await Promise.all([connect(), connect()]);
    const waiting = await connect();
    let victim: Program | undefined;
    const lost = await new Promise<{ readonly call: Promise<unknown> }>((resolve) => {
      const call = waiting.callTool({ name: "endless" }, undefined, {
        onprogress: ({ message }) => {
          victim = programs.find(({ child }) => message?.split(" ")[1] === String(child.pid));
          resolve({ call });
        },
      });
      call.catch(() => undefined);
    });
    const answers: string[] = [];
    const refused: string[] = [];
    const statuses = new Set<unknown>();
    let failures = 0;
    const load = async (client: Client, from: number): Promise<void> => {
      for (let a = from; a < 60; a += 4) {
        if (a === 24) victim?.child.kill("SIGKILL");
        for (let tries = 0; ; tries++) {
          try {
            const result = await client.callTool({ name: "add", arguments: { a: Math.floor(a / 2), b: 1 } });
            (result.isError ? refused : answers).push(said(result));
            const meta = result._meta as Record<string, { status?: unknown }> | undefined;
            statuses.add(meta?.["dev.plugboard/cache"]?.status);
            break;
          } catch (error) {
            failures++;
            if (tries > 5) throw error;
          }
        }
      }
    };
    await Promise.all([0, 1, 2, 3].map((from) => load(clients[from % 2] as Client, from)));
    // 60 calls of 30 kinds: every one is answered, and each kind is worked out once, wherever it was asked for.
    expect(answers).toHaveLength(60);
    expect(refused).toEqual([]);
    expect(statuses).toContain("hit");
    expect(new Set(answers.map((text) => text.split(" from ")[1])).size).toBeGreaterThan(1);
    for (const port of ports) expect(proxy.counts.get(port)).toBeGreaterThan(5);
    expect(failures).toBeGreaterThan(0);
    await expect(lost.call).rejects.toThrow("ended before it was answered");
    await Promise.all([waiting, ...clients].map((client) => client.close()));
  });
});
