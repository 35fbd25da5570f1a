// A server with a third party's plugin (audit.ts) beside ours. Run it: npx tsx audited-server.ts
import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { StdioServerTransport } from "@modelcontextprotocol/sdk/server/stdio.js";
import { batch } from "@plugboard/batch";
import { compose, core, ToolError } from "@plugboard/core";
import { z } from "zod";
import { audit } from "./audit.ts";

const server = new McpServer({ name: "accounts", version: "1.0.0" });

compose([core(), audit({ keep: 50 }), batch()]).attach(server);

const balances = new Map([
  ["ann", 120],
  ["bob", -3],
]);

server.registerTool(
  "balance",
  {
    description: "The balance of an account.",
    inputSchema: { account: z.string() },
    annotations: { readOnlyHint: true },
  },
  ({ account }) => {
    const balance = balances.get(account);
    if (balance === undefined) {
      throw new ToolError(`There is no account "${account}". The accounts are: ${[...balances.keys()].join(", ")}.`);
    }
    return { content: [{ type: "text", text: String(balance) }] };
  },
);

await server.connect(new StdioServerTransport());
