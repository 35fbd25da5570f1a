import type { ServerResponse } from "node:http";
import type { Outlet } from "./outlet.ts";

/** Most answers whose clients are gone and awaited: their calls run, and no connection bounds them. */
export const MAX_AWAY = 1000;

export interface ExchangesOptions {
  /** After how long without a byte an open stream gets a comment, in milliseconds; 0: never. */
  readonly keepAliveMs: number;
  /** How long a client may read nothing of what waits for it, in milliseconds; then the connection is closed. */
  readonly stallTimeoutMs: number;
  readonly now: () => number;
}

/** The responses that have not ended: keeps the quiet ones alive, and closes those that nobody reads. */
export class Exchanges {
  readonly #options: ExchangesOptions;
  readonly #open = new Map<ServerResponse, { sent: number; at: number }>();
  readonly #outlets = new Set<Outlet>();
  readonly #away = new Set<object>();
  readonly #timer: NodeJS.Timeout;
  #onEnded: (() => void) | undefined;

  constructor(options: ExchangesOptions) {
    const { keepAliveMs, stallTimeoutMs } = options;
    this.#options = options;
    const every = Math.min(keepAliveMs === 0 ? Infinity : keepAliveMs / 4, stallTimeoutMs / 4, 15_000);
    this.#timer = setInterval(() => this.tick(), Math.max(20, every)).unref();
  }

  add(res: ServerResponse): void {
    this.#open.set(res, { sent: -1, at: 0 });
    res.once("close", () => {
      this.#open.delete(res);
      if (this.#open.size === 0) this.#onEnded?.();
    });
  }

  /** From now on the stream is kept alive, until its response closes. */
  keepAlive(outlet: Outlet, res: ServerResponse): void {
    this.#outlets.add(outlet);
    res.once("close", () => this.#outlets.delete(outlet));
  }

  /** The client of an answer is gone and may come back. @returns false where too many are awaited already */
  await(answer: object): boolean {
    if (this.#away.size >= MAX_AWAY) return false;
    this.#away.add(answer);
    return true;
  }

  /** The client of an answer has come back, or is not awaited any more. */
  settle(answer: object): void {
    this.#away.delete(answer);
  }

  /** Does what is due. */
  tick(): void {
    const { keepAliveMs, stallTimeoutMs, now } = this.#options;
    // Early rather than late: the next look comes after a quarter of the time.
    if (keepAliveMs > 0) for (const outlet of this.#outlets) outlet.keepAlive(keepAliveMs * 0.75);
    for (const [res, seen] of this.#open) {
      const { socket } = res;
      if (!socket || res.writableLength === 0) {
        seen.sent = -1;
        continue;
      }
      const sent = socket.bytesWritten - socket.writableLength;
      if (sent !== seen.sent) Object.assign(seen, { sent, at: now() });
      else if (now() - seen.at >= stallTimeoutMs) res.destroy();
    }
  }

  /** Resolves when all responses have ended. */
  close(): Promise<void> {
    clearInterval(this.#timer);
    return this.#open.size === 0 ? Promise.resolve() : new Promise((resolve) => (this.#onEnded = resolve));
  }
}
