import fs from "node:fs";
import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { syncBuiltinESMExports } from "node:module";
import { join } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import { expect, onTestFinished, test, vi } from "vitest";
import type { Corpus } from "../../src/files/corpus.ts";
import { Watcher } from "../../src/files/watch.ts";
import type { Touched, WatchOptions } from "../../src/files/watch.ts";
import { Folder } from "../folder.ts";
import { make } from "./made.ts";

const HOUR = 3_600_000;

/** The ids that the corpus next tells of. */
function nextChange(corpus: Corpus): Promise<readonly string[]> {
  return new Promise((resolve) => {
    const stop = corpus.onChange((ids) => {
      stop();
      resolve(ids);
    });
  });
}

/** A watcher that tells of each quiet moment after something has happened. */
function watching(options: WatchOptions = {}): { watcher: Watcher; warnings: string[]; next(): Promise<Touched> } {
  const warnings: string[] = [];
  let quiet: (() => void) | undefined;
  const watcher = new Watcher(
    () => quiet?.(),
    (message) => warnings.push(message),
    { quietMs: 20, ...options },
  );
  onTestFinished(() => watcher.close());
  return {
    watcher,
    warnings,
    async next() {
      await new Promise<void>((resolve) => (quiet = resolve));
      return watcher.take();
    },
  };
}

test("a change of a document is found without a look at the others, before anybody asks", async () => {
  await using docs = await Folder.make({ "a.md": "walrus", "sub/b.md": "ocelot" });
  const { corpus, find } = make([docs.path], { watch: true, refreshMs: HOUR });
  await find("walrus");
  for (const [name, word] of [
    ["a.md", "heron"],
    ["sub/b.md", "bobcat"],
  ] as const) {
    const changed = nextChange(corpus);
    await docs.put({ [name]: word });
    expect(await changed).toEqual([name]);
    expect(await find(word)).toEqual([`${name}#top`]);
  }
  expect(corpus.refreshes).toBe(1);
});

test("new, removed and renamed files and folders are found as well", async () => {
  await using docs = await Folder.make({ "a.md": "walrus", "sub/b.md": "ocelot" });
  const { corpus, find } = make([docs.path], { watch: true, refreshMs: HOUR });
  await find("walrus");
  const seen = new Set<string>();
  const step = async (edit: () => Promise<unknown>, expected: readonly string[]): Promise<void> => {
    const wanted = [...expected].toSorted().join();
    const done = new Promise<void>((resolve) => {
      const stop = corpus.onChange((ids) => {
        for (const id of ids) seen.add(id);
        if ([...corpus.engine.ids()].toSorted().join() !== wanted) return;
        stop();
        resolve();
      });
    });
    await edit();
    await done;
  };
  await step(() => docs.put({ "c.md": "heron" }), ["a.md", "c.md", "sub/b.md"]);
  await step(() => docs.remove("c.md"), ["a.md", "sub/b.md"]);
  await step(() => rename(docs.file("a.md"), docs.file("sub/d.md")), ["sub/b.md", "sub/d.md"]);
  await step(() => docs.put({ "new/deep/e.md": "bobcat" }), ["new/deep/e.md", "sub/b.md", "sub/d.md"]);
  // In a folder that was not there when watching began.
  await step(() => docs.put({ "new/deep/f.md": "lynx" }), ["new/deep/e.md", "new/deep/f.md", "sub/b.md", "sub/d.md"]);
  await step(
    () => rename(docs.file("new"), docs.file("newer")),
    ["newer/deep/e.md", "newer/deep/f.md", "sub/b.md", "sub/d.md"],
  );
  await step(() => docs.put({ "newer/deep/e.md": "puffin" }), [...corpus.engine.ids()]);
  expect(await find("puffin")).toEqual(["newer/deep/e.md#top"]);
  await step(() => rm(docs.file("newer"), { recursive: true }), ["sub/b.md", "sub/d.md"]);
});

test("a file that is a root is watched as well, and what is beside it does not matter", async () => {
  await using docs = await Folder.make({ "notes.unknown": "walrus", "other.md": "ocelot" });
  const { corpus, find } = make([docs.file("notes.unknown")], { watch: true, refreshMs: HOUR });
  await find("walrus");
  const changed = nextChange(corpus);
  await docs.put({ "other.md": "bobcat" });
  await docs.put({ "notes.unknown": "heron" });
  expect(await changed).toEqual(["notes.unknown"]);
  expect(await find("heron bobcat")).toEqual(["notes.unknown#top"]);
  expect(corpus.refreshes).toBe(1);
});

test("an ignore file that changes is found", async () => {
  await using docs = await Folder.make({ "a.md": "walrus", "b.md": "ocelot" });
  const { corpus, find } = make([docs.path], { watch: true, refreshMs: HOUR });
  await find("walrus");
  const changed = nextChange(corpus);
  await docs.put({ ".plugboardignore": "b.md\n" });
  expect(await changed).toEqual(["b.md"]);
});

test("who asks right after a change gets the new state, also while an older one is being read", async () => {
  await using docs = await Folder.make({ "a.md": "walrus" });
  const { find } = make([docs.path], { watch: true, refreshMs: HOUR });
  await find("walrus");
  const file = join(docs.path, "a.md");
  for (let round = 0; round < 20; round++) {
    fs.writeFileSync(file, `heron${round}`);
    expect(await find(`heron${round}`)).toEqual(["a.md#top"]);
    fs.writeFileSync(file, `ocelot${round}`);
    const older = find(`ocelot${round}`);
    for (let turn = 0; turn < round; turn++) await nextTurn();
    fs.writeFileSync(file, `bobcat${round}`);
    expect(await find(`bobcat${round}`)).toEqual(["a.md#top"]);
    await older;
  }
});

