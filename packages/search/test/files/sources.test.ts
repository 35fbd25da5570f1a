import { AsyncLocalStorage } from "node:async_hooks";
import MarkdownIt from "markdown-it";
import { expect, onTestFinished, test, vi } from "vitest";
import type { Engine } from "../../src/engine/types.ts";
import type { SourceDocument } from "../../src/files/given.ts";
import type { Source } from "../../src/files/source.ts";
import { Pacer } from "../../src/pacer.ts";
import { Folder } from "../folder.ts";
import { naiveEngine } from "../engine/naive.ts";
import { make } from "./made.ts";

/** A source whose documents a test changes. */
function changing(name: string, documents: unknown[], refreshMs = 0): Source & { documents: unknown[]; loads: number } {
  const source = {
    name,
    refreshMs,
    documents,
    loads: 0,
    async *load(): AsyncGenerator<SourceDocument> {
      source.loads += 1;
      for (const document of source.documents) {
        if (document instanceof Error) throw document;
        yield document as SourceDocument;
      }
    },
  };
  return source;
}

test("what a source gives is found, with its name before the ids, and gone when it is given no more", async () => {
  const wiki = changing("wiki", [
    { id: "a", title: "Alpha", url: "https://example.com/a", text: "# One\n\nwalrus", metadata: { tag: ["x", 7] } },
    { id: "b/c#d", text: "<p>ocelot", type: "html", modified: "2024-05-01T00:00:00Z" },
  ]);
  const { find, corpus } = make([], { sources: [wiki] });
  expect(await find("walrus")).toEqual(["wiki/a#one"]);
  expect(await find("ocelot")).toEqual(["wiki/b/c%23d#top"]);
  expect(await corpus.engine.document("wiki/a")).toMatchObject({
    path: "wiki/a",
    title: "Alpha",
    url: "https://example.com/a",
    type: "markdown",
    origin: "source:wiki",
    metadata: { tag: ["x", "7"] },
  });
  expect(await corpus.engine.document("wiki/b/c%23d")).toMatchObject({
    title: "c#d",
    url: "search:///wiki/b/c%2523d",
    type: "html",
    modified: Date.UTC(2024, 4, 1),
  });
  const indexed = corpus.indexed;
  wiki.documents = [wiki.documents[0], { id: "e", text: "heron" }];
  await vi.waitUntil(async () => (await find("heron")).length === 1);
  await vi.waitUntil(async () => (await find("ocelot")).length === 0);
  // What is as it was is not indexed again.
  await vi.waitUntil(() => corpus.indexed > indexed);
  expect(corpus.indexed).toBe(indexed + 1);
  expect(corpus.status()).toMatchObject({ stale: false, reason: undefined });
});

test("a list, a generator, and a promise of either are sources", async () => {
  const documents = [{ id: "a", text: "walrus" }];
  const loads: Source["load"][] = [
    () => documents,
    () => documents.values(),
    async () => documents,
    async function* load() {
      yield* documents;
    },
  ];
  for (const load of loads)
    expect(await make([], { sources: [{ name: "s", load }] }).find("walrus")).toEqual(["s/a#top"]);
});

test("is loaded once for all who wait, outside of their context, and again only when it is too old", async () => {
  const storage = new AsyncLocalStorage<string>();
  const seen: unknown[] = [];
  const load = (): SourceDocument[] => {
    seen.push(storage.getStore());
    return [{ id: "a", text: "walrus" }];
  };
  const { find } = make([], { sources: [{ name: "s", load }] });
  await storage.run("caller", () => Promise.all([find("walrus"), find("walrus"), find("walrus")]));
  await find("walrus");
  expect(seen).toEqual([undefined]);
});

test("answers come from what is there while it is loaded again", async () => {
  let release: () => void = () => {};
  let loads = 0;
  const load = async function* load(): AsyncGenerator<SourceDocument> {
    loads += 1;
    if (loads === 2) await new Promise<void>((resolve) => (release = resolve));
    yield { id: "a", text: loads === 1 ? "walrus" : "ocelot" };
  };
  const { find, corpus } = make([], { sources: [{ name: "s", load, refreshMs: 0 }] });
  await find("walrus");
  expect(await find("walrus")).toHaveLength(1);
  expect(await find("walrus")).toHaveLength(1);
  expect(loads).toBe(2);
  expect(corpus.status().stale).toBe(false);
  const changed = new Promise((resolve) => corpus.onChange(resolve));
  release();
  expect(await changed).toEqual(["s/a"]);
  expect(await find("ocelot")).toHaveLength(1);
});

