import type { IncomingMessage, ServerResponse } from "node:http";
import type { EventLog } from "./events/types.ts";
import {
  acceptRefusal,
  type Caller,
  protocolVersion,
  readPosted,
  understandsPriming,
  versionRefusal,
} from "./messages.ts";
import type { Mode, ModeOptions } from "./mode.ts";
import { type Refusal, refuse, SESSION_OVER, SHUTTING_DOWN } from "./respond.ts";
import type { Session } from "./session.ts";
import { SessionTable } from "./session-table.ts";
import type { StreamAnswer } from "./transport.ts";

const NO_STREAM: Readonly<Record<Exclude<StreamAnswer, "answered">, Refusal>> = {
  conflict: {
    status: 409,
    message: "This session has its stream for notifications already: there is one at a time.",
  },
  malformed: { status: 400, message: "The Last-Event-ID is none that this server has given." },
  gone: {
    status: 400,
    message: "The events after this Last-Event-ID are gone: the stream cannot be resumed. Ask again for what you need.",
  },
};
const NO_SESSION: Refusal = { status: 400, message: "The Mcp-Session-Id header is missing." };
const NOT_INITIALIZE: Refusal = {
  status: 400,
  message: "The Mcp-Session-Id header is missing: start with an initialize request, which gets one.",
};

/** A session per client, bound to who opened it. */
export class Sessionful implements Mode {
  readonly methods = ["GET", "POST", "DELETE"];
  readonly #options: ModeOptions;
  readonly #events: EventLog | undefined;
  readonly #table: SessionTable;

  constructor(options: ModeOptions) {
    this.#options = options;
    this.#events = options.streams.events;
    this.#table = new SessionTable(options);
  }

  get size(): number {
    return this.#table.size;
  }

  async handle(req: IncomingMessage, res: ServerResponse, caller: Caller): Promise<void> {
    const { "mcp-session-id": id, "last-event-id": lastEventId } = req.headers;
    // A running call may wait for what its client posts, and a client may come back for a result; new calls are refused
    // one by one.
    const goesOn = id !== undefined && (req.method !== "GET" || lastEventId !== undefined);
    if (this.#options.traffic.draining && !goesOn) return refuse(res, SHUTTING_DOWN);
    const session = id === undefined ? undefined : await this.#table.find(String(id), caller.identity);
    if (id !== undefined && !session) return refuse(res, SESSION_OVER);
    if (session && "status" in session) return refuse(res, session);
    if (req.method === "POST") return await this.#post(session, req, res, caller);

    if (!session) return refuse(res, NO_SESSION);
    const version = protocolVersion(req);
    const refusal =
      versionRefusal(version) ?? (req.method === "GET" ? acceptRefusal(req, ["text/event-stream"]) : undefined);
    if (refusal) return refuse(res, refusal);
    if (req.method === "DELETE") {
      await this.#table.end(session, "deleted");
      return void res.writeHead(200).end();
    }
    const resumes = this.#events && lastEventId !== undefined ? String(lastEventId) : undefined;
    const answer = await session.stream(res, resumes, understandsPriming(version));
    if (answer !== "answered") refuse(res, NO_STREAM[answer]);
  }

  expire(): void {
    this.#table.expire();
    this.#events?.expire();
  }

  stop(): void {
    for (const session of this.#table.all()) session.unlisten();
  }

  close(): Promise<void> {
    return this.#table.close();
  }

  async #post(known: Session | undefined, req: IncomingMessage, res: ServerResponse, caller: Caller): Promise<void> {
    const posted = await readPosted(req, this.#options.settings, caller);
    if ("status" in posted) return refuse(res, posted);
    if (known) {
      await this.#table.tell(known, posted);
      if (!this.#table.has(known)) return refuse(res, SESSION_OVER);
      return known.post(posted, req, res, caller.identity?.auth);
    }
    if (!posted.initialize) return refuse(res, NOT_INITIALIZE);
    const session = await this.#table.open(posted, caller.identity);
    if ("status" in session) return refuse(res, session);
    res.once("close", () => {
      if (!session.initialized) void this.#table.end(session, "not initialized");
    });
    if (res.closed) return await this.#table.end(session, "not initialized");
    session.post(posted, req, res, caller.identity?.auth);
  }
}
