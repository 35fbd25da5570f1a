import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import type { JSONRPCMessage } from "@modelcontextprotocol/sdk/types.js";
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";
import { RedisServer, skipsRedis } from "@plugboard/services/redis";
import { describe, expect, test } from "vitest";
import { InstanceIds } from "../src/http/instance-ids.ts";
import { folder } from "./folder.ts";
import { fixtures, Program } from "./process.ts";
import { RoundRobin } from "./proxy.ts";

const TOKEN = "a-token-of-enough-letters";

interface Instance {
  readonly program: Program;
  readonly port: number;
}

/** Instances over one Redis, behind a proxy that knows nothing of sessions. */
class Instances implements AsyncDisposable {
  readonly all: readonly Instance[];
  readonly proxy: RoundRobin;
  readonly #rest: AsyncDisposableStack | { disposeAsync(): Promise<void> };

  private constructor(all: readonly Instance[], proxy: RoundRobin, rest: { disposeAsync(): Promise<void> }) {
    this.all = all;
    this.proxy = proxy;
    this.#rest = rest;
  }

  static async start(count: number, plugins: object = {}): Promise<Instances> {
    const redis = await RedisServer.start();
    const config = {
      redis: redis.url,
      http: { port: 0, allowedHosts: ["127.0.0.1"] },
      plugins: { ...plugins, works: { plugin: `${fixtures}/works.js` } },
    };
    const at = folder({ "c.json": config });
    const all = await Promise.all(
      Array.from({ length: count }, async () => {
        const program = new Program(["c.json"], { cwd: at.path, env: { PLUGBOARD_TOKEN: TOKEN } });
        const [, url = ""] = await program.says(/listens on (\S+)\n/);
        return { program, port: Number(new URL(url).port) };
      }),
    );
    const proxy = await RoundRobin.to(all.map(({ port }) => port));
    return new Instances(all, proxy, {
      async disposeAsync() {
        await proxy[Symbol.asyncDispose]();
        for (const { program } of all) await program[Symbol.asyncDispose]();
        await redis[Symbol.asyncDispose]();
        at[Symbol.dispose]();
      },
    });
  }

  async client(token = TOKEN): Promise<Client> {
    const client = new Client({ name: "test", version: "1" });
    const requestInit = { headers: { Authorization: `Bearer ${token}` } };
    await client.connect(new StreamableHTTPClientTransport(this.proxy.url, { requestInit }) as Transport);
    return client;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#rest.disposeAsync();
  }
}

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
  test("share their sessions: one is killed in mid-load, and its clients go on", async () => {
    const limits = { rules: [{ name: "adds", tools: ["add"], budget: 100, windowMs: 3_600_000, maxWaitMs: 0 }] };
    await using instances = await Instances.start(3, { ratelimit: limits });
    const clients = await Promise.all([instances.client(), instances.client()]);
    const [victim] = instances.all;
    const answers: string[] = [];
    const refused: string[] = [];
    const statuses = new Set<unknown>();
    let failures = 0;
    const load = async (client: Client, from: number): Promise<void> => {
      for (let a = from; a < 60; a += 4) {
        if (a === 24) victim?.program.child.kill("SIGKILL");
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
    for (const { port } of instances.all) expect(instances.proxy.counts.get(port)).toBeGreaterThan(5);
    expect(failures).toBeGreaterThan(0);
    await Promise.all(clients.map((client) => client.close()));
  });

  test("are one server to their clients: what is said to one of them reaches the one that it is for", async () => {
    await using instances = await Instances.start(2, { cache: false });
    const client = await instances.client();
    const stop = new AbortController();
    const call = client.callTool({ name: "endless" }, undefined, {
      signal: stop.signal,
      onprogress: () => stop.abort(),
    });
    await expect(call).rejects.toThrow();
    const cancelled = async (): Promise<number> => {
      const answers = [await client.callTool({ name: "cancelled" }), await client.callTool({ name: "cancelled" })];
      return answers.map((answer) => Number.parseInt(said(answer), 10)).reduce((sum, each) => sum + each, 0);
    };
    await expect.poll(cancelled).toBe(1);
    await client.close();
  });

  test("send what a client missed, and what is still to come, whichever of them runs the call", async () => {
    await using instances = await Instances.start(2, { cache: false });
    const client = await instances.client();
    const pids = new Set<string>();
    for (let call = 0; call < 2; call++) {
      const result = await client.callTool({ name: "slow" }, undefined, { onprogress: () => instances.proxy.cut() });
      pids.add(said(result));
    }
    expect([...pids]).toEqual([...pids].map(() => expect.stringMatching(/^done by/)));
    await client.close();
  });

  test("tell a client that its call is lost when the one that ran it has died", async () => {
    await using instances = await Instances.start(2, { cache: false });
    const client = await instances.client();
    const kill = (message: string | undefined): void => {
      const pid = Number(message?.split(" ")[1]);
      for (const { program } of instances.all) if (program.child.pid === pid) program.child.kill("SIGKILL");
    };
    const call = client.callTool({ name: "endless" }, undefined, { onprogress: ({ message }) => kill(message) });
    await expect(call).rejects.toThrow("ended before it was answered");
    expect(
      said(
        await client
          .callTool({ name: "add", arguments: { a: 1, b: 1 } })
          .catch(() => client.callTool({ name: "add", arguments: { a: 1, b: 1 } })),
      ),
    ).toContain("2 from");
    await client.close();
  });

  test("keep a session to whoever opened it, and end it everywhere", async () => {
    await using instances = await Instances.start(2);
    const ask = (headers: Record<string, string>, method = "POST"): Promise<Response> =>
      fetch(instances.proxy.url, {
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
    const client = await instances.client();
    const id = (client.transport as StreamableHTTPClientTransport).sessionId ?? "";
    expect((await ask({ "Mcp-Session-Id": id })).status).toBe(200);
    expect((await ask({ "Mcp-Session-Id": id })).status).toBe(200);
    expect((await ask({ "Mcp-Session-Id": id, Authorization: "Bearer another-token-of-letters" })).status).toBe(401);
    expect((await ask({ "Mcp-Session-Id": "{x}" })).status).toBe(404);
    await client.close();
    expect((await ask({ "Mcp-Session-Id": id }, "DELETE")).status).toBe(200);
    for (let times = 0; times < 4; times++) expect((await ask({ "Mcp-Session-Id": id })).status).toBe(404);
  });
});
