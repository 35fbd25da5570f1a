import { LRUCache } from "lru-cache";
import type { Logger } from "pino";
import { MCP_PATH } from "../http/address.ts";
import type { AuthSettings } from "../config/auth-settings.ts";
import { Failure } from "../config/failure.ts";
import { AccessTokens } from "./access-tokens.ts";
import { insufficientScope, invalidToken, missingToken, type Realm, unavailable } from "./challenge.ts";
import { sha256 } from "./identity.ts";
import { ResourceMetadata } from "./metadata.ts";
import { objectionTo } from "./objection.ts";
import { Permissions } from "./permissions.ts";
import { StaticTokens } from "./tokens.ts";
import type { Authenticator, Identity } from "./types.ts";

/** A good token is not checked again for so long; then it counts that its issuer took a key back. */
const TRUSTED_MS = 60_000;
const MAX_TRUSTED = 10_000;
/** A longer one is not looked at. */
const MAX_TOKEN_CHARS = 16_384;

export interface AuthenticatorOptions {
  /** Milliseconds of a clock that never goes back; for tests. */
  readonly now?: () => number;
}

/**
 * Knows the callers of the settings: holders of tokens, and of access tokens of an authorization server. Does no I/O before the
 * first access token.
 * @param resource what access tokens must be for, unless the settings name an audience: the endpoint, as clients know it
 * @throws Failure where the settings contradict themselves
 */
export function createAuthenticator(
  settings: AuthSettings,
  resource: { readonly url: string },
  log: Logger,
  { now = () => performance.now() }: AuthenticatorOptions = {},
): Authenticator {
  const { oauth, scopes } = settings;
  const tokens = new StaticTokens(settings);
  const accessTokens = oauth && new AccessTokens({ settings: oauth, resource, log, now });
  if (tokens.size === 0 && !accessTokens)
    throw new Failure(
      "`http.auth` names nobody, so every request would be refused: give `token`, `tokens` or `oauth`, or leave `auth` out.",
    );
  warnOfScopes(settings, log);

  const permissions = scopes && new Permissions(scopes);
  const requestable = [...new Set([...(oauth?.requiredScopes ?? []), ...(permissions?.scopes ?? [])])];
  const metadata =
    oauth && new ResourceMetadata({ url: resource.url, issuer: oauth.issuer, scopes: requestable }, MCP_PATH);
  const realm: Realm = { metadataUrl: metadata?.url, scopes: oauth ? requestable : [] };
  const trusted = new LRUCache<string, Identity>({
    max: MAX_TRUSTED,
    ttl: TRUSTED_MS,
    ttlResolution: 0,
    // It takes 0 for no time at all.
    perf: { now: () => now() + 1 },
  });

  return {
    async authenticate(authorization) {
      const given = /^Bearer(?: +(.*))?$/i.exec(authorization ?? "");
      if (!given) return { challenge: missingToken(realm) };
      const token = (given[1] ?? "").trimEnd();
      if (!/^[\x21-\x7e]+$/.test(token)) return { challenge: invalidToken(realm, "A token is one word after Bearer") };
      if (token.length > MAX_TOKEN_CHARS)
        return { challenge: invalidToken(realm, `It is longer than ${MAX_TOKEN_CHARS} characters`) };

      const digest = sha256(token);
      const id = digest.toString("base64url");
      const known = trusted.get(id);
      if (known) return { identity: known };
      const holder = tokens.find(digest);
      if (holder) {
        trusted.set(id, holder);
        return { identity: holder };
      }
      if (!accessTokens) return { challenge: invalidToken(realm, "This server does not know it") };

      const outcome = await accessTokens.check(token, digest);
      if ("retryAfterMs" in outcome) return { challenge: unavailable(outcome.retryAfterMs) };
      if ("invalid" in outcome) return { challenge: invalidToken(realm, outcome.invalid) };
      if ("lacking" in outcome) {
        const message = `The token lacks ${outcome.lacking.map((scope) => `\`${scope}\``).join(", ")}.`;
        const wanted = [...outcome.scopes.filter((scope) => requestable.includes(scope)), ...outcome.lacking];
        return { challenge: insufficientScope(realm, message, wanted) };
      }
      const ttl = Math.min(TRUSTED_MS, outcome.expiresAt - Date.now());
      if (ttl >= 1) trusted.set(id, outcome.identity, { ttl: Math.floor(ttl) });
      return { identity: outcome.identity };
    },
    objection: (identity, messages) => permissions && objectionTo(identity, messages, permissions, realm),
    document: (path) => metadata?.at(path),
  };
}

/** Scopes of tokens restrict nothing where no scope says what it permits. */
function warnOfScopes({ tokens, scopes }: AuthSettings, log: Logger): void {
  if (scopes) return;
  for (const { name } of tokens.filter((token) => token.scopes.length > 0))
    log.warn(
      `the token of ${name} has scopes, and http.auth.scopes does not say what they permit: it permits every tool`,
    );
}
