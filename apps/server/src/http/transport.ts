import type { ServerResponse } from "node:http";
import type { Transport, TransportSendOptions } from "@modelcontextprotocol/sdk/shared/transport.js";
import {
  isJSONRPCRequest,
  type JSONRPCMessage,
  type JSONRPCRequest,
  type MessageExtraInfo,
  type RequestId,
} from "@modelcontextprotocol/sdk/types.js";
import { InstanceIds } from "./instance-ids.ts";
import { follow } from "./follow.ts";
import type { Fleet } from "./fleet.ts";
import { Reply } from "./reply.ts";
import { EventStream, parseEventId, type StreamContext } from "./stream.ts";

/** The name of the stream for what belongs to no request. */
const NOTIFICATIONS = "notifications";
/** Between instances: the client of a stream is there, and gets it from another one. */
const FOLLOWED = "plugboard/followed";

export interface HttpTransportOptions {
  readonly streams: StreamContext;
  /** The session's id; none where each request is a server's only one. */
  readonly sessionId?: string;
  /** Ids under which the server knows its requests; by default those that clients give them. */
  readonly nextId?: () => RequestId;
  /** The other instances, where they may serve the same session. */
  readonly fleet?: Pick<Fleet, "instance" | "relay">;
  /** Nobody waits for the answers to these requests any more. */
  onGone(ids: readonly RequestId[]): void;
}

/** How a request for a stream ended: it is answered, or it is to be refused. */
export type StreamAnswer = "answered" | "conflict" | "malformed" | "gone";

/**
 * The server's side of Streamable HTTP (protocol revision 2025-11-25) for one client. It is not the SDK's own: that one makes
 * web requests and responses out of Node's, which costs more than half of a call, and it neither bounds what waits for a
 * slow reader nor knows which call lost its client.
 */
export class HttpTransport implements Transport {
  onmessage?: NonNullable<Transport["onmessage"]>;
  onclose?: () => void;
  onerror?: (error: Error) => void;
  readonly sessionId?: string;
  readonly #options: HttpTransportOptions;
  /** By the id of a request that runs. */
  readonly #replies = new Map<RequestId, Reply>();
  /** What waits for the answer to a request of our own, which no client made. */
  readonly #asked = new Map<RequestId, (answer: JSONRPCMessage) => void>();
  readonly #notifications: EventStream;
  readonly #ids: InstanceIds | undefined;
  readonly #stopped = new AbortController();
  #closed = false;

  constructor(options: HttpTransportOptions) {
    this.#options = options;
    if (options.fleet) this.#ids = new InstanceIds(options.fleet.instance);
    if (options.sessionId !== undefined) this.sessionId = options.sessionId;
    this.#notifications = new EventStream(NOTIFICATIONS, options.sessionId, [], options.streams);
  }

  start(): Promise<void> {
    return Promise.resolve();
  }

