import { isWildcard } from "../http/address.ts";
import type { HttpSettings } from "./http-settings.ts";

/** What an operator should know who listens on all addresses and names none that clients would use; else undefined. */
export function reachNote(http: Pick<HttpSettings, "host" | "publicUrl" | "allowedHosts">): string | undefined {
  const { host, publicUrl, allowedHosts } = http;
  if (!isWildcard(host) || publicUrl !== undefined || allowedHosts.length > 0) return undefined;
  return (
    `on ${host} only clients that call this server localhost are let in, all others get 403: set \`http.publicUrl\` to the address ` +
    "that clients know, or put the names that they use into `http.allowedHosts`."
  );
}
