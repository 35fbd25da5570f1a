import { createRemoteJWKSet, customFetch, type JWTVerifyGetKey } from "jose";
import type { Logger } from "pino";
import { z } from "zod";
import type { OAuthSettings } from "../config/auth-settings.ts";
import { Failure } from "../config/failure.ts";
import { fetchJson, isSafe, NoDocument } from "./fetch-json.ts";

/** How long a document may take to come, discovery as a whole. */
const TIMEOUT_MS = 5000;
/** After a failure nothing is asked for so long, twice as long after each further one. */
const FIRST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 30_000;
/** Keys are read again after so long, and for a token whose key is not there, but not more often than that. */
const KEYS_MAX_AGE_MS = 600_000;
const KEYS_COOLDOWN_MS = 10_000;

/** The authorization server cannot be asked now: that says nothing about a token. */
export class IssuerUnavailable extends Error {
  override readonly name = "IssuerUnavailable";
  readonly retryAfterMs: number;

  constructor(message: string, retryAfterMs: number, options?: ErrorOptions) {
    super(message, options);
    this.retryAfterMs = retryAfterMs;
  }
}

const metadata = z.looseObject({ issuer: z.string(), jwks_uri: z.url() });
const keySet = z.looseObject({ keys: z.array(z.looseObject({ kty: z.string() })) });

export interface IssuerOptions {
  readonly log: Logger;
  /** Milliseconds of a clock that never goes back. */
  readonly now: () => number;
}

/** An authorization server: where its keys are, and the keys. Nothing is asked before a token has to be checked. */
export class Issuer {
  readonly #issuer: URL;
  readonly #id: string;
  readonly #jwksUrl: URL | undefined;
  readonly #options: IssuerOptions;
  #keys: Promise<JWTVerifyGetKey> | undefined;
  #failures = 0;
  #notBefore = -Infinity;

  /** @throws Failure where an address is not safe to use */
  constructor({ issuer, jwksUrl }: Pick<OAuthSettings, "issuer" | "jwksUrl">, options: IssuerOptions) {
    this.#id = issuer;
    this.#issuer = safe(issuer, "issuer");
    if (this.#issuer.search !== "" || this.#issuer.hash !== "")
      throw new Failure("`http.auth.oauth.issuer`: an issuer has no query and no fragment (RFC 8414, section 2).");
    this.#jwksUrl = jwksUrl === undefined ? undefined : safe(jwksUrl, "jwksUrl");
    this.#options = options;
  }

  /**
   * The key that a token says it was signed with, for `jwtVerify`.
   * @throws IssuerUnavailable; what `createRemoteJWKSet` throws where there is no such key
   */
  readonly key: JWTVerifyGetKey = async (header, token) => {
    this.#keys ??= this.#locate().catch((error: unknown) => {
      this.#keys = undefined;
      throw error;
    });
    const keys = await this.#keys;
    return await keys(header, token);
  };

  async #locate(): Promise<JWTVerifyGetKey> {
    const url = this.#jwksUrl ?? (await this.#attempt((signal) => discover(this.#id, this.#issuer, signal)));
    return createRemoteJWKSet(url, {
      cacheMaxAge: KEYS_MAX_AGE_MS,
      cooldownDuration: KEYS_COOLDOWN_MS,
      timeoutDuration: TIMEOUT_MS,
      [customFetch]: async () => Response.json(await this.#attempt((signal) => readKeys(url, signal))),
    });
  }

  /** Does it, unless it failed a moment ago. */
  async #attempt<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const { now, log } = this.#options;
    const pause = this.#notBefore - now();
    if (pause > 0) throw new IssuerUnavailable("The authorization server did not answer a moment ago.", pause);
    try {
      const done = await work(AbortSignal.timeout(TIMEOUT_MS));
      this.#failures = 0;
      return done;
    } catch (error) {
      const retryAfterMs = Math.min(FIRST_PAUSE_MS * 2 ** this.#failures, LONGEST_PAUSE_MS);
      this.#failures++;
      this.#notBefore = now() + retryAfterMs;
      const why = reasonOf(error);
      log.error({ issuer: this.#id, why, retryAfterMs }, "the authorization server's keys cannot be read");
      throw new IssuerUnavailable(why, retryAfterMs, { cause: error });
    }
  }
}

/** Where the keys are, as the metadata says: RFC 8414, else OpenID Connect Discovery. */
async function discover(id: string, issuer: URL, signal: AbortSignal): Promise<URL> {
  const missing: string[] = [];
  for (const url of metadataUrls(issuer)) {
    try {
      const found = metadata.parse(await fetchJson(url, signal));
      if (found.issuer !== id)
        throw new NoDocument(
          `${url.href} is about the issuer ${found.issuer}: set \`http.auth.oauth.issuer\` to exactly that, if it is the right one`,
        );
      const keys = new URL(found.jwks_uri);
      if (!isSafe(keys)) throw new NoDocument(`${url.href} has a \`jwks_uri\` that is not https: ${keys.href}`);
      return keys;
    } catch (error) {
      if (!(error instanceof NoDocument || error instanceof z.ZodError)) throw error;
      missing.push(error instanceof NoDocument ? error.message : `${url.href} has no \`issuer\` and \`jwks_uri\``);
    }
  }
  throw new NoDocument(missing.join("; "));
}

/** In the order of the MCP specification ("Authorization Server Metadata Discovery"). */
function metadataUrls(issuer: URL): URL[] {
  const path = issuer.pathname.replace(/\/$/, "");
  const paths = [
    `/.well-known/oauth-authorization-server${path}`,
    `/.well-known/openid-configuration${path}`,
    `${path}/.well-known/openid-configuration`,
  ];
  return [...new Set(paths)].map((at) => new URL(at, issuer.origin));
}

async function readKeys(url: URL, signal: AbortSignal): Promise<object> {
  const found = keySet.safeParse(await fetchJson(url, signal));
  if (!found.success) throw new NoDocument(`${url.href} is no JSON Web Key Set`);
  return found.data;
}

function safe(text: string, field: string): URL {
  const url = new URL(text);
  if (isSafe(url)) return url;
  throw new Failure(
    `\`http.auth.oauth.${field}\`: ${text} is not https, so that anybody on the way could put in keys of their own. Use https; http is for this machine only.`,
  );
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === "TimeoutError") return `no answer in ${TIMEOUT_MS} ms`;
  const { cause } = error;
  return cause instanceof Error && !(error instanceof NoDocument)
    ? `${error.message}: ${cause.message}`
    : error.message;
}
