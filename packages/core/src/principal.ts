import { createHash } from "node:crypto";
import type { Principal } from "./types.ts";

/** What the SDKs hand down of a verified token. The subject is wherever the verifier put it: `extra`. */
export interface AuthInfo {
  readonly token?: unknown;
  readonly scopes?: unknown;
  readonly extra?: unknown;
}

export const LOCAL: Principal = Object.freeze({ kind: "local", id: "local", scopes: [] });
export const ANONYMOUS: Principal = Object.freeze({ kind: "anonymous", id: "anonymous", scopes: [] });

/** Who calls, from the strongest evidence that there is; never the client id, which all users of an app share. */
export function principalOf(auth: AuthInfo | undefined, sessionId: string | undefined, local: boolean): Principal {
  if (auth) {
    const scopes = Array.isArray(auth.scopes) ? auth.scopes.filter((scope) => typeof scope === "string") : [];
    const claims = (typeof auth.extra === "object" && auth.extra !== null ? auth.extra : {}) as Record<string, unknown>;
    const subject = text(claims["sub"]) ?? text(claims["subject"]);
    if (subject !== undefined) {
      const issuer = text(claims["iss"]) ?? text(claims["issuer"]) ?? "";
      return { kind: "subject", id: hash("subject", issuer, subject), scopes };
    }
    if (typeof auth.token === "string" && auth.token !== "")
      return { kind: "token", id: hash("token", auth.token), scopes };
  }
  if (sessionId !== undefined) return { kind: "session", id: hash("session", sessionId), scopes: [] };
  return local ? LOCAL : ANONYMOUS;
}

const text = (value: unknown): string | undefined => (typeof value === "string" && value !== "" ? value : undefined);

/** The parts are joined as JSON, so no part can run into the next. */
function hash(kind: string, ...parts: string[]): string {
  return `${kind}:${createHash("sha256")
    .update(JSON.stringify([kind, ...parts]))
    .digest("base64url")
    .slice(0, 27)}`;
}
