import { definePlugin, type Plugin } from "@plugboard/core";
import { installedLines, type SdkLine, type TestClient, type TestServer } from "@plugboard/core/testing";
import { z } from "zod";

export interface SlotView {
  index: number;
  id?: string;
  tool: string;
  ok: boolean;
  status: string;
  result?: { content?: { type: string; text?: string }[]; structuredContent?: unknown; _meta?: unknown };
  error?: string;
  duration_ms: number;
  cached?: boolean;
}

export interface BatchView {
  results: SlotView[];
  succeeded: number;
  failed: number;
  skipped: number;
  earlier: number;
  partial: boolean;
  resume: string | null;
  handle?: string;
}

export const text = (value: string): { content: { type: "text"; text: string }[] } => ({
  content: [{ type: "text", text: value }],
});

export interface Bench {
  readonly server: TestServer;
  readonly client: TestClient;
  /** What ran, in the order in which it began, and how many at a time. */
  readonly began: string[];
  readonly peak: { at: number };
  /** Lets the tool `held` go on, which waits for that. */
  release(): void;
  run(
    args: object,
    options?: Parameters<TestClient["callTool"]>[1],
  ): Promise<BatchView & { text: string; isError: boolean }>;
  close(): Promise<void>;
}

const readOnly = { readOnlyHint: true };

/** A server with tools that a batch can be tried on, and the plugins given. */
export async function bench(
  sdk: SdkLine,
  plugins: readonly Plugin[],
  more: (server: TestServer) => void = () => {},
): Promise<Bench> {
  const began: string[] = [];
  const peak = { at: 0 };
  let running = 0;
  const server = sdk.newServer();
  for (const plugin of plugins) plugin.attach(server);
  server.registerTool(
    "echo",
    { inputSchema: z.object({ say: z.string(), ms: z.number().default(0) }), annotations: readOnly },
    async ({ say, ms }: { say: string; ms: number }) => {
      began.push(say);
      peak.at = Math.max(peak.at, ++running);
      await new Promise((resolve) => (ms === 0 ? setImmediate(resolve) : setTimeout(resolve, ms)));
      running--;
      return text(say);
    },
  );
  server.registerTool("fail", { annotations: readOnly }, () => {
    throw new Error("it broke");
  });
  server.registerTool("throw-text", { annotations: readOnly }, () => {
    throw "just text";
  });
  server.registerTool("write", { inputSchema: z.object({ what: z.string() }) }, async ({ what }: { what: string }) => {
    began.push(`write ${what}`);
    peak.at = Math.max(peak.at, ++running);
    await new Promise((resolve) => setImmediate(resolve));
    running--;
    return text(`wrote ${what}`);
  });
  server.registerTool("never", { annotations: readOnly }, () => {
    began.push("never");
    return new Promise(() => {});
  });
  let release = (): void => {};
  const released = new Promise<void>((resolve) => (release = resolve));
  server.registerTool("held", { annotations: readOnly }, () => released.then(() => text("released")));
  more(server);
  const client = await sdk.connect(server);
  return {
    server,
    client,
    began,
    peak,
    release,
    async run(args, options) {
      const result = await client.callTool({ name: "batch", arguments: args as Record<string, unknown> }, options);
      const said = result.content?.map((block) => String(block["text"] ?? "")).join("\n") ?? "";
      return { ...(result.structuredContent as BatchView), text: said, isError: result.isError === true };
    },
    close: () => client.close(),
  };
}

export const lines = await installedLines();

/** A layer that does something with every call. */
export function layer(
  name: string,
  use: Parameters<Parameters<Parameters<typeof definePlugin>[0]["setup"]>[0]["use"]>[0],
): Plugin {
  return definePlugin({ name, options: z.strictObject({}), setup: (host) => host.use(use) })();
}
