// One of many processes behind one address: they share one cache and one limit, in Redis.
// Run several: PORT=3001 REDIS_URL=redis://127.0.0.1:6379 npx tsx fleet.ts
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

const store = { redis: process.env["REDIS_URL"] ?? "redis://127.0.0.1:6379" };

const plugins = compose([
  core(),
  cache({ scope: "public", store, invalidates: { set_price: ["price"] } }),
  ratelimit({ store, rules: [{ name: "hourly", per: "global", budget: 4, windowMs: 3_600_000 }] }),
]);

const read = { sku: z.string() };
const write = { sku: z.string(), cents: z.int() };
const prices = new Map<string, number>([["tea", 250]]);

const handler = createMcpHandler(() => {
  const server = plugins.attach(new McpServer({ name: "shop", version: "1.0.0" }));
  server.registerTool(
    "price",
    { description: "What an article costs.", inputSchema: z.object(read), annotations: { readOnlyHint: true } },
    ({ sku }) => ({
      content: [{ type: "text", text: `${sku}: ${prices.get(sku) ?? "unknown"} (read by ${process.pid})` }],
    }),
  );
  server.registerTool(
    "set_price",
    {
      description: "Changes what an article costs.",
      inputSchema: z.object(write),
      annotations: { readOnlyHint: false },
    },
    ({ sku, cents }) => {
      prices.set(sku, cents);
      return { content: [{ type: "text", text: `${sku}: ${cents}` }] };
    },
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
http.listen(Number(process.env["PORT"] ?? 3001), "127.0.0.1", () => {
  console.error(`http://127.0.0.1:${(http.address() as AddressInfo).port}/mcp`);
});

process.once("SIGTERM", () => {
  http.close();
  void handler.close().then(() => plugins.dispose());
});
