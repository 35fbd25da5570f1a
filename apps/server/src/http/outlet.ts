import type { ServerResponse } from "node:http";

const HEADERS = {
  "Content-Type": "text/event-stream",
  // A proxy that gathers or compresses would hold events back.
  "Cache-Control": "no-cache, no-transform",
  "X-Accel-Buffering": "no",
};

/** How long a client waits before it comes back, in milliseconds: the `retry` of its streams. */
const RETRY_MS = 1000;

export interface OutletOptions {
  /** Most bytes that may wait for a client to read them, when one more event comes; then the connection is closed. */
  readonly maxBufferedBytes: number;
  /** Milliseconds of a clock that never goes back. */
  readonly now: () => number;
}

/** An HTTP response that carries a stream of events (Server-Sent Events, HTML standard section 9.2). */
export class Outlet {
  readonly #res: ServerResponse;
  readonly #options: OutletOptions;
  #writtenAt: number;

  constructor(res: ServerResponse, options: OutletOptions) {
    this.#res = res;
    this.#options = options;
    this.#writtenAt = options.now();
    res.writeHead(200, HEADERS);
    res.flushHeaders();
  }

  /** Sends a message; with an id, the client can come back for what follows it. */
  event(data: string, id?: string): void {
    this.#write(`event: message\n${id === undefined ? "" : `id: ${id}\n`}data: ${data}\n\n`);
  }

  /** Tells the client an id without a message, so that it can come back from the start (protocol 2025-11-25). */
  prime(id: string): void {
    this.#write(`id: ${id}\nretry: ${RETRY_MS}\ndata: \n\n`);
  }

  /** Sends a comment where nothing was sent for `ms`, and nothing waits. */
  keepAlive(ms: number): void {
    if (this.#options.now() - this.#writtenAt >= ms && this.#res.writableLength === 0) this.#write(": keep-alive\n\n");
  }

  end(): void {
    this.#res.end();
  }

  #write(text: string): void {
    if (this.#res.writableEnded || this.#res.destroyed) return;
    this.#writtenAt = this.#options.now();
    if (this.#res.writableLength > this.#options.maxBufferedBytes) this.#res.destroy();
    else this.#res.write(text);
  }
}
