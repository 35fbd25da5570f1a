import { mkdirSync, renameSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import type { SourceDocument } from "../../src/files/given.ts";
import { makeFolder } from "../../src/folder.ts";
import { searchOptions } from "../../src/options.ts";
import { Folder } from "../folder.ts";
import { naiveEngine } from "../engine/naive.ts";
import { make } from "./made.ts";

test("what is added and removed without waiting takes effect in the order of the calls", async () => {
  const { corpus, find } = make([]);
  const long = { id: "a", text: "# Old\n\nwalrus\n\n".repeat(2_000) };
  await Promise.all([corpus.add([long]), corpus.add([{ id: "a", text: "ocelot" }])]);
  expect([await find("walrus"), await find("ocelot")]).toEqual([[], ["a#top"]]);
  await Promise.all([corpus.add([{ id: "b", text: "heron" }]), corpus.remove(["b"])]);
  expect(await find("heron")).toEqual([]);
});

test("a document that is no plain data is left out, not the rest of its source", async () => {
  const cycle: Record<string, unknown> = {};
  cycle["self"] = [cycle];
  const bad = [
    { id: "big", text: "x", metadata: { size: 1n } },
    { id: "cycle", text: "x", metadata: cycle },
    { id: "null", text: "x", modified: null },
    { id: "symbol", text: "x", modified: Symbol("now") },
    Object.defineProperty({ id: "getter" }, "text", { get: () => JSON.parse("no") as string, enumerable: true }),
    { id: "script", text: "x", url: "javascript:alert(1)" },
    { id: "relative", text: "x", url: "/wiki/page" },
  ] as unknown as SourceDocument[];
  const { corpus, find } = make([], {
    sources: [{ name: "wiki", load: () => [...bad, { id: "good", text: "walrus" }] }],
  });
  expect(await find("walrus")).toEqual(["wiki/good#top"]);
  expect(corpus.skips.count).toBe(bad.length);
  for (const document of bad)
    await expect(corpus.add([document])).rejects.toThrow(/cannot be added: (?:\w+ must|it must)/);
});

test("an address is given back in a form that shows nothing else", async () => {
  const { corpus } = make([]);
  await corpus.add([{ id: "a", text: "walrus", url: "https://example.com/\u001b[31mred\u202e" }]);
  expect((await corpus.engine.document("a"))?.url).toBe("https://example.com/%1B[31mred%E2%80%AE");
});

test("a file that is too large for the bound of today is left out, whatever the bound was when it was indexed", async () => {
  await using folder = await Folder.make({ "a.md": "walrus ".repeat(100), "b.md": "walrus" });
  const engine = naiveEngine();
  const keep = async (): Promise<typeof engine> => engine;
  const before = make([folder.path], {}, keep);
  expect(await before.find("walrus")).toHaveLength(2);
  const after = make([folder.path], { maxFileBytes: 100 }, keep);
  expect(await after.find("walrus")).toEqual(["b.md#top"]);
  expect(after.corpus.skips.count).toBe(1);
});

test("nobody waits twice for a source that does not answer", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  const late = vi.spyOn(AbortSignal, "timeout").mockImplementation(() => AbortSignal.abort(new Error("late")));
  onTestFinished(() => {
    vi.useRealTimers();
    late.mockRestore();
  });
  const { corpus } = make([], { sources: [{ name: "slow", load: () => new Promise(() => {}) }] });
  await corpus.add([{ id: "a", text: "walrus" }]);
  await corpus.ready();
  const waits = late.mock.calls.length;
  await corpus.ready();
  expect(late.mock.calls.length).toBe(waits);
  expect(corpus.status()).toMatchObject({ stale: true });
});

test("a root that is gone is looked for with every call, however long the index is trusted", async () => {
  await using folder = await Folder.make({ "inner/a.md": "walrus" });
  const root = join(folder.path, "inner");
  const { corpus, find } = make([root], { refreshMs: 86_400_000, watch: true });
  expect(await find("walrus")).toEqual(["a.md#top"]);
  renameSync(root, `${root}.away`);
  await vi.waitUntil(async () => (await find("walrus")).length === 0);
  expect(corpus.status().stale).toBe(true);
  renameSync(`${root}.away`, root);
  await vi.waitUntil(async () => (await find("walrus")).length === 1);
});

test("a hidden file stays hidden under the name of a link", async () => {
  await using folder = await Folder.make({ ".hidden/x.md": "walrus", "b.md": "walrus" });
  symlinkSync(join(folder.path, ".hidden/x.md"), join(folder.path, "shown.md"));
  expect(await make([folder.path]).find("walrus")).toEqual(["b.md#top"]);
  expect(await make([folder.path], { dotfiles: true }).find("walrus")).toHaveLength(2);
});

test("folders are made one at a time, and what cannot be made is an error", async () => {
  await using folder = await Folder.make({});
  await makeFolder(join(folder.path, "a/b/c"));
  await makeFolder(join(folder.path, "a/b/c"));
  mkdirSync(join(folder.path, "a/b/c/d"));
  writeFileSync(join(folder.path, "file"), "");
  await expect(makeFolder(join(folder.path, "file/x"))).rejects.toMatchObject({ code: "ENOTDIR" });
  if (process.platform === "linux") await expect(makeFolder("/proc/x/y")).rejects.toMatchObject({ code: "ENOENT" });
});

test("an address that the documents' paths cannot be put behind is refused", () => {
  expect(searchOptions.safeParse({ baseUrl: "https://example.com/docs" }).success).toBe(true);
  expect(searchOptions.safeParse({ baseUrl: "https://example.com/?page=" }).error?.issues[0]?.message).toContain("?");
});

test("words with only a form feed or the like between them are two words", async () => {
  await using folder = await Folder.make({ "a.txt": "page\fwalrus\vocelot\u0085heron\u001fgannet" });
  const { find } = make([folder.path]);
  for (const word of ["walrus", "ocelot", "heron", "gannet"]) expect(await find(word), word).toEqual(["a.txt#top"]);
});