test("files that are no documents cause no work", async () => {
  await using docs = await Folder.make({ "a.md": "walrus" });
  const { corpus, find } = make([docs.path], { watch: true, refreshMs: HOUR });
  await find("walrus");
  const changed = nextChange(corpus);
  await docs.put({ "server.log": "heron", "image.png": "heron" });
  await docs.put({ "a.md": "heron" });
  expect(await changed).toEqual(["a.md"]);
  expect(await find("heron")).toEqual(["a.md#top"]);
  expect(corpus.refreshes).toBe(1);
});

test.runIf(process.platform === "linux")("a closed corpus watches nothing", async () => {
  await using docs = await Folder.make({ "a.md": "walrus", "b/c.md": "ocelot" });
  const watched = async (): Promise<number> => {
    const infos = (await readdir("/proc/self/fdinfo")).map((name) => readFile(`/proc/self/fdinfo/${name}`, "utf8"));
    const texts = (await Promise.allSettled(infos)).map((info) => (info.status === "fulfilled" ? info.value : ""));
    return texts.join("").split("inotify wd:").length - 1;
  };
  const before = await watched();
  const { corpus, find } = make([docs.path], { watch: true, refreshMs: HOUR });
  await find("walrus");
  expect(await watched()).toBe(before + 2);
  await corpus.close();
  expect(await watched()).toBe(before);
  await expect(find("heron")).rejects.toThrow("closed");
});

test("where the system can watch no more folders, changes are found by looking, and that is told once", async () => {
  const watch = vi.spyOn(fs, "watch").mockImplementation(() => {
    throw Object.assign(new Error("no space left on device"), { code: "ENOSPC" });
  });
  syncBuiltinESMExports();
  onTestFinished(() => {
    watch.mockRestore();
    syncBuiltinESMExports();
  });
  await using docs = await Folder.make({ "a.md": "walrus", "b/c.md": "ocelot" });
  const { find, warnings } = make([docs.path], { watch: true });
  expect(await find("walrus")).toEqual(["a.md#top"]);
  await docs.put({ "a.md": "heron", "d/e.md": "bobcat" });
  expect((await find("heron bobcat")).toSorted()).toEqual(["a.md#top", "d/e.md#top"]);
  expect(warnings).toEqual([
    "the system cannot watch more folders (ENOSPC): changes are found by looking at the files only",
  ]);
  expect(watch).toHaveBeenCalledTimes(1);
});

test("events are gathered until it is quiet", async () => {
  await using docs = await Folder.make();
  const { watcher, next } = watching();
  await watcher.follow(new Set([docs.path]));
  const quiet = next();
  expect(watcher.pending).toBe(false);
  await docs.put({ "a.md": "1", "b.md": "2" });
  await docs.put({ "a.md": "3" });
  const { paths, more } = await quiet;
  expect([...paths].toSorted()).toEqual([docs.file("a.md"), docs.file("b.md")]);
  expect(more).toBe(false);
  expect(watcher.pending).toBe(false);
});

test("more than it remembers is told as more", async () => {
  await using docs = await Folder.make();
  const { watcher, next } = watching({ maxPaths: 3 });
  await watcher.follow(new Set([docs.path]));
  const quiet = next();
  for (let number = 0; number < 5; number += 1) await docs.put({ [`${number}.md`]: "x" });
  const { paths, more } = await quiet;
  expect(paths.size).toBe(3);
  expect(more).toBe(true);
});

test("watches the folders that it is told, at most so many, and those that are not there are no failure", async () => {
  await using docs = await Folder.make({ "a/x.md": "1", "b/x.md": "1", "c/x.md": "1" });
  const { watcher, next, warnings } = watching({ maxFolders: 2 });
  const all = ["a", "b", "c"].map((name) => docs.file(name));
  await watcher.follow(new Set(all));
  expect(watcher.folders).toBe(2);
  await watcher.follow(new Set(all.slice(2)));
  expect(watcher.folders).toBe(1);
  const quiet = next();
  await docs.put({ "a/x.md": "2", "c/x.md": "2" });
  expect([...(await quiet).paths]).toEqual([docs.file("c/x.md")]);
  const gone = next();
  await watcher.follow(new Set([join(docs.path, "nowhere")]));
  expect((await gone).more).toBe(true);
  expect([watcher.folders, warnings.length]).toEqual([0, 0]);
});

test("a folder that is replaced by another one is watched again once it is followed", async () => {
  await using docs = await Folder.make({ "a/x.md": "1" });
  const { watcher, next } = watching();
  const both = new Set([docs.path, docs.file("a")]);
  await watcher.follow(both);
  const replaced = next();
  await rename(docs.file("a"), docs.file("old"));
  await mkdir(docs.file("a"));
  expect((await replaced).more).toBe(true);
  await watcher.follow(both);
  expect(watcher.folders).toBe(2);
  const quiet = next();
  await writeFile(docs.file("a/y.md"), "2");
  expect([...(await quiet).paths]).toEqual([docs.file("a/y.md")]);
});

test("a root that is gone is looked for with every call, however long the index is trusted", async () => {
  await using folder = await Folder.make({ "inner/a.md": "walrus" });
  const root = join(folder.path, "inner");
  const { corpus, find } = make([root], { refreshMs: 86_400_000, watch: true });
  expect(await find("walrus")).toEqual(["a.md#top"]);
  await rename(root, `${root}.away`);
  await vi.waitUntil(async () => (await find("walrus")).length === 0);
  expect(corpus.status().stale).toBe(true);
  await rename(`${root}.away`, root);
  await vi.waitUntil(async () => (await find("walrus")).length === 1);
});
