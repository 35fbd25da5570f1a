import type { IncomingMessage, ServerResponse } from "node:http";
import { isJSONRPCRequest } from "@modelcontextprotocol/sdk/types.js";
import { type Caller, readPosted } from "./messages.ts";
import type { Mode, ModeOptions } from "./mode.ts";
import { type PooledServer, ServerPool } from "./pool.ts";
import { refuse } from "./respond.ts";
import { extraOf } from "./session.ts";

/** A server per request: nothing is remembered between two, so any instance can answer any of them. */
export class Stateless implements Mode {
  readonly methods = "POST";
  readonly #options: ModeOptions;
  readonly #pool: ServerPool;
  readonly #running = new Set<PooledServer>();

  constructor(options: ModeOptions) {
    this.#options = options;
    this.#pool = new ServerPool(options);
  }

  get size(): number {
    return this.#running.size;
  }

  async handle(req: IncomingMessage, res: ServerResponse, caller: Caller): Promise<void> {
    const { settings, traffic } = this.#options;
    if (traffic.draining)
      return refuse(res, 503, "The server is shutting down.", { "Retry-After": "5", Connection: "close" });
    const posted = await readPosted(req, settings, caller);
    if ("status" in posted) return refuse(res, posted.status, posted.message, posted.headers);
    if (this.#running.size >= settings.maxSessions)
      return refuse(res, 503, "Too many requests are being answered. Try again later.", { "Retry-After": "1" });

    const { messages } = posted;
    // Nobody is there whom a notification or an answer could concern.
    if (!messages.some(isJSONRPCRequest)) return void res.writeHead(202).end();
    const server = await this.#pool.take();
    this.#running.add(server);
    const release = (): void => {
      this.#running.delete(server);
      server.release(messages);
    };
    if (res.closed) return release();
    res.once("close", release);
    if (server.transport.isTaken(messages)) return refuse(res, 400, "Two requests have the same id.");
    server.transport.post(messages, res, false, extraOf(req, caller.identity?.auth));
  }

  expire(): void {}

  stop(): void {}

  async close(): Promise<void> {
    await Promise.allSettled([...[...this.#running].map((server) => server.close()), this.#pool.close()]);
  }
}
