import type { IncomingMessage, ServerResponse } from "node:http";
import { isJSONRPCRequest } from "@modelcontextprotocol/sdk/types.js";
import { type Caller, readPosted } from "./messages.ts";
import type { Mode, ModeOptions } from "./mode.ts";
import { type PooledServer, ServerPool } from "./pool.ts";
import { type Refusal, refuse, SHUTTING_DOWN } from "./respond.ts";
import { extraOf } from "./session.ts";

const NO_ROOM: Refusal = {
  status: 503,
  message: "Too many requests are being answered. Try again later.",
  headers: { "Retry-After": "1" },
};
const SAME_ID: Refusal = { status: 400, message: "Two requests have the same id." };

/** A server per request: nothing is remembered between two, so any instance can answer any of them. */
export class Stateless implements Mode {
  readonly methods = ["POST"];
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
    if (traffic.draining) return refuse(res, SHUTTING_DOWN);
    const posted = await readPosted(req, settings, caller);
    if ("status" in posted) return refuse(res, posted);
    if (this.#running.size >= settings.maxSessions) return refuse(res, NO_ROOM);

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
    if (server.transport.isTaken(messages)) return refuse(res, SAME_ID);
    server.transport.post(messages, res, false, extraOf(req, caller.identity?.auth));
  }

  expire(): void {}

  stop(): void {}

  async close(): Promise<void> {
    await Promise.allSettled([...[...this.#running].map((server) => server.close()), this.#pool.close()]);
  }
}
