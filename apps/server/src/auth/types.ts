import type { AuthInfo } from "@modelcontextprotocol/sdk/server/auth/types.js";

/** Who calls, verified. */
export interface Identity {
  /** The same for the same caller, whatever token it shows: sessions are bound to it. */
  readonly key: string;
  /** For the log. */
  readonly name: string;
  /** What the plugins see; never the token itself. */
  readonly auth: AuthInfo;
}

/** Why a request is refused, as HTTP says it. */
export interface Challenge {
  readonly status: 401 | 403 | 503;
  readonly message: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** Knows callers by what their requests carry. */
export interface Authenticator {
  /** @param authorization the header */
  authenticate(authorization: string | undefined): Promise<{ identity: Identity } | { challenge: Challenge }>;
  /** Why a message may not be handled, where the caller lacks a scope for it (RFC 6750, section 3.1). */
  objection(identity: Identity, message: unknown): Challenge | undefined;
  /** What stands at a path that needs no token: the metadata of the protected resource (RFC 9728). */
  document(path: string): object | undefined;
}
