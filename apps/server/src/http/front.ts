import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { createAuthenticator } from "../auth/authenticator.ts";
import { Failure } from "../config/failure.ts";
import { endpointUrl } from "./address.ts";
import { Endpoint, type EndpointOptions } from "./endpoint.ts";
import { Guard } from "./guard.ts";
import type { Front } from "../serve/front.ts";

export type HttpOptions = Omit<EndpointOptions, "guard" | "authenticator">;

/** How long what has been written may take to go out at the end. */
const LINGER_MS = 1000;
/** How long an unused connection is kept: longer than proxies keep theirs, which else send requests into closed ones. */
const IDLE_CONNECTION_MS = 65_000;
/** After how long the system asks whether a silent client's machine is still there. */
const PROBE_MS = 30_000;

/** The composed server on a port. */
export class HttpFront implements Front {
  readonly #options: HttpOptions;
  readonly #server: Server;
  #endpoint: Endpoint | undefined;

  private constructor(options: HttpOptions) {
    const { headersTimeoutMs, requestTimeoutMs, maxConnections, maxHeaderBytes } = options.settings;
    this.#options = options;
    this.#server = createServer({
      headersTimeout: Math.min(headersTimeoutMs, requestTimeoutMs),
      requestTimeout: requestTimeoutMs,
      connectionsCheckingInterval: Math.min(5000, headersTimeoutMs / 2),
      keepAliveTimeout: IDLE_CONNECTION_MS,
      keepAlive: true,
      keepAliveInitialDelay: PROBE_MS,
      maxHeaderSize: maxHeaderBytes,
      // A request without a Host is refused by the guard, with a sentence.
      requireHostHeader: false,
    });
    this.#server.maxConnections = maxConnections;
  }

  /** @throws Failure when the port or the address cannot be had, or the settings of `auth` contradict themselves */
  static async listen(options: HttpOptions): Promise<HttpFront> {
    const front = new HttpFront(options);
    try {
      // What checks tokens takes long to load, and is needed only where there are any.
      const auth = options.settings.auth && (await import("../auth/authenticator.ts"));
      await front.#listen();
      // Which port it is, and with it which hosts are allowed and what tokens must be for, is known now.
      front.#serve(auth?.createAuthenticator);
    } catch (error) {
      await front.close();
      throw error;
    }
    return front;
  }

  #listen(): Promise<void> {
    const { host, port } = this.#options.settings;
    return new Promise((resolve, reject) => {
      this.#server.once("error", (error) => reject(listenFailure(error, host, port)));
      this.#server.listen(port, host.replace(/^\[|\]$/g, ""), resolve);
    });
  }

  #serve(newAuthenticator: typeof createAuthenticator | undefined): void {
    const { settings, log } = this.#options;
    const resource = { url: settings.publicUrl ?? this.url };
    const authenticator = settings.auth && newAuthenticator?.(settings.auth, resource, log);
    const guard = new Guard(settings, this.port);
    const endpoint = new Endpoint({ ...this.#options, authenticator, guard });
    this.#endpoint = endpoint;
    this.#server.on("request", (req, res) => void endpoint.answer(req, res));
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Where clients connect to. */
  get url(): string {
    return endpointUrl(this.#options.settings.host, this.port);
  }

  get sessions(): number {
    return this.#endpoint?.sessions ?? 0;
  }

  /** Ends the sessions whose idle time is over. */
  expire(): void {
    this.#endpoint?.expire();
  }

  /** New calls are refused from now on; the port stays open for what running calls wait for, and for `/readyz`. */
  stop(): void {
    this.#endpoint?.stop();
  }

  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, LINGER_MS);
    });
    await Promise.race([this.#endpoint?.close(), late]);
    clearTimeout(timer);
    await this.#options.fleet?.close();
    // Also those that have never been used, which Node does not count as idle.
    this.#server.closeAllConnections();
    await closed;
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
