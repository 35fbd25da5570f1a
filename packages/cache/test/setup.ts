import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { InMemoryTransport } from "@modelcontextprotocol/sdk/inMemory.js";
import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { type ContentBlock, definePlugin, type Middleware, type Plugin, type ToolResult } from "@plugboard/core";
import { expect, onTestFinished, vi } from "vitest";
import { z } from "zod";
import { cache } from "../src/index.ts";

export type Options = NonNullable<Parameters<typeof cache>[0]>;

export type Result = ToolResult & { content: ContentBlock[] };

/** What the cache says of a result. */
export const statusOf = (result: ToolResult): unknown =>
  (result._meta?.["dev.plugboard/cache"] as { status?: unknown } | undefined)?.status;
export const textOf = (result: ToolResult): unknown => result.content?.[0]?.["text"];

export const text = (value: string): Result => ({ content: [{ type: "text", text: value }] });

export const layer = (run: Middleware, name = "layer"): Plugin =>
  definePlugin({ name, options: z.strictObject({}), setup: (host) => host.use(run) })();

/** Who a client is, as a transport that checks tokens would say. */
export interface Identity {
  readonly subject?: string;
  readonly scopes?: readonly string[];
  readonly token?: string;
}

export interface Connected {
  call(
    name: string,
    args?: object,
    more?: { meta?: object; signal?: AbortSignal; onprogress?: (p: object) => void },
  ): Promise<Result>;
  client: Client;
}

/** A client of `server`, of which the transport says who it is. */
export async function connect(server: McpServer, identity?: Identity): Promise<Connected> {
  const [mine, theirs] = InMemoryTransport.createLinkedPair();
  if (identity) {
    const { subject, scopes = [], token = "t" } = identity;
    const authInfo = {
      token,
      clientId: "app",
      scopes: [...scopes],
      ...(subject && { extra: { sub: subject, iss: "test" } }),
    };
    const send = mine.send.bind(mine);
    mine.send = (message, options) => send(message, { ...options, authInfo });
  }
  const client = new Client({ name: "test", version: "1" }, { capabilities: { elicitation: {}, roots: {} } });
  await server.connect(theirs);
  await client.connect(mine);
  onTestFinished(() => client.close());
  return {
    client,
    call: async (name, args = {}, { meta, ...options } = {}) =>
      (await client.callTool(
        { name, arguments: { ...args }, ...(meta && { _meta: meta as never }) },
        undefined,
        options,
      )) as unknown as Result,
  };
}

export const newServer = (name = "test", version = "1"): McpServer => new McpServer({ name, version });

/** A cache that is disposed of after the test. */
export function newCache(options: Options = {}, instance: { as?: string } = {}): ReturnType<typeof cache> {
  const made = cache(options, instance);
  onTestFinished(() => made.dispose());
  return made;
}

/** A clock that stands still until it is told: `performance.now`, and nothing else. */
export function stopClock(): (ms: number) => void {
  vi.useFakeTimers({ toFake: ["performance"] });
  onTestFinished(() => void vi.useRealTimers());
  return (ms) => void vi.advanceTimersByTime(ms);
}

/** Lets promises go on. */
export const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

export function deferred<T = void>(): {
  promise: Promise<T>;
  resolve: (value: T) => void;
  reject: (error: Error) => void;
} {
  let resolve!: (value: T) => void;
  let reject!: (error: Error) => void;
  const promise = new Promise<T>((done, fail) => {
    resolve = done;
    reject = fail;
  });
  return { promise, resolve, reject };
}

/** A tool that counts how often it ran, and may be held up. */
export function countingTool(
  server: McpServer,
  name: string,
  config: object = { annotations: { readOnlyHint: true } },
) {
  const tool = {
    runs: 0,
    gate: undefined as Promise<unknown> | undefined,
    answer: (run: number): Result => text(`run ${run}`),
  };
  const run = async (): Promise<Result> => {
    const count = ++tool.runs;
    await tool.gate;
    return tool.answer(count);
  };
  server.registerTool(
    name,
    { inputSchema: z.object({ n: z.number().default(0) }).loose(), ...config } as never,
    run as never,
  );
  return tool;
}

/** A refresh that overtakes an older run of the tool `read`: neither waits for the other, and each has its own result. */
export async function overtake(server: McpServer): Promise<Connected["call"]> {
  const read = countingTool(server, "read");
  const gate = deferred();
  read.gate = gate.promise;
  const { call } = await connect(server);
  const older = call("read");
  await vi.waitFor(() => expect(read.runs).toBe(1));
  read.gate = undefined;
  expect(textOf(await call("read", {}, { meta: { "dev.plugboard/cache": { refresh: true } } }))).toBe("run 2");
  gate.resolve();
  expect(textOf(await older)).toBe("run 1");
  return call;
}
