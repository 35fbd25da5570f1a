import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { createMcpHandler, McpServer } from "@modelcontextprotocol/server";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { batch } from "../src/index.ts";
import { text } from "./setup.ts";

type Handler = ReturnType<typeof createMcpHandler>;
type Result = { isError?: boolean; content: { text?: string }[]; structuredContent?: Record<string, unknown> };

describe.each(["legacy", "auto"] as const)("over HTTP with a new server for every request (%s)", (mode) => {
  function serve(): { handler: Handler; servers: () => number } {
    const plugin = batch();
    let servers = 0;
    const handler = createMcpHandler(() => {
      servers++;
      const server = plugin.attach(new McpServer({ name: "test", version: "1.0.0" }));
      const inputSchema = z.object({ say: z.string() });
      server.registerTool("echo", { inputSchema, annotations: { readOnlyHint: true } }, ({ say }) => text(say));
      return server;
    });
    return { handler, servers: () => servers };
  }

  async function connect(handler: Handler, user?: string): Promise<Client> {
    const client = new Client({ name: "test", version: "1.0.0" }, { versionNegotiation: { mode } });
    const authInfo = {
      token: `token-${Math.random()}`,
      clientId: "app",
      scopes: [],
      extra: { iss: "https://idp", sub: user },
    };
    const auth = user === undefined ? {} : { authInfo };
    const fetch = (url: string | URL | Request, init?: RequestInit): Promise<Response> =>
      handler.fetch(new Request(url, init), auth);
    await client.connect(new StreamableHTTPClientTransport(new URL("http://127.0.0.1/mcp"), { fetch: fetch as never }));
    return client;
  }

  const call = async (client: Client, name: string, args: object): Promise<Result> =>
    (await client.callTool({ name, arguments: args as Record<string, unknown> })) as Result;
  const calls = ["a", "b", "c"].map((say) => ({ tool: "echo", arguments: { say } }));

  it("runs a batch, with its progress to the last", async () => {
    const { handler } = serve();
    const client = await connect(handler);
    const seen: number[] = [];
    const done = (await client.callTool(
      { name: "batch", arguments: { calls, concurrency: 1 } },
      { onprogress: ({ progress }) => seen.push(progress) },
    )) as Result;
    expect(done.structuredContent).toMatchObject({ succeeded: 3, failed: 0, partial: false });
    expect(seen.at(-1)).toBe(3);
    await client.close();
    await handler.close();
  });

  it("keeps a detached batch for its principal, whatever the token and the server, and for nobody else", async () => {
    const { handler, servers } = serve();
    const [ann, annAgain, bob, nobody] = await Promise.all([
      connect(handler, "ann"),
      connect(handler, "ann"),
      connect(handler, "bob"),
      connect(handler),
    ]);
    const before = servers();
    const begun = await call(ann, "batch", { calls, detach: true });
    const handle = begun.structuredContent?.["handle"];
    let status = await call(annAgain, "batch_status", { handle, wait_ms: 1000 });
    while (status.structuredContent?.["state"] === "running")
      status = await call(annAgain, "batch_status", { handle, wait_ms: 1000 });
    expect(status.structuredContent).toMatchObject({ state: "done", succeeded: 3 });
    expect(servers()).toBeGreaterThan(before + 1);
    for (const other of [bob, nobody]) {
      for (const tool of ["batch_status", "batch_cancel"]) {
        expect((await call(other, tool, { handle })).content[0]?.text).toMatch(/no such batch of yours/);
      }
    }
    expect((await call(nobody, "batch", { calls, detach: true })).content[0]?.text).toMatch(/told apart/);
    // A second process behind the address, for the same caller: the batch runs, or has run, in the first.
    const process = serve();
    const elsewhere = await connect(process.handler, "ann");
    const refused = (await call(elsewhere, "batch_status", { handle })).content[0]?.text;
    expect(refused).toMatch(/another process of this server/);
    expect(refused).toMatch(/Ask again with the same handle.* may have been made: look at what they did/s);
    await elsewhere.close();
    await process.handler.close();
    await Promise.all([ann, annAgain, bob, nobody].map((client) => client.close()));
    await handler.close();
  });
});
