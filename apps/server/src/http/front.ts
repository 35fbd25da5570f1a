import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { Endpoint, type EndpointOptions, MCP_PATH } from "./endpoint.ts";
import { Failure } from "../config/failure.ts";
import { Guard, inUrl } from "./guard.ts";
import type { Front } from "../serve/stdio.ts";

export type HttpOptions = Omit<EndpointOptions, "guard">;

/** How long what has been written may take to go out at the end. */
const LINGER_MS = 250;

/** The composed server on a port. */
export class HttpFront implements Front {
  readonly #options: HttpOptions;
  readonly #server: Server;
  #endpoint: Endpoint | undefined;

  private constructor(options: HttpOptions) {
    const { headersTimeoutMs, requestTimeoutMs, maxConnections } = options.settings;
    this.#options = options;
    this.#server = createServer({
      headersTimeout: Math.min(headersTimeoutMs, requestTimeoutMs),
      requestTimeout: requestTimeoutMs,
      connectionsCheckingInterval: Math.min(5000, headersTimeoutMs / 2),
      // A request without a Host is refused by the guard, with a sentence.
      requireHostHeader: false,
    });
    this.#server.maxConnections = maxConnections;
  }

  /** @throws Failure when the port or the address cannot be had */
  static async listen(options: HttpOptions): Promise<HttpFront> {
    const front = new HttpFront(options);
    const { host, port } = options.settings;
    await new Promise<void>((resolve, reject) => {
      front.#server.once("error", (error) => reject(listenFailure(error, host, port)));
      front.#server.listen(port, host.replace(/^\[|\]$/g, ""), resolve);
    });
    // Which port it is, and with it which hosts are allowed, is known now.
    const endpoint = new Endpoint({ ...options, guard: new Guard(options.settings, front.port) });
    front.#endpoint = endpoint;
    front.#server.on("request", (req, res) => void endpoint.answer(req, res));
    return front;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Where clients connect to. */
  get url(): string {
    const { host } = this.#options.settings;
    return `http://${host === "0.0.0.0" || host === "::" ? "localhost" : inUrl(host)}:${this.port}${MCP_PATH}`;
  }

  get sessions(): number {
    return this.#endpoint?.sessions ?? 0;
  }

  /** Ends the sessions whose idle time is over. */
  expire(): void {
    this.#endpoint?.expire();
  }

  stop(): void {
    this.#server.close();
    this.#server.closeIdleConnections();
  }

  async close(): Promise<void> {
    if (this.#server.listening) this.stop();
    await this.#endpoint?.close();
    const closed = new Promise<void>((resolve) => this.#server.once("close", resolve));
    this.#server.closeIdleConnections();
    const force = setTimeout(() => this.#server.closeAllConnections(), LINGER_MS);
    if (await this.#connections()) await closed;
    clearTimeout(force);
  }

  #connections(): Promise<number> {
    return new Promise((resolve) => this.#server.getConnections((_, count) => resolve(count)));
  }
}

function listenFailure(error: NodeJS.ErrnoException, host: string, port: number): Failure {
  const hints: Record<string, string> = {
    EADDRINUSE: `Port ${port} on ${host} is in use: stop the program that listens there, or choose another port, such as \`--http 0\` for a free one.`,
    EACCES: `Port ${port} may not be used by this user: choose one from 1024 on.`,
    EADDRNOTAVAIL: `This machine has no address ${host}: \`http.host\` is one of its own addresses, 127.0.0.1 or 0.0.0.0.`,
    ENOTFOUND: `The host name ${host} is not known: \`http.host\` is one of this machine's addresses, 127.0.0.1 or 0.0.0.0.`,
  };
  return new Failure(hints[error.code ?? ""] ?? `The server cannot listen on ${host}:${port}: ${error.message}.`, 1, {
    cause: error,
  });
}
