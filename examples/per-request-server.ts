// SDK 2 builds a server for every request. The plugins live outside of it, so what they hold outlives it.
// Run it: PORT=3000 npx tsx per-request-server.ts
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import {
  localhostHostValidation,
  localhostOriginValidation,
  type NodeIncomingMessageLike,
  toNodeHandler,
} from "@modelcontextprotocol/node";
import { createMcpHandler, McpServer } from "@modelcontextprotocol/server";
import { cache } from "@plugboard/cache";
import { compose, core } from "@plugboard/core";
import { ratelimit } from "@plugboard/ratelimit";
import { z } from "zod";

// Nobody logs in here, so what is cached belongs to everybody, and all callers share one limit.
const plugins = compose([
  core(),
  cache({ scope: "public" }),
  ratelimit({ rules: [{ name: "upstream", tools: ["forecast"], limit: 3, windowMs: 60_000, maxWaitMs: 0 }] }),
]);

// Built once: a schema that is made for every request has to be compiled for every request.
const inputSchema = z.object({ city: z.string() });
let asked = 0;

const handler = createMcpHandler(() => {
  const server = plugins.attach(new McpServer({ name: "weather", version: "1.0.0" }));
  server.registerTool(
    "forecast",
    { description: "The weather of tomorrow.", inputSchema, annotations: { readOnlyHint: true } },
    ({ city }) => ({ content: [{ type: "text", text: `Sunny in ${city} (upstream asked ${++asked} times)` }] }),
  );
  return server;
});

// The SDK's handler looks neither at Host nor at Origin; without that, any web page could call it (DNS rebinding).
const mcp = toNodeHandler(handler);
const [goodHost, goodOrigin] = [localhostHostValidation(), localhostOriginValidation()];
const http = createServer((request, response) => {
  if (goodHost(request, response) && goodOrigin(request, response))
    void mcp(request as NodeIncomingMessageLike, response);
});
http.listen(Number(process.env["PORT"] ?? 3000), "127.0.0.1", () => {
  console.error(`http://127.0.0.1:${(http.address() as AddressInfo).port}/mcp`);
});

process.once("SIGTERM", () => {
  http.close();
  void handler.close().then(() => plugins.dispose());
});
