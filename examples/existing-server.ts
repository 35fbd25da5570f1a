// A server as you have it already, and the one line that gives it document search. Run it: npx tsx existing-server.ts
import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { StdioServerTransport } from "@modelcontextprotocol/sdk/server/stdio.js";
import { search } from "@plugboard/search";
import { z } from "zod";

const server = new McpServer({ name: "weather", version: "1.0.0" });

search({ roots: [import.meta.dirname] }).attach(server);

server.registerTool(
  "forecast",
  { description: "The weather of tomorrow.", inputSchema: { city: z.string() }, annotations: { readOnlyHint: true } },
  ({ city }) => ({ content: [{ type: "text", text: `Tomorrow it will be sunny in ${city}.` }] }),
);

await server.connect(new StdioServerTransport());
