import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { AjvJsonSchemaValidator } from "@modelcontextprotocol/sdk/validation/ajv";
import type { Plugin } from "@plugboard/core";
import type { Config } from "../config/settle.ts";
import { Failure } from "../config/failure.ts";

/** Makes a server with the composed plugin attached; every session gets its own. */
export type CreateServer = () => McpServer;

// A validator costs more than the rest of a server, and only answers to an elicitation need one. It is not shared: ajv
// keeps every schema that it has seen.
const jsonSchemaValidator: AjvJsonSchemaValidator = {
  getValidator: (schema) => new AjvJsonSchemaValidator().getValidator(schema),
} as AjvJsonSchemaValidator;

export function serverFactory(
  { name, version, instructions }: Pick<Config, "name" | "version" | "instructions">,
  plugin: Plugin,
): CreateServer {
  return () =>
    plugin.attach(
      new McpServer({ name, version }, { jsonSchemaValidator, ...(instructions !== undefined && { instructions }) }),
    );
}

/** A tool as the list of tools shows it. */
export interface ListedTool {
  readonly name: string;
  /** The first sentence of its description. */
  readonly summary: string;
}

/**
 * The tools of a server, as a client on this machine sees them.
 * @throws Failure when they cannot be listed: no client could use any of them
 */
export async function listTools(create: CreateServer): Promise<ListedTool[]> {
  const { Client } = await import("@modelcontextprotocol/sdk/client/index.js");
  const { InMemoryTransport } = await import("@modelcontextprotocol/sdk/inMemory.js");
  const server = create();
  const client = new Client({ name: "plugboard", version: "0" });
  const [here, there] = InMemoryTransport.createLinkedPair();
  await Promise.all([server.connect(there), client.connect(here)]);
  try {
    if (!client.getServerCapabilities()?.tools) return [];
    const { tools } = await client.listTools();
    return tools.map(({ name, title, description = title ?? "" }) => ({ name, summary: firstSentence(description) }));
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
