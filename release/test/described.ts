import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { InMemoryTransport } from "@modelcontextprotocol/sdk/inMemory.js";
import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { z } from "zod";
import { exampleOf } from "../../scripts/docs-example.mjs";

interface Plugin {
  attach(server: McpServer): McpServer;
  dispose(): Promise<void>;
}

export type Factory = ((options: unknown) => Plugin) & { readonly definition: { readonly options: z.ZodType } };

/** The parts of a JSON Schema that say which names there are. */
export interface JsonSchema {
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly default?: unknown;
  readonly items?: JsonSchema;
  readonly additionalProperties?: JsonSchema | boolean;
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
}

/** The JSON Schema of a plugin's options. */
export const schemaOf = (options: z.ZodType): JsonSchema =>
  z.toJSONSchema(options, { io: "input", unrepresentable: "any" }) as JsonSchema;

/** One line for each option, those below it after it (`[]`: of a list, `.*`: under any name): its default, or that it is required. */
export function optionLines(schema: JsonSchema, prefix = ""): string[] {
  const { properties = {}, required = [], items, additionalProperties, anyOf = [], oneOf = [] } = schema;
  const lines = Object.entries(properties).flatMap(([name, option]) => {
    const standard = "default" in option ? ` = ${JSON.stringify(option.default)}` : "";
    const path = prefix === "" ? name : `${prefix}.${name}`;
    return [`${path}${required.includes(name) ? " (required)" : standard}`, ...optionLines(option, path)];
  });
  if (items) lines.push(...optionLines(items, `${prefix}[]`));
  if (typeof additionalProperties === "object") lines.push(...optionLines(additionalProperties, `${prefix}.*`));
  for (const alternative of [...anyOf, ...oneOf]) lines.push(...optionLines(alternative, prefix));
  return [...new Set(lines)];
}

/** Of each tool that the plugin adds: its name, the names of what goes in and comes out (`*`: required), and its `_meta` keys. */
export async function toolLines(factory: Factory): Promise<string[]> {
  const plugin = factory(exampleOf(schemaOf(factory.definition.options)));
  const server = plugin.attach(new McpServer({ name: "surface", version: "0.0.0" }));
  const client = new Client({ name: "surface", version: "0.0.0" });
  const [here, there] = InMemoryTransport.createLinkedPair();
  await Promise.all([server.connect(there), client.connect(here)]);
  try {
    if (!client.getServerCapabilities()?.tools) return [];
    const { tools } = await client.listTools();
    return tools.flatMap(({ name, inputSchema, outputSchema, _meta }) => [
      name,
      `  in: ${names(inputSchema as JsonSchema)}`,
      `  out: ${names(outputSchema as JsonSchema | undefined)}`,
      `  _meta: ${Object.keys(_meta ?? {}).join(", ")}`,
    ]);
  } finally {
    await client.close();
    await plugin.dispose();
  }
}

const names = ({ properties = {}, required = [] }: JsonSchema = {}): string =>
  Object.keys(properties)
    .map((name) => (required.includes(name) ? `${name}*` : name))
    .join(", ");
