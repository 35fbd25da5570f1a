import type { Challenge } from "./types.ts";

/** What every challenge of this server says, whatever is wrong. */
export interface Realm {
  /** Where the metadata of the resource is (RFC 9728, section 5.1); only with OAuth. */
  readonly metadataUrl: string | undefined;
  /** What a client can ask its authorization server for; only with OAuth. */
  readonly scopes: readonly string[];
}

/** No credentials: says where to get some, and names no error (RFC 6750, section 3.1). */
export function missingToken({ metadataUrl, scopes }: Realm): Challenge {
  const how = metadataUrl === undefined ? "a token of this server" : "an access token for this server";
  return {
    status: 401,
    message: `Send ${how}: \`Authorization: Bearer …\`.`,
    headers: { "WWW-Authenticate": bearer({ resource_metadata: metadataUrl, scope: list(scopes) }) },
  };
}

/** A token that is not, or no longer, good. */
export function invalidToken({ metadataUrl, scopes }: Realm, description: string): Challenge {
  return {
    status: 401,
    message: `The token is not accepted: ${description}.`,
    headers: {
      "WWW-Authenticate": bearer({
        error: "invalid_token",
        error_description: `${description}.`,
        resource_metadata: metadataUrl,
        scope: list(scopes),
      }),
    },
  };
}

/** A good token that does not permit it; `scopes` are those to ask for, so that the next token permits it. */
export function insufficientScope({ metadataUrl }: Realm, message: string, scopes: readonly string[]): Challenge {
  return {
    status: 403,
    message,
    headers: {
      "WWW-Authenticate": bearer({
        error: "insufficient_scope",
        error_description: "The token lacks a scope for this.",
        resource_metadata: metadataUrl,
        scope: list(scopes),
      }),
    },
  };
}

/** Nothing is known about the token: its issuer cannot be asked. */
export function unavailable(retryAfterMs: number): Challenge {
  return {
    status: 503,
    message: "The token cannot be checked now, since its issuer does not answer. Try again later.",
    headers: { "Retry-After": String(Math.max(1, Math.ceil(retryAfterMs / 1000))) },
  };
}

const list = (scopes: readonly string[]): string | undefined => (scopes.length === 0 ? undefined : scopes.join(" "));

/** The header's value. What a quoted string cannot hold is left out. */
function bearer(parameters: Readonly<Record<string, string | undefined>>): string {
  const all = { realm: "plugboard", ...parameters };
  const shown = Object.entries(all).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}="${value.replace(/[^\x20-\x7e]|["\\]/g, "")}"`],
  );
  return `Bearer ${shown.join(", ")}`;
}