test("one that fails keeps what was there, is told of once, makes the answers stale, and is tried again", async () => {
  const source = changing("wiki", [
    { id: "a", text: "walrus" },
    { id: "b", text: "ocelot" },
  ]);
  const { find, corpus, warnings } = make([], { sources: [source] });
  expect(await find("walrus ocelot")).toHaveLength(2);
  const good = source.documents;
  source.documents = [{ id: "a", text: "heron" }, new Error("the wiki is down")];
  await vi.waitUntil(async () => (await find("ocelot")).length === 1 && corpus.status().stale);
  for (let turn = 0; turn < 5; turn += 1) expect(await find("ocelot")).toEqual(["wiki/b#top"]);
  // What it says may name addresses and secrets.
  const reason = 'The source "wiki" could not be loaded; the details are in the server\'s log';
  expect(corpus.status()).toMatchObject({ stale: true, reason });
  expect(warnings).toEqual(['The source "wiki" failed: the wiki is down']);
  source.documents = good;
  await vi.waitUntil(async () => (await find("walrus ocelot")).length === 2 && !corpus.status().stale);
});

test("one that fails at first is no error for those who can be answered", async () => {
  await using docs = await Folder.make({ "a.md": "walrus" });
  const load = (): never => {
    throw new Error("down");
  };
  const { find, corpus } = make([docs.path], { sources: [{ name: "s", load }] });
  expect(await find("walrus")).toEqual(["a.md#top"]);
  expect(corpus.status().stale).toBe(true);
});

test("one that never ends is left behind when the corpus closes, whether or not it listens", async () => {
  const load = (): AsyncIterable<SourceDocument> => ({
    [Symbol.asyncIterator]: () => ({ next: () => new Promise(() => {}) }),
  });
  const { corpus } = make([], {
    sources: [
      { name: "s", load },
      { name: "t", load: () => new Promise<never>(() => {}) },
    ],
  });
  const controller = new AbortController();
  const waiting = corpus.ready(controller.signal);
  await vi.waitUntil(() => corpus.refreshes === 1);
  expect(corpus.status()).toMatchObject({ stale: true });
  controller.abort(new Error("enough"));
  await expect(waiting).rejects.toThrow("enough");
  await corpus.close();
});

test("a document that is not as it has to be is skipped, counted, and told of with the field", async () => {
  const bad: [unknown, string][] = [
    ["text", 'without an id of the source "s": it is no object'],
    [{ text: "x" }, 'without an id of the source "s": id must be a string that is not empty'],
    [{ id: "x".repeat(501), text: "x" }, "id must have at most 500 characters"],
    [{ id: "\ud800", text: "x" }, "id must be Unicode"],
    [{ id: "b" }, '"b" of the source "s": text must be a string'],
    [{ id: "c", text: "x".repeat(1_001) }, "text must have at most 1000 bytes (maxFileBytes)"],
    [
      { id: "d", text: "x", type: "toString" },
      "type must be one of markdown, mdx, html, rst, text, json, jsonl, csv, code",
    ],
    [{ id: "e", text: "x", modified: "yesterday" }, "modified must be a date"],
    [{ id: "f", text: "x", metadata: "x" }, "metadata must be an object"],
    [{ id: "g", text: "x", title: 7 }, "title must be a string"],
    [{ id: "h", text: "x", url: {} }, "url must be a string"],
    [{ id: "good", text: "ocelot" }, "another document has its id"],
  ];
  const source = changing("s", [{ id: "good", text: "walrus" }, ...bad.map(([document]) => document)]);
  const { find, corpus, warnings } = make([], { sources: [source], maxFileBytes: 1_000 });
  expect(await find("walrus")).toEqual(["s/good#top"]);
  expect(corpus.status()).toMatchObject({ skipped: bad.length, stale: false });
  for (const [index, [, expected]] of bad.entries()) {
    expect(warnings[index]).toContain("skipped the document");
    expect(warnings[index]).toContain(expected);
  }
});

test("bounds on documents and bytes, and a source without end", async () => {
  const endless = function* load(): Generator<SourceDocument> {
    for (let number = 0; ; number += 1) yield { id: `${number}`, text: "walrus" };
  };
  const many = make([], { sources: [{ name: "s", load: endless }], maxFiles: 3 });
  expect(await many.find("walrus")).toEqual(["s/0#top", "s/1#top", "s/2#top"]);
  expect(many.warnings).toEqual(['skipped what the source "s" gives beyond maxFiles documents']);
  expect(many.corpus.status().stale).toBe(false);

  const sized = changing("s", [
    { id: "a", text: "walrus" },
    { id: "b", text: "walrus!" },
    { id: "c", text: "lynx" },
  ]);
  const bytes = make([], { sources: [sized], maxTotalBytes: 10 });
  expect(await bytes.find("walrus lynx")).toEqual(["s/c#top", "s/a#top"].toSorted());
  expect(bytes.warnings).toEqual([
    'skipped the document "b" of the source "s": its documents together are larger than maxTotalBytes',
  ]);
});

