import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { InMemoryTransport } from "@modelcontextprotocol/sdk/inMemory.js";
import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import type { Tool } from "@modelcontextprotocol/sdk/types.js";
import { z } from "zod";
import { exampleOf } from "./docs-example.mjs";

interface Plugin {
  attach(server: McpServer): McpServer;
  dispose(): Promise<void>;
}

/** What a plugin's package exports under the plugin's name. */
export type Factory = ((options: unknown) => Plugin) & { readonly definition: { readonly options: z.ZodType } };

/** The JSON Schema of a plugin's options; what has no JSON form, such as a function, is there with its name. */
export function optionsSchema({ definition }: Factory): Record<string, unknown> {
  return z.toJSONSchema(definition.options, {
    io: "input",
    unrepresentable: "any",
    override: ({ zodSchema, jsonSchema }) => {
      const { type } = zodSchema._zod.def;
      if (type === "function" || type === "custom") jsonSchema.type ??= "function" as never;
    },
  });
}

/** The tools that a plugin with the least of options adds to a server, as a client sees them. */
export async function toolsOf(factory: Factory): Promise<Tool[]> {
  const plugin = factory(exampleOf(optionsSchema(factory)));
  const server = plugin.attach(new McpServer({ name: "docs", version: "0.0.0" }));
  const client = new Client({ name: "docs", version: "0.0.0" });
  const [here, there] = InMemoryTransport.createLinkedPair();
  await Promise.all([server.connect(there), client.connect(here)]);
  try {
    return client.getServerCapabilities()?.tools ? (await client.listTools()).tools : [];
  } finally {
    await client.close();
    await plugin.dispose();
  }
}
