import { Client as Client1 } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport as Http1 } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { McpServer as McpServer1 } from "@modelcontextprotocol/sdk/server/mcp.js";
import { StreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/streamableHttp.js";
import { Client as Client2, StreamableHTTPClientTransport as Http2 } from "@modelcontextprotocol/client";
import { createMcpHandler, McpServer as McpServer2 } from "@modelcontextprotocol/server";
import { randomUUID } from "node:crypto";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, it } from "vitest";
import type { Plugin } from "../src/index.ts";
import { fixture, tools } from "./fixtures/fixture.ts";
import { deferred, textOf } from "./lines.ts";

type Who = { kind: string; id: string; scopes: string[] };
const who = async (client: { callTool(params: { name: string }): Promise<unknown> }): Promise<Who> =>
  JSON.parse(String(textOf((await client.callTool({ name: "fixture_who" })) as never))) as Who;

const authInfo = (token: string): object => ({
  token,
  clientId: "app",
  scopes: ["read"],
  extra: { iss: "https://idp", sub: token.split("-")[0] },
});

describe("SDK 1 over HTTP: a server per session, one plugin", () => {
  async function listen(plugin: Plugin): Promise<{ url: URL; close(): Promise<void> }> {
    const sessions = new Map<string, StreamableHTTPServerTransport>();
    const http = createServer((request: IncomingMessage & { auth?: object }, response) => {
      void (async () => {
        const token = request.headers.authorization?.replace("Bearer ", "");
        if (token) request.auth = authInfo(token);
        const known = sessions.get(String(request.headers["mcp-session-id"]));
        if (known) return known.handleRequest(request as never, response);
        const transport = new StreamableHTTPServerTransport({
          sessionIdGenerator: randomUUID,
          onsessioninitialized: (id) => void sessions.set(id, transport),
        });
        const server = plugin.attach(new McpServer1({ name: "fixture", version: "1.0.0" }));
        tools(server);
        await server.connect(transport as never);
        return transport.handleRequest(request as never, response);
      })();
    });
    await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
    const close = async (): Promise<void> => {
      for (const transport of sessions.values()) await transport.close();
      http.closeAllConnections();
      await new Promise((resolve) => http.close(resolve));
    };
    return { url: new URL(`http://127.0.0.1:${(http.address() as AddressInfo).port}/mcp`), close };
  }

  async function connect(url: URL, token?: string): Promise<Client1> {
    const client = new Client1({ name: "test", version: "1.0.0" });
    const transport = new Http1(
      url,
      token === undefined ? {} : { requestInit: { headers: { authorization: `Bearer ${token}` } } },
    );
    await client.connect(transport as never);
    return client;
  }

  it("tells sessions apart, knows users by subject across tokens and sessions, and is never local", async () => {
    const { url, close } = await listen(fixture());
    const clients = await Promise.all([
      connect(url),
      connect(url),
      connect(url, "ann-1"),
      connect(url, "ann-2"),
      connect(url, "bob-1"),
    ]);
    const [one, two, ann, annAgain, bob] = (await Promise.all(clients.map(who))) as [Who, Who, Who, Who, Who];
    expect([one.kind, two.kind]).toEqual(["session", "session"]);
    expect(one.id).not.toBe(two.id);
    expect(ann).toEqual({ ...annAgain, kind: "subject", scopes: ["read"] });
    expect(bob.id).not.toBe(ann.id);
    await Promise.all(clients.map((client) => client.close()));
    await close();
  });

  it("reaches the subscribers of one session by a change that another session makes", async () => {
    const { url, close } = await listen(fixture());
    const [listener, changer] = await Promise.all([connect(url), connect(url)]);
    const updated = deferred<unknown>();
    listener.fallbackNotificationHandler = (notification) => Promise.resolve(updated.resolve(notification));
    await listener.subscribeResource({ uri: "note://one" });
    await changer.callTool({ name: "fixture_change" });
    expect(await updated.promise).toMatchObject({
      method: "notifications/resources/updated",
      params: { uri: "note://one" },
    });
    await Promise.all([listener.close(), changer.close()]);
    await close();
  });

  it("delivers the last report before a result", async () => {
    const { url, close } = await listen(fixture());
    const client = await connect(url);
    for (let run = 0; run < 20; run++) {
      const seen: number[] = [];
      await client.callTool({ name: "count" }, undefined, { onprogress: ({ progress }) => seen.push(progress) });
      expect(seen.at(-1)).toBe(5);
    }
    await client.close();
    await close();
  });
});

describe.each(["legacy", "auto"] as const)(
  "SDK 2 over HTTP (%s): a new server for every request, one plugin",
  (mode) => {
    async function connect(handler: ReturnType<typeof createMcpHandler>, token?: string): Promise<Client2> {
      const client = new Client2({ name: "test", version: "1.0.0" }, { versionNegotiation: { mode } });
      const auth = token === undefined ? {} : { authInfo: authInfo(token) as never };
      const fetch = (url: string | URL | Request, init?: RequestInit): Promise<Response> =>
        handler.fetch(new Request(url, init), auth);
      await client.connect(new Http2(new URL("http://127.0.0.1/mcp"), { fetch: fetch as never }));
      return client;
    }
    const handlerOf = (plugin: Plugin): ReturnType<typeof createMcpHandler> =>
      createMcpHandler(() => {
        const server = plugin.attach(new McpServer2({ name: "fixture", version: "1.0.0" }));
        tools(server);
        return server;
      });

    it("is anonymous without a token, else known by subject; state outlives the servers", async () => {
      const handler = handlerOf(fixture());
      const [nobody, ann, annAgain] = await Promise.all([
        connect(handler),
        connect(handler, "ann-1"),
        connect(handler, "ann-2"),
      ]);
      expect(await who(nobody)).toEqual({ kind: "anonymous", id: "anonymous", scopes: [] });
      expect(await who(ann)).toEqual(await who(annAgain));
      await ann.callTool({ name: "fixture_change" });
      expect((await nobody.readResource({ uri: "note://one" })).contents).toMatchObject([{ text: "version 2" }]);
      await Promise.all([nobody.close(), ann.close(), annAgain.close()]);
      await handler.close();
    });

    it("delivers progress", async () => {
      const handler = handlerOf(fixture());
      const client = await connect(handler);
      for (let run = 0; run < 20; run++) {
        const seen: number[] = [];
        await client.callTool({ name: "count" }, { onprogress: ({ progress }) => seen.push(progress) });
        expect(seen.at(-1)).toBe(5);
      }
      await client.close();
      await handler.close();
    });
  },
);

it("SDK 2 over HTTP: the handler's owner publishes changes to those who listen", async () => {
  const plugin = fixture();
  const handler = createMcpHandler(() => plugin.attach(new McpServer2({ name: "fixture", version: "1.0.0" })));
  const stop = plugin.onChanged((uri) => handler.notify.resourceUpdated(uri));
  const client = new Client2({ name: "test", version: "1.0.0" }, { versionNegotiation: { mode: "auto" } });
  const fetch = (url: string | URL | Request, init?: RequestInit): Promise<Response> =>
    handler.fetch(new Request(url, init));
  await client.connect(new Http2(new URL("http://127.0.0.1/mcp"), { fetch: fetch as never }));
  const updated = deferred<string>();
  client.setNotificationHandler("notifications/resources/updated", ({ params }) => updated.resolve(params.uri));
  const subscription = await client.listen({ resourceSubscriptions: ["note://one"] });
  await client.callTool({ name: "fixture_change" });
  expect(await updated.promise).toBe("note://one");
  stop();
  await subscription.close();
  await client.close();
  await handler.close();
});
