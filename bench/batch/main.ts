// What `batch.map` costs beside a hand-written pool and p-map, and what a batch of calls gains over calls one by one.
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { InMemoryTransport } from "@modelcontextprotocol/sdk/inMemory.js";
import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { batch } from "@plugboard/batch";
import pMap from "p-map";
import { z } from "zod";
import { compare, median, table } from "../measure.ts";

const CONCURRENCY = 64;
const items = Array.from({ length: 10_000 }, (_, index) => index);
const nothing = (item: number): Promise<number> => Promise.resolve(item);

/** What one would write by hand: workers that take the next item, and settled results. */
async function pool(work: readonly number[], fn: (item: number) => Promise<number>): Promise<object[]> {
  const results: object[] = Array.from({ length: work.length });
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < work.length) {
      const index = next++;
      try {
        results[index] = { status: "fulfilled", value: await fn(work[index] as number) };
      } catch (reason) {
        results[index] = { status: "rejected", reason };
      }
    }
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, worker));
  return results;
}

const settled = async (item: number): Promise<object> => {
  try {
    return { status: "fulfilled", value: await nothing(item) };
  } catch (reason) {
    return { status: "rejected", reason };
  }
};

const measured = await compare(
  [
    { name: "hand-written pool", run: async () => void (await pool(items, nothing)) },
    { name: "batch.map", run: async () => void (await batch.map(items, nothing, { concurrency: CONCURRENCY })) },
    { name: "p-map", run: async () => void (await pMap(items, settled, { concurrency: CONCURRENCY })) },
  ],
  { rounds: 60, warmup: 10, size: items.length },
);
table(
  measured.map(({ name, ns, ratio }) => ({
    "10,000 no-op items, 64 at a time": name,
    "µs per item": (ns / 1000).toFixed(2),
    "time against the pool": (1 / ratio).toFixed(2),
  })),
);

const server = new McpServer({ name: "bench", version: "1" });
batch().attach(server);
server.registerTool(
  "wait",
  { inputSchema: z.object({ n: z.number() }), annotations: { readOnlyHint: true } },
  async ({ n }) => {
    await new Promise((resolve) => setTimeout(resolve, 10));
    return { content: [{ type: "text", text: String(n) }] };
  },
);
const [mine, theirs] = InMemoryTransport.createLinkedPair();
const client = new Client({ name: "bench", version: "1" });
await server.connect(theirs);
await client.connect(mine);

const calls = Array.from({ length: 100 }, (_, n) => ({ tool: "wait", arguments: { n } }));
const timed = async (run: () => Promise<unknown>): Promise<number> => {
  const start = performance.now();
  await run();
  return performance.now() - start;
};
const [together, oneByOne, trip]: [number[], number[], number[]] = [[], [], []];
for (let warmup = 0; warmup < 30; warmup++) {
  await client.callTool({ name: "batch", arguments: { calls, concurrency: 20 } });
}
for (let round = 0; round < 8; round++) {
  together.push(await timed(() => client.callTool({ name: "batch", arguments: { calls, concurrency: 20 } })));
  trip.push(await timed(() => client.callTool({ name: "batch", arguments: { calls: [] } })));
  oneByOne.push(
    await timed(async () => {
      for (const { tool, arguments: args } of calls) await client.callTool({ name: tool, arguments: args });
    }),
  );
}
const ideal = 50 + median(trip);
console.log(
  `\n100 calls of a 10 ms tool: one by one ${median(oneByOne).toFixed(0)} ms, in a batch 20 at a time ${median(together).toFixed(1)} ms: ` +
    `${(median(together) / ideal).toFixed(2)} times the ideal 50 ms plus one round trip (at most 1.3)`,
);
await client.close();
