import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { InMemoryTransport } from "@modelcontextprotocol/sdk/inMemory.js";
import type { AuthInfo } from "@modelcontextprotocol/sdk/server/auth/types.js";
import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { batch } from "@plugboard/batch";
import { cache } from "@plugboard/cache";
import { compose, core, definePlugin, type Plugin } from "@plugboard/core";
import { afterEach, expect, test } from "vitest";
import { z } from "zod";
import { createAuthenticator } from "../src/auth/authenticator.ts";
import { filterResources } from "../src/auth/listings.ts";
import { Permissions } from "../src/auth/permissions.ts";
import { scopesPlugin } from "../src/auth/scopes.ts";
import { authSettings } from "../src/config/auth-settings.ts";
import { createLog } from "../src/serve/log.ts";

const SCOPES = { docs: ["docs_*", "docs:*"], logs: ["logs_*", "logs:*"], "*": ["batch*"] };
const OWNER = "the-owners-token-0123456789";
const readOnly = { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false };

/** Tools and resources of two scopes, and a tool that no scope has; results may go to all callers. */
const office = definePlugin({
  name: "office",
  options: z.strictObject({}),
  setup(host) {
    let runs = 0;
    const shared = { "dev.plugboard/cache": { scope: "public" } };
    for (const tool of ["docs_read", "logs_read", "purge"]) {
      host.tool(tool, { description: tool, annotations: readOnly, _meta: shared }, () => `${tool} ${++runs}`);
    }
    for (const name of ["docs", "logs"]) {
      host.resource(name, `${name}:///a`, { title: name }, () => `secret of ${name}`);
      host.resource(`${name}-all`, `${name}:///{+id}`, { title: name, list: () => [] }, () => `secret of ${name}`);
    }
  },
});

const open: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

const made = createAuthenticator(
  authSettings.parse({
    token: OWNER,
    tokens: ["docs", "logs", "none"].map((name) => ({
      name,
      token: `token-of-${name}-0123456789`,
      scopes: name === "none" ? [] : [name],
    })),
    scopes: SCOPES,
  }),
  { url: "http://localhost/mcp" },
  createLog("silent"),
);

async function authOf(name: "owner" | "docs" | "logs" | "none"): Promise<AuthInfo> {
  const outcome = await made.authenticate(`Bearer ${name === "owner" ? OWNER : `token-of-${name}-0123456789`}`);
  if ("challenge" in outcome) throw new Error(outcome.challenge.message);
  return outcome.identity.auth;
}

/** The plugins in the order of the composed server. */
function composed(): Plugin {
  const plugin = compose([scopesPlugin(SCOPES), core(), cache({ ttlMs: 60_000 }), batch(), office()]);
  open.push(() => plugin.dispose());
  return plugin;
}

/** A client whose messages come with what the authenticator knows of it; without a name, one on this machine. */
async function connect(plugin: Plugin, auth: AuthInfo | undefined): Promise<Client> {
  const [here, there] = InMemoryTransport.createLinkedPair();
  const server = plugin.attach(new McpServer({ name: "test", version: "1" }));
  const send = here.send.bind(here);
  here.send = (message, options) => send(message, { ...options, ...(auth && { authInfo: auth }) });
  await server.connect(there);
  filterResources(there, new Permissions(SCOPES));
  const client = new Client({ name: "test", version: "1" });
  await client.connect(here);
  open.push(() => client.close());
  return client;
}

const toolsOf = async (client: Client): Promise<string[]> => (await client.listTools()).tools.map(({ name }) => name);
const textOf = async (client: Client, name: string, args: Record<string, unknown> = {}): Promise<string> =>
  JSON.stringify(await client.callTool({ name, arguments: args }));

test("a caller sees the tools of its scopes and those of `*`; the owner, and who is on this machine, all of them", async () => {
  const plugin = composed();
  const all = ["docs_read", "logs_read", "purge"];
  const own = async (name: Parameters<typeof authOf>[0]): Promise<string[]> =>
    (await toolsOf(await connect(plugin, await authOf(name)))).filter((tool) => !tool.startsWith("batch"));
  expect(await own("docs")).toEqual(["docs_read"]);
  expect(await own("logs")).toEqual(["logs_read"]);
  expect(await own("none")).toEqual([]);
  expect(await own("owner")).toEqual(all);
  expect(await toolsOf(await connect(plugin, await authOf("none")))).toContain("batch");
  expect(await toolsOf(await connect(plugin, undefined))).toEqual(expect.arrayContaining([...all, "batch"]));
});

test("a tool of another scope is not there for its caller, nor one that no scope has", async () => {
  const client = await connect(composed(), await authOf("docs"));
  expect(await textOf(client, "docs_read")).toContain("docs_read 1");
  for (const tool of ["logs_read", "purge"]) expect(await textOf(client, tool)).toContain("not found");
});

test("batch does not go round it, for a tool by name or within another batch", async () => {
  const client = await connect(composed(), await authOf("docs"));
  const text = await textOf(client, "batch", {
    calls: [{ tool: "docs_read" }, { tool: "logs_read" }, { tool: "purge" }],
  });
  expect(text).toContain("docs_read 1");
  expect(text).toContain("There is no tool `logs_read`");
  expect(text).not.toMatch(/(?:logs_read|purge) \d/);
});

test("a result that the cache has from a caller of another scope is not for who lacks it", async () => {
  const plugin = composed();
  const [logs, docs, other] = [
    await connect(plugin, await authOf("logs")),
    await connect(plugin, await authOf("docs")),
    await connect(plugin, await authOf("owner")),
  ];
  const first = await textOf(logs, "logs_read");
  expect(first).toContain("logs_read 1");
  // It is in the cache, and goes to whoever may have it.
  expect(await textOf(logs, "logs_read")).toContain("logs_read 1");
  expect(await textOf(other, "logs_read")).toContain("logs_read 1");
  expect(await textOf(docs, "logs_read")).toContain("not found");
  expect(await textOf(docs, "batch", { calls: [{ tool: "logs_read" }] })).not.toContain("logs_read 1");
});

test("the lists of resources have what the caller's scopes permit", async () => {
  const plugin = composed();
  const listed = async (auth: AuthInfo | undefined): Promise<string[]> => {
    const client = await connect(plugin, auth);
    const { resources } = await client.listResources();
    const { resourceTemplates } = await client.listResourceTemplates();
    return [...resources.map(({ uri }) => uri), ...resourceTemplates.map(({ uriTemplate }) => uriTemplate)].filter(
      (uri) => !uri.startsWith("cache:"),
    );
  };
  const docs = ["docs:///a", "docs:///{+id}"];
  const logs = ["logs:///a", "logs:///{+id}"];
  expect(await listed(await authOf("docs"))).toEqual(docs);
  expect(await listed(await authOf("none"))).toEqual([]);
  expect((await listed(await authOf("owner"))).toSorted()).toEqual([...docs, ...logs]);
  expect((await listed(undefined)).toSorted()).toEqual([...docs, ...logs]);
});
