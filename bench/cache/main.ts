// What a hit and a miss cost over a call of the same no-op tool, in-process, and what a cached value costs beside lru-cache
// alone, keyv and cacheable; what an entry takes in memory.
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { cache } from "@plugboard/cache";
import { definePlugin } from "@plugboard/core";
import { Cacheable } from "cacheable";
import Keyv from "keyv";
import { LRUCache } from "lru-cache";
import { z } from "zod";
import { callsOf } from "../core/wire.ts";
import { compare, type Subject, table } from "../measure.ts";

const input = z.object({ city: z.string(), days: z.number().default(3), n: z.number().default(0) });
const annotations = { readOnlyHint: true };

/** A server with a tool that does nothing, behind one layer. */
async function subject(
  name: string,
  attach: (server: McpServer) => unknown,
  args: (call: number) => object,
): Promise<Subject> {
  const server = new McpServer({ name: "bench", version: "1" });
  attach(server);
  server.registerTool("forecast", { inputSchema: input, annotations }, async ({ city }) =>
    Promise.resolve({ content: [{ type: "text", text: city }] }),
  );
  return callsOf(name, server, "forecast", args);
}

const empty = definePlugin({ name: "empty", options: z.strictObject({}), setup: () => {} });
const same = (): object => ({ city: "Oslo" });
const other = (call: number): object => ({ city: "Oslo", n: call });
const calls = await compare([
  await subject("no cache", (server) => empty().attach(server), same),
  await subject("hit", (server) => cache().attach(server), same),
  await subject("miss, stored", (server) => cache({ maxEntries: 1000 }).attach(server), other),
  await subject("not cached", (server) => cache({ tools: { forecast: false } }).attach(server), same),
]);
const plain = calls[0]?.ns ?? 0;
table(
  calls.map(({ name, ns, ratio }) => ({
    "a call of a no-op tool": name,
    µs: (ns / 1000).toFixed(2),
    "µs over no cache": ((ns - plain) / 1000).toFixed(2),
    ratio: ratio.toFixed(2),
  })),
);

const memo = cache();
const lru = new LRUCache<string, { city: string }>({ max: 10_000, ttl: 60_000 });
const keyv = new Keyv({ ttl: 60_000 });
const cacheable = new Cacheable({ ttl: 60_000 });
const value = { city: "Oslo", text: "sunny" };
lru.set("key", value);
await keyv.set("key", value);
await cacheable.set("key", value);
const repeat = (name: string, one: () => unknown): Subject => ({
  name,
  async run(size) {
    for (let time = 0; time < size; time++) await one();
  },
});
const values = await compare([
  repeat("lru-cache, get", () => lru.get("key")),
  repeat("cache.getOrSet, hit", () => memo.getOrSet("key", () => value, { scope: "public" })),
  repeat("keyv, get", () => keyv.get("key")),
  repeat("cacheable, get", () => cacheable.get("key")),
]);
console.log();
table(
  values.map(({ name, ns, ratio }) => ({ "a value that is there": name, ns: Math.round(ns), ratio: ratio.toFixed(2) })),
);

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;
const COUNT = 10_000;
const filled = cache({ maxEntries: COUNT, maxBytes: 1e9 });
collect();
const before = process.memoryUsage().heapUsed;
for (let index = 0; index < COUNT; index++) {
  await filled.getOrSet(`key ${index}`, () => ({ content: [{ type: "text", text: `${index} `.repeat(20) }] }), {
    scope: "public",
  });
}
collect();
const used = (process.memoryUsage().heapUsed - before) / COUNT;
const counted = (filled.stats()["bytes"] ?? 0) / COUNT;
console.log(
  `\nAn entry of about 110 characters takes ${Math.round(used)} bytes of heap; it is counted as ${Math.round(counted)}.`,
);
