import type { HttpSettings } from "../config/http-settings.ts";
import { endpointUrl } from "../http/address.ts";

/** Where clients reach the server, before it listens: with port 0 nobody knows yet. */
export function urlOf({ publicUrl, host, port }: Pick<HttpSettings, "publicUrl" | "host" | "port">): string {
  return publicUrl ?? endpointUrl(host, port === 0 ? "(a free port)" : port);
}