  /** Whether one of these ids is that of a request that runs, or stands there twice. */
  isTaken(messages: readonly JSONRPCMessage[]): boolean {
    const ids = messages.filter(isJSONRPCRequest).map(({ id }) => id);
    return new Set(ids).size < ids.length || ids.some((id) => this.#replies.has(id));
  }

  /** Takes what a client has posted, and answers on `res`, sooner or later. */
  post(messages: readonly JSONRPCMessage[], res: ServerResponse, primes: boolean, extra: MessageExtraInfo): void {
    if (!messages.some(isJSONRPCRequest)) {
      for (const message of messages) this.#receive(message, extra);
      res.writeHead(202).end();
      return;
    }
    const { streams, sessionId: session, nextId } = this.#options;
    const named = new Map<RequestId, RequestId>();
    const known = messages.map((message) => {
      if (!isJSONRPCRequest(message)) return message;
      const id = nextId?.() ?? message.id;
      named.set(id, message.id);
      return nextId ? { ...message, id } : message;
    });
    const ids = [...named.keys()];
    const reply = new Reply(res, named, {
      streams,
      session,
      primes,
      onGone: (gone) => this.#options.onGone(gone),
      onOver: (over) => {
        for (const id of ids) if (this.#replies.get(id) === over) this.#replies.delete(id);
      },
    });
    for (const id of ids) this.#replies.set(id, reply);
    const pausing = session !== undefined && primes && streams.events !== undefined;
    const more = pausing && {
      closeSSEStream: () => reply.pause(),
      closeStandaloneSSEStream: () => void this.#notifications.pause(),
    };
    for (const message of known) this.#receive(message, pausing ? { ...extra, ...more } : extra);
  }

  /** Makes a request in the client's place, and resolves with its answer. */
  ask(request: JSONRPCRequest, extra?: MessageExtraInfo): Promise<JSONRPCMessage> {
    return new Promise((resolve) => {
      this.#asked.set(request.id, resolve);
      this.onmessage?.(request, extra);
    });
  }

  /** Whether a message is an answer, or about a request, that another instance knows of. */
  isForeign(message: JSONRPCMessage): boolean {
    if ("method" in message && message.method === "notifications/cancelled")
      return !this.#replies.has(message.params?.["requestId"] as RequestId);
    return this.#ids !== undefined && this.#ids.incoming(message) === undefined;
  }

  /** Takes a message that the client has posted to another instance. */
  hear(message: JSONRPCMessage): void {
    if (!("method" in message) || message.method !== FOLLOWED) return this.#receive(message, {});
    this.#replyOf(String(message.params?.["stream"]))?.followed();
  }

  /** Opens the stream for what belongs to no request. */
  async listen(res: ServerResponse, primes: boolean): Promise<StreamAnswer> {
    if (this.#notifications.attached) return "conflict";
    await this.#notifications.open(res, primes);
    return "answered";
  }

  /** Goes on with a stream after the event that the client saw last. */
  async resume(res: ServerResponse, lastEventId: string, primes: boolean): Promise<StreamAnswer> {
    const at = parseEventId(lastEventId);
    if (!at) return "malformed";
    const { streams, sessionId: session } = this.#options;
    const stream = at.stream === NOTIFICATIONS ? this.#notifications : this.#replyOf(at.stream)?.stream;
    if (await stream?.resume(res, at.place, primes)) return "answered";
    // What is not here has been finished, or goes on elsewhere.
    const { events } = streams;
    if (!events || session === undefined) return "gone";
    const tell = (): void => {
      const message = { jsonrpc: "2.0" as const, method: FOLLOWED, params: { stream: at.stream } };
      this.#options.fleet?.relay(session, message).catch((error: unknown) => this.onerror?.(error as Error));
    };
    const followed = { events, session, ...at, primes, tell, signal: this.#stopped.signal };
    return (await follow(res, streams, followed)) ? "answered" : "gone";
  }

  /** Ends the stream for what belongs to no request: the client opens it again, elsewhere if this server stops. */
  unlisten(): void {
    void this.#notifications.pause();
  }

  /** These requests are not going to be answered. */
  abandon(ids: readonly RequestId[]): void {
    for (const id of ids) this.#replies.get(id)?.abandon(id);
  }

  async send(message: JSONRPCMessage, options: TransportSendOptions = {}): Promise<void> {
    if (this.#closed) throw new Error("The connection is closed.");
    const answers = "method" in message ? undefined : message.id;
    const asked = answers === undefined ? undefined : this.#asked.get(answers);
    if (asked && answers !== undefined) {
      this.#asked.delete(answers);
      return asked(message);
    }
    if (this.sessionId === undefined && "method" in message && "id" in message)
      throw new Error("A server without sessions cannot ask its client: the answer would reach another server.");
    const request = answers ?? options.relatedRequestId;
    const named = this.#ids?.outgoing(message) ?? message;
    if (request === undefined) return this.#notifications.send(JSON.stringify(named));
    const reply = this.#replies.get(request);
    if (!reply) throw new Error(`The request ${String(request)} has been answered, or its client is gone.`);
    await reply.send(named, answers);
  }

  close(): Promise<void> {
    if (this.#closed) return Promise.resolve();
    this.#closed = true;
    for (const reply of new Set(this.#replies.values())) reply.end();
    this.#notifications.end();
    this.#stopped.abort();
    this.onclose?.();
    return Promise.resolve();
  }

  #replyOf(stream: string): Reply | undefined {
    return [...this.#replies.values()].find((reply) => reply.stream.name === stream);
  }

  #receive(posted: JSONRPCMessage, extra: MessageExtraInfo): void {
    const message = this.#ids ? this.#ids.incoming(posted) : posted;
    if (!message) return;
    this.onmessage?.(message, extra);
    if ("method" in message && message.method === "notifications/cancelled")
      this.abandon([message.params?.["requestId"] as RequestId]);
  }
}
