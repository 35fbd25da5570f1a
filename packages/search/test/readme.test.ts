import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { InMemoryTransport } from "@modelcontextprotocol/sdk/inMemory.js";
import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { compose, definePlugin } from "@plugboard/core";
import { expect, onTestFinished, test, vi } from "vitest";
import { z } from "zod";
import { LANGUAGES } from "../src/analysis/languages.ts";
import { search } from "../src/index.ts";
import type { SearchData } from "../src/index.ts";
import { Folder } from "./folder.ts";

type Search = ReturnType<typeof search>;

const readme = await readFile(join(import.meta.dirname, "..", "README.md"), "utf8");

async function ids(plugin: Search, query: string): Promise<string[]> {
  return (await plugin.query(query)).results.map(({ id }) => id);
}

async function connect(server: McpServer): Promise<Client> {
  const client = new Client({ name: "test", version: "1.0.0" });
  const [here, there] = InMemoryTransport.createLinkedPair();
  await Promise.all([server.connect(there), client.connect(here)]);
  onTestFinished(() => client.close());
  return client;
}

/** The files in which indexes are kept below a folder. */
async function kept(state: string): Promise<string[]> {
  const names = await readdir(state, { recursive: true });
  return names.filter((name) => name.endsWith(".seg")).map((name) => join(state, name));
}

test("source code is read if include names it, and divided at its declarations", async () => {
  const long = "// what makes this part long enough to be a section of its own, and goes on for a while\n";
  await using docs = await Folder.make({
    "guide.md": "# Guide\n\nwalrus",
    "src/animals.ts": `${long}export function walrus(): void {}\n\n${long}export function ocelot(): void {}\n`,
  });
  const roots = [docs.path];
  await using usual = search({ roots, state: false });
  expect(await ids(usual, "walrus")).toEqual(["guide.md#guide"]);
  await using plugin = search({ roots, include: ["**/*.md", "src/**/*.ts"] });
  expect((await ids(plugin, "walrus")).toSorted()).toEqual(["guide.md#guide", "src/animals.ts#L1"]);
  expect(await ids(plugin, "ocelot type:code")).toEqual(["src/animals.ts#L4"]);
});

