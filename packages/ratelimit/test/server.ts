import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { InMemoryTransport } from "@modelcontextprotocol/sdk/inMemory.js";
import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { currentCall, definePlugin, type Middleware, type Plugin } from "@plugboard/core";
import { onTestFinished } from "vitest";
import { z } from "zod";
import type { RatelimitMeta } from "../src/index.ts";

export interface Result {
  readonly content?: readonly { readonly text?: string }[];
  readonly isError?: boolean;
  readonly _meta?: Record<string, unknown>;
}

export interface Caller {
  readonly client: Client;
  call(
    name: string,
    args?: object,
    options?: {
      signal?: AbortSignal;
      onprogress?: (progress: { progress: number; message?: string | undefined }) => void;
    },
  ): Promise<Result>;
}

export const KEY = "dev.plugboard/ratelimit";
export const metaOf = ({ _meta }: Result): RatelimitMeta | undefined => _meta?.[KEY] as RatelimitMeta | undefined;
export const textOf = ({ content }: Result): string => content?.map(({ text }) => text).join("\n") ?? "";
export const text = (value: string): { content: { type: "text"; text: string }[] } => ({
  content: [{ type: "text", text: value }],
});

export function newServer(...plugins: Plugin[]): McpServer {
  const server = new McpServer({ name: "test", version: "1.0.0" });
  for (const plugin of plugins) {
    plugin.attach(server);
    onTestFinished(() => plugin.dispose());
  }
  return server;
}

/** A client of `server`; with `subject`, of which the transport says who it is. */
export async function connect(server: McpServer, subject?: string): Promise<Caller> {
  const [mine, theirs] = InMemoryTransport.createLinkedPair();
  if (subject !== undefined) {
    const send = mine.send.bind(mine);
    const authInfo = { token: subject, clientId: "app", scopes: [], extra: { sub: subject } };
    mine.send = (message, options) => send(message, { ...options, authInfo });
  }
  const client = new Client({ name: "test", version: "1.0.0" });
  await Promise.all([server.connect(theirs), client.connect(mine)]);
  onTestFinished(() => client.close());
  return {
    client,
    call: async (name, args = {}, options) =>
      (await client.callTool({ name, arguments: { ...args } }, undefined, options)) as Result,
  };
}

/** A layer that does something with every call. */
export function layer(name: string, use: Middleware): Plugin {
  return definePlugin({ name, options: z.strictObject({}), setup: (host) => host.use(use) })();
}

export interface Gate {
  /** Resolves when the next one is in, or is back. */
  entered(): Promise<void>;
  /** Lets the first that is in go on; with a tool's name, it calls that, comes back, and ends with the text that it got. */
  open(dispatch?: string): void;
  readonly inside: number;
  readonly peak: number;
}

/** A tool whose calls stay until they are let go. */
export function registerGate(server: McpServer, name: string): Gate {
  const waiting: ((dispatch?: string) => void)[] = [];
  const entering: (() => void)[] = [];
  let entered = 0;
  let seen = 0;
  let peak = 0;
  server.registerTool(name, {}, async () => {
    let said = "gone";
    for (;;) {
      entered++;
      entering.splice(0).forEach((tell) => tell());
      const dispatch = await new Promise<string | undefined>((resolve) => {
        waiting.push(resolve);
        peak = Math.max(peak, waiting.length);
      });
      if (dispatch === undefined) return text(said);
      said = textOf((await currentCall()!.dispatch(dispatch)) as Result);
    }
  });
  return {
    async entered() {
      seen++;
      while (entered < seen) await new Promise<void>((resolve) => entering.push(resolve));
    },
    open: (dispatch) => waiting.shift()?.(dispatch),
    get inside() {
      return waiting.length;
    },
    get peak() {
      return peak;
    },
  };
}
