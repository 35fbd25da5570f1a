import { randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import type { AuthInfo } from "@modelcontextprotocol/sdk/server/auth/types.js";
import {
  isJSONRPCRequest,
  type JSONRPCMessage,
  type JSONRPCRequest,
  type MessageExtraInfo,
} from "@modelcontextprotocol/sdk/types.js";
import type { Requests } from "../serve/traffic.ts";
import { connectServer } from "./connect.ts";
import type { SessionRecord } from "./fleet.ts";
import type { Posted } from "./messages.ts";
import type { ModeOptions } from "./mode.ts";
import { type Refusal, refuse } from "./respond.ts";
import type { SessionState } from "./sessions.ts";
import { HttpTransport, type StreamAnswer } from "./transport.ts";

const INITIALIZED_BEFORE: Refusal = { status: 400, message: "This session has been initialized before." };
const ID_IS_TAKEN: Refusal = {
  status: 400,
  message: "The id of a request is that of another one, which has not been answered yet.",
};

export interface SessionOptions extends ModeOptions {
  /** The session's id, where it has one already; by default a new one that cannot be guessed. */
  readonly id?: string;
  /** Who opened it, and alone may use it: the key of an identity. */
  readonly owner: string | undefined;
  /** The session is over, whoever ended it. */
  onClose?(session: Session): void;
  /** A response of the session has ended. */
  onUsed?(session: Session): void;
}

/** One client's connection: a server of its own, with the plugins that all of them share. */
export class Session implements SessionState {
  readonly id: string;
  readonly owner: string | undefined;
  open = 0;
  readonly #options: SessionOptions;
  readonly #server: McpServer;
  readonly #transport: HttpTransport;
  #requests: Requests | undefined;
  /** Of whoever used it last. */
  #auth: AuthInfo | undefined;

  constructor(options: SessionOptions) {
    this.id = options.id ?? randomUUID();
    this.owner = options.owner;
    this.#options = options;
    this.#server = options.create();
    this.#server.server.onerror = (error) => options.log.debug({ err: error }, "http");
    this.#server.server.onclose = () => options.onClose?.(this);
    this.#transport = new HttpTransport({
      streams: options.streams,
      sessionId: this.id,
      ...(options.fleet && { fleet: options.fleet }),
      onGone: (ids) => this.#requests?.cancel(ids),
    });
  }

  /**
   * Makes a session again that was opened elsewhere, from the request that opened it: another instance held it, or this one
   * before it was restarted. What its client was told then still holds, so nothing of it is sent again.
   * @param said later requests that a server remembers @param auth of the caller who wants to go on
   * @throws Error when this server does not take the request that opened it
   */
  static async adopt(
    options: SessionOptions & { readonly id: string },
    { initialize, said }: Pick<SessionRecord, "initialize" | "said">,
    auth?: AuthInfo,
  ): Promise<Session> {
    const session = new Session(options);
    session.#auth = auth;
    await session.connect();
    const answer = await session.#ask(initialize);
    if ("error" in answer) {
      await session.close();
      throw new Error(`The session cannot be taken over: ${answer.error.message}`);
    }
    session.#transport.onmessage?.({ jsonrpc: "2.0", method: "notifications/initialized" });
    for (const request of said) await session.#ask(request);
    return session;
  }

  async connect(): Promise<void> {
    this.#requests = await connectServer(this.#server, this.#transport, this.#options);
  }

  get running(): number {
    return this.#requests?.running ?? 0;
  }

  /** Whether the client has introduced itself. */
  get initialized(): boolean {
    return this.#server.server.getClientVersion() !== undefined;
  }

  /** Takes what its client has posted. */
  post({ messages, initialize, primes }: Posted, req: IncomingMessage, res: ServerResponse, auth?: AuthInfo): void {
    if (res.closed) return;
    if (initialize && this.initialized) return refuse(res, INITIALIZED_BEFORE);
    if (this.#transport.isTaken(messages)) return refuse(res, ID_IS_TAKEN);
    this.#use(res);
    this.#auth = auth;
    this.#transport.post(messages, res, primes, extraOf(req, auth));
  }

  /** Whether a message is for another instance that serves this session. */
  isForeign(message: JSONRPCMessage): boolean {
    return this.#transport.isForeign(message);
  }

  /** Takes a message that its client has posted to another instance. */
  hear(message: JSONRPCMessage): void {
    if (isJSONRPCRequest(message)) void this.#ask(message);
    else this.#transport.hear(message);
  }

  /** Opens a stream: that of notifications, or the one that broke off after an event. */
  stream(res: ServerResponse, lastEventId: string | undefined, primes: boolean): Promise<StreamAnswer> {
    this.#use(res);
    return lastEventId === undefined
      ? this.#transport.listen(res, primes)
      : this.#transport.resume(res, lastEventId, primes);
  }

  /** Ends the stream of notifications, for the client to open it elsewhere. */
  unlisten(): void {
    this.#transport.unlisten();
  }

  close(): Promise<void> {
    return this.#server.close();
  }

  #ask(request: JSONRPCRequest): Promise<JSONRPCMessage> {
    // The client's own ids may be those of requests that run.
    const asked = { ...request, id: `again ${randomUUID()}` };
    return this.#transport.ask(asked, this.#auth && { authInfo: this.#auth });
  }

  #use(res: ServerResponse): void {
    res.setHeader("Mcp-Session-Id", this.id);
    this.open++;
    res.once("close", () => {
      this.open--;
      this.#options.onUsed?.(this);
    });
  }
}

/** What handlers learn of the HTTP request: its headers but for those that are a secret between client and server. */
export function extraOf({ headers }: IncomingMessage, auth: AuthInfo | undefined): MessageExtraInfo {
  const { authorization: _authorization, cookie: _cookie, ...others } = headers;
  return { requestInfo: { headers: others }, ...(auth && { authInfo: auth }) };
}
