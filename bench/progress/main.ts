// What a step costs: 100,000 of them in a loop, inside a call of a real server, with and without the plugin.
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { InMemoryTransport } from "@modelcontextprotocol/sdk/inMemory.js";
import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { definePlugin } from "@plugboard/core";
import { progress, step, track } from "@plugboard/progress";
import { z } from "zod";
import { median, table } from "../measure.ts";

const STEPS = 100_000;
const nothing = () => definePlugin({ name: "nothing", options: z.strictObject({}), setup: () => {} })();
const list = Array.from({ length: STEPS }, (_, index) => index);
let sink = 0;

const loops: Record<string, () => void> = {
  loop: () => {
    for (const item of list) sink += item;
  },
  step: () => {
    for (const item of list) {
      sink += item;
      step();
    }
  },
  track: () => {
    for (const item of track(list)) sink += item;
  },
};

async function measure(plugin: ReturnType<typeof nothing>, token: boolean): Promise<Record<string, number>> {
  const server = new McpServer({ name: "bench", version: "1" });
  plugin.attach(server);
  const times: Record<string, number[]> = { loop: [], step: [], track: [] };
  server.registerTool("run", { inputSchema: z.object({ loop: z.string() }) }, ({ loop }) => {
    const start = process.hrtime.bigint();
    loops[loop]?.();
    times[loop]?.push(Number(process.hrtime.bigint() - start) / STEPS);
    return { content: [] };
  });
  const [mine, theirs] = InMemoryTransport.createLinkedPair();
  const client = new Client({ name: "bench", version: "1" });
  await server.connect(theirs);
  await client.connect(mine);
  for (let round = 0; round < 40; round++) {
    for (const loop of Object.keys(loops))
      await client.callTool({ name: "run", arguments: { loop } }, undefined, token ? { onprogress: () => {} } : {});
  }
  await client.close();
  await plugin.dispose();
  return Object.fromEntries(Object.entries(times).map(([loop, all]) => [loop, median(all.slice(10))]));
}

const rows = [];
for (const [name, plugin, token] of [
  ["with the plugin", progress(), true],
  ["with the plugin, no token", progress(), false],
  ["without the plugin", nothing(), true],
] as const) {
  const { loop = 0, step: stepped = 0, track: tracked = 0 } = await measure(plugin, token);
  rows.push({
    "100,000 steps": name,
    "ns per step() beyond the loop": (stepped - loop).toFixed(1),
    "ns per item of track()": (tracked - loop).toFixed(1),
  });
}
table(rows);
console.log(`(at most 100 ns per step) ${sink > 0 ? "" : "?"}`);
