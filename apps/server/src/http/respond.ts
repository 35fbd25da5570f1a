import { finished } from "node:stream";
import type { ServerResponse } from "node:http";
import type { RequestId } from "@modelcontextprotocol/sdk/types.js";

/** JSON-RPC codes that the SDKs use for the same cases. */
const CODES: Readonly<Record<number, number>> = { 400: -32600, 404: -32001, 500: -32603 };

/** Why a request is refused, as HTTP says it. */
export interface Refusal {
  readonly status: number;
  readonly message: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Of JSON-RPC; by default the one that goes with the status. */
  readonly code?: number;
  /** Of the request that it answers, where it is one of a single message. */
  readonly id?: RequestId;
}

export const SESSION_OVER: Refusal = {
  status: 404,
  message: "This session does not exist or has ended: start a new one with an initialize request.",
};
export const SHUTTING_DOWN: Refusal = {
  status: 503,
  message: "The server is shutting down.",
  headers: { "Retry-After": "5", Connection: "close" },
};

/** Refuses a request with a JSON-RPC error, which mostly belongs to no message. */
export function refuse(res: ServerResponse, refusal: Refusal): void {
  const { status, message, headers = {}, code = CODES[status] ?? -32000, id = null } = refusal;
  const body = JSON.stringify({ jsonrpc: "2.0", error: { code, message }, id });
  for (const [name, value] of Object.entries({ "Content-Type": "application/json", ...headers }))
    res.setHeader(name, value);
  res.statusCode = status;
  res.setHeader("Content-Length", Buffer.byteLength(body));
  res.write(body);
  // The rest of the request is thrown away first: a client that is still sending when the connection ends never reads why.
  finished(res.req.resume(), () => res.end());
}

/** Answers with an object that needs no session. */
export function answerJson(res: ServerResponse, status: number, body: object): void {
  const text = JSON.stringify(body);
  res.writeHead(status, { "Content-Type": "application/json", "Content-Length": Buffer.byteLength(text) }).end(text);
}

/** Lets pages of an allowed origin read the answers. */
export function allowOrigin(res: ServerResponse, origin: string): void {
  res.setHeader("Access-Control-Allow-Origin", origin);
  res.setHeader("Access-Control-Expose-Headers", "Mcp-Session-Id, WWW-Authenticate, Retry-After");
  res.setHeader("Vary", "Origin");
}

/** Answers the question that a browser asks before it sends what a page wants to send. */
export function answerPreflight(res: ServerResponse, methods: readonly string[]): void {
  res.setHeader("Access-Control-Allow-Methods", methods.join(", "));
  res.setHeader(
    "Access-Control-Allow-Headers",
    "Content-Type, Accept, Authorization, Mcp-Session-Id, Mcp-Protocol-Version, Last-Event-ID",
  );
  res.setHeader("Access-Control-Max-Age", "600");
  res.writeHead(204).end();
}
