// What the seam costs: a tool call through a real McpServer over an in-memory transport that answers raw messages, so that
// no client's cost is in it. The plain server is the reference.
import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { McpServer as McpServer1 } from "@modelcontextprotocol/sdk/server/mcp.js";
import { McpServer as McpServer2 } from "@modelcontextprotocol/server";
import { compose, definePlugin, type Plugin } from "@plugboard/core";
import { z } from "zod";
import { compare, median, type Subject, table } from "../measure.ts";
import { callsOf } from "./wire.ts";

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

const args = { say: "hi" };

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
  return callsOf(name, server, "echo", () => args);
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

// `currentCall()` needs an AsyncLocalStorage, which before Node 24 makes every promise of the process dearer: the subjects
// above share that. What it costs shows between processes.
const alone = fileURLToPath(new URL("alone.ts", import.meta.url));
const times: Record<string, number[]> = { plain: [], attached: [] };
for (let round = 0; round < 5; round++) {
  for (const [kind, all] of Object.entries(times)) {
    all.push(Number(execFileSync(process.execPath, ["--import", "tsx", alone, kind], { encoding: "utf8" })));
  }
}
const [without, with_] = [median(times["plain"] ?? []), median(times["attached"] ?? [])];
console.log(
  `A process of its own, SDK 1: ${Math.round(without)} ns per call without core, ${Math.round(with_)} ns with it ` +
    `(${(without / with_).toFixed(2)} of the speed): the price of currentCall() on Node ${process.versions.node}.`,
);
