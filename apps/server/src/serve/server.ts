import type { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { ListToolsResultSchema } from "@modelcontextprotocol/sdk/types.js";
import { AjvJsonSchemaValidator } from "@modelcontextprotocol/sdk/validation/ajv";
import type { Plugin } from "@plugboard/core";
import type { Config } from "../config/settle.ts";
import { Failure } from "../config/failure.ts";
import { packageVersion } from "../version.ts";

/** Makes a server with the composed plugin attached; every session gets its own. */
export type CreateServer = () => McpServer;

// A validator costs more than the rest of a server or client, and few of them need one. It is not shared: ajv keeps every
// schema that it has seen.
const jsonSchemaValidator: AjvJsonSchemaValidator = {
  getValidator: (schema) => new AjvJsonSchemaValidator().getValidator(schema),
} as AjvJsonSchemaValidator;

/** @param config `tools.describe` replaces descriptions where tools are registered */
export function serverFactory(
  config: Pick<Config, "name" | "version" | "instructions"> & { readonly tools?: Pick<Config["tools"], "describe"> },
  plugin: Plugin,
): CreateServer {
  const { name, version, instructions, tools } = config;
  return () =>
    plugin.attach(
      describing(
        new McpServer({ name, version }, { jsonSchemaValidator, ...(instructions !== undefined && { instructions }) }),
        tools?.describe ?? {},
      ),
    );
}

function describing(server: McpServer, descriptions: Readonly<Record<string, string>>): McpServer {
  if (Object.keys(descriptions).length === 0) return server;
  const register = server.registerTool.bind(server) as (name: string, config: object, run: unknown) => unknown;
  server.registerTool = ((name: string, config: object, run: unknown) => {
    const description = Object.hasOwn(descriptions, name) ? descriptions[name] : undefined;
    return register(name, description === undefined ? config : { ...config, description }, run);
  }) as typeof server.registerTool;
  return server;
}

/** A tool as the list of tools shows it. */
export interface ListedTool {
  readonly name: string;
  /** The first sentence of its description. */
  readonly summary: string;
  readonly description: string;
  readonly inputSchema: unknown;
  /** Undefined where the tool has none. */
  readonly outputSchema: unknown;
}

/** A client on this machine, connected to a server of its own in this process. Close it. */
export async function connectInMemory(create: CreateServer): Promise<Client> {
  const { Client } = await import("@modelcontextprotocol/sdk/client/index.js");
  const { InMemoryTransport } = await import("@modelcontextprotocol/sdk/inMemory.js");
  const client = new Client({ name: "plugboard", version: packageVersion }, { jsonSchemaValidator });
  const [here, there] = InMemoryTransport.createLinkedPair();
  await Promise.all([create().connect(there), client.connect(here)]);
  return client;
}

/**
 * The tools of a server, as a client on this machine sees them.
 * @throws Failure when they cannot be listed: no client could use any of them
 */
export async function listTools(create: CreateServer): Promise<ListedTool[]> {
  const client = await connectInMemory(create);
  try {
    if (!client.getServerCapabilities()?.tools) return [];
    // Not `listTools`: that compiles the schemas of all results, which takes longer than all else here.
    const { tools } = await client.request({ method: "tools/list" }, ListToolsResultSchema);
    return tools.map(({ name, title, description = title ?? "", inputSchema, outputSchema }) => ({
      name,
      summary: firstSentence(description),
      description,
      inputSchema,
      outputSchema,
    }));
  } catch (error) {
    const why = error instanceof Error ? error.message.replace(/^MCP error -?\d+: /, "") : String(error);
    throw new Failure(
      `The tools cannot be listed, since the schema of one has no JSON Schema: ${why}. Correct the plugin that has it, or leave it out.`,
      2,
      { cause: error },
    );
  } finally {
    await client.close();
  }
}

function firstSentence(text: string): string {
  const line = text.replace(/\s+/g, " ").trim();
  const sentence = /^.+?[.!?](?=\s|$)/.exec(line)?.[0] ?? line;
  return sentence.length > 120 ? `${sentence.slice(0, 119)}…` : sentence;
}
