import type { JSONRPCMessage, JSONRPCRequest } from "@modelcontextprotocol/sdk/types.js";
import type { EventLog } from "./events/types.ts";

/** What an instance needs to go on with a session that was opened on another one. */
export interface SessionRecord {
  /** The identity that opened it; none without authentication. */
  readonly owner: string | undefined;
  /** The request that opened it. */
  readonly initialize: JSONRPCRequest;
  /** Requests since then that a server remembers, such as subscriptions. */
  readonly said: readonly JSONRPCRequest[];
}

/** A request that a server remembers, and under what name: a later one of the same name takes its place. */
export interface Said {
  readonly name: string;
  /** Undefined: it no longer holds. */
  readonly request: JSONRPCRequest | undefined;
}

/**
 * What the instances behind one address share, so that any of them can answer any request. All of it rejects while it cannot
 * be reached.
 */
export interface Fleet {
  /** The name of this instance among them. */
  readonly instance: string;
  /** Where the events of streams are kept for all of them; none where nobody can come back for events. */
  readonly events: EventLog | undefined;
  /** Makes a session known to the others. */
  remember(id: string, record: Pick<SessionRecord, "owner" | "initialize">): Promise<void>;
  /** Adds to what is known of a session. */
  note(id: string, said: Said): Promise<void>;
  /** The session, which is known for longer by being asked for; `undefined` where there is none, or no more. */
  recall(id: string): Promise<SessionRecord | undefined>;
  /** The session is over, on all instances. */
  forget(id: string): Promise<void>;
  /** Hands a message of a client to the other instances that have its session. */
  relay(id: string, message: JSONRPCMessage): Promise<void>;
  /** Hears what other instances hand over. */
  onRelayed(listener: (id: string, message: JSONRPCMessage) => void): void;
  close(): Promise<void>;
}

/** What a server remembers of a request, where it does: the level of its log, and subscriptions (specification, "Logging", "Resources"). */
export function saidBy(request: JSONRPCRequest): Said | undefined {
  const { method, params } = request;
  const uri = String(params?.["uri"]);
  if (method === "logging/setLevel") return { name: "level", request };
  if (method === "resources/subscribe") return { name: `uri ${uri}`, request };
  if (method === "resources/unsubscribe") return { name: `uri ${uri}`, request: undefined };
  return undefined;
}
