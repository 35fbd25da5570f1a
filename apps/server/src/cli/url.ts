import type { HttpSettings } from "../config/http-settings.ts";

/** Where clients reach the server, before it listens: with port 0 nobody knows yet. */
export function urlOf({ publicUrl, host, port }: Pick<HttpSettings, "publicUrl" | "host" | "port">): string {
  if (publicUrl !== undefined) return publicUrl;
  const name = host === "0.0.0.0" || host === "::" ? "localhost" : host;
  const inUrl = name.includes(":") && !name.startsWith("[") ? `[${name}]` : name;
  return `http://${inUrl}:${port === 0 ? "(a free port)" : port}/mcp`;
}
