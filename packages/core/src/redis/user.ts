import { createHash } from "node:crypto";
import { hostname, userInfo } from "node:os";

let user: string | undefined;

/** Tells the local user of this machine from those of others that share a Redis: 22 characters. */
export function localUser(): string {
  return (user ??= createHash("sha256")
    .update(JSON.stringify([hostname(), userInfo().uid]))
    .digest("base64url")
    .slice(0, 22));
}
