import type { IncomingMessage, ServerResponse } from "node:http";
import { isInitializeRequest } from "@modelcontextprotocol/sdk/types.js";
import type { Logger } from "pino";
import { readJson } from "./body.ts";
import type { Guard } from "./guard.ts";
import { allowOrigin, answerPreflight, bearsToken, refuse } from "./respond.ts";
import type { CreateServer } from "../serve/server.ts";
import { Session } from "./session.ts";
import { Sessions } from "./sessions.ts";
import type { HttpSettings } from "../config/http-settings.ts";
import type { Traffic } from "../serve/traffic.ts";

export const MCP_PATH = "/mcp";
const HEALTH_PATH = "/healthz";

export interface EndpointOptions {
  readonly create: CreateServer;
  readonly traffic: Traffic;
  readonly log: Logger;
  readonly settings: HttpSettings;
  readonly guard: Guard;
  /** Milliseconds of a clock that never goes back; for tests. */
  readonly now?: () => number;
}

/** Streamable HTTP: a session per client, all of them on the same plugins. */
export class Endpoint {
  readonly #options: EndpointOptions;
  readonly #sessions: Sessions<Session>;
  readonly #sweep: NodeJS.Timeout;

  constructor(options: EndpointOptions) {
    const { settings, now = () => performance.now() } = options;
    const { maxSessions: max, sessionIdleMs: idleMs } = settings;
    this.#options = options;
    this.#sessions = new Sessions({ max, idleMs, now });
    this.#sweep = setInterval(() => this.expire(), Math.min(60_000, idleMs / 2)).unref();
  }

  get sessions(): number {
    return this.#sessions.size;
  }

  /** Ends the sessions whose idle time is over. */
  expire(): void {
    for (const session of this.#sessions.expire()) this.#end(session, "idle");
  }

  /** Ends all sessions. */
  async close(): Promise<void> {
    clearInterval(this.#sweep);
    await Promise.allSettled(this.#sessions.all().map((session) => session.close()));
  }

  /** Answers one request, whatever happens. */
  async answer(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const { log } = this.#options;
    const started = performance.now();
    res.once("close", () =>
      log.debug(
        { method: req.method, url: req.url, status: res.statusCode, ms: Math.round(performance.now() - started) },
        "request",
      ),
    );
    try {
      await this.#route(req, res);
    } catch (error) {
      if (req.destroyed && !req.complete) return;
      log.error({ err: error }, "a request failed");
      if (res.headersSent) res.destroy();
      else refuse(req, res, 500, "Internal error. The details are in the server's log.");
    }
  }

  async #route(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const { settings, traffic, guard } = this.#options;
    const { host, origin, authorization } = req.headers;
    res.setHeader("X-Content-Type-Options", "nosniff");
    res.setHeader("Cache-Control", "no-store");
    if (!guard.allowsHost(host))
      return refuse(req, res, 403, "This Host is not allowed: add it to `http.allowedHosts`.");
    if (!guard.allowsOrigin(origin))
      return refuse(req, res, 403, "This Origin is not allowed: add it to `http.allowedOrigins`.");
    if (origin !== undefined) allowOrigin(res, origin);

    const path = (req.url ?? "/").split("?")[0];
    if (path === HEALTH_PATH && (req.method === "GET" || req.method === "HEAD")) {
      res.writeHead(traffic.draining ? 503 : 200, { "Content-Type": "application/json" });
      return void res.end(JSON.stringify({ status: traffic.draining ? "stopping" : "ok" }));
    }
    if (path !== MCP_PATH) return refuse(req, res, 404, `There is nothing here: the endpoint is ${MCP_PATH}.`);
    if (req.method === "OPTIONS") return answerPreflight(res);
    if (settings.auth?.token !== undefined && !bearsToken(authorization, settings.auth.token)) {
      const challenge = `Bearer realm="plugboard"${authorization === undefined ? "" : ', error="invalid_token"'}`;
      return refuse(req, res, 401, "Send the server's token: `Authorization: Bearer …`.", {
        "WWW-Authenticate": challenge,
      });
    }
    if (settings.auth?.token !== undefined)
      Object.assign(req, { auth: { token: settings.auth.token, clientId: "token", scopes: [] } });
    // A running call may wait for what its client posts; new calls are refused one by one.
    const answers = req.method === "POST" && "mcp-session-id" in req.headers;
    if (traffic.draining && !answers)
      return refuse(req, res, 503, "The server is shutting down.", { "Retry-After": "5", Connection: "close" });

    if (req.method === "POST") return await this.#post(req, res);
    if (req.method !== "GET" && req.method !== "DELETE") {
      return refuse(req, res, 405, "Use POST, GET or DELETE.", { Allow: "GET, POST, DELETE" });
    }
    const session = this.#sessionOf(req, res);
    await session?.handle(req, res);
  }

  async #post(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const { maxBodyBytes } = this.#options.settings;
    const named = "mcp-session-id" in req.headers;
    const known = named ? this.#sessionOf(req, res) : undefined;
    if (named && !known) return;
    const body = await readJson(req, maxBodyBytes);
    if ("problem" in body) return refuse(req, res, body.status, body.problem);
    if (known) return await known.handle(req, res, body.json);
    if (!isInitializeRequest(body.json)) {
      return refuse(
        req,
        res,
        400,
        "The Mcp-Session-Id header is missing: start with an initialize request, which gets one.",
      );
    }
    await this.#open(req, res, body.json);
  }

  /** The session that a request names; without one, the request is refused. */
  #sessionOf(req: IncomingMessage, res: ServerResponse): Session | undefined {
    const { "mcp-session-id": id } = req.headers;
    const session = id === undefined ? undefined : this.#sessions.get(String(id));
    if (session) this.#sessions.touch(session.id);
    else if (id === undefined) refuse(req, res, 400, "The Mcp-Session-Id header is missing.");
    else refuse(req, res, 404, "This session does not exist or has ended: start a new one with an initialize request.");
    return session;
  }

  async #open(req: IncomingMessage, res: ServerResponse, json: unknown): Promise<void> {
    const { create, traffic, log } = this.#options;
    const { room, evicted } = this.#sessions.makeRoom();
    if (evicted) this.#end(evicted, "evicted");
    if (!room) return refuse(req, res, 503, "All sessions are in use. Try again later.", { "Retry-After": "10" });
    const session: Session = new Session({
      create,
      traffic,
      log,
      onClose: () => this.#sessions.delete(session.id),
      onUsed: () => this.#sessions.touch(session.id),
    });
    this.#sessions.add(session);
    try {
      await session.connect();
      await session.handle(req, res, json);
    } finally {
      if (!session.initialized) this.#end(session, "not initialized");
    }
  }

  #end(session: Session, why: string): void {
    this.#options.log.debug({ why }, "session ended");
    this.#sessions.delete(session.id);
    session.close().catch((error: unknown) => this.#options.log.warn({ err: error }, "a session did not close"));
  }
}
