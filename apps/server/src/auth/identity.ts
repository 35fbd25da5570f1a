import { hash } from "node:crypto";
import type { Identity } from "./types.ts";

/** The issuer that the holders of static tokens have: no URL, so no authorization server can be it. */
export const OWN_ISSUER = "plugboard:token";

export interface Verified {
  readonly issuer: string;
  readonly subject: string;
  /** The app that the caller uses. */
  readonly clientId: string;
  readonly scopes: readonly string[];
  /** SHA-256 of the token. */
  readonly digest: Buffer;
  /** Seconds since 1970. */
  readonly expiresAt?: number;
  readonly resource?: URL;
}

/** Who a verified token stands for. Nothing in it leads back to the token. */
export function identityOf(verified: Verified): Identity {
  const { issuer, subject, clientId, scopes, digest, expiresAt, resource } = verified;
  return {
    key: hash("sha256", JSON.stringify([issuer, subject]), "base64url"),
    // It may be shown on a terminal.
    name: subject.replace(/[^\x20-\x7e\u{a0}-\u{10ffff}]/gu, "?").slice(0, 100),
    auth: {
      token: `sha256:${digest.toString("hex")}`,
      clientId,
      scopes: [...scopes],
      ...(expiresAt !== undefined && { expiresAt }),
      ...(resource && { resource }),
      extra: { iss: issuer, sub: subject },
    },
  };
}

export function sha256(text: string): Buffer {
  return hash("sha256", text, "buffer");
}
