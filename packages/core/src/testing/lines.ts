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

/** The packages of a line that tests need. */
const PACKAGES = {
  "SDK 1": ["@modelcontextprotocol/sdk/server/mcp.js"],
  "SDK 2": ["@modelcontextprotocol/server", "@modelcontextprotocol/client"],
} as const;

export type LineName = keyof typeof PACKAGES;
export const LINE_NAMES = Object.keys(PACKAGES) as LineName[];

/** Whether tests can be run on a line. */
export function isInstalled(line: LineName): boolean {
  return PACKAGES[line].every((name) => {
    try {
      return import.meta.resolve(name) !== "";
    } catch {
      return false;
    }
  });
}

/**
 * The lines that are installed here: the newest of SDK 1, and of SDK 2 where its client is installed too.
 * @throws Error where there is none
 */
export async function installedLines(): Promise<SdkLine[]> {
  const lines: SdkLine[] = [];
  // One after the other: not every runner's loader takes the same module twice at a time.
  if (isInstalled("SDK 1")) {
    const { McpServer } = await import("@modelcontextprotocol/sdk/server/mcp.js");
    const { Client } = await import("@modelcontextprotocol/sdk/client/index.js");
    const { InMemoryTransport } = await import("@modelcontextprotocol/sdk/inMemory.js");
    lines.push(sdkLine("SDK 1", { McpServer, Client, InMemoryTransport } as unknown as Constructors, true));
  }
  if (isInstalled("SDK 2")) {
    const { McpServer, InMemoryTransport } = await import("@modelcontextprotocol/server");
    const { Client } = await import("@modelcontextprotocol/client");
    lines.push(sdkLine("SDK 2", { McpServer, Client, InMemoryTransport } as unknown as Constructors, false));
  }
  if (lines.length === 0) {
    throw new Error(
      "No MCP SDK is installed: add @modelcontextprotocol/sdk, or @modelcontextprotocol/server and client, to devDependencies.",
    );
  }
  return lines;
}
