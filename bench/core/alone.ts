// One server in a process of its own, `plain` or `attached`: prints the processor time per call in nanoseconds.
import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { z } from "zod";
import { compare } from "../measure.ts";
import { callsOf } from "./wire.ts";

const server = new McpServer({ name: "bench", version: "1" });
if (process.argv[2] === "attached") {
  const { definePlugin } = await import("@plugboard/core");
  definePlugin({ name: "empty", options: z.strictObject({}), setup: () => {} })().attach(server);
}
server.registerTool("echo", { inputSchema: z.object({ say: z.string() }) }, async ({ say }) =>
  Promise.resolve({ content: [{ type: "text", text: say }] }),
);
const args = { say: "hi" };
const [measured] = await compare([await callsOf("echo", server, "echo", () => args)], {
  rounds: 100,
  size: 300,
  warmup: 40,
});
console.log(measured?.ns);
