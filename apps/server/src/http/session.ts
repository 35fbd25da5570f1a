import { randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { StreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/streamableHttp.js";
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";
import { isJSONRPCRequest } from "@modelcontextprotocol/sdk/types.js";
import type { Logger } from "pino";
import type { CreateServer } from "../serve/server.ts";
import type { SessionState } from "./sessions.ts";
import { type Requests, type Traffic, watch } from "../serve/traffic.ts";

export interface SessionOptions {
  readonly create: CreateServer;
  readonly traffic: Traffic;
  readonly log: Logger;
  /** The session is over, whoever ended it. */
  onClose(): void;
  /** A response of the session has ended. */
  onUsed(): void;
}

/** One client's connection: a server of its own, with the plugins that all of them share. */
export class Session implements SessionState {
  readonly id = randomUUID();
  open = 0;
  readonly #options: SessionOptions;
  readonly #server: McpServer;
  readonly #transport = new StreamableHTTPServerTransport({ sessionIdGenerator: () => this.id });
  #requests: Requests | undefined;

  constructor(options: SessionOptions) {
    this.#options = options;
    this.#server = options.create();
    this.#server.server.onerror = (error) => options.log.debug({ err: error }, "http");
    this.#server.server.onclose = options.onClose;
  }

  async connect(): Promise<void> {
    // The SDK's own class does not fit its interface under exactOptionalPropertyTypes.
    const transport = this.#transport as Transport;
    await this.#server.connect(transport);
    this.#requests = watch(transport, this.#options.traffic);
  }

  get running(): number {
    return this.#requests?.running ?? 0;
  }

  /** Whether the client has introduced itself. */
  get initialized(): boolean {
    return this.#transport.sessionId !== undefined;
  }

  /**
   * Answers one HTTP request. A response that the client closes before its end cancels the requests that it was for, since
   * nothing could deliver their results.
   * @param json the body, where there is one
   */
  async handle(req: IncomingMessage, res: ServerResponse, json?: unknown): Promise<void> {
    if (res.closed) return;
    this.open++;
    const closed = new Promise<void>((resolve) => {
      res.once("close", () => {
        this.open--;
        if (!res.writableFinished) this.#requests?.cancel(idsOf(json));
        this.#options.onUsed();
        resolve();
      });
    });
    await this.#transport.handleRequest(req, res, json);
    await closed;
  }

  close(): Promise<void> {
    return this.#server.close();
  }
}

function idsOf(json: unknown) {
  return [json].flat().flatMap((message) => (isJSONRPCRequest(message) ? [message.id] : []));
}
