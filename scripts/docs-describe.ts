// Prints, as JSON, what the plugins in the given folders say of themselves.
import { basename, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { InMemoryTransport } from "@modelcontextprotocol/sdk/inMemory.js";
import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { z } from "zod";
import { exampleOf } from "./docs-example.mjs";

interface Plugin {
  attach(server: McpServer): McpServer;
  dispose(): Promise<void>;
}

type Factory = ((options: unknown) => Plugin) & { readonly definition: { readonly options: z.ZodType } };

async function describe(folder: string): Promise<object> {
  const module = (await import(pathToFileURL(resolve(folder, "src/index.ts")).href)) as Record<string, Factory>;
  const name = folder === "template" ? folder : basename(folder);
  const factory = module[name];
  if (!factory?.definition) throw new Error(`${folder}/src/index.ts does not export the plugin "${name}".`);
  const options = schemaOf(factory.definition.options);
  const plugin = factory(exampleOf(options));
  try {
    return { folder, options, tools: await toolsOf(plugin) };
  } finally {
    await plugin.dispose();
  }
}

function schemaOf(options: z.ZodType): Record<string, unknown> {
  return z.toJSONSchema(options, {
    io: "input",
    unrepresentable: "any",
    override: ({ zodSchema, jsonSchema }) => {
      // A function has no JSON form; the table should name it nevertheless.
      const { type } = zodSchema._zod.def;
      if (type === "function" || type === "custom") jsonSchema.type ??= "function" as never;
    },
  });
}

async function toolsOf(plugin: Plugin): Promise<object[]> {
  const server = plugin.attach(new McpServer({ name: "docs", version: "0.0.0" }));
  const client = new Client({ name: "docs", version: "0.0.0" });
  const [here, there] = InMemoryTransport.createLinkedPair();
  await Promise.all([server.connect(there), client.connect(here)]);
  try {
    return client.getServerCapabilities()?.tools ? (await client.listTools()).tools : [];
  } finally {
    await client.close();
  }
}

const described = [];
for (const folder of process.argv.slice(2)) described.push(await describe(folder));
process.stdout.write(JSON.stringify(described));
