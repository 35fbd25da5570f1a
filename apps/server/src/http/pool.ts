import type { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import type { JSONRPCMessage, RequestId } from "@modelcontextprotocol/sdk/types.js";
import type { Requests } from "../serve/traffic.ts";
import { connectServer } from "./connect.ts";
import type { ModeOptions } from "./mode.ts";
import { HttpTransport } from "./transport.ts";

/** Most servers that wait for a request. */
const MAX_WAITING = 64;

/** Requests that leave nothing behind in a server once they are answered. All others change what it does later. */
const LEAVE_NOTHING: ReadonlySet<string> = new Set([
  "ping",
  "tools/call",
  "tools/list",
  "resources/list",
  "resources/templates/list",
  "resources/read",
  "prompts/list",
  "prompts/get",
  "completion/complete",
]);

/** A server that is connected, for one request at a time. */
export interface PooledServer {
  readonly transport: HttpTransport;
  /** The request is over. The server is kept for another one if it is as new, else it is closed. */
  release(messages: readonly JSONRPCMessage[]): void;
  close(): Promise<void>;
}

/**
 * Servers for single requests. Making one costs as much as a call does, so one that has answered is used again, as long as
 * it has only been asked what leaves nothing behind. Nobody shares a server with somebody else at the same time; and since
 * requests get ids that no other one ever has, what a tool still sends after its answer reaches nobody.
 */
export class ServerPool {
  readonly #options: ModeOptions;
  readonly #waiting: PooledServer[] = [];
  #closed = false;
  #ids = 0;

  constructor(options: ModeOptions) {
    this.#options = options;
  }

  async take(): Promise<PooledServer> {
    return this.#waiting.pop() ?? (await this.#make());
  }

  async close(): Promise<void> {
    this.#closed = true;
    await Promise.allSettled(this.#waiting.splice(0).map((server) => server.close()));
  }

  async #make(): Promise<PooledServer> {
    const { create, streams, log } = this.#options;
    const server: McpServer = create();
    server.server.onerror = (error) => log.debug({ err: error }, "http");
    const nextId = (): RequestId => ++this.#ids;
    const transport = new HttpTransport({ streams, nextId, onGone: (ids) => requests.cancel(ids) });
    const requests: Requests = await connectServer(server, transport, this.#options);
    const pooled: PooledServer = {
      transport,
      release: (messages) => {
        const asNew = messages.every((message) => "method" in message && LEAVE_NOTHING.has(message.method));
        if (asNew && requests.running === 0 && !this.#closed && this.#waiting.length < MAX_WAITING)
          this.#waiting.push(pooled);
        else pooled.close().catch((error: unknown) => log.warn({ err: error }, "a server did not close"));
      },
      close: () => server.close(),
    };
    return pooled;
  }
}
