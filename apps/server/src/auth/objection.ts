import type { JSONRPCMessage } from "@modelcontextprotocol/sdk/types.js";
import { insufficientScope, type Realm } from "./challenge.ts";
import type { Permissions } from "./permissions.ts";
import type { Challenge, Identity } from "./types.ts";

/** Methods that name what they use, and the parameter that does. */
const USES: Readonly<Record<string, "name" | "uri">> = {
  "tools/call": "name",
  "resources/read": "uri",
  "resources/subscribe": "uri",
};

/**
 * Why one of these messages may not be handled for this caller. A tool that no scope permits is none of
 * its concern: to all callers there is no such tool. A resource is, since nothing behind it asks again.
 */
export function objectionTo(
  { auth }: Identity,
  messages: readonly JSONRPCMessage[],
  permissions: Permissions,
  realm: Realm,
): Challenge | undefined {
  for (const message of messages) {
    const used = usedBy(message);
    if (!used || permissions.permit(auth.scopes, used.name)) continue;
    const permitting = permissions.permitting(used.name);
    if (permitting.length === 0 && used.what === "name") continue;
    const what = `\`${used.name.slice(0, 200)}\``;
    const [wanted] = permitting;
    if (wanted === undefined) return insufficientScope(realm, `No scope permits ${what}.`, []);
    const any = permitting.map((scope) => `\`${scope}\``).join(" or ");
    // A new token replaces the old one: what that permits is asked for again.
    const own = auth.scopes.filter((scope) => realm.scopes.includes(scope));
    return insufficientScope(realm, `${what} needs the scope ${any}.`, [...own, wanted]);
  }
  return undefined;
}

function usedBy(message: JSONRPCMessage): { readonly what: "name" | "uri"; readonly name: string } | undefined {
  if (!("method" in message)) return undefined;
  const what = Object.hasOwn(USES, message.method) ? USES[message.method] : undefined;
  if (what === undefined) return undefined;
  const name = message.params?.[what];
  return typeof name === "string" ? { what, name: what === "uri" ? canonical(name) : name } : undefined;
}

/** As the server reads it: `x:///a/../b` is `x:///b`. */
function canonical(uri: string): string {
  return URL.canParse(uri) ? new URL(uri).href : uri;
}
