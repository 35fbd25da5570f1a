import { createHash, timingSafeEqual } from "node:crypto";
import { finished } from "node:stream";
import type { IncomingMessage, ServerResponse } from "node:http";

/** JSON-RPC codes that the transport of the SDK uses for the same cases. */
const CODES: Readonly<Record<number, number>> = { 400: -32600, 404: -32001, 500: -32603 };

/** Refuses a request with a JSON-RPC error that belongs to no message. */
export function refuse(
  req: IncomingMessage,
  res: ServerResponse,
  status: number,
  message: string,
  headers: Record<string, string> = {},
): void {
  const body = JSON.stringify({ jsonrpc: "2.0", error: { code: CODES[status] ?? -32000, message }, id: null });
  for (const [name, value] of Object.entries({ "Content-Type": "application/json", ...headers }))
    res.setHeader(name, value);
  res.statusCode = status;
  res.setHeader("Content-Length", Buffer.byteLength(body));
  res.write(body);
  // The rest of the request is thrown away first: a client that is still sending when the connection ends never reads why.
  finished(req.resume(), () => res.end());
}

/** Lets pages of an allowed origin read the answers. */
export function allowOrigin(res: ServerResponse, origin: string): void {
  res.setHeader("Access-Control-Allow-Origin", origin);
  res.setHeader("Access-Control-Expose-Headers", "Mcp-Session-Id, WWW-Authenticate, Retry-After");
  res.setHeader("Vary", "Origin");
}

/** Answers the question that a browser asks before it sends what a page wants to send. */
export function answerPreflight(res: ServerResponse): void {
  res.setHeader("Access-Control-Allow-Methods", "GET, POST, DELETE");
  res.setHeader(
    "Access-Control-Allow-Headers",
    "Content-Type, Accept, Authorization, Mcp-Session-Id, Mcp-Protocol-Version, Last-Event-ID",
  );
  res.setHeader("Access-Control-Max-Age", "600");
  res.writeHead(204).end();
}

/** Whether the header carries the token. Takes the same time for every wrong one. */
export function bearsToken(header: string | undefined, token: string): boolean {
  const given = /^Bearer +(\S+)$/i.exec(header ?? "")?.[1] ?? "";
  const digest = (text: string): Buffer => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(given), digest(token));
}