test("who has an id first keeps it, be it a file, a source or what was added", async () => {
  await using docs = await Folder.make({ "wiki/a.md": "walrus" });
  const wiki = changing("wiki", [
    { id: "a.md", text: "ocelot" },
    { id: "b.md", text: "heron" },
  ]);
  const { find, corpus, warnings } = make([docs.path], { sources: [wiki] });
  expect(await find("walrus ocelot")).toEqual(["wiki/a.md#top"]);
  expect(warnings).toEqual(['skipped the document "a.md" of the source "wiki": another document has its id']);
  await docs.put({ "wiki/b.md": "bobcat", "c.md": "lynx" });
  expect(await find("heron bobcat")).toEqual(["wiki/b.md#top"]);
  expect(warnings[1]).toBe('skipped "wiki/b.md": another document has its id');
  await expect(corpus.add([{ id: "c.md", text: "x" }])).rejects.toThrow(
    'The document "c.md" cannot be added: id is taken by a document of "files"',
  );
  await docs.remove("wiki/a.md");
  await find("x");
  await vi.waitUntil(async () => (await find("ocelot")).length === 1);
});

test("what is added is found at once, replaced and removed, and lives beside files", async () => {
  await using docs = await Folder.make({ "a.md": "walrus" });
  const { find, corpus } = make([docs.path]);
  const told: string[][] = [];
  corpus.onChange((ids) => void told.push([...ids]));
  await corpus.add([
    { id: "note", text: "# Note\n\nocelot" },
    { id: "other", text: "heron", title: "Other" },
  ]);
  expect(await find("ocelot heron walrus")).toHaveLength(3);
  expect(await corpus.engine.document("note")).toMatchObject({ origin: "added", url: "search:///note", title: "Note" });
  await corpus.add([{ id: "note", text: "bobcat" }]);
  expect(await find("ocelot")).toEqual([]);
  expect(await find("bobcat")).toEqual(["note#top"]);
  await corpus.remove(["note", "a.md", "nothing"]);
  expect(await find("bobcat")).toEqual([]);
  expect(await find("walrus")).toEqual(["a.md#top"]);
  expect(told).toEqual([["note", "other"], ["a.md"], ["note"], ["note"]]);
});

test("of documents of which one cannot be added none is, and the message names it and the field", async () => {
  const { find, corpus } = make([], { maxFiles: 2, maxTotalBytes: 20 });
  const good = { id: "good", text: "walrus" };
  const cases: [SourceDocument[], string][] = [
    [[good, { id: "a#b", text: "x" }], 'The document "a#b" cannot be added: id may contain neither #'],
    [[good, {} as SourceDocument], "The document number 2 cannot be added: id must be a string"],
    [[good, { id: "b", text: "x" }, { id: "c", text: "x" }], "more than 2 documents would be added (maxFiles)"],
    [[good, { id: "b", text: "x".repeat(20) }], "larger than 20 bytes (maxTotalBytes)"],
  ];
  for (const [documents, message] of cases) await expect(corpus.add(documents)).rejects.toThrow(message);
  expect(await find("walrus")).toEqual([]);
  await corpus.add([good, good]);
  await corpus.add([{ id: "b", text: "heron" }]);
  await expect(corpus.add([{ id: "c", text: "heron" }])).rejects.toThrow("maxFiles");
  await corpus.remove(["b"]);
  await corpus.add([{ id: "c", text: "heron" }]);
  await expect(corpus.add([good], AbortSignal.abort(new Error("enough")))).rejects.toThrow("enough");
});

test("after a restart over a kept engine, what was added and what sources are no more are gone; the rest is not read again", async () => {
  await using docs = await Folder.make({ "a.md": "walrus" });
  // Old enough for the stamp to be trusted.
  const now = Date.now();
  vi.spyOn(Date, "now").mockImplementation(() => now + 60_000);
  const engine = Object.assign(Object.create(naiveEngine()) as Engine, { close: async () => {} });
  const kept = async (): Promise<typeof engine> => engine;
  const [wiki, old] = [changing("wiki", [{ id: "a", text: "heron" }]), changing("old", [{ id: "a", text: "lynx" }])];
  const first = make([docs.path], { sources: [wiki, old] }, kept);
  await first.corpus.add([{ id: "note", text: "ocelot" }]);
  expect(await first.find("walrus heron lynx ocelot")).toHaveLength(4);
  await first.corpus.close();

  await docs.put({ "b.md": "bobcat" });
  const second = make([docs.path], { sources: [wiki] }, kept);
  expect((await second.find("walrus heron lynx ocelot bobcat")).toSorted()).toEqual([
    "a.md#top",
    "b.md#top",
    "wiki/a#top",
  ]);
  expect(second.corpus.indexed).toBe(1);
});

