// What the composed server is measured against, `floor`, `sessions` or `perRequest`: Node's own HTTP server that answers a
// call with no MCP at all, and the SDK's server as its README builds it. Prints the port.
import { randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { StreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/streamableHttp.js";
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";
import { z } from "zod";

type Answer = (req: IncomingMessage, res: ServerResponse, body: unknown) => Promise<void> | void;

function echoServer(): McpServer {
  const server = new McpServer({ name: "bench", version: "1" });
  server.registerTool("echo", { inputSchema: { say: z.string() } }, ({ say }) => ({
    content: [{ type: "text", text: say }],
  }));
  return server;
}

const floor: Answer = (_, res, body) => {
  const { id, params } = body as { id: number; params: { arguments?: { say: string } } };
  const result = { content: [{ type: "text", text: params.arguments?.say }] };
  const text = JSON.stringify({ jsonrpc: "2.0", id, result });
  res.writeHead(200, { "Content-Type": "application/json", "Content-Length": Buffer.byteLength(text) }).end(text);
};

const open = new Map<string, StreamableHTTPServerTransport>();
const sessions: Answer = async (req, res, body) => {
  const known = open.get(String(req.headers["mcp-session-id"]));
  if (known) return await known.handleRequest(req, res, body);
  const transport = new StreamableHTTPServerTransport({
    sessionIdGenerator: randomUUID,
    onsessioninitialized: (id) => void open.set(id, transport),
  });
  await echoServer().connect(transport as Transport);
  await transport.handleRequest(req, res, body);
};

const perRequest: Answer = async (req, res, body) => {
  const server = echoServer();
  const transport = new StreamableHTTPServerTransport({});
  res.once("close", () => void server.close());
  await server.connect(transport as Transport);
  await transport.handleRequest(req, res, body);
};

const kinds: Readonly<Record<string, Answer>> = { floor, sessions, perRequest };
const answer = kinds[process.argv[2] ?? ""];
if (!answer) throw new Error(`usage: sdk.ts ${Object.keys(kinds).join("|")}`);
const http = createServer((req, res) => {
  const chunks: Buffer[] = [];
  req.on("data", (chunk: Buffer) => chunks.push(chunk));
  req.once("end", () => void answer(req, res, JSON.parse(Buffer.concat(chunks).toString("utf8"))));
});
// While the others have their turn.
http.keepAliveTimeout = 65_000;
http.listen(0, "127.0.0.1", () =>
  console.log(`listens on http://127.0.0.1:${(http.address() as AddressInfo).port}/mcp`),
);
