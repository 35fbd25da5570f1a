// What the seam costs: a tool call through a real McpServer over an in-memory transport that answers raw messages, so that
// no client's cost is in it. The plain server is the reference.
import { McpServer as McpServer1 } from "@modelcontextprotocol/sdk/server/mcp.js";
import { McpServer as McpServer2 } from "@modelcontextprotocol/server";
import { compose, definePlugin, type Plugin } from "@plugboard/core";
import { z } from "zod";
import { compare, median, type Subject, table } from "../measure.ts";

const passing = (count: number): Plugin =>
  compose(
    Array.from({ length: count }, (_, index) =>
      definePlugin({
        name: `layer-${index}`,
        options: z.strictObject({}),
        setup: (host) =>
          host.use(function passThrough(_call, next) {
            return next();
          }),
      })(),
    ),
  );
const awaiting = (): Plugin =>
  definePlugin({
    name: "awaiting",
    options: z.strictObject({}),
    setup: (host) =>
      host.use(async function awaiting(_call, next) {
        const result = await next();
        return result;
      }),
  })();
const empty = (): Plugin => definePlugin({ name: "empty", options: z.strictObject({}), setup: () => {} })();

interface Message {
  jsonrpc: "2.0";
  id?: number;
  method?: string;
  params?: object;
}

/** A transport that counts answers: the server's side of a connection, without a client. */
class Wire {
  onmessage?: (message: Message) => void;
  onclose?: () => void;
  onerror?: (error: Error) => void;
  #answered: (() => void) | undefined;
  start(): Promise<void> {
    return Promise.resolve();
  }
  close(): Promise<void> {
    return Promise.resolve();
  }
  send(message: Message): Promise<void> {
    if (
      (message as { error?: unknown; result?: { isError?: boolean } }).error ??
      (message as { result?: { isError?: boolean } }).result?.isError
    ) {
      throw new Error(JSON.stringify(message));
    }
    this.#answered?.();
    return Promise.resolve();
  }
  /** Sends a request and resolves with its answer. */
  request(method: string, params: object, id: number): Promise<void> {
    return new Promise((resolve) => {
      this.#answered = resolve;
      this.onmessage?.({ jsonrpc: "2.0", id, method, params });
    });
  }
}

type AnyServer = McpServer1 | McpServer2;

async function subject(name: string, server: AnyServer, plugin: Plugin | undefined): Promise<Subject> {
  plugin?.attach(server);
  (server as McpServer1).registerTool("echo", { inputSchema: z.object({ say: z.string() }) as never }, (async ({
    say,
  }: {
    say: string;
  }) =>
    Promise.resolve({
      content: [{ type: "text", text: say }],
    })) as never);
  const wire = new Wire();
  await server.connect(wire as never);
  const info = { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "bench", version: "1" } };
  await wire.request("initialize", info, 0);
  const params = { name: "echo", arguments: { say: "hi" } };
  let id = 1;
  return {
    name,
    async run(size) {
      for (let call = 0; call < size; call++) await wire.request("tools/call", params, id++);
    },
  };
}

const lines: [string, () => AnyServer][] = [
  ["SDK 1", () => new McpServer1({ name: "bench", version: "1" })],
  ["SDK 2", () => new McpServer2({ name: "bench", version: "1" })],
];

for (const [line, make] of lines) {
  const layers = [1, 3, 6];
  const subjects = [
    await subject(`${line}, plain`, make(), undefined),
    await subject("attached, no layers", make(), empty()),
    ...(await Promise.all(
      layers.map((count) => subject(`${count} pass-through layer${count > 1 ? "s" : ""}`, make(), passing(count))),
    )),
    await subject("1 layer that awaits", make(), awaiting()),
  ];
  const measured = await compare(subjects);
  const [plain, none, ...rest] = measured.map(({ ns }) => ns) as [number, number, ...number[]];
  const withLayers = rest.slice(0, layers.length);
  table(
    measured.map(({ name, ns, ratio }, index) => ({
      server: name,
      "calls/s": Math.round(1e9 / ns).toLocaleString("en-US"),
      "of plain": ratio.toFixed(3),
      "ns over plain": index === 0 ? "" : Math.round(ns - plain),
      "ns per layer": index < 2 ? "" : Math.round((ns - none) / (layers[index - 2] ?? 1)),
    })),
  );
  const perLayer = median(withLayers.map((ns, index) => (ns - none) / (layers[index] ?? 1)));
  console.log(
    `a layer: ${Math.round(perLayer)} ns (at most 600); attached without layers: ${Math.round(none - plain)} ns (at most 1000)\n`,
  );
}
