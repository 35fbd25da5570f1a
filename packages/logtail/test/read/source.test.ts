import { execFileSync } from "node:child_process";
import { mkdir, rename, rm, symlink, unlink, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { gzipSync } from "node:zlib";
import { openRoots } from "@plugboard/core/files";
import { describe, expect, it } from "vitest";
import { basesOf, rotatedOf } from "../../src/files/rotation.ts";
import { source } from "../../src/files/source.ts";
import type { SourceOptions } from "../../src/files/source.ts";
import { read } from "../../src/read/reader.ts";
import { folder, logs } from "./folder.ts";

const labelsOf = async (options: SourceOptions): Promise<string[]> =>
  (await source(options).list()).logs.map((log) => log.label);

async function put(at: (name: string) => string, ...names: string[]): Promise<void> {
  for (const name of names) {
    await mkdir(at(name).replace(/\/[^/]*$/, ""), { recursive: true });
    await writeFile(at(name), `${name}\n`);
  }
}

describe("a source", () => {
  it("names logs by their paths in the root, and by the root's name where there are several", async () => {
    await using place = await folder();
    await put(place.at, "a/x.log", "a/sub/y.log", "b/x.log", "b/note.txt");
    const patterns = [["*.log", "sub/*.log"], ["*"]];
    expect(await labelsOf({ roots: await openRoots([place.at("a")]), patterns })).toEqual(["sub/y.log", "x.log"]);
    const both = await openRoots([place.at("a"), place.at("b")]);
    expect(await labelsOf({ roots: both, patterns })).toEqual(["a/sub/y.log", "a/x.log", "b/note.txt", "b/x.log"]);
    expect(await labelsOf({ roots: both })).toEqual(["a/x.log", "b/note.txt", "b/x.log"]);
  });

  it("tells roots of one name apart by their parents, and calls a root that is a file by its name", async () => {
    await using place = await folder();
    await put(place.at, "one/logs/x.log", "two/logs/x.log", "logs/two/logs/x.log", "app.log", "three/app.log");
    const roots = await openRoots(["one/logs", "two/logs", "app.log"].map(place.at));
    expect(await labelsOf({ roots })).toEqual(["app.log", "one/logs/x.log", "two/logs/x.log"]);
    const same = await openRoots(["two/logs", "logs/two/logs", "app.log", "three/app.log"].map(place.at));
    const labels = await labelsOf({ roots: same });
    expect(new Set(labels).size).toBe(4);
    expect(labels).toContain("logs/two/logs/x.log");
    expect(labels).toContain("three/app.log");
  });

  it("lists a path that is inside two roots once, whichever of them names it", async () => {
    await using place = await folder();
    await put(place.at, "a/x.log", "a/sub/y.log", "a/sub/z.txt");
    const roots = await openRoots([place.at("a"), place.at("a/sub")]);
    const labels = await labelsOf({ roots, patterns: [["**/*.log"], ["*.log", "*.txt"]] });
    expect(labels).toEqual(["a/sub/y.log", "a/x.log", "sub/z.txt"]);
  });

  it("is narrowed by label, with what was rotated, and bounded", async () => {
    await using place = await folder();
    await put(place.at, "a.log", "a.log.1", "a.log.2.gz", "b.log", "b.log.1", "c.log");
    const roots = await openRoots([place.path]);
    const { logs: found } = await source({ roots, select: (label) => label === "a.log" }).list();
    expect(found.map(({ label, rotated }) => [label, rotated.map((one) => one.relative)])).toEqual([
      ["a.log", ["a.log.2.gz", "a.log.1"]],
    ]);
    expect(await labelsOf({ roots, maxFiles: 2 })).toEqual(["a.log", "b.log"]);
    expect(source({ roots, key: "mine" }).key).toBe("mine");
    expect(source({ roots }).key).not.toBe(source({ roots, patterns: [["*.log"]] }).key);
  });

  it("finds rotated files in a folder of their own where it is told so", async () => {
    await using place = await folder();
    await put(place.at, "x/a.log", "x/old/a.log.1", "x/old/more.log", "x/other/a.log.2");
    const roots = await openRoots([place.path]);
    const { logs: found } = await source({ roots, patterns: [["*/*.log"]], rotatedIn: ["old"] }).list();
    expect(found.map(({ label, rotated }) => [label, rotated.map((one) => one.relative)])).toEqual([
      ["x/a.log", ["x/old/a.log.1"]],
    ]);
    const { cursor } = await read(source({ roots, patterns: [["x/*.log"]], rotatedIn: ["old"] }), undefined);
    await rename(place.at("x/old/a.log.1"), place.at("x/old/a.log.2"));
    await rename(place.at("x/a.log"), place.at("x/old/a.log.1"));
    await writeFile(place.at("x/a.log"), "new\n");
    const { lines, gaps } = await read(source({ roots, patterns: [["x/*.log"]], rotatedIn: ["old"] }), cursor);
    expect(lines.map((line) => line.text)).toEqual(["new"]);
    expect(gaps).toEqual([]);
  });

  it("lists a log of which only rotated files are left, and dated logs each for itself", async () => {
    await using place = await folder();
    await put(place.at, "a.log.1", "b-20261121.log.gz", "b-20261122.log", "c.log");
    const roots = await openRoots([place.path]);
    const { logs: found } = await source({ roots, patterns: [["*.log"]] }).list();
    expect(found.map(({ label, live, rotated }) => [label, live !== undefined, rotated.length])).toEqual([
      ["a.log", false, 1],
      ["b-20261121.log", false, 1],
      ["b-20261122.log", true, 0],
      ["c.log", true, 0],
    ]);
  });

  it("reads a compressed file that is named itself", async () => {
    await using place = await folder();
    await writeFile(place.at("app.log.gz"), gzipSync("one\ntwo\n"));
    await writeFile(place.at("web.log.2.gz"), gzipSync("three\n"));
    const { lines, cursor } = await read(await logs(place.path, "*.gz"), undefined);
    expect(lines.map(({ file, text }) => [file, text])).toEqual([
      ["app.log.gz", "one"],
      ["app.log.gz", "two"],
      ["web.log.2.gz", "three"],
    ]);
    expect((await read(await logs(place.path, "*.gz"), cursor)).lines).toEqual([]);
  });

  it("looks again where a file has become another between the walk and the look at it", async () => {
    await using place = await folder();
    await put(place.at, "a.log", "a.log.1");
    const roots = await openRoots([place.path]);
    const walk: typeof roots.walk = async function* (options) {
      yield* roots.walk(options);
      await rm(place.at("a.log.1"), { force: true });
      await writeFile(place.at("a.log.1.gz"), "");
    };
    const { logs: found } = await source({ roots: { ...roots, list: roots.list, walk } }).list();
    expect(found.flatMap(({ rotated }) => rotated.map((one) => one.relative))).toEqual(["a.log.1.gz"]);
  });

  it("knows a rotated name from both sides", () => {
    const names = ["app.log.1", "app.log.2.gz", "app.log-20261122", "app-2026-11-22.log", "app.1.log", "app.log.old"];
    for (const name of [...names, "app.log.gz", "app-2026-11-22_10.log.gz", "app.log-20261122-1432.bz2"]) {
      expect(rotatedOf("app.log", name), name).toBeDefined();
      expect(basesOf(name), name).toContain("app.log");
      for (const base of basesOf(name)) expect(rotatedOf(base, name), `${base} ${name}`).toBeDefined();
    }
    for (const name of ["app.log", "app.log.x", "apps.log.1", "app2.log", "xapp.log.1"])
      expect(rotatedOf("app.log", name), name).toBeUndefined();
  });

  it("skips what is no regular file at once", async () => {
    await using place = await folder();
    await put(place.at, "a.log", "folder.log/x");
    execFileSync("mkfifo", [place.at("fifo.log")]);
    const server = createServer().listen(place.at("socket.log"));
    await symlink("/dev/zero", place.at("device.log"));
    await symlink("/etc/passwd", place.at("out.log"));
    await symlink(place.at("nothing"), place.at("dangling.log"));
    const { lines, refused } = await read(await logs(place.path), undefined);
    expect(lines.map((line) => line.text)).toEqual(["a.log"]);
    expect(refused).toEqual([]);
    server.close();
  });
});

describe("a symbolic link", () => {
  const file = (from: number, to: number): string =>
    Array.from({ length: to - from }, (_, index) => `line ${from + index}\n`).join("");
  const numbers = (lines: readonly { text: string }[]): number[] => lines.map(({ text }) => Number(text.split(" ")[1]));
  const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, index) => from + index);

  async function retarget(at: (name: string) => string, target: string): Promise<void> {
    await symlink(target, at("next"));
    await rename(at("next"), at("current.log"));
  }

  it.each(["current.log", "*.log"])("is a log, and is followed to its next targets: %s", async (pattern) => {
    await using place = await folder();
    const open = async () =>
      source({
        roots: await openRoots([place.path]),
        patterns: [[pattern]],
        select: (label) => label === "current.log",
      });
    await writeFile(place.at("app-20261121.log"), file(900, 910));
    await writeFile(place.at("app-20261122.log"), file(0, 10));
    await retarget(place.at, "app-20261122.log");
    const first = await read(await open(), undefined, { maxLines: 5 });
    expect(numbers(first.lines)).toEqual(range(5, 10));
    await writeFile(place.at("app-20261122.log"), file(10, 20), { flag: "a" });
    await writeFile(place.at("app-20261123.log"), file(20, 30));
    await writeFile(place.at("app-20261124.log"), file(30, 40));
    await retarget(place.at, "app-20261124.log");
    const second = await read(await open(), first.cursor);
    expect(numbers(second.lines)).toEqual(range(10, 40));
    expect(new Set(second.lines.map((line) => line.file))).toEqual(new Set(["current.log"]));
    expect(second.gaps).toEqual([]);
    expect(second.rotated).toBe(true);
    expect((await read(await open(), second.cursor)).lines).toEqual([]);
  });

  it("leads to a target of any name in its folder", async () => {
    await using place = await folder();
    await mkdir(place.at("data"));
    const open = async () => logs(place.path, "current.log");
    await writeFile(place.at("data/blue.txt"), file(0, 10));
    await retarget(place.at, "data/blue.txt");
    const { cursor } = await read(await open(), undefined);
    await writeFile(place.at("data/blue.txt"), file(10, 20), { flag: "a" });
    await writeFile(place.at("data/green.txt"), file(20, 30));
    await retarget(place.at, "data/green.txt");
    const { lines, gaps } = await read(await open(), cursor);
    expect(numbers(lines)).toEqual(range(10, 30));
    expect(gaps).toEqual([]);
  });

  it("to another log of the source gives no line twice", async () => {
    await using place = await folder();
    await writeFile(place.at("app-1.log"), file(0, 10));
    await retarget(place.at, "app-1.log");
    const { lines, cursor } = await read(await logs(place.path), undefined);
    expect(numbers(lines)).toEqual(range(0, 10));
    await writeFile(place.at("app-2.log"), file(10, 20));
    await retarget(place.at, "app-2.log");
    expect(numbers((await read(await logs(place.path), cursor)).lines)).toEqual(range(10, 20));
  });

  it("out of the roots is listed nowhere, also when it led inside before", async () => {
    await using place = await folder();
    await using other = await folder();
    await writeFile(place.at("a.txt"), file(0, 10));
    await writeFile(other.at("a.log"), "secret\n");
    await retarget(place.at, "a.txt");
    const { cursor, lines } = await read(await logs(place.path, "current.log"), undefined);
    expect(lines).toHaveLength(10);
    await retarget(place.at, other.at("a.log"));
    const after = await read(await logs(place.path, "current.log"), cursor);
    expect(after.lines).toEqual([]);
    await unlink(place.at("current.log"));
    await rm(place.at("a.txt"));
    expect((await (await logs(place.path)).list()).logs).toEqual([]);
  });
});
