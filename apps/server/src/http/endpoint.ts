import type { IncomingMessage, ServerResponse } from "node:http";
import type { Logger } from "pino";
import { Permissions } from "../auth/permissions.ts";
import type { Authenticator } from "../auth/types.ts";
import type { HttpSettings } from "../config/http-settings.ts";
import type { CreateServer } from "../serve/server.ts";
import type { Traffic } from "../serve/traffic.ts";
import { MCP_PATH } from "./address.ts";
import { MemoryEventLog } from "./events/memory.ts";
import { Exchanges } from "./exchanges.ts";
import type { Fleet } from "./fleet.ts";
import type { Guard } from "./guard.ts";
import { Health } from "./health.ts";
import type { Mode } from "./mode.ts";
import { allowOrigin, answerJson, answerPreflight, type Refusal, refuse } from "./respond.ts";
import { Sessionful } from "./sessionful.ts";
import { Stateless } from "./stateless.ts";

const BAD_HOST: Refusal = { status: 403, message: "This Host is not allowed: add it to `http.allowedHosts`." };
const BAD_ORIGIN: Refusal = { status: 403, message: "This Origin is not allowed: add it to `http.allowedOrigins`." };
const NOTHING_HERE: Refusal = { status: 404, message: `There is nothing here: the endpoint is ${MCP_PATH}.` };
const INTERNAL: Refusal = { status: 500, message: "Internal error. The details are in the server's log." };

export interface EndpointOptions {
  readonly create: CreateServer;
  readonly traffic: Traffic;
  readonly log: Logger;
  readonly settings: HttpSettings;
  readonly guard: Guard;
  /** Who may call; without it, everybody who gets through. */
  readonly authenticator?: Authenticator | undefined;
  /** What is shared with other instances; by default nothing, and events are kept in this process. */
  readonly fleet?: Fleet | undefined;
  /** Milliseconds of a clock that never goes back; for tests. */
  readonly now?: () => number;
}

/** Streamable HTTP, and what stands around it: who may ask, and whether the server is well. */
export class Endpoint {
  readonly #options: EndpointOptions;
  readonly #mode: Mode;
  readonly #exchanges: Exchanges;
  readonly #health: Health;
  readonly #sweep: NodeJS.Timeout;

  constructor(options: EndpointOptions) {
    const { settings, traffic, create, log, now = () => performance.now() } = options;
    const { sessionIdleMs, keepAliveMs, stallTimeoutMs, maxBufferedBytes, stateless, resume } = settings;
    this.#options = options;
    this.#exchanges = new Exchanges({ keepAliveMs, stallTimeoutMs, now });
    const events =
      stateless || resume === false ? undefined : (options.fleet?.events ?? new MemoryEventLog({ ...resume, now }));
    const streams = {
      exchanges: this.#exchanges,
      log,
      events,
      graceMs: resume === false ? 0 : resume.graceMs,
      maxBufferedBytes,
      now,
    };
    const permissions = settings.auth?.scopes && new Permissions(settings.auth.scopes);
    const mode = { create, traffic, log, settings, streams, permissions, fleet: options.fleet };
    this.#mode = stateless ? new Stateless(mode) : new Sessionful(mode);
    this.#health = new Health(traffic);
    void this.#health.check(create, log);
    const every = Math.min(60_000, sessionIdleMs / 2, resume === false ? Infinity : resume.maxAgeMs / 2);
    this.#sweep = setInterval(() => this.expire(), every).unref();
  }

  /** Sessions, or requests that are being answered where there are none. */
  get sessions(): number {
    return this.#mode.size;
  }

  /** Ends the sessions whose idle time is over, and does what else is due. */
  expire(): void {
    this.#mode.expire();
    this.#exchanges.tick();
  }

  /** Clients that only listen are sent away. */
  stop(): void {
    this.#mode.stop();
  }

  /** Ends all sessions; resolves when what was written has left. */
  async close(): Promise<void> {
    clearInterval(this.#sweep);
    await this.#mode.close();
    await this.#exchanges.close();
  }

  /** Answers one request, whatever happens. */
  async answer(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const { log } = this.#options;
    this.#exchanges.add(res);
    if (log.isLevelEnabled("debug")) logRequest(log, req, res);
    try {
      await this.#route(req, res);
    } catch (error) {
      if (req.destroyed && !req.complete) return;
      log.error({ err: error }, "a request failed");
      if (res.headersSent) res.destroy();
      else refuse(res, INTERNAL);
    }
  }

  async #route(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const { traffic, guard, authenticator } = this.#options;
    const { host, origin } = req.headers;
    res.setHeader("X-Content-Type-Options", "nosniff");
    res.setHeader("Cache-Control", "no-store");
    // A client that keeps its connection would keep this server.
    if (traffic.draining) res.setHeader("Connection", "close");
    if (!guard.allowsHost(host)) return refuse(res, BAD_HOST);
    if (!guard.allowsOrigin(origin)) return refuse(res, BAD_ORIGIN);
    if (origin !== undefined) allowOrigin(res, origin);

    const path = (req.url ?? "/").split("?")[0] ?? "/";
    if (path !== MCP_PATH) return this.#other(path, req, res);
    if (req.method === "OPTIONS") return answerPreflight(res, this.#mode.methods);
    const known = await authenticator?.authenticate(req.headers.authorization);
    if (known && "challenge" in known) return refuse(res, known.challenge);
    if (!this.#mode.methods.includes(req.method ?? "")) return refuse(res, wrongMethod(this.#mode.methods));
    await this.#mode.handle(req, res, { identity: known?.identity, authenticator });
  }

  /** What needs no token: whether the server is well, and what an authorization server is told. */
  #other(path: string, req: IncomingMessage, res: ServerResponse): void {
    const reads = req.method === "GET" || req.method === "HEAD";
    if (reads && path === "/healthz") return answerJson(res, 200, { status: "ok" });
    if (reads && path === "/readyz") {
      const { reasons } = this.#health;
      return reasons.length === 0
        ? answerJson(res, 200, { status: "ready" })
        : answerJson(res, 503, { status: "not ready", reasons });
    }
    const document = reads ? this.#options.authenticator?.document(path) : undefined;
    if (document) return answerJson(res, 200, document);
    refuse(res, NOTHING_HERE);
  }
}

function wrongMethod(methods: readonly string[]): Refusal {
  const Allow = methods.join(", ");
  return { status: 405, message: `Use ${Allow}.`, headers: { Allow } };
}

function logRequest(log: Logger, req: IncomingMessage, res: ServerResponse): void {
  const started = performance.now();
  res.once("close", () => {
    const ms = Math.round(performance.now() - started);
    log.debug({ method: req.method, url: req.url, status: res.statusCode, ms }, "request");
  });
}
