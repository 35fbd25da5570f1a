// One server in a process of its own, `plain` or `attached`: prints the processor time per call in nanoseconds.
import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { z } from "zod";
import { compare } from "../measure.ts";
import { openWire } from "./wire.ts";

const server = new McpServer({ name: "bench", version: "1" });
if (process.argv[2] === "attached") {
  const { definePlugin } = await import("@plugboard/core");
  definePlugin({ name: "empty", options: z.strictObject({}), setup: () => {} })().attach(server);
}
server.registerTool("echo", { inputSchema: z.object({ say: z.string() }) }, async ({ say }) =>
  Promise.resolve({ content: [{ type: "text", text: say }] }),
);
const wire = await openWire(server);
const params = { name: "echo", arguments: { say: "hi" } };
let id = 1;
const run = async (size: number): Promise<void> => {
  for (let call = 0; call < size; call++) await wire.request("tools/call", params, id++);
};
const [measured] = await compare([{ name: "echo", run }], { rounds: 100, size: 300, warmup: 40 });
console.log(measured?.ns);
