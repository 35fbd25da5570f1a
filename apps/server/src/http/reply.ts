import { randomUUID } from "node:crypto";
import type { ServerResponse } from "node:http";
import type { JSONRPCMessage, RequestId } from "@modelcontextprotocol/sdk/types.js";
import { refuse, SESSION_OVER } from "./respond.ts";
import { EventStream, type StreamContext } from "./stream.ts";

/** For how long an answer may come as plain JSON, in milliseconds; later, or after another message, it is a stream. */
const QUIET_MS = 50;

export interface ReplyOptions {
  readonly streams: StreamContext;
  /** Whose stream it is; without a session nobody can come back to it. */
  readonly session: string | undefined;
  /** Whether the client understands an event without a message (protocol 2025-11-25). */
  readonly primes: boolean;
  /** Nobody waits for the answers to these requests any more. */
  onGone(ids: readonly RequestId[]): void;
  /** All answers have been sent or given up. */
  onOver(reply: Reply): void;
}

/**
 * What a POST with requests is answered with: plain JSON where the answer is there at once and is all there is to say, else a
 * stream. A client that closes it and can come back gets `graceMs` to do so; one that cannot is gone.
 */
export class Reply {
  readonly stream: EventStream;
  readonly #res: ServerResponse;
  readonly #options: ReplyOptions;
  readonly #ids: ReadonlyMap<RequestId, RequestId>;
  readonly #pending: Set<RequestId>;
  readonly #single: boolean;
  #quiet: NodeJS.Timeout | undefined;
  #grace: NodeJS.Timeout | undefined;

  /** @param ids those of the requests, as the server knows them, and as the client does */
  constructor(res: ServerResponse, ids: ReadonlyMap<RequestId, RequestId>, options: ReplyOptions) {
    this.#res = res;
    this.#options = options;
    this.#ids = ids;
    this.#pending = new Set(ids.keys());
    this.#single = ids.size === 1;
    this.stream = new EventStream(randomUUID(), options.session, [...ids.values()], options.streams, {
      away: () => this.#away(),
      back: () => this.#settle(),
    });
    this.#quiet = setTimeout(() => this.#open(), QUIET_MS);
    res.once("close", () => {
      if (this.#quiet) this.#gone();
    });
  }

  /** Sends a message that belongs to one of the requests. */
  async send(message: JSONRPCMessage, answers: RequestId | undefined): Promise<void> {
    const theirs = answers === undefined ? undefined : this.#ids.get(answers);
    const data = encode(theirs === answers ? message : ({ ...message, id: theirs } as JSONRPCMessage), theirs);
    if (answers !== undefined) this.#pending.delete(answers);
    const last = this.#pending.size === 0;
    if (last && this.#quiet && this.#single) {
      this.#over();
      if (!this.#res.headersSent)
        this.#res.writeHead(200, { "Content-Type": "application/json", "Content-Length": Buffer.byteLength(data) });
      this.#res.end(data);
      return;
    }
    this.#open();
    const sent = this.stream.send(data);
    if (last) this.#finish();
    await sent;
  }

  /** The client is on another instance, and gets what is sent here from the log. */
  followed(): void {
    if (this.#grace) this.#away();
  }

  /** A request was cancelled: it is not answered. */
  abandon(id: RequestId): void {
    if (!this.#pending.delete(id) || this.#pending.size > 0) return;
    if (this.#quiet) {
      this.#over();
      if (!this.#res.closed) this.#res.writeHead(202).end();
    } else this.#finish();
  }

  /** Ends the response so that the client comes back for the rest (SEP-1699). */
  pause(): void {
    this.#open();
    void this.stream.pause();
  }

  /** Ends it at once: the session is over. */
  end(): void {
    const quiet = this.#quiet !== undefined;
    this.#over();
    this.stream.end();
    if (quiet && !this.#res.closed) refuse(this.#res, SESSION_OVER);
  }

  #open(): void {
    if (!this.#quiet) return;
    clearTimeout(this.#quiet);
    this.#quiet = undefined;
    void this.stream.open(this.#res, this.#options.primes);
  }

  #finish(): void {
    this.#over();
    void this.stream.finish();
  }

  #over(): void {
    clearTimeout(this.#quiet);
    this.#quiet = undefined;
    this.#settle();
    this.#pending.clear();
    this.#options.onOver(this);
  }

  #away(): void {
    const { graceMs, exchanges } = this.#options.streams;
    if (this.#pending.size === 0) return;
    this.#settle();
    if (!this.stream.resumable || graceMs === 0 || !exchanges.await(this)) return this.#gone();
    this.#grace = setTimeout(() => this.#gone(), graceMs);
    this.#grace.unref();
  }

  #settle(): void {
    clearTimeout(this.#grace);
    this.#options.streams.exchanges.settle(this);
  }

  #gone(): void {
    const ids = [...this.#pending];
    this.#finish();
    this.#options.onGone(ids);
  }
}

/** The JSON of a message. An answer that has none becomes an error: its client would wait for it for ever. */
function encode(message: JSONRPCMessage, answers: RequestId | undefined): string {
  try {
    return JSON.stringify(message);
  } catch (error) {
    if (answers === undefined) throw error;
    const problem = { code: -32603, message: "The result cannot be written as JSON." };
    return JSON.stringify({ jsonrpc: "2.0", id: answers, error: problem });
  }
}
