import { ClientCredentialsProvider } from "@modelcontextprotocol/sdk/client/auth-extensions.js";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import {
  StreamableHTTPClientTransport,
  type StreamableHTTPClientTransportOptions,
} from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";
import { compose, core, type Plugin } from "@plugboard/core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { scopesPlugin } from "../src/auth/scopes.ts";
import { httpSettings } from "../src/config/http-settings.ts";
import { HttpFront } from "../src/http/front.ts";
import { createLog } from "../src/serve/log.ts";
import { serverFactory } from "../src/serve/server.ts";
import { Traffic } from "../src/serve/traffic.ts";
import { AuthorizationServer, CLIENT, mint, type SigningKey, signingKey } from "./auth/authorization-server.ts";
import { lab } from "./fixtures/lab.js";
import { initialize, send } from "./http.ts";

const SCOPES = { echo: ["lab_echo"], count: ["lab_count"], "*": ["lab_whoami"] };

const logged: string[] = [];
let authorization: AuthorizationServer;
let key: SigningKey;
let plugin: Plugin;
let front: HttpFront;

beforeAll(async () => {
  key = await signingKey("one");
  authorization = await AuthorizationServer.start([key]);
  plugin = compose([scopesPlugin(SCOPES), core(), lab()]);
  front = await HttpFront.listen({
    create: serverFactory({ name: "test", version: "1", instructions: undefined }, plugin),
    traffic: new Traffic(),
    log: createLog("debug", { write: (line) => logged.push(line) }),
    settings: httpSettings.parse({
      port: 0,
      auth: { oauth: { issuer: authorization.issuer, requiredScopes: ["mcp"] }, scopes: SCOPES },
    }),
  });
});
afterAll(async () => {
  await front.close();
  await plugin.dispose();
  await authorization[Symbol.asyncDispose]();
});

async function connect(options: StreamableHTTPClientTransportOptions): Promise<Client & AsyncDisposable> {
  const client = new Client({ name: "test", version: "1" });
  await client.connect(new StreamableHTTPClientTransport(new URL(front.url), options) as Transport);
  return Object.assign(client, { [Symbol.asyncDispose]: () => client.close() });
}

const bearer = async (scope: string) => ({
  Authorization: `Bearer ${await authorization.token(front.url, scope)}`,
});

test("the official client finds its way from the endpoint's address alone: challenge, metadata, token", async () => {
  const authProvider = new ClientCredentialsProvider({
    clientId: CLIENT.id,
    clientSecret: CLIENT.secret,
    expectedIssuer: authorization.issuer,
    scope: "mcp echo count",
  });
  await using client = await connect({ authProvider });
  const { tools } = await client.listTools();
  expect(tools.map(({ name }) => name).toSorted()).toEqual(["lab_count", "lab_echo", "lab_whoami"]);
  expect(JSON.stringify(await client.callTool({ name: "lab_whoami" }))).toContain("subject");
});

test("without a token there is the challenge and the metadata, and nothing else", async () => {
  const { status, headers } = await send(front.port, { body: initialize });
  expect(status).toBe(401);
  const where = /resource_metadata="([^"]+)"/.exec(String(headers["www-authenticate"]))?.[1] ?? "";
  const found = await send(front.port, { method: "GET", path: new URL(where).pathname });
  expect(found.status).toBe(200);
  expect(JSON.parse(found.text)).toMatchObject({
    resource: front.url,
    authorization_servers: [authorization.issuer],
    scopes_supported: ["mcp", "echo", "count"],
  });
});

test("a caller sees and calls the tools of its scopes; another one is 403 with the scope to ask for", async () => {
  const headers = await bearer("mcp echo");
  await using client = await connect({ requestInit: { headers } });
  expect((await client.listTools()).tools.map(({ name }) => name)).toEqual(["lab_echo", "lab_whoami"]);
  const { headers: opened } = await send(front.port, { headers, body: initialize });
  const answer = await send(front.port, {
    headers: { ...headers, "Mcp-Session-Id": String(opened["mcp-session-id"]) },
    body: { jsonrpc: "2.0", id: 1, method: "tools/call", params: { name: "lab_count" } },
  });
  expect(answer.status).toBe(403);
  expect(answer.headers["www-authenticate"]).toContain('error="insufficient_scope"');
  expect(answer.headers["www-authenticate"]).toContain('scope="mcp echo count"');
});

test("a token for another resource is refused, and so is one without a required scope", async () => {
  const elsewhere = await authorization.token("https://other.example.com/mcp", "mcp");
  const wrong = await send(front.port, { headers: { Authorization: `Bearer ${elsewhere}` }, body: initialize });
  expect(wrong.status).toBe(401);
  expect(wrong.headers["www-authenticate"]).toContain("another audience");
  const little = await send(front.port, { headers: await bearer("echo"), body: initialize });
  expect(little.status).toBe(403);
});

test("a session is of no use to another caller, whoever knows its id", async () => {
  const { headers: opened } = await send(front.port, { headers: await bearer("mcp"), body: initialize });
  const stranger = await mint({
    key,
    claims: {
      iss: authorization.issuer,
      aud: front.url,
      sub: "eve",
      scope: "mcp echo count",
      exp: Math.floor(Date.now() / 1000) + 300,
    },
  });
  for (const method of ["POST", "GET", "DELETE"]) {
    const { status } = await send(front.port, {
      method,
      headers: { Authorization: `Bearer ${stranger}`, "Mcp-Session-Id": String(opened["mcp-session-id"]) },
      ...(method === "POST" && { body: { jsonrpc: "2.0", id: 1, method: "tools/list" } }),
    });
    expect(status, method).toBe(404);
  }
});

test("no token is in the log", async () => {
  const headers = await bearer("mcp");
  await send(front.port, { headers, body: initialize });
  await send(front.port, { headers: { Authorization: `${headers.Authorization}x` }, body: initialize });
  expect(logged.join()).not.toContain(headers.Authorization.slice(7, 60));
});