test("sources that cannot be told apart, or are never or always too old, are an error at once", () => {
  const load = (): SourceDocument[] => [];
  const cases: [Source[], string][] = [
    [[{ name: "", load }], 'cannot be called ""'],
    [[{ name: "a/b", load }], 'cannot be called "a/b"'],
    [[{ name: "a\n", load }], 'cannot be called "a\\n"'],
    [[{ name: "x".repeat(101), load }], "1 to 100 characters"],
    [
      [
        { name: "a", load },
        { name: "a", load },
      ],
      'two sources are called "a"',
    ],
    [[{ name: "a", load, refreshMs: -1 }], 'refreshMs of the source "a" must be from 0 to 2592000000'],
    [[{ name: "a", load, refreshMs: Number.NaN }], "refreshMs"],
  ];
  for (const [sources, message] of cases) expect(() => make([], { sources })).toThrow(message);
});

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

/** Lets the parser of Markdown fail on what contains `poison`. */
function poison(): void {
  const parse = MarkdownIt.prototype.parse;
  vi.spyOn(MarkdownIt.prototype, "parse").mockImplementation(function failing(
    this: InstanceType<typeof MarkdownIt>,
    text,
    env,
  ) {
    if (text.includes("poison")) throw new RangeError("Maximum call stack size exceeded");
    return parse.call(this, text, env);
  });
}

test("a document on which its parser fails is left out, and what it was before; not the rest of its source", async () => {
  poison();
  const wiki = changing("wiki", [
    { id: "a", text: "walrus" },
    { id: "b", text: "ocelot" },
  ]);
  const { corpus, find, warnings } = make([], { sources: [wiki] });
  expect(await find("walrus")).toEqual(["wiki/a#top"]);
  wiki.documents = [{ id: "a", text: "poison walrus" }, wiki.documents[1]];
  await vi.waitUntil(async () => (await find("walrus")).length === 0);
  expect(await find("ocelot")).toEqual(["wiki/b#top"]);
  expect(corpus.status()).toMatchObject({ stale: false, skipped: 1 });
  expect(warnings).toEqual(['skipped the document "a" of the source "wiki": its parser failed']);
  await expect(
    corpus.add([
      { id: "c", text: "heron" },
      { id: "d", text: "poison" },
    ]),
  ).rejects.toThrow('The document "d" cannot be added: its parser failed');
  expect(await find("heron")).toEqual([]);
});

test("other work runs while what a source gives no more is removed", async () => {
  const wiki = changing(
    "wiki",
    Array.from({ length: 50 }, (_, index) => ({ id: `${index}`, text: "walrus" })),
  );
  const { find } = make([], { sources: [wiki] });
  expect(await find("walrus")).toHaveLength(50);
  wiki.documents = [];
  vi.spyOn(Pacer.prototype, "due", "get").mockReturnValue(true);
  const pause = vi.spyOn(Pacer.prototype, "pause");
  await vi.waitUntil(async () => (await find("walrus")).length === 0);
  expect(pause.mock.calls.length).toBeGreaterThan(50);
});

test("what was cancelled before it was added is not counted", async () => {
  const { corpus, find } = make([], { maxFiles: 2 });
  vi.spyOn(Pacer.prototype, "due", "get").mockReturnValue(true);
  const controller = new AbortController();
  const adding = corpus.add(
    [
      { id: "a", text: "walrus" },
      { id: "b", text: "walrus" },
    ],
    controller.signal,
  );
  vi.spyOn(Pacer.prototype, "pause").mockImplementationOnce(async () => {
    controller.abort(new Error("enough"));
    controller.signal.throwIfAborted();
  });
  await expect(adding).rejects.toThrow("enough");
  expect(await find("walrus")).toEqual([]);
  await corpus.add([
    { id: "c", text: "walrus" },
    { id: "d", text: "walrus" },
  ]);
  expect(await find("walrus")).toHaveLength(2);
});

test("closing ends adding", async () => {
  const { corpus } = make([]);
  await corpus.ready();
  let closing: Promise<void> | undefined;
  vi.spyOn(Pacer.prototype, "due", "get").mockReturnValue(true);
  const pause = vi.spyOn(Pacer.prototype, "pause").mockImplementation(async () => {
    closing ??= corpus.close();
  });
  const documents = Array.from({ length: 50 }, (_, index) => ({ id: `${index}`, text: "walrus" }));
  await expect(corpus.add(documents)).rejects.toThrow("the index is closed");
  await closing;
  expect(pause.mock.calls.length).toBeLessThan(50);
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
