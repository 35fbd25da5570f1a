import type { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { filterResources } from "../auth/listings.ts";
import type { HttpSettings } from "../config/http-settings.ts";
import { type Requests, type Traffic, watch } from "../serve/traffic.ts";
import type { HttpTransport } from "./transport.ts";

/** Connects a server, counts its requests, and leaves out of its lists what the callers' scopes do not permit. */
export async function connectServer(
  server: McpServer,
  transport: HttpTransport,
  { traffic, settings }: { readonly traffic: Traffic; readonly settings: HttpSettings },
): Promise<Requests> {
  await server.connect(transport);
  if (settings.auth?.scopes) filterResources(transport, settings.auth.scopes);
  return watch(transport, traffic);
}
