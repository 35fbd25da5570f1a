import { describe, expect, it } from "vitest";
import { z } from "zod";
import { definePlugin, type Plugin } from "../src/index.ts";
import { connected, lines, textOf } from "./lines.ts";

/** Hides tools that are not read-only, until it is told to open. */
function readOnly(): Plugin & { open(): void } {
  return definePlugin({
    name: "read-only",
    options: z.strictObject({}),
    setup(host) {
      let open = false;
      host.filter(
        ({ annotations }, principal) => open || principal.kind !== "local" || annotations.readOnlyHint === true,
      );
      host.tool(
        "run",
        { description: "Dispatches", inputSchema: z.object({ tool: z.string() }), annotations: { readOnlyHint: true } },
        ({ tool }, call) => call.dispatch(tool),
      );
      return { open: () => void (open = true) };
    },
  })();
}

describe.each(lines.map((line) => [line.name, line] as const))("a filter on %s", (_, line) => {
  it("takes tools off the list, and refuses them called or dispatched as if they were not there", async () => {
    const filter = readOnly();
    const server = line.newServer();
    server.registerTool("look", { annotations: { readOnlyHint: true } }, () => ({
      content: [{ type: "text", text: "seen" }],
    }));
    filter.attach(server);
    let ran = 0;
    server.registerTool("write", {}, () => ({ content: [{ type: "text", text: `written ${++ran}` }] }));
    await using client = await connected(line, server);
    const names = async (): Promise<string[]> => (await client.listTools()).tools.map(({ name }) => name);
    expect(await names()).toEqual(["look", "run"]);
    expect(textOf(await client.callTool({ name: "look" }))).toBe("seen");
    expect(textOf(await client.callTool({ name: "write" }))).toMatch(/write not found/);
    expect(textOf(await client.callTool({ name: "run", arguments: { tool: "write" } }))).toMatch(
      /no tool `write`. Tools: `look`, `run`\./,
    );
    expect(ran).toBe(0);
    filter.open();
    expect(await names()).toEqual(["look", "run", "write"]);
    expect(textOf(await client.callTool({ name: "write" }))).toBe("written 1");
    await filter.dispose();
    expect(await names()).toEqual(["look", "run", "write"]);
  });
});
