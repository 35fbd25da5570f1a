import type { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { filterResources } from "../auth/listings.ts";
import { type Requests, watch } from "../serve/traffic.ts";
import type { ModeOptions } from "./mode.ts";
import type { HttpTransport } from "./transport.ts";

/** Connects a server, counts its requests, and leaves out of its lists what the callers' scopes do not permit. */
export async function connectServer(
  server: McpServer,
  transport: HttpTransport,
  { traffic, permissions }: Pick<ModeOptions, "traffic" | "permissions">,
): Promise<Requests> {
  await server.connect(transport);
  if (permissions) filterResources(transport, permissions);
  return watch(transport, traffic);
}
