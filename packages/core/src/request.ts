import { type AuthInfo, principalOf } from "./principal.ts";
import { Reporter } from "./report.ts";
import type { LogLevel, Principal, Progress } from "./types.ts";

/** Stands for what is not there, in every call: no arguments, no annotations, no `_meta`. */
export const NOTHING = Object.freeze({});
export const GONE = "The request was answered already: the client cannot be asked any more.";
const gone = (): Promise<never> => Promise.reject(new Error(GONE));
const silent = (): Promise<void> => Promise.resolve();

/** A notification as both SDKs take it. */
export interface Notification {
  readonly method: string;
  readonly params?: Readonly<Record<string, unknown>>;
}

/** The `extra` of SDK 1. */
export interface Extra {
  readonly signal: AbortSignal;
  readonly sessionId?: string;
  readonly _meta?: Readonly<Record<string, unknown>>;
  readonly authInfo?: AuthInfo;
  readonly requestInfo?: unknown;
  sendNotification(notification: Notification): Promise<void>;
}

/** The `ctx` of SDK 2. */
export interface Context {
  readonly sessionId?: string;
  readonly mcpReq: {
    readonly signal: AbortSignal;
    readonly _meta?: Readonly<Record<string, unknown>>;
    readonly inputResponses?: unknown;
    readonly requestState?: () => unknown;
    notify(notification: Notification): Promise<void>;
    log(level: LogLevel, data: unknown, logger?: string): Promise<void>;
  };
  readonly http?: { readonly authInfo?: AuthInfo; readonly req?: unknown };
}

/** What the SDK gives a tool as its last argument. */
export type Native = Extra | Context;

/** What a request needs to know about the server that it came by. */
export interface Connection {
  /** Whether the transport is stdio or in memory: one user by construction. */
  isLocal(): boolean;
  /** Whether the client of this session asked not to get messages of this level (SDK 1; SDK 2 knows by itself). */
  isIgnored(level: LogLevel, sessionId: string | undefined): boolean;
  /** Resolves when the client has handled what was sent to it so far; bounded. */
  settle(): Promise<void>;
}

/** One request, whichever SDK it came by. What costs something is worked out when it is asked for. */
export class Request {
  readonly native: Native;
  readonly signal: AbortSignal;
  readonly sessionId: string | undefined;
  readonly meta: Readonly<Record<string, unknown>>;
  readonly #connection: Connection;
  #principal: Principal | undefined;
  #reporter: Reporter | undefined;
  #closed = false;

  constructor(native: Native, connection: Connection) {
    const inner = "mcpReq" in native ? native.mcpReq : native;
    this.native = native;
    this.signal = inner.signal;
    this.meta = inner._meta ?? NOTHING;
    this.sessionId = native.sessionId;
    this.#connection = connection;
  }

  get principal(): Principal {
    return (this.#principal ??= this.#identify());
  }

  #identify(): Principal {
    const { native } = this;
    const [auth, overHttp] =
      "mcpReq" in native
        ? [native.http?.authInfo, native.http !== undefined]
        : [native.authInfo, native.requestInfo !== undefined];
    return principalOf(auth, this.sessionId, !overHttp && this.#connection.isLocal());
  }

  /** Whether the request carries the answer to a question of an earlier round (2026-07-28, multi-round-trip requests). */
  get answers(): boolean {
    const { native } = this;
    if (!("mcpReq" in native)) return false;
    const { inputResponses, requestState } = native.mcpReq;
    return inputResponses !== undefined || requestState?.() !== undefined;
  }

  /** Whether it was answered, or cancelled. */
  get closed(): boolean {
    return this.#closed;
  }

  /** The client's progress token: a string or a number, 0 and "" among them. */
  get token(): unknown {
    return this.meta["progressToken"];
  }

  get report(): (progress: Progress) => Promise<void> {
    if (this.token === undefined || this.#closed) return silent;
    this.#reporter ??= new Reporter(
      (progress) =>
        this.notify({ method: "notifications/progress", params: { progressToken: this.token, ...progress } }),
      this.signal,
    );
    return this.#reporter.report;
  }

  notify(notification: Notification): Promise<void> {
    const { native } = this;
    return "mcpReq" in native ? native.mcpReq.notify(notification) : native.sendNotification(notification);
  }

  get log(): (level: LogLevel, data: unknown) => Promise<void> {
    return (level, data) => this.#log(level, data);
  }

  async #log(level: LogLevel, data: unknown): Promise<void> {
    const { native } = this;
    if (this.#closed || this.signal.aborted) return;
    try {
      if ("mcpReq" in native) await native.mcpReq.log(level, data);
      else if (!this.#connection.isIgnored(level, this.sessionId)) {
        await this.notify({ method: "notifications/message", params: { level, data } });
      }
    } catch {
      // A log message is a side channel: a client that is gone does not fail the tool.
    }
  }

  /** The same caller without the connection: what runs for it outlives the request, and nobody listens any more. */
  detach(signal: AbortSignal): Request {
    const { native } = this;
    const unheard = {
      signal,
      sendNotification: silent,
      notify: silent,
      log: silent,
      sendRequest: gone,
      send: gone,
      elicitInput: gone,
      requestSampling: gone,
    };
    const alone =
      "mcpReq" in native ? { ...native, mcpReq: { ...native.mcpReq, ...unheard } } : { ...native, ...unheard };
    const detached = new Request(alone, this.#connection);
    detached.#principal = this.principal;
    detached.#closed = true;
    return detached;
  }

  /** Before the response: nothing is sent afterwards, and the last report arrives first. */
  close(): Promise<void> | undefined {
    this.#closed = true;
    return this.#reporter?.close(() => this.#connection.settle());
  }

  /**
   * The `extra` or `ctx` for a plain tool's callback, such that its signal and its own progress follow the call that the
   * chain hands down.
   */
  nativeFor(call: { readonly signal: AbortSignal; readonly report: (progress: Progress) => Promise<void> }): Native {
    const { native, token } = this;
    if (token === undefined && call.signal === this.signal) return native;
    const notify = (notification: Notification, ...rest: unknown[]): Promise<void> => {
      const { method, params } = notification;
      if (method === "notifications/progress" && params?.["progressToken"] === token) {
        return call.report(params as unknown as Progress);
      }
      return (this.notify as (...args: unknown[]) => Promise<void>).call(this, notification, ...rest);
    };
    return "mcpReq" in native
      ? { ...native, mcpReq: { ...native.mcpReq, signal: call.signal, notify } }
      : { ...native, signal: call.signal, sendNotification: notify };
  }
}
