import type { McpServerLike, ToolResult } from "../types.ts";

/** A connected client, as far as tests need it; both SDKs' clients have this shape. */
export interface TestClient {
  listTools(): Promise<{ tools: { name: string; _meta?: unknown; [key: string]: unknown }[] }>;
  callTool(
    params: { name: string; arguments?: Record<string, unknown>; _meta?: Record<string, unknown> },
    options?: CallOptions,
  ): Promise<ToolResult>;
  close(): Promise<void>;
}

export interface CallOptions {
  signal?: AbortSignal;
  onprogress?: (progress: { progress: number; total?: number; message?: string }) => void;
  timeout?: number;
}

/** A plain `McpServer`, as far as tests use it. */
export interface TestServer extends McpServerLike {
  registerTool(name: string, config: object, callback: (...args: never[]) => unknown): unknown;
  close(): Promise<void>;
}

/** One line of the official SDK: a new server, and a client connected to it in memory. */
export interface SdkLine {
  readonly name: string;
  newServer(): TestServer;
  connect(server: TestServer): Promise<TestClient>;
}

interface Constructors {
  McpServer: new (info: object, options?: object) => TestServer & { connect(transport: unknown): Promise<void> };
  Client: new (info: object, options?: object) => RawClient;
  InMemoryTransport: { createLinkedPair(): [unknown, unknown] };
}

interface RawClient {
  connect(transport: unknown): Promise<void>;
  listTools(): Promise<never>;
  callTool(params: object, ...rest: unknown[]): Promise<never>;
  close(): Promise<void>;
}

/** Makes a line of an SDK's own classes; `legacyClient` for clients whose `callTool` takes a result schema second. */
export function sdkLine(
  name: string,
  { McpServer, Client, InMemoryTransport }: Constructors,
  legacyClient: boolean,
): SdkLine {
  return {
    name,
    newServer: () => new McpServer({ name: "test", version: "1.0.0" }),
    async connect(server) {
      const [mine, theirs] = InMemoryTransport.createLinkedPair();
      const client = new Client({ name: "test-client", version: "1.0.0" });
      await (server as TestServer & { connect(transport: unknown): Promise<void> }).connect(theirs);
      await client.connect(mine);
      return {
        listTools: () => client.listTools(),
        callTool: (params, options) =>
          legacyClient ? client.callTool(params, undefined, options) : client.callTool(params, options),
        close: async () => {
          await client.close();
          await server.close();
        },
      };
    },
  };
}

/** The lines that are installed here: the newest of SDK 1, and of SDK 2 where its client is installed too. */
export async function installedLines(): Promise<SdkLine[]> {
  const lines: SdkLine[] = [];
  try {
    const [{ McpServer }, { Client }, { InMemoryTransport }] = await Promise.all([
      import("@modelcontextprotocol/sdk/server/mcp.js"),
      import("@modelcontextprotocol/sdk/client/index.js"),
      import("@modelcontextprotocol/sdk/inMemory.js"),
    ]);
    lines.push(sdkLine("SDK 1", { McpServer, Client, InMemoryTransport } as unknown as Constructors, true));
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
  try {
    const [{ McpServer, InMemoryTransport }, { Client }] = await Promise.all([
      import("@modelcontextprotocol/server"),
      import("@modelcontextprotocol/client"),
    ]);
    lines.push(sdkLine("SDK 2", { McpServer, Client, InMemoryTransport } as unknown as Constructors, false));
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
  if (lines.length === 0) {
    throw new Error(
      "No MCP SDK is installed: add @modelcontextprotocol/sdk, or @modelcontextprotocol/server and client, to devDependencies.",
    );
  }
  return lines;
}

function isMissing(error: unknown): boolean {
  return (
    error instanceof Error &&
    /ERR_MODULE_NOT_FOUND|Cannot find (module|package)|Failed to resolve/.test(
      `${String((error as { code?: unknown }).code)} ${error.message}`,
    )
  );
}
