import { execFileSync } from "node:child_process";
import { appendFile, chmod, readFile, rename, rm, symlink, truncate, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import MarkdownIt from "markdown-it";
import { describe, expect, test, vi } from "vitest";
import { RootError } from "../../src/files/corpus.ts";
import type { CorpusOptions } from "../../src/files/corpus.ts";
import { localEngine } from "../../src/engine/local.ts";
import { naiveEngine } from "../engine/naive.ts";
import { Pacer } from "../../src/pacer.ts";
import { Folder } from "../folder.ts";
import { counts, make as makeOver } from "./made.ts";
import type { Made } from "./made.ts";

/** A corpus over the real engine. */
function make(roots: readonly string[], options: Partial<CorpusOptions> = {}): Made {
  return makeOver(roots, options, () => localEngine());
}

describe("following the files", () => {
  test("finds what is added, changed and removed, in one look each", async () => {
    await using docs = await Folder.make({ "a.md": "# Alpha\n\nfirst" });
    const { find, corpus } = make([docs.path]);
    expect(await find("first")).toEqual(["a.md#alpha"]);

    await docs.put({ "sub/b.md": "# Beta\n\nsecond" });
    expect(await find("second")).toEqual(["sub/b.md#beta"]);

    await docs.put({ "a.md": "# Alpha\n\nchanged" });
    expect(await find("first")).toEqual([]);
    expect(await find("changed")).toEqual(["a.md#alpha"]);

    await rename(docs.file("sub/b.md"), docs.file("c.md"));
    expect(await find("second")).toEqual(["c.md#beta"]);

    await docs.remove("a.md");
    expect(await find("changed")).toEqual([]);
    expect(counts(corpus)).toMatchObject({ documents: 1, sections: 1, skipped: 0 });
  });

  test("reads again only what has changed", async () => {
    await using docs = await Folder.make({ "a.md": "one", "b.md": "two", "c.md": "three" });
    const { find, corpus } = make([docs.path]);
    await find("one");
    await docs.put({ "b.md": "changed" });
    await find("one");
    await find("one");
    expect(counts(corpus)).toMatchObject({ indexed: 4, refreshes: 3 });
  });

  test("trusts the index for refreshMs", async () => {
    await using docs = await Folder.make({ "a.md": "one" });
    const { find, corpus } = make([docs.path], { refreshMs: 3_600_000 });
    await find("one");
    await docs.put({ "b.md": "two" });
    expect(await find("two")).toEqual([]);
    expect(corpus.refreshes).toBe(1);
  });

  test.runIf(process.platform === "linux")("does not read again what has not changed, documents or not", async () => {
    const now = Date.now();
    const clock = vi.spyOn(Date, "now").mockImplementation(() => now);
    const size = 60_000;
    await using docs = await Folder.make({
      "1.md": "word ".repeat(size / 5),
      "2.md": "\0".repeat(size),
      "3.md": "word ".repeat(size / 5),
      "4.md": "x".repeat(2 * size),
    });
    const { corpus } = make([docs.path], { maxTotalBytes: size, maxFileBytes: size });
    const read = async (): Promise<number> =>
      Number(/^rchar: (\d+)/.exec(await readFile("/proc/self/io", "utf8"))?.[1]);
    const cost = async (): Promise<number> => {
      const before = await read();
      await corpus.ready();
      return (await read()) - before;
    };
    expect(await cost()).toBeGreaterThan(3 * size);
    // Files so young could still change without a trace.
    expect(await cost()).toBeGreaterThan(3 * size);
    clock.mockImplementation(() => now + 60_000);
    expect(await cost()).toBeGreaterThan(3 * size);
    expect(await cost()).toBeLessThan(size / 2);
    expect(counts(corpus)).toMatchObject({ documents: 1, skipped: 3, indexed: 1, refreshes: 4 });
    await docs.remove("1.md");
    expect(await cost()).toBeGreaterThan(size);
    expect(counts(corpus)).toMatchObject({ documents: 1, skipped: 2 });
  });

  test("where looking takes long, it looks less often than refreshMs", async () => {
    await using docs = await Folder.make({ "a.md": "word" });
    const { corpus } = make([docs.path], { refreshMs: 1 });
    let now = performance.now();
    vi.spyOn(performance, "now").mockImplementation(() => now);
    const look = async (): Promise<number> => {
      await corpus.ready(undefined, () => void (now += 100));
      return corpus.refreshes;
    };
    expect(await look()).toBe(1);
    now += 2;
    // The first one had to read; from this one it is known how long a look takes.
    expect(await look()).toBe(2);
    now += 399;
    expect(await look()).toBe(2);
    now += 1;
    expect(await look()).toBe(3);
  });

  test("notices another content with the same size and modification time", async () => {
    await using docs = await Folder.make({ "a.md": "hello world" });
    const { find } = make([docs.path]);
    // A time that can be set exactly, long ago enough to be trusted.
    const then = new Date("2020-01-01T00:00:00Z");
    const now = Date.now();
    vi.spyOn(Date, "now").mockImplementation(() => now + 60_000);
    await utimes(docs.file("a.md"), then, then);
    expect(await find("world")).toHaveLength(1);
    await writeFile(docs.file("a.md"), "hello there");
    await utimes(docs.file("a.md"), then, then);
    expect(await find("there")).toHaveLength(1);
    expect(await find("world")).toHaveLength(0);
  });

  test("what was moved or linked out of the roots is gone, and nothing from outside comes in", async () => {
    await using docs = await Folder.make({
      "a.md": "# Inside\n\ninside words",
      "folder/b.md": "# Deep\n\ndeep words",
    });
    const { find, corpus } = make([docs.path]);
    expect(await find("words")).toHaveLength(2);

    await writeFile(join(docs.base, "secret.md"), "outside words");
    await rename(docs.file("a.md"), join(docs.base, "a.md"));
    await symlink(join(docs.base, "secret.md"), docs.file("a.md"));
    await rename(docs.file("folder"), join(docs.base, "folder"));
    await symlink(join(docs.base, "folder"), docs.file("folder"));
    expect(await find("words")).toEqual([]);
    for (const id of ["a.md", "folder/b.md"]) expect(await corpus.engine.document(id)).toBeUndefined();
    for (const id of ["a.md#inside", "folder/b.md#deep"]) expect(await corpus.engine.section(id)).toBeUndefined();
  });

  test("a root that goes away takes its documents with it, and brings them back", async () => {
    await using docs = await Folder.make({ "a.md": "one word" });
    const { find, warnings, corpus } = make([docs.path]);
    expect(await find("word")).toHaveLength(1);
    await rename(docs.path, `${docs.path}.away`);
    expect(await find("word")).toEqual([]);
    expect(corpus.status()).toMatchObject({
      stale: true,
      reason: `The root ${JSON.stringify(docs.path)} does not exist`,
    });
    expect(warnings).toEqual([`skipped ${JSON.stringify(docs.path)}: it does not exist`]);
    await rename(`${docs.path}.away`, docs.path);
    expect(await find("word")).toHaveLength(1);
  });

  test("many updates leave nothing behind", async () => {
    await using docs = await Folder.make({ "a.md": "turn0" });
    const { find, corpus } = make([docs.path]);
    for (let turn = 1; turn <= 20; turn += 1) {
      await docs.put({ "a.md": `# Turn\n\nturn${turn} ${"word ".repeat(turn % 7)}` });
      expect(await find(`turn${turn}`)).toHaveLength(1);
    }
    expect(await find("turn")).toHaveLength(1);
    expect((await corpus.engine.section("a.md#turn"))?.text).toContain("turn20");
    expect(counts(corpus)).toMatchObject({ documents: 1, sections: 1 });
  });
});

describe("what is read", () => {
  test("include and exclude, dotfiles, and files that are roots", async () => {
    await using docs = await Folder.make({
      "a.md": "word",
      "b.TXT": "word",
      "c.json": "word",
      ".hidden.md": "word",
      ".folder/d.md": "word",
      "node_modules/e.md": "word",
      "sub/node_modules/f.md": "word",
      "sub/drafts/g.md": "word",
      "h.unknown": "word",
    });
    const at = async (options: Partial<CorpusOptions>, roots = [docs.path]): Promise<string> =>
      (await make(roots, options).find("word"))
        .map((id) => id.replace("#top", ""))
        .toSorted()
        .join(" ");
    expect(await at({})).toBe("a.md b.TXT sub/drafts/g.md");
    expect(await at({ dotfiles: true })).toBe(".folder/d.md .hidden.md a.md b.TXT sub/drafts/g.md");
    expect(await at({ exclude: ["drafts/", "./b.txt"] })).toBe("a.md node_modules/e.md sub/node_modules/f.md");
    expect(await at({ exclude: ["sub/**", "*.txt", "node_modules"] })).toBe("a.md");
    expect(await at({ include: ["*.json"] })).toBe("c.json");
    expect(await at({ include: ["sub/**/*.md"], exclude: [] })).toBe("sub/drafts/g.md sub/node_modules/f.md");
    expect(await at({}, [docs.file("h.unknown")])).toBe("h.unknown");
    expect(await at({}, [docs.file("sub"), docs.file("a.md"), docs.file("h.unknown")])).toBe(
      "a.md h.unknown sub/drafts/g.md",
    );
  });

  test("secrets are left out unless they are asked for, without a word", async () => {
    await using docs = await Folder.make({
      "server.pem": "word",
      "credentials.txt": "word",
      "prod.env": "word",
      "a.md": "word",
    });
    await symlink("server.pem", docs.file("notes.md"));
    const all = ["**/*"];
    const { find, warnings } = make([docs.path], { include: all });
    expect(await find("word")).toEqual(["a.md#top"]);
    expect(warnings).toEqual([]);
    expect(await make([docs.path], { include: all, secrets: true }).find("word")).toHaveLength(4);
  });

  test("a file that is named as a root and holds secrets is told of", async () => {
    await using docs = await Folder.make({ ".env": "word", "a.md": "word" });
    const { find, corpus, warnings } = make([docs.file(".env"), docs.file("a.md")]);
    expect(await find("word")).toEqual(["a.md#top"]);
    expect(corpus.status()).toMatchObject({ stale: true, skipped: 1, reason: expect.stringContaining("secrets") });
    expect(warnings.join("\n")).toContain(".env");
  });

  test("a file that is met under several names is one document", async () => {
    await using docs = await Folder.make({ "z.md": "word", "folder/b.md": "word" });
    await symlink("z.md", docs.file("a.md"));
    await symlink("folder", docs.file("again"));
    expect((await make([docs.path, docs.file("folder"), docs.path]).find("word")).toSorted()).toEqual([
      "docs/folder/b.md#top",
      "docs/z.md#top",
    ]);
  });

  test("two files with the same content are two documents, in the order of their names", async () => {
    await using docs = await Folder.make({
      "b.md": "# Same\n\nword",
      "a.md": "# Same\n\nword",
      "c/a.md": "# Same\n\nword",
    });
    // File names rank too, so these are asked for by something else.
    expect(await make([docs.path]).find("same word")).toEqual(["a.md#same", "b.md#same", "c/a.md#same"]);
  });

  test("a missing root is an error that names it, and is tried again", async () => {
    await using docs = await Folder.make();
    const missing = docs.file("later");
    const { find, corpus } = make([missing]);
    await expect(find("word")).rejects.toThrow(new RootError(`The root ${JSON.stringify(missing)} does not exist`));
    await docs.put({ "later/a.md": "word" });
    expect(await find("word")).toEqual(["a.md#top"]);
    expect(corpus.status()).toMatchObject({ stale: false, reason: undefined, skipped: 0 });
  });

  test("where there are others, a missing root makes the answers stale, and says which", async () => {
    await using docs = await Folder.make({ "a.md": "word" });
    await using other = await Folder.make();
    const missing = other.file("later");
    const { find, corpus, warnings } = make([docs.path, missing]);
    expect(await find("word")).toEqual(["docs/a.md#top"]);
    const reason = `The root ${JSON.stringify(missing)} does not exist`;
    expect(corpus.status()).toMatchObject({ stale: true, reason, skipped: 1 });
    expect(warnings).toEqual([`skipped ${JSON.stringify(missing)}: it does not exist`]);
    await other.put({ "later/b.md": "word" });
    expect((await find("word")).toSorted()).toEqual(["docs/a.md#top", "later/b.md#top"]);
    expect(corpus.status()).toMatchObject({ stale: false, skipped: 0 });
  });

  test("the same for what may not be a root", async () => {
    await using docs = await Folder.make({ "a.md": "word" });
    const { find, corpus } = make(["/proc", docs.path]);
    expect(await find("word")).toEqual(["docs/a.md#top"]);
    expect(corpus.status().reason).toContain('The root "/proc" is outside');
    await expect(make(["/proc"]).find("word")).rejects.toThrow('The root "/proc" is outside');
  });
});

describe("ids and addresses", () => {
  test("are the same in every run, unambiguous and printable, and open the section", async () => {
    await using docs = await Folder.make({
      "a b/c#d.md": "# One two\n\nword",
      "c~2.md": "word",
      "100%.md": "word",
      "x\u202ey\u0007.md": "word",
    });
    const ids = (await make([docs.path]).find("word")).toSorted();
    expect(ids).toEqual(["100%25.md#top", "a b/c%23d.md#one-two", "c%7E2.md#top", "x%E2%80%AEy%07.md#top"]);
    expect((await make([docs.path]).find("word")).toSorted()).toEqual(ids);
    const { corpus, find } = make([docs.path]);
    await find("word");
    const found = await corpus.engine.section("a b/c%23d.md#one-two");
    expect([found?.document.url, found?.fragment]).toEqual([`file://${docs.path}/a%20b/c%23d.md`, "one-two"]);
    for (const id of ids) expect((await corpus.engine.section(id))?.id).toBe(id);
  });

  test("with a base address, addresses are below it", async () => {
    await using docs = await Folder.make({ "a b/c.md": "# Über\n\nword" });
    for (const baseUrl of ["https://example.com/docs", "https://example.com/docs/"]) {
      const { corpus, find } = make([docs.path], { baseUrl });
      await find("word");
      const found = await corpus.engine.section("a b/c.md#über");
      expect([found?.document.url, found?.fragment]).toEqual(["https://example.com/docs/a%20b/c.md", "%C3%BCber"]);
    }
  });

  test("with several roots, paths begin with the root's name", async () => {
    await using one = await Folder.make({ "a.md": "word" });
    await using other = await Folder.make({ "a.md": "word" });
    expect((await make([one.path, other.path]).find("word")).toSorted()).toEqual(["docs-2/a.md#top", "docs/a.md#top"]);
    expect((await make([one.file("a.md"), other.file("a.md")]).find("word")).toSorted()).toEqual(
      ["a-2", "a.md#top"].map((id) => (id === "a-2" ? "a.md-2/a.md#top" : id)).toSorted(),
    );
  });

  test("the generation stands for the contents, whatever way led there", async () => {
    await using docs = await Folder.make({ "a.md": "one", "b.md": "two" });
    const first = make([docs.path]);
    await first.find("x");
    const before = first.corpus.engine.generation;
    expect(before).toMatch(/^[0-9a-f]{16}$/);
    await docs.put({ "c.md": "three" });
    await first.find("x");
    expect(first.corpus.engine.generation).not.toBe(before);
    await docs.remove("c.md");
    await first.find("x");
    const second = make([docs.path]);
    await second.find("x");
    expect([first.corpus.engine.generation, second.corpus.engine.generation]).toEqual([before, before]);
  });
});

describe("bounds, each of which is reported", () => {
  test("maxFiles", async () => {
    await using docs = await Folder.make({ "a.md": "word", "b.md": "word", "c.md": "word" });
    expect(await make([docs.path], { maxFiles: 3 }).find("word")).toHaveLength(3);
    const { find, corpus, warnings } = make([docs.path], { maxFiles: 2 });
    expect(await find("word")).toEqual(["a.md#top", "b.md#top"]);
    expect(corpus.skips.count).toBe(1);
    expect(warnings).toEqual([
      "1 more files are skipped: there are more files than maxFiles, or too many names to look at",
    ]);
  });

  test("maxFileBytes", async () => {
    await using docs = await Folder.make({ "a.md": "word 12345", "b.md": "word 123456" });
    const { find, corpus, warnings } = make([docs.path], { maxFileBytes: 10 });
    expect(await find("word")).toEqual(["a.md#top"]);
    expect(await find("word")).toEqual(["a.md#top"]);
    expect(counts(corpus)).toMatchObject({ documents: 1, skipped: 1 });
    expect(warnings).toEqual(['skipped "b.md": it is larger than maxFileBytes']);
    await truncate(docs.file("b.md"), 4);
    expect(await find("word")).toHaveLength(2);
    expect(counts(corpus)).toMatchObject({ documents: 2, skipped: 0 });
    await truncate(docs.file("b.md"), 2 ** 40);
    expect(await find("word")).toEqual(["a.md#top"]);
  });

  test("maxTotalBytes", async () => {
    await using docs = await Folder.make({ "a.md": "word1", "b.md": "word2", "c.md": "word3" });
    expect(await make([docs.path], { maxTotalBytes: 15 }).find("word1 word2 word3")).toHaveLength(3);
    const { find, warnings, corpus } = make([docs.path], { maxTotalBytes: 14 });
    expect((await find("word1 word2 word3")).toSorted()).toEqual(["a.md#top", "b.md#top"]);
    expect(warnings).toEqual(['skipped "c.md": the documents together are larger than maxTotalBytes']);
    expect(corpus.engine.bytes).toBe(10);
    await docs.put({ "a.md": "word1 and more" });
    expect(await find("word1 word2 word3")).toEqual(["a.md#top"]);
    await docs.remove("a.md");
    expect((await find("word1 word2 word3")).toSorted()).toEqual(["b.md#top", "c.md#top"]);
  });

  test("maxDepth", async () => {
    await using docs = await Folder.make({ "a/b/c.md": "word" });
    expect(await make([docs.path], { maxDepth: 2 }).find("word")).toHaveLength(1);
    const { find, warnings } = make([docs.path], { maxDepth: 1 });
    expect(await find("word")).toEqual([]);
    expect(warnings).toEqual(['skipped "a/b": it is nested deeper than maxDepth']);
  });

  test("maxSections: what fits is read", async () => {
    await using docs = await Folder.make({ "a.md": "# A\n\nword\n\n# B\n\nword\n\n# C\n\nword" });
    const { find, warnings, corpus } = make([docs.path], { maxSections: 2 });
    expect(await find("word")).toEqual(["a.md#a", "a.md#b"]);
    await find("word");
    expect(corpus.skips.count).toBe(1);
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toContain("maxSections");
  });

  test("warnings: twenty, and then one for the rest", async () => {
    await using docs = await Folder.make(
      Object.fromEntries(Array.from({ length: 30 }, (_, index) => [`${index}.md`, "\0"])),
    );
    const { find, warnings, corpus } = make([docs.path]);
    await find("x");
    await find("x");
    expect(warnings).toHaveLength(21);
    expect(warnings.at(-1)).toContain("stats()");
    expect(corpus.skips.count).toBe(30);
  });
});

describe("bad files never stop the index", () => {
  test("binary, unreadable, FIFO, dangling link, broken text, archive", async () => {
    await using docs = await Folder.make({
      "good.md": "# Good\n\nword",
      "binary.md": Buffer.from([0x89, 0x50, 0x4e, 0x47, 0, 1, 2, 3]),
      "archive.md": gzipSync(Buffer.alloc(10_000_000)),
      "broken.md": Buffer.concat([Buffer.from("éééé "), Buffer.from([0xff, 0xfe, 0x80]), Buffer.from(" word")]),
      "utf16.txt": Buffer.from("\ufeffutf sixteen word", "utf16le"),
      "utf16be.txt": Buffer.from("\ufeffutf sixteen word", "utf16le").swap16(),
      "bom.md": "\ufeff# Mark\n\nword",
      "empty.md": "",
    });
    execFileSync("mkfifo", [docs.file("pipe.md")]);
    await symlink("nothing.md", docs.file("dangling.md"));
    const { find, corpus, warnings } = make([docs.path]);
    expect((await find("word")).toSorted()).toEqual([
      "bom.md#mark",
      "broken.md#top",
      "good.md#good",
      "utf16.txt#top",
      "utf16be.txt#top",
    ]);
    expect(warnings.toSorted()).toEqual([
      'skipped "archive.md": it is not text',
      'skipped "binary.md": it is not text',
      'skipped "dangling.md": it does not exist',
      'skipped "pipe.md": it is not a regular file',
    ]);
    expect(corpus.skips.count).toBe(4);
    expect((await corpus.engine.section("broken.md#top"))?.text).toBe("éééé \ufffd\ufffd\ufffd word");
  });

  test.skipIf(process.platform === "win32")("a file and a folder that may not be read", async () => {
    await using docs = await Folder.make({ "good.md": "word", "closed.md": "word", "folder/x.md": "word" });
    await chmod(docs.base, 0o755);
    await chmod(docs.file("closed.md"), 0);
    await chmod(docs.file("folder"), 0);
    const { find, warnings } = make([docs.path]);
    const superuser = process.getuid?.() === 0;
    if (superuser) process.seteuid?.(65_534);
    try {
      expect(await find("word")).toEqual(["good.md#top"]);
    } finally {
      if (superuser) process.seteuid?.(0);
      await chmod(docs.file("folder"), 0o755);
    }
    expect(warnings.toSorted()).toEqual([
      'skipped "closed.md": it may not be read',
      'skipped "folder": it may not be read',
    ]);
  });

  test("a file on which its parser fails", async () => {
    const parse = MarkdownIt.prototype.parse;
    vi.spyOn(MarkdownIt.prototype, "parse").mockImplementation(function failing(
      this: InstanceType<typeof MarkdownIt>,
      text,
      env,
    ) {
      if (text.includes("poison")) throw new RangeError("Maximum call stack size exceeded");
      return parse.call(this, text, env);
    });
    await using docs = await Folder.make({ "a.md": "poison word", "b.md": "good word" });
    const { find, warnings } = make([docs.path]);
    expect(await find("word")).toEqual(["b.md#top"]);
    expect(warnings).toEqual(['skipped "a.md": its parser failed']);
    await docs.put({ "b.md": "poison word" });
    expect(await find("word")).toEqual([]);
  });

  test.runIf(process.platform === "linux")("names that are no UTF-8", async () => {
    await using docs = await Folder.make({ "good.md": "word" });
    const bad = Buffer.concat([
      Buffer.from(docs.path),
      Buffer.from("/b"),
      Buffer.from([0xff, 0xe9]),
      Buffer.from(".md"),
    ]);
    await writeFile(bad, "word");
    const { find, corpus, warnings } = make([docs.path]);
    expect(await find("word")).toEqual(["good.md#top"]);
    expect(await find("word")).toEqual(["good.md#top"]);
    expect(corpus.skips.count).toBe(1);
    expect(warnings).toHaveLength(1);
  });

  test("a file that becomes bad takes its text with it", async () => {
    await using docs = await Folder.make({ "a.md": "word" });
    const { find } = make([docs.path]);
    expect(await find("word")).toHaveLength(1);
    await appendFile(docs.file("a.md"), Buffer.from([0]));
    expect(await find("word")).toEqual([]);
  });

  test("no documents at all", async () => {
    await using docs = await Folder.make();
    const { find, corpus } = make([docs.path]);
    expect(await find("word")).toEqual([]);
    expect(counts(corpus)).toMatchObject({ documents: 0, sections: 0, bytes: 0 });
  });
});

describe("sharing the work", () => {
  test("a hundred first callers build one index", async () => {
    await using docs = await Folder.make({ "a.md": "word", "b.md": "word" });
    const { find, corpus } = make([docs.path], { refreshMs: 60_000 });
    const found = await Promise.all(Array.from({ length: 100 }, () => find("word")));
    expect(new Set(found.map(String)).size).toBe(1);
    expect(counts(corpus)).toMatchObject({ refreshes: 1, indexed: 2 });
  });

  test("a caller that is cancelled does not stop the others, and the last one stops the work where it is", async () => {
    const files = Object.fromEntries(
      Array.from({ length: 150 }, (_, index) => [`${index}.md`, `# Title ${index}\n\nword number${index}`]),
    );
    await using docs = await Folder.make(files);
    const { corpus, find } = make([docs.path]);
    const [first, second] = [new AbortController(), new AbortController()];
    let done = 0;
    const leaving = corpus.ready(first.signal, (progress) => {
      done = progress.done;
      if (done === 20) first.abort(new Error("enough"));
    });
    const staying = corpus.ready(second.signal, (progress) => {
      done = progress.done;
      if (done === 100) second.abort(new Error("enough too"));
    });
    await expect(leaving).rejects.toThrow("enough");
    await expect(staying).rejects.toThrow("enough too");
    expect(done).toBe(100);
    // Nothing is half done, and nothing is done twice.
    const ids = await find("word");
    expect(ids).toHaveLength(150);
    expect(new Set(ids).size).toBe(150);
    expect(counts(corpus)).toMatchObject({ documents: 150, sections: 150, indexed: 150, refreshes: 1 });
  });

  test("reports how far it is, up to all of it", async () => {
    await using docs = await Folder.make({ "a.md": "word", "b.md": "word" });
    const { corpus } = make([docs.path]);
    const told: string[] = [];
    await corpus.ready(undefined, ({ done, total }) => void told.push(`${done}/${total}`));
    expect(told).toEqual(["1/2", "2/2"]);
  });

  test("lets others work while a large document is read", { timeout: 60_000 }, async () => {
    const paragraph = `## Heading\n\n${"several words that make a paragraph of some length in this document. ".repeat(10)}\n\n`;
    await using docs = await Folder.make({
      "large.md": paragraph.repeat(2_000),
      "large.txt": paragraph.repeat(2_000),
      "large.html": `<p>${paragraph.repeat(2_000)}`,
    });
    const bounds = { maxFileBytes: 10_000_000, maxTotalBytes: 30_000_000, maxSections: 100_000 };
    // Reading and dividing is what is looked at here: this engine takes no time.
    const { corpus } = makeOver([docs.path], bounds, async () => ({ ...naiveEngine(), put: async () => {} }));
    const pause = vi.spyOn(Pacer.prototype, "pause");
    await corpus.ready();
    expect(counts(corpus)).toMatchObject({ indexed: 3, skipped: 0 });
    // How short the slices are is measured, not tested: here only that it is not done in a few steps.
    expect(pause.mock.calls.length).toBeGreaterThan(6);
  });
});

test("a removed folder in the middle of a look is skipped", async () => {
  await using docs = await Folder.make(
    Object.fromEntries(Array.from({ length: 50 }, (_, index) => [`sub/${index}.md`, "word"])),
  );
  const { corpus, find } = make([docs.path]);
  let removing: Promise<void> | undefined;
  await corpus.ready(undefined, ({ done }) => {
    if (done === 10) removing = rm(docs.file("sub"), { recursive: true });
  });
  await removing;
  expect(await find("word")).toEqual([]);
});

test("a file that is too large for the bound of today is left out, whatever the bound was when it was indexed", async () => {
  await using docs = await Folder.make({ "a.md": "walrus ".repeat(100), "b.md": "walrus" });
  const engine = naiveEngine();
  const keep = async (): Promise<typeof engine> => engine;
  const before = makeOver([docs.path], {}, keep);
  expect(await before.find("walrus")).toHaveLength(2);
  const after = makeOver([docs.path], { maxFileBytes: 100 }, keep);
  expect(await after.find("walrus")).toEqual(["b.md#top"]);
  expect(after.corpus.skips.count).toBe(1);
});

test("a hidden file stays hidden under the name of a link", async () => {
  await using docs = await Folder.make({ ".hidden/x.md": "walrus", "b.md": "walrus" });
  await symlink(join(docs.path, ".hidden/x.md"), join(docs.path, "shown.md"));
  expect(await make([docs.path]).find("walrus")).toEqual(["b.md#top"]);
  expect(await make([docs.path], { dotfiles: true }).find("walrus")).toHaveLength(2);
});

test("words with only a form feed or the like between them are two words", async () => {
  await using docs = await Folder.make({ "a.txt": "page\fwalrus\vocelot\u0085heron\u001fgannet" });
  const { find } = make([docs.path]);
  for (const word of ["walrus", "ocelot", "heron", "gannet"]) expect(await find(word), word).toEqual(["a.txt#top"]);
});
