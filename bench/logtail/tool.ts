import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { InMemoryTransport } from "@modelcontextprotocol/sdk/inMemory.js";
import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { logtail } from "@plugboard/logtail";

/** The tool `logtail_search` over one log, as a client calls it. */
export class SearchTool implements AsyncDisposable {
  readonly #plugin: ReturnType<typeof logtail>;
  readonly #client = new Client({ name: "bench", version: "1.0.0" });

  private constructor(file: string) {
    this.#plugin = logtail({ paths: [file], searchMs: 45_000 });
  }

  static async open(file: string): Promise<SearchTool> {
    const tool = new SearchTool(file);
    const server = tool.#plugin.attach(new McpServer({ name: "bench", version: "1.0.0" }));
    const [here, there] = InMemoryTransport.createLinkedPair();
    await Promise.all([server.connect(there), tool.#client.connect(here)]);
    return tool;
  }

  /** @throws where the tool fails or the log was not searched to its end */
  async search(args: Readonly<Record<string, unknown>>): Promise<void> {
    const { isError, structuredContent } = await this.#client.callTool({
      name: "logtail_search",
      arguments: { ...args },
    });
    const { totals } = (structuredContent ?? {}) as { totals?: { exact: boolean } };
    if (isError === true || totals?.exact !== true) throw new Error("the tool did not search the whole log");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#client.close();
    await this.#plugin.dispose();
  }
}
