import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { InMemoryTransport } from "@modelcontextprotocol/sdk/inMemory.js";
import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import type { RequestOptions } from "@modelcontextprotocol/sdk/shared/protocol.js";
import type { z } from "zod";
import { logtail } from "../../src/index.ts";
import type { listOutput, readOutput, searchOutput, summarizeOutput } from "../../src/tools/schema.ts";

interface Outputs {
  readonly list: z.output<typeof listOutput>;
  readonly read: z.output<typeof readOutput>;
  readonly search: z.output<typeof searchOutput>;
  readonly summarize: z.output<typeof summarizeOutput>;
}

export interface Served extends AsyncDisposable {
  readonly client: Client;
  readonly plugin: ReturnType<typeof logtail>;
  /** Calls a tool; throws the text of an error result. */
  call<Tool extends keyof Outputs>(tool: Tool, args?: object, options?: RequestOptions): Promise<Outputs[Tool]>;
  /** The text block of a result, or of an error. */
  text(tool: keyof Outputs, args?: object): Promise<string>;
}

/** A real client of a real server with the plugin. */
export async function serve(options: Parameters<typeof logtail>[0]): Promise<Served> {
  const plugin = logtail(options);
  const server = plugin.attach(new McpServer({ name: "test", version: "1" }));
  const client = new Client({ name: "test", version: "1" });
  const [mine, theirs] = InMemoryTransport.createLinkedPair();
  await Promise.all([server.connect(theirs), client.connect(mine)]);
  const ask = async (tool: string, args: object, call?: RequestOptions) => {
    const result = await client.callTool({ name: `logtail_${tool}`, arguments: { ...args } }, undefined, call);
    const text = (result.content as { text: string }[]).map((block) => block.text).join("\n");
    return { text, data: result.structuredContent, isError: result.isError === true };
  };
  return {
    client,
    plugin,
    async call(tool, args = {}, call) {
      const { text, data, isError } = await ask(tool, args, call);
      if (isError) throw new Error(text);
      return data as never;
    },
    text: async (tool, args = {}) => (await ask(tool, args)).text,
    async [Symbol.asyncDispose]() {
      await client.close();
      await plugin.dispose();
    },
  };
}

/** Lines as many programs write them, one a second. */
export function lines(count: number, message: (index: number) => string, from = "2020-11-22T10:00:00Z"): string {
  const start = Date.parse(from);
  return Array.from(
    { length: count },
    (_, index) => `${new Date(start + index * 1000).toISOString()} ${message(index)}\n`,
  ).join("");
}
