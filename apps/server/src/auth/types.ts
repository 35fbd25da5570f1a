import type { AuthInfo } from "@modelcontextprotocol/sdk/server/auth/types.js";
import type { JSONRPCMessage } from "@modelcontextprotocol/sdk/types.js";
import type { Refusal } from "../http/respond.ts";

/** Who calls, verified. */
export interface Identity {
  /** The same for the same caller, whatever token it shows: sessions are bound to it. */
  readonly key: string;
  /** For messages to the operator. */
  readonly name: string;
  /** What the plugins see; never the token itself. */
  readonly auth: AuthInfo;
}

/** Why a caller is refused, and what it needs. */
export interface Challenge extends Refusal {
  readonly status: 401 | 403 | 503;
  readonly headers: Readonly<Record<string, string>>;
}

/** Knows callers by what their requests carry. */
export interface Authenticator {
  /** @param authorization the header */
  authenticate(authorization: string | undefined): Promise<{ identity: Identity } | { challenge: Challenge }>;
  /** Why messages may not be handled, where the caller lacks a scope for one of them (RFC 6750, section 3.1). */
  objection(identity: Identity, messages: readonly JSONRPCMessage[]): Challenge | undefined;
  /** What stands at a path that needs no token: the metadata of the protected resource (RFC 9728). */
  document(path: string): object | undefined;
}
