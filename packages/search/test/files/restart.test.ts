import { appendFile, rename } from "node:fs/promises";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { localEngine } from "../../src/engine/local.ts";
import type { Engine } from "../../src/engine/types.ts";
import { naiveEngine } from "../engine/naive.ts";
import { Folder } from "../folder.ts";
import { make } from "./made.ts";

const local = (folder: string | undefined): Promise<Engine> => localEngine({ folder });

test("another process finds the index as it was left, and reads only what has changed", async () => {
  await using docs = await Folder.make({ "a.md": "walrus", "b.md": "ocelot", "c.md": "heron" });
  const state = join(docs.base, "state");
  // Old enough for the stamps to be trusted.
  const now = Date.now();
  vi.spyOn(Date, "now").mockImplementation(() => now + 60_000);
  const first = make([docs.path], { state }, local);
  expect(await first.find("walrus")).toEqual(["a.md#top"]);
  await first.corpus.close();
  expect(first.corpus.indexed).toBe(3);

  await docs.remove("b.md");
  await appendFile(docs.file("c.md"), " bobcat");
  await docs.put({ "d.md": "lynx" });
  const second = make([docs.path], { state }, local);
  expect((await second.find("walrus ocelot bobcat lynx")).toSorted()).toEqual(["a.md#top", "c.md#top", "d.md#top"]);
  expect(second.corpus.indexed).toBe(2);
  await second.corpus.close();

  const third = make([docs.path], { state }, local);
  expect(await third.find("walrus")).toEqual(["a.md#top"]);
  expect(third.corpus.indexed).toBe(0);
  await third.corpus.close();
});

test("a file that was too young to be trusted is read again, and indexed again only if it is another", async () => {
  await using docs = await Folder.make({ "a.md": "walrus", "b.md": "ocelot" });
  const state = join(docs.base, "state");
  const now = Date.now();
  const clock = vi.spyOn(Date, "now").mockImplementation(() => now);
  const first = make([docs.path], { state }, local);
  await first.find("walrus");
  await first.corpus.close();
  await docs.put({ "b.md": "ermine" });
  clock.mockImplementation(() => now + 60_000);
  const second = make([docs.path], { state }, local);
  expect(await second.find("ermine")).toEqual(["b.md#top"]);
  expect(second.corpus.indexed).toBe(1);
  await second.corpus.close();
});

test("an index is another one for other roots", async () => {
  await using docs = await Folder.make({ "one/a.md": "walrus", "two/a.md": "ocelot" });
  const state = join(docs.base, "state");
  for (const [name, word] of [
    ["one", "walrus"],
    ["two", "ocelot"],
  ] as const) {
    const { find, corpus } = make([docs.file(name)], { state }, local);
    expect(await find("walrus ocelot")).toEqual(["a.md#top"]);
    expect((await corpus.engine.section("a.md#top"))?.text).toBe(word);
    await corpus.close();
  }
});

test("an engine that cannot be opened is an error for who asks, and tried again", async () => {
  await using docs = await Folder.make({ "a.md": "walrus" });
  let broken = true;
  const { find, corpus } = make([docs.path], {}, async () => {
    if (broken) throw new Error("no memory");
    return naiveEngine();
  });
  await expect(find("walrus")).rejects.toThrow("no memory");
  await expect(corpus.add([{ id: "b", text: "ocelot" }])).rejects.toThrow("no memory");
  broken = false;
  expect(await find("walrus")).toEqual(["a.md#top"]);
});

test("a look that fails leaves what is there, stale and with the reason, and is an error only where there is nothing", async () => {
  await using docs = await Folder.make({ "a.md": "walrus" });
  const engine = naiveEngine();
  const put = engine.put;
  const { find, corpus, warnings } = make([docs.path], {}, async () => engine);
  engine.put = () => Promise.reject(new Error("disk full"));
  await expect(find("walrus")).rejects.toThrow("disk full");
  engine.put = put;
  expect(await find("walrus")).toEqual(["a.md#top"]);
  expect(corpus.status()).toMatchObject({ stale: false, reason: undefined });
  engine.put = () => Promise.reject(new Error("disk full"));
  await docs.put({ "b.md": "ocelot" });
  for (let turn = 0; turn < 3; turn += 1) expect(await find("walrus")).toEqual(["a.md#top"]);
  const reason = "The files could not be looked at: disk full";
  expect(corpus.status()).toMatchObject({ stale: true, reason });
  expect(warnings).toEqual([reason, reason]);
  engine.put = put;
  expect(await find("ocelot")).toEqual(["b.md#top"]);
  expect(corpus.status().stale).toBe(false);
});

test("before the first use there is nothing, and nothing is opened", async () => {
  const open = vi.fn<() => Promise<Engine>>(async () => naiveEngine());
  const { corpus } = make([], {}, open);
  expect(corpus.status()).toEqual({ updatedAt: undefined, stale: false, reason: undefined, skipped: 0 });
  const { documents, sections, bytes, generation } = corpus.engine;
  expect({ documents, sections, bytes, generation }).toEqual({
    documents: 0,
    sections: 0,
    bytes: 0,
    generation: naiveEngine().generation,
  });
  expect([[...corpus.engine.ids()], [...corpus.engine.fields()], corpus.engine.state("a")]).toEqual([
    [],
    [],
    undefined,
  ]);
  await corpus.remove(["a"]);
  await corpus.close();
  expect(open).not.toHaveBeenCalled();
  await expect(corpus.ready()).rejects.toThrow("closed");
  await expect(corpus.add([])).rejects.toThrow("closed");
});

test("a root that is renamed while it is open is another root", async () => {
  await using docs = await Folder.make({ "one/a.md": "walrus" });
  const { find, corpus } = make([docs.file("one")]);
  expect(await find("walrus")).toHaveLength(1);
  await rename(docs.file("one"), docs.file("two"));
  expect(await find("walrus")).toEqual([]);
  await docs.put({ "one/a.md": "ocelot" });
  expect(await find("ocelot")).toEqual(["a.md#top"]);
  expect(corpus.status().stale).toBe(false);
});
