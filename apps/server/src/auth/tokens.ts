import { timingSafeEqual } from "node:crypto";
import type { AuthSettings } from "../config/auth-settings.ts";
import { Failure } from "../config/failure.ts";
import { identityOf, OWN_ISSUER, sha256 } from "./identity.ts";
import { EVERYTHING } from "./permissions.ts";
import type { Identity } from "./types.ts";

interface Entry {
  readonly digest: Buffer;
  readonly identity: Identity;
}

/** The name under which the holder of `token` is known. */
const OWNER = "token";

/** The tokens that the settings name. Only their digests are kept. */
export class StaticTokens {
  readonly #entries: readonly Entry[];

  /** @throws Failure where a name or a token is there twice */
  constructor({ token, tokens }: Pick<AuthSettings, "token" | "tokens">) {
    this.#entries = [
      ...(token === undefined ? [] : [entryOf(OWNER, sha256(token), [EVERYTHING])]),
      ...tokens.map(({ name, hash, token: text, scopes }) =>
        entryOf(
          name,
          hash === undefined ? sha256(text ?? "") : Buffer.from(hash.slice("sha256:".length), "hex"),
          scopes,
        ),
      ),
    ];
    const names = new Set<string>();
    const digests = new Map<string, string>();
    for (const { digest, identity } of this.#entries) {
      const { name } = identity;
      if (names.has(name)) {
        const hint = name === OWNER ? "; it is the name of the holder of `http.auth.token`, too" : "";
        throw new Failure(`\`http.auth.tokens\`: two tokens are named \`${name}\`${hint}. Give each holder a name.`);
      }
      const other = digests.get(digest.toString("hex"));
      if (other !== undefined)
        throw new Failure(
          `\`http.auth\`: \`${other}\` and \`${name}\` have the same token. Give each a token of its own: \`plugboard token\` makes one.`,
        );
      names.add(name);
      digests.set(digest.toString("hex"), name);
    }
  }

  get size(): number {
    return this.#entries.length;
  }

  /** Whose token it is. Takes as long for every token, whatever of it is right. */
  find(digest: Buffer): Identity | undefined {
    let found: Identity | undefined;
    for (const entry of this.#entries) if (timingSafeEqual(entry.digest, digest)) found = entry.identity;
    return found;
  }
}

function entryOf(name: string, digest: Buffer, scopes: readonly string[]): Entry {
  return { digest, identity: identityOf({ issuer: OWN_ISSUER, subject: name, clientId: name, scopes, digest }) };
}
