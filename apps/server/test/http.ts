import { type IncomingHttpHeaders, type IncomingMessage, request, type RequestOptions } from "node:http";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";
import { compose, core, type Plugin } from "@plugboard/core";
import type { z } from "zod";
import { HttpFront, type HttpOptions } from "../src/http/front.ts";
import { createLog } from "../src/serve/log.ts";
import { serverFactory } from "../src/serve/server.ts";
import { httpSettings } from "../src/config/http-settings.ts";
import { Traffic } from "../src/serve/traffic.ts";
import { lab } from "./fixtures/lab.js";

export interface Serving extends AsyncDisposable {
  readonly front: HttpFront;
  readonly plugin: Plugin;
  readonly traffic: Traffic;
  readonly clock: { now: number };
  /** What was logged, a JSON object per line. */
  readonly logged: string[];
  client(headers?: Record<string, string>): Promise<Client & AsyncDisposable>;
  send(options?: Sending): Promise<Answer>;
}

/** Serves the lab on a free port, with a clock that stands still. */
export async function serve(
  settings: z.input<typeof httpSettings> = {},
  more: Pick<HttpOptions, "fleet"> & { readonly plugins?: readonly Plugin[] } = {},
): Promise<Serving> {
  const { plugins = [], ...options } = more;
  const plugin = compose([core(), lab(), ...plugins]);
  const traffic = new Traffic();
  const clock = { now: 0 };
  const logged: string[] = [];
  const log = createLog("debug", { write: (line) => logged.push(line) });
  const create = serverFactory({ name: "test", version: "1", instructions: undefined }, plugin);
  const front = await HttpFront.listen({
    ...options,
    create,
    traffic,
    log,
    settings: httpSettings.parse({ port: 0, ...settings }),
    now: () => clock.now,
  });
  const serving: Serving = {
    front,
    plugin,
    traffic,
    clock,
    logged,
    async client(headers = {}) {
      const client = new Client({ name: "test", version: "1" });
      const transport = new StreamableHTTPClientTransport(new URL(front.url), { requestInit: { headers } });
      await client.connect(transport as Transport);
      return Object.assign(client, { [Symbol.asyncDispose]: () => client.close() });
    },
    send: (options) => send(front.port, options),
    async [Symbol.asyncDispose]() {
      await front.close();
      await plugin.dispose();
    },
  };
  return serving;
}

export interface Sending extends Pick<RequestOptions, "method" | "path"> {
  readonly headers?: Record<string, string | undefined>;
  readonly body?: unknown;
  /** Sends the body in chunks, without saying how long it is. */
  readonly chunked?: boolean;
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

export const initialize = {
  jsonrpc: "2.0",
  id: 0,
  method: "initialize",
  params: { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "raw", version: "1" } },
};

/** A raw request: `fetch` would refuse or change some of these headers. */
export function send(
  port: number,
  { method = "POST", path = "/mcp", headers = {}, body, chunked = false }: Sending = {},
): Promise<Answer> {
  const text =
    body === undefined
      ? undefined
      : typeof body === "string" || body instanceof Uint8Array
        ? body
        : JSON.stringify(body);
  const all: Record<string, string | undefined> = {
    Host: `localhost:${port}`,
    Accept: "application/json, text/event-stream",
    ...(text !== undefined && { "Content-Type": "application/json" }),
    ...(text !== undefined &&
      (chunked ? { "Transfer-Encoding": "chunked" } : { "Content-Length": String(Buffer.byteLength(text)) })),
    ...headers,
  };
  const given = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)) as Record<
    string,
    string
  >;
  return new Promise((resolve, reject) => {
    const req = request(
      { port, host: "127.0.0.1", method, path, headers: given, setHost: false, agent: false },
      (res) => {
        let received = "";
        res.setEncoding("utf8").on("data", (chunk: string) => (received += chunk));
        res.on("error", reject);
        res.on("end", () => resolve({ status: res.statusCode ?? 0, headers: res.headers, text: received }));
      },
    );
    // A server that has answered may close the connection while the body is still on its way.
    req.on("error", (error: NodeJS.ErrnoException) =>
      error.code === "EPIPE" || error.code === "ECONNRESET" ? setTimeout(() => reject(error), 500) : reject(error),
    );
    req.end(text);
  });
}

/** Opens the stream for notifications of a session; resolves when the server has answered. */
export function openStream(port: number, headers: Record<string, string>): Promise<IncomingMessage> {
  const all = { Host: `localhost:${port}`, Accept: "text/event-stream", ...headers };
  return new Promise((resolve, reject) => {
    request({ port, host: "127.0.0.1", path: "/mcp", headers: all, agent: false }, resolve).on("error", reject).end();
  });
}

/** Posts a message; resolves when the server has begun to answer. */
export function openPost(port: number, body: object, headers: Record<string, string> = {}): Promise<IncomingMessage> {
  const all = {
    Host: `localhost:${port}`,
    Accept: "application/json, text/event-stream",
    "Content-Type": "application/json",
    ...headers,
  };
  return new Promise((resolve, reject) => {
    request({ port, host: "127.0.0.1", path: "/mcp", method: "POST", headers: all, agent: false }, resolve)
      .on("error", reject)
      .end(JSON.stringify(body));
  });
}

/** A call of a tool, as a client posts it. */
export const toolCall = (id: number | string, name: string, args: object = {}): object => ({
  jsonrpc: "2.0",
  id,
  method: "tools/call",
  params: { name, arguments: args, _meta: { progressToken: `p${id}` } },
});

/** Opens a session over raw requests; what it returns are the headers of its further requests. */
export async function openSession(
  port: number,
  headers: Record<string, string> = {},
): Promise<Record<string, string> & { "Mcp-Session-Id": string }> {
  const answer = await send(port, { body: initialize, headers });
  const id = String(answer.headers["mcp-session-id"]);
  return { ...headers, "Mcp-Session-Id": id, "Mcp-Protocol-Version": "2025-11-25" };
}

export interface ServerEvent {
  readonly id?: string;
  readonly data?: string;
  readonly retry?: string;
  /** The text of a comment. */
  readonly comment?: string;
}

/** The events of a stream, as they come. */
export async function* eventsOf(stream: IncomingMessage): AsyncGenerator<ServerEvent, void, void> {
  let rest = "";
  for await (const chunk of stream.setEncoding("utf8") as AsyncIterable<string>) {
    const parts = (rest + chunk).split("\n\n");
    rest = parts.pop() ?? "";
    for (const part of parts) {
      const fields = part.split("\n").map((line) => {
        const at = line.indexOf(":");
        return [line.slice(0, at) || "comment", line.slice(at + 1).trimStart()];
      });
      yield Object.fromEntries(fields) as ServerEvent;
    }
  }
}

/** The result's text in an answer, from a stream or from JSON. */
export function textOf(data: string | undefined): string | undefined {
  const { result } = JSON.parse(data ?? "{}") as { result?: { content?: { text: string }[] } };
  return result?.content?.[0]?.text;
}