test("rows of a table carry the names of their columns", async () => {
  await using docs = await Folder.make({
    "ports.csv": "service,port\nredis,6379\n",
    "a.json": '{"redis": {"tls": true}}',
  });
  await using plugin = search({ roots: [docs.path] });
  const { results } = await plugin.query("redis port");
  expect(results[0]).toMatchObject({
    id: expect.stringMatching(/^ports\.csv#/),
    snippet: expect.stringMatching(/port.*6379/),
  });
  expect(results.map(({ id }) => id.split("#")[0])).toContain("a.json");
});

test("without options the index is kept in PLUGBOARD_STATE_DIR, and the next process opens it", async () => {
  await using docs = await Folder.make({ "a.md": "walrus", "b.md": "ocelot" });
  const state = join(docs.base, "state");
  vi.stubEnv("PLUGBOARD_STATE_DIR", state);
  onTestFinished(() => void vi.unstubAllEnvs());
  await using first = search({ roots: [docs.path] });
  expect(await ids(first, "walrus")).toEqual(["a.md#top"]);
  await first.dispose();
  expect(await kept(state)).toHaveLength(1);
  await using second = search({ roots: [docs.path] });
  expect(await ids(second, "ocelot")).toEqual(["b.md#top"]);
  expect(second.stats()).toMatchObject({ documents: 2, indexed: 0 });
});

test("an index that is damaged, or was made with other options, is made again", async () => {
  const warned = vi.spyOn(console, "warn").mockImplementation(() => undefined);
  await using docs = await Folder.make({ "a.md": "walrus" });
  const state = join(docs.base, "state");
  await using first = search({ roots: [docs.path], state });
  await ids(first, "walrus");
  await first.dispose();
  const [file = ""] = await kept(state);
  const bytes = await readFile(file);
  await writeFile(file, bytes.subarray(0, bytes.length / 2));
  await using second = search({ roots: [docs.path], state });
  expect(await ids(second, "walrus")).toEqual(["a.md#top"]);
  expect(second.stats()).toMatchObject({ documents: 1, indexed: 1 });
  expect(warned).toHaveBeenCalled();
  await second.dispose();
  await using third = search({ roots: [docs.path], state, languages: ["de"] });
  expect(await ids(third, "walrus")).toEqual(["a.md#top"]);
  expect(third.stats()).toMatchObject({ indexed: 1 });
});

test("of several processes over one index all answer", async () => {
  vi.spyOn(console, "warn").mockImplementation(() => undefined);
  await using docs = await Folder.make({ "a.md": "walrus" });
  const options = { roots: [docs.path], state: join(docs.base, "state"), refreshMs: 0 };
  await using first = search(options);
  await using second = search(options);
  expect(await Promise.all([ids(first, "walrus"), ids(second, "walrus")])).toEqual([["a.md#top"], ["a.md#top"]]);
  await docs.put({ "b.md": "walrus" });
  for (const plugin of [first, second]) expect(await ids(plugin, "walrus")).toHaveLength(2);
  await first.dispose();
  await second.dispose();
  await using third = search(options);
  expect(await ids(third, "walrus")).toHaveLength(2);
});

test("the index is never indexed itself, though it lies inside a root", async () => {
  await using docs = await Folder.make({ "a.md": "walrus" });
  const options = { roots: [docs.path], state: docs.path, include: ["**/*"] };
  await using first = search(options);
  await ids(first, "walrus");
  await first.dispose();
  await using second = search(options);
  expect(await ids(second, "walrus")).toEqual(["a.md#top"]);
  expect(second.stats()).toMatchObject({ documents: 1 });
});

test("the languages are those that the README names", async () => {
  expect(/`languages` says which\): ([a-z, ]+)\./.exec(readme)?.[1]?.split(", ")).toEqual(LANGUAGES);
  await using docs = await Folder.make({
    "de.md": "Die Häuser in der Stadt sind alt, und die Straßen sind nicht breit. Man sieht sie von dem Berg aus.",
    "zh.md": "数据库连接池的大小由配置文件决定。",
  });
  await using plugin = search({ roots: [docs.path] });
  expect(await ids(plugin, "haus")).toEqual(["de.md#top"]);
  expect(await ids(plugin, "连接池")).toEqual(["zh.md#top"]);
  expect(await ids(plugin, "häuser lang:de")).toEqual(["de.md#top"]);
});

test("two plugins on one server are two indexes, with tools of their own", async () => {
  await using docs = await Folder.make({ "wiki/a.md": "walrus", "book/a.md": "ocelot" });
  await using both = compose([
    search({ roots: [docs.file("wiki")] }),
    search({ roots: [docs.file("book")] }, { as: "handbook" }),
  ]);
  const client = await connect(both.attach(new McpServer({ name: "test", version: "1.0.0" })));
  const { tools } = await client.listTools();
  expect(tools.map(({ name }) => name)).toEqual([
    "search",
    "search_similar",
    "fetch",
    "handbook",
    "handbook_similar",
    "handbook_fetch",
  ]);
  const total = async (name: string, query: string): Promise<number> => {
    const { structuredContent } = await client.callTool({ name, arguments: { query } });
    return (structuredContent as SearchData).total_found;
  };
  expect(await total("search", "walrus")).toBe(1);
  expect(await total("search", "ocelot")).toBe(0);
  expect(await total("handbook", "ocelot")).toBe(1);
  const { resources } = await client.listResources();
  expect(resources.map(({ uri }) => uri).toSorted()).toEqual(["handbook:///a.md", "search:///a.md"]);
});

test("other plugins add, remove and ask by call.service", async () => {
  const notes = definePlugin({
    name: "notes",
    options: z.strictObject({}),
    setup(host) {
      host.tool(
        "note",
        { description: "Adds and removes.", inputSchema: z.strictObject({ text: z.string() }) },
        async ({ text }, call) => {
          const service = call.service("search");
          await service?.add({ id: "note", text });
          const before = await service?.query("walrus");
          await service?.remove("note");
          return `${before?.total_found}, then ${(await service?.query("walrus"))?.total_found}`;
        },
      );
    },
  });
  await using both = compose([notes(), search({ state: false })]);
  const client = await connect(both.attach(new McpServer({ name: "test", version: "1.0.0" })));
  const { content } = await client.callTool({ name: "note", arguments: { text: "a walrus" } });
  expect(content).toEqual([{ type: "text", text: "1, then 0" }]);
});
