import { errors, type JWTPayload, jwtVerify } from "jose";
import type { Logger } from "pino";
import type { OAuthSettings } from "../config/auth-settings.ts";
import { identityOf } from "./identity.ts";
import { Issuer, IssuerUnavailable } from "./issuer.ts";
import type { Identity } from "./types.ts";

/** What became of a token. */
export type Outcome =
  | { readonly identity: Identity; /** Milliseconds since 1970. */ readonly expiresAt: number }
  | { readonly invalid: string }
  | { readonly lacking: readonly string[]; readonly scopes: readonly string[] }
  | { readonly retryAfterMs: number };

export interface AccessTokensOptions {
  readonly settings: OAuthSettings;
  readonly resource: { readonly url: string };
  readonly log: Logger;
  readonly now: () => number;
}

/** Characters of a scope (RFC 6749, section 3.3). */
const SCOPE = /^[\x21\x23-\x5b\x5d-\x7e]+$/;
/** Types of access tokens: as RFC 9068 wants it, and as most issuers still say it. */
const TYPES = new Set<string | undefined>(["at+jwt", "application/at+jwt", "jwt", undefined]);

/** Checks the access tokens of an authorization server: JSON Web Tokens that it signed for this resource. */
export class AccessTokens {
  readonly #options: AccessTokensOptions;
  readonly #issuer: Issuer;
  readonly #audience: string;
  readonly #resource: URL;

  /** @throws Failure where an address is not safe to use */
  constructor(options: AccessTokensOptions) {
    const { settings, resource, log, now } = options;
    this.#options = options;
    this.#issuer = new Issuer(settings, { log, now });
    this.#audience = settings.audience ?? resource.url;
    this.#resource = new URL(resource.url);
  }

  /** Never rejects. */
  async check(token: string, digest: Buffer): Promise<Outcome> {
    const { settings, log } = this.#options;
    try {
      const { payload, protectedHeader } = await jwtVerify(token, this.#issuer.key, {
        issuer: settings.issuer,
        audience: this.#audience,
        algorithms: [...settings.algorithms],
        clockTolerance: settings.clockToleranceMs / 1000,
        requiredClaims: ["exp", "sub"],
      });
      return TYPES.has(protectedHeader.typ?.toLowerCase())
        ? this.#outcome(payload, digest)
        : { invalid: "It is no access token, as its type says" };
    } catch (error) {
      if (error instanceof IssuerUnavailable) return { retryAfterMs: error.retryAfterMs };
      const invalid = whyInvalid(error);
      log.debug(
        { why: invalid, code: error instanceof errors.JOSEError ? error.code : String(error) },
        "token refused",
      );
      return { invalid };
    }
  }

  #outcome(payload: JWTPayload, digest: Buffer): Outcome {
    const { settings } = this.#options;
    const { sub: subject, exp, cnf } = payload;
    if (typeof subject !== "string" || subject === "" || exp === undefined) return { invalid: "It names no subject" };
    // Without the proof of possession it is only half a credential (RFC 9449, section 7.2).
    if (cnf !== undefined) return { invalid: "It is bound to a key of its holder, which this server cannot check" };
    const scopes = scopesOf(payload);
    const lacking = settings.requiredScopes.filter((scope) => !scopes.includes(scope));
    if (lacking.length > 0) return { lacking, scopes };
    const identity = identityOf({
      issuer: settings.issuer,
      subject,
      clientId: textOf(payload["client_id"]) ?? textOf(payload["azp"]) ?? subject,
      scopes,
      digest,
      expiresAt: exp,
      resource: this.#resource,
    });
    return { identity, expiresAt: exp * 1000 + settings.clockToleranceMs };
  }
}

const textOf = (claim: unknown): string | undefined => (typeof claim === "string" ? claim : undefined);

/** From `scope` (RFC 9068) and `scp`, which other issuers write: a list in one string, or an array. */
function scopesOf({ scope, scp }: JWTPayload): string[] {
  const words = [scope, scp].flat().flatMap((claim) => (typeof claim === "string" ? [claim] : []));
  // In an array each is a scope, also one with a space, which none can have.
  const all = words.flatMap((word) => (word === scope || word === scp ? word.split(" ") : [word]));
  return [...new Set(all.filter((word) => SCOPE.test(word)))];
}

const CLAIMS: Readonly<Record<string, string>> = {
  aud: "It is for another audience than this server",
  iss: "It is of another issuer",
  nbf: "It is not valid yet",
  sub: "It names no subject",
  exp: "It does not say when it expires",
};

function whyInvalid(error: unknown): string {
  if (error instanceof errors.JWTExpired) return "It has expired";
  if (error instanceof errors.JWTClaimValidationFailed)
    return CLAIMS[error.claim] ?? `Its claim ${error.claim.replace(/\W/g, "")} is not as it must be`;
  if (error instanceof errors.JOSEAlgNotAllowed) return "It is signed with an algorithm that is not accepted";
  if (error instanceof errors.JWSSignatureVerificationFailed) return "Its signature does not fit";
  if (error instanceof errors.JWKSNoMatchingKey) return "Its issuer has no such key";
  if (error instanceof errors.JWKSMultipleMatchingKeys)
    return "It does not say which key of its issuer it is signed with";
  return "It is no JSON Web Token that this server can read";
}
