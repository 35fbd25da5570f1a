import { Client as Client2 } from "@modelcontextprotocol/client";
import { StreamableHTTPClientTransport as Http2 } from "@modelcontextprotocol/client";
import { createMcpHandler, inputRequired, McpServer as McpServer2 } from "@modelcontextprotocol/server";
import { Client as Client1 } from "@modelcontextprotocol/sdk/client/index.js";
import { InMemoryTaskStore } from "@modelcontextprotocol/sdk/experimental/tasks";
import { InMemoryTransport as Memory1 } from "@modelcontextprotocol/sdk/inMemory.js";
import { McpServer as McpServer1 } from "@modelcontextprotocol/sdk/server/mcp.js";
import { expect, it } from "vitest";
import { z } from "zod";
import { core, definePlugin, type Plugin } from "../src/index.ts";
import { textOf } from "./lines.ts";

/** Counts what passes, with `core()` around it. */
function counting(): Plugin & { passed: string[] } {
  const passed: string[] = [];
  return definePlugin({
    name: "counting",
    options: z.strictObject({}),
    setup(host) {
      host.use(async function count(call, next) {
        passed.push(call.tool);
        return next();
      });
      return { passed };
    },
  })();
}

it("the deprecated tool() of SDK 1 is wrapped in all of its forms, before and after attach", async () => {
  const server = new McpServer1({ name: "t", version: "1" });
  const say = (text: string) => () => ({ content: [{ type: "text" as const, text }] });
  const tool = (...args: unknown[]): void => void (server.tool as (...rest: unknown[]) => unknown)(...args);
  tool("before", "described", { word: z.string() }, ({ word }: { word: string }) => say(word)());
  const plugin = counting();
  plugin.attach(server);
  tool("bare", say("bare"));
  tool("described", "A description", say("described"));
  tool("shaped", { word: z.string() }, { readOnlyHint: true }, ({ word }: { word: string }) => say(word)());
  const [mine, theirs] = Memory1.createLinkedPair();
  const client = new Client1({ name: "t", version: "1" });
  await server.connect(theirs);
  await client.connect(mine);
  const names = ["before", "bare", "described", "shaped"];
  for (const name of names) {
    const word = name === "bare" || name === "described" ? undefined : name;
    expect(textOf((await client.callTool({ name, arguments: word === undefined ? {} : { word } })) as never)).toBe(
      name,
    );
  }
  expect(plugin.passed).toEqual(names);
  await client.close();
});

it("task tools of SDK 1 run as tasks, untouched, whether registered before or after", async () => {
  const taskStore = new InMemoryTaskStore();
  const server = new McpServer1(
    { name: "t", version: "1" },
    { capabilities: { tasks: { requests: { tools: { call: {} } } } }, taskStore },
  );
  const register = (name: string): void =>
    void server.experimental.tasks.registerToolTask(
      name,
      { description: "A task", execution: { taskSupport: "required" } },
      {
        async createTask(extra) {
          const task = await extra.taskStore.createTask({ ttl: 60_000 });
          await extra.taskStore.storeTaskResult(task.taskId, "completed", {
            content: [{ type: "text", text: `${name} done` }],
          });
          return { task };
        },
        getTask: (extra) => extra.taskStore.getTask(extra.taskId),
        getTaskResult: (extra) => extra.taskStore.getTaskResult(extra.taskId) as never,
      },
    );
  register("before");
  const plugin = counting();
  core().attach(server);
  plugin.attach(server);
  register("after");
  const [mine, theirs] = Memory1.createLinkedPair();
  const client = new Client1({ name: "t", version: "1" });
  await server.connect(theirs);
  await client.connect(mine);
  await client.listTools();
  for (const name of ["before", "after"]) {
    const stream = client.experimental.tasks.callToolStream({ name, arguments: {} });
    const messages: { type: string; result?: unknown }[] = [];
    for await (const message of stream) messages.push(message);
    expect(messages.at(-1)).toMatchObject({ type: "result", result: { content: [{ text: `${name} done` }] } });
  }
  expect(plugin.passed).toEqual([]);
  await client.close();
  taskStore.cleanup();
});

it("a result that asks for input passes every layer of SDK 2, and so does the answer", async () => {
  const plugin = counting();
  const outer = core();
  const handler = createMcpHandler(() => {
    const server = plugin.attach(outer.attach(new McpServer2({ name: "t", version: "1" })));
    server.registerTool("ask", { inputSchema: z.object({}) }, (_args, ctx) => {
      const answers = ctx.mcpReq.inputResponses;
      if (answers === undefined) {
        return inputRequired({
          inputRequests: {
            name: inputRequired.elicit({
              message: "Your name?",
              requestedSchema: { type: "object", properties: { name: { type: "string" } } },
            }),
          },
        });
      }
      return { content: [{ type: "text", text: JSON.stringify(answers) }] };
    });
    return server;
  });
  const client = new Client2(
    { name: "t", version: "1" },
    { versionNegotiation: { mode: "auto" }, capabilities: { elicitation: { form: {} } } },
  );
  client.setRequestHandler("elicitation/create", () => ({ action: "accept", content: { name: "Ann" } }));
  const fetch = (url: string | URL | Request, init?: RequestInit): Promise<Response> =>
    handler.fetch(new Request(url, init));
  await client.connect(new Http2(new URL("http://127.0.0.1/mcp"), { fetch: fetch as never }));
  const result = await client.callTool({ name: "ask", arguments: {} });
  expect(String(textOf(result as never))).toContain("Ann");
  expect(plugin.passed).toEqual(["ask", "ask"]);
  await client.close();
  await handler.close();
});
