import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { InMemoryTransport } from "@modelcontextprotocol/sdk/inMemory.js";
import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { testPlugin } from "@plugboard/core/testing";
import { describe, expect, it, test } from "vitest";
import { template } from "../src/index.ts";

testPlugin(template, { describe, it, badOption: { maxTools: 0 }, tools: { template_count: {} } });

const server = () => new McpServer({ name: "test", version: "1.0.0" });

test("tells how often each tool was called and how often that failed, from the next call on its own calls too", async () => {
  await using plugin = template();
  const counted = plugin.attach(server());
  counted.registerTool("good", {}, () => ({ content: [] }));
  counted.registerTool("bad", {}, () => ({ content: [], isError: true }));
  await using client = await connect(counted);
  for (const name of ["good", "bad", "good"]) await client.callTool({ name });

  const first = await client.callTool({ name: "template_count" });
  const tools = [
    { name: "good", calls: 2, errors: 0 },
    { name: "bad", calls: 1, errors: 1 },
  ];
  expect(first.structuredContent).toEqual({ tools });
  expect(first.content).toEqual([{ type: "text", text: "good: called 2, failed 0\nbad: called 1, failed 1" }]);

  const second = await client.callTool({ name: "template_count" });
  expect(second.structuredContent).toEqual({ tools: [...tools, { name: "template_count", calls: 1, errors: 0 }] });
});

test("counts for all its servers together, and together what lies beyond maxTools", async () => {
  await using plugin = template({ maxTools: 1 });
  for (const name of ["a", "b", "c"]) {
    const counted = plugin.attach(server());
    counted.registerTool(name, {}, () => ({ content: [] }));
    await using client = await connect(counted);
    await client.callTool({ name });
    if (name !== "c") continue;
    const { structuredContent } = await client.callTool({ name: "template_count" });
    expect(structuredContent).toMatchObject({
      tools: [
        { name: "a", calls: 1 },
        { name: "*", calls: 2 },
      ],
    });
  }
  expect(plugin.stats()).toEqual({ calls: 4, errors: 0 });
});

async function connect(to: McpServer): Promise<Client & AsyncDisposable> {
  const client = new Client({ name: "test", version: "1.0.0" });
  const [here, there] = InMemoryTransport.createLinkedPair();
  await Promise.all([to.connect(there), client.connect(here)]);
  return Object.assign(client, { [Symbol.asyncDispose]: () => client.close() });
}
