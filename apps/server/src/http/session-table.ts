import type { AuthInfo } from "@modelcontextprotocol/sdk/server/auth/types.js";
import { isJSONRPCRequest, type JSONRPCRequest } from "@modelcontextprotocol/sdk/types.js";
import type { Identity } from "../auth/types.ts";
import { type Fleet, saidBy, type SessionRecord } from "./fleet.ts";
import type { Posted } from "./messages.ts";
import type { ModeOptions } from "./mode.ts";
import { type Refusal, SHUTTING_DOWN } from "./respond.ts";
import { Session, type SessionOptions } from "./session.ts";
import { Sessions } from "./sessions.ts";

const NO_ROOM: Refusal = {
  status: 503,
  message: "All sessions are in use. Try again later.",
  headers: { "Retry-After": "10" },
};
const UNREACHABLE: Refusal = {
  status: 503,
  message: "Whether this session exists cannot be found out at the moment. Try again.",
  headers: { "Retry-After": "1" },
};

/** The ids that sessions get. */
const SESSION_ID = /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/;
/** Largest `initialize` request that is kept for other instances, in UTF-16 units. */
const MAX_INITIALIZE = 65_536;

/** The sessions that this instance has; in a fleet, also those that it can take over from others. */
export class SessionTable {
  readonly #options: Omit<SessionOptions, "id" | "owner">;
  readonly #fleet: Fleet | undefined;
  readonly #sessions: Sessions<Session>;
  /** Those that other instances know of. */
  readonly #shared = new WeakSet<Session>();
  readonly #adopting = new Map<string, Promise<Session | Refusal>>();

  constructor(options: ModeOptions) {
    const { maxSessions: max, sessionIdleMs: idleMs } = options.settings;
    this.#options = {
      ...options,
      onClose: (session) => this.#forget(session),
      onUsed: ({ id }) => this.#sessions.touch(id),
    };
    this.#fleet = options.fleet;
    this.#sessions = new Sessions({ max, idleMs, now: options.streams.now });
    this.#fleet?.onRelayed((id, message) => this.#sessions.get(id)?.hear(message));
  }

  get size(): number {
    return this.#sessions.size;
  }

  all(): Session[] {
    return this.#sessions.all();
  }

  has(session: Session): boolean {
    return this.#sessions.get(session.id) === session;
  }

  /** The session of this id, if it is this caller's; of one that belongs to somebody else nothing is told. */
  async find(id: string, identity: Identity | undefined): Promise<Session | Refusal | undefined> {
    const found = this.#fleet ? await this.#findShared(this.#fleet, id, identity) : this.#sessions.get(id);
    if (!found || "status" in found) return found;
    if (found.owner !== identity?.key) return undefined;
    this.#sessions.touch(id);
    return found;
  }

  /** A new session for a client that introduces itself. */
  async open({ messages }: Posted, identity: Identity | undefined): Promise<Session | Refusal> {
    if (!this.#makeRoom()) return NO_ROOM;
    const session = new Session({ ...this.#options, owner: identity?.key });
    this.#sessions.add(session);
    try {
      await session.connect();
      await this.#share(session, messages.find(isJSONRPCRequest));
    } catch (error) {
      await this.end(session, "not initialized");
      throw error;
    }
    return session;
  }

  /** Lets the other instances know what they need to, of what a client has posted here. */
  async tell(session: Session, { messages }: Posted): Promise<void> {
    const fleet = this.#fleet;
    if (!fleet || !this.#shared.has(session)) return;
    for (const message of messages) {
      const said = isJSONRPCRequest(message) ? saidBy(message) : undefined;
      try {
        if (said) await fleet.note(session.id, said);
        if (said || session.isForeign(message)) await fleet.relay(session.id, message);
      } catch (error) {
        this.#options.log.warn({ err: error }, "what a client said could not be told to the other instances");
      }
    }
  }

  /** Ends a session, everywhere: resolves when no instance takes its requests any more. */
  async end(session: Session, why: string): Promise<void> {
    this.#release(session, why);
    if (!this.#fleet || !this.#shared.has(session)) return;
    await this.#fleet
      .forget(session.id)
      .catch((error: unknown) =>
        this.#options.log.warn({ err: error }, "a session could not be ended on the other instances"),
      );
  }

  /** Lets go of the sessions that have been idle for too long. */
  expire(): void {
    for (const session of this.#sessions.expire()) this.#release(session, "idle");
  }

  async close(): Promise<void> {
    await Promise.allSettled(this.all().map((session) => session.close()));
  }

  async #findShared(fleet: Fleet, id: string, identity: Identity | undefined): Promise<Session | Refusal | undefined> {
    if (!SESSION_ID.test(id)) return undefined;
    const here = this.#sessions.get(id);
    if (here && !this.#shared.has(here)) return here;
    let record: SessionRecord | undefined;
    try {
      record = await fleet.recall(id);
    } catch (error) {
      this.#options.log.debug({ err: error }, "a session could not be looked up");
      return here ?? UNREACHABLE;
    }
    if (!record) {
      if (here) this.#release(here, "ended elsewhere");
      return undefined;
    }
    if (record.owner !== identity?.key) return undefined;
    return this.#sessions.get(id) ?? (await this.#adoptOnce(id, record, identity?.auth));
  }

  #adoptOnce(id: string, record: SessionRecord, auth: AuthInfo | undefined): Promise<Session | Refusal> {
    const adopting = this.#adopting.get(id) ?? this.#adopt(id, record, auth).finally(() => this.#adopting.delete(id));
    this.#adopting.set(id, adopting);
    return adopting;
  }

  async #adopt(id: string, record: SessionRecord, auth: AuthInfo | undefined): Promise<Session | Refusal> {
    if (this.#options.traffic.draining) return SHUTTING_DOWN;
    const session = await Session.adopt({ ...this.#options, id, owner: record.owner }, record, auth);
    if (!this.#makeRoom()) {
      await session.close();
      return NO_ROOM;
    }
    this.#options.log.debug({}, "session taken over");
    this.#shared.add(session);
    this.#sessions.add(session);
    return session;
  }

  async #share(session: Session, initialize: JSONRPCRequest | undefined): Promise<void> {
    if (!this.#fleet || !initialize) return;
    if (JSON.stringify(initialize).length > MAX_INITIALIZE) return;
    try {
      await this.#fleet.remember(session.id, { owner: session.owner, initialize });
      this.#shared.add(session);
    } catch (error) {
      this.#options.log.debug({ err: error }, "a session stays on this instance");
    }
  }

  /** Whether there is room for one more; the session that was idle for longest makes it. */
  #makeRoom(): boolean {
    const { room, evicted } = this.#sessions.makeRoom();
    if (evicted) this.#release(evicted, "evicted");
    return room;
  }

  #release(session: Session, why: string): void {
    this.#options.log.debug({ why }, "session ended");
    this.#forget(session);
    session.close().catch((error: unknown) => this.#options.log.warn({ err: error }, "a session did not close"));
  }

  #forget(session: Session): void {
    if (!this.has(session)) return;
    this.#sessions.delete(session.id);
    // What is shared may go on elsewhere, and is forgotten with the session.
    if (this.#shared.has(session)) return;
    this.#options.streams.events
      ?.drop(session.id)
      .catch((error: unknown) => this.#options.log.warn({ err: error }, "events were not dropped"));
  }
}
