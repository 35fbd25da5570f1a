// Watches logs while it serves them: errors are counted as they are written, and a model can ask for them, or read on.
// Run it: npx tsx log-watcher.ts '/var/log/*.log'
import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { StdioServerTransport } from "@modelcontextprotocol/sdk/server/stdio.js";
import { compose, core, structured } from "@plugboard/core";
import { logtail } from "@plugboard/logtail";
import { progress } from "@plugboard/progress";
import { z } from "zod";

const KEPT = 20;
const logs = logtail({ paths: process.argv.slice(2) });
const server = new McpServer({ name: "watcher", version: "1.0.0" });
compose([core(), progress(), logs]).attach(server);

const outputSchema = z.object({
  errors: z.int().describe("Since this server started"),
  last: z.array(z.object({ file: z.string(), text: z.string() })).describe("The newest of them, the newest last"),
});
const seen: z.output<typeof outputSchema> = { errors: 0, last: [] };

server.registerTool(
  "alerts",
  { description: "How many errors were logged, and the last ones.", outputSchema, annotations: { readOnlyHint: true } },
  () => structured(outputSchema, seen),
);

// Following keeps no process alive: this one ends when its client is gone.
async function watch(): Promise<void> {
  for await (const line of logs.follow(undefined, { signal: new AbortController().signal })) {
    if (!/\b(?:ERROR|FATAL)\b/.test(line.text)) continue;
    seen.errors++;
    seen.last = [...seen.last, line].slice(-KEPT);
  }
}
void watch().catch((error: unknown) => console.error("watching ended:", error));

await server.connect(new StdioServerTransport());
console.error("watching");
