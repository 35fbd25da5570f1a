import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { InMemoryTransport } from "@modelcontextprotocol/sdk/inMemory.js";
import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { batch } from "@plugboard/batch";
import { cache } from "@plugboard/cache";
import { compose, core } from "@plugboard/core";
import { progress } from "@plugboard/progress";
import { ratelimit } from "@plugboard/ratelimit";
import { expect, onTestFinished, test } from "vitest";
import { z } from "zod";

type Rules = NonNullable<Parameters<typeof ratelimit>[0]>["rules"];

interface Slot {
  readonly ok: boolean;
  readonly cached?: boolean;
  readonly result?: { readonly _meta?: Readonly<Record<string, Record<string, unknown>>> };
}

/** All plugins in the order of the composed server, around a tool that counts how many of its calls run at a time. */
async function serve(rules: Rules) {
  const limits = ratelimit({ rules });
  const plugins = compose([core(), progress(), cache(), limits, batch({ allow: ["*"] })]);
  onTestFinished(() => plugins.dispose());
  const server = plugins.attach(new McpServer({ name: "test", version: "1" }));
  const seen = { runs: 0, running: 0, most: 0 };
  const run = async ({ n }: { n: number }) => {
    seen.runs += 1;
    seen.running += 1;
    seen.most = Math.max(seen.most, seen.running);
    await new Promise((resolve) => setImmediate(resolve));
    seen.running -= 1;
    return { content: [{ type: "text" as const, text: String(n) }] };
  };
  for (const [name, readOnlyHint] of [
    ["read", true],
    ["write", false],
  ] as const)
    server.registerTool(name, { inputSchema: z.object({ n: z.number() }), annotations: { readOnlyHint } }, run);
  const [mine, theirs] = InMemoryTransport.createLinkedPair();
  const client = new Client({ name: "test", version: "1" });
  await server.connect(theirs);
  await client.connect(mine);
  onTestFinished(() => client.close());
  const call = (name: string, args: Record<string, unknown>) => client.callTool({ name, arguments: args });
  const many = async (calls: [string, number][]): Promise<Slot[]> => {
    const result = await call("batch", { calls: calls.map(([tool, n]) => ({ tool, arguments: { n } })) });
    return (result.structuredContent as { results: Slot[] }).results;
  };
  return { call, many, seen };
}

const numbers = (count: number): number[] => Array.from({ length: count }, (_, n) => n);

test("a batch of ten finishes under a limit of one call at a time, and only one runs", async () => {
  const { many, seen } = await serve([{ per: "principal", concurrency: 1 }]);
  const slots = await many([
    ...numbers(5).map((n) => ["read", n] as [string, number]),
    ...numbers(5).map((n) => ["write", n] as [string, number]),
  ]);
  expect(slots.map(({ ok }) => ok)).toEqual(numbers(10).map(() => true));
  expect(seen).toEqual({ runs: 10, running: 0, most: 1 });
});

test("a batch is no way around a limit: each of its calls is charged, and so is the batch", async () => {
  const { many, call } = await serve([{ per: "principal", limit: 5, windowMs: 3_600_000, maxWaitMs: 0 }]);
  const slots = await many(numbers(6).map((n) => ["read", n]));
  expect(slots.filter(({ ok }) => ok)).toHaveLength(4);
  expect(slots.at(-1)?.result?._meta?.["dev.plugboard/ratelimit"]).toMatchObject({
    remaining: 0,
    retryAfterMs: expect.any(Number),
  });
  expect((await call("read", { n: 100 })).isError).toBe(true);
});

test("a hit is not charged, and a batch says which of its calls are hits", async () => {
  const { many, call, seen } = await serve([
    { tools: ["read"], per: "principal", limit: 2, windowMs: 3_600_000, maxWaitMs: 0 },
  ]);
  await call("read", { n: 1 });
  for (let again = 0; again < 5; again++) expect((await call("read", { n: 1 })).isError).toBeUndefined();
  const slots = await many([
    ["read", 1],
    ["read", 2],
    ["read", 3],
  ]);
  expect(slots.map(({ ok, cached }) => [ok, cached])).toEqual([
    [true, true],
    [true, undefined],
    [false, undefined],
  ]);
  expect(seen.runs).toBe(2);
});

test("with nothing set, a batch of a hundred finishes", async () => {
  const { many } = await serve(undefined);
  const slots = await many(numbers(100).map((n) => ["read", n]));
  expect(slots.filter(({ ok }) => ok)).toHaveLength(100);
});
