import { chmod, mkdir, readdir, stat, symlink, utimes, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { basename, join } from "node:path";
import { afterEach, expect, test, vi } from "vitest";
import type { Engine } from "../../src/engine/types.ts";
import { makeFolder } from "../../src/folder.ts";
import { Commits } from "../../src/files/commits.ts";
import { stateBase, stateFolder } from "../../src/files/state.ts";
import { naiveEngine } from "../engine/naive.ts";
import { Folder } from "../folder.ts";
import { make } from "./made.ts";

afterEach(() => void vi.unstubAllEnvs());

test("the option goes before the environment, and that before the platform's convention", () => {
  vi.stubEnv("PLUGBOARD_STATE_DIR", "/from/env");
  expect(stateBase("/given")).toBe("/given");
  expect(stateBase("given")).toBe(join(process.cwd(), "given"));
  expect(stateBase(undefined)).toBe("/from/env");
  expect(stateBase(false)).toBeUndefined();
  vi.stubEnv("PLUGBOARD_STATE_DIR", "");
  vi.stubEnv("XDG_STATE_HOME", "/xdg");
  const platform = (name: NodeJS.Platform): string | undefined => {
    vi.spyOn(process, "platform", "get").mockReturnValue(name);
    return stateBase(undefined);
  };
  vi.stubEnv("LOCALAPPDATA", "/local");
  expect(platform("linux")).toBe("/xdg/plugboard");
  expect(platform("darwin")).toBe(join(homedir(), "Library/Application Support/plugboard"));
  expect(platform("win32")).toBe("/local/plugboard");
  // The specification has relative paths ignored.
  vi.stubEnv("XDG_STATE_HOME", "relative");
  vi.stubEnv("HOME", "/home/somebody");
  expect(platform("linux")).toBe("/home/somebody/.local/state/plugboard");
  vi.stubEnv("LOCALAPPDATA", undefined);
  expect(platform("win32")).toBeUndefined();
});

test("an index has a folder of its own, for its owner alone, by all that it depends on", async () => {
  await using docs = await Folder.make({ "a.md": "x", "b.md": "x" });
  await symlink(docs.file("a.md"), join(docs.base, "link"));
  const base = join(docs.base, "state");
  const warnings: string[] = [];
  const folder = (name: string, roots: string[], options: unknown): Promise<string | undefined> =>
    stateFolder(base, { name, roots, options }, (message) => warnings.push(message));
  const first = await folder("search", [docs.file("a.md")], {});
  expect(first).toMatch(/state\/search\/[0-9a-f]{16}$/);
  const { mode } = await stat(first ?? "");
  if (process.platform !== "win32") expect(mode & 0o777).toBe(0o700);
  // The same by another name.
  expect(await folder("search", [join(docs.base, "link")], {})).toBe(first);
  const others = [
    await folder("other", [docs.file("a.md")], {}),
    await folder("search", [docs.file("b.md")], {}),
    await folder("search", [docs.file("a.md"), docs.file("b.md")], {}),
    await folder("search", [docs.file("nowhere")], {}),
    await folder("search", [docs.file("a.md")], { maxSections: 3 }),
  ];
  expect(new Set([first, ...others]).size).toBe(6);
  expect(warnings).toEqual([]);
});

test("indexes that nobody has used for 90 days are removed when another one is opened, and nothing else is", async () => {
  await using docs = await Folder.make();
  const base = join(docs.base, "state");
  const open = (name: string): Promise<string | undefined> =>
    stateFolder(base, { name, roots: [], options: {} }, () => undefined);
  const [old = "", again = "", young = ""] = [await open("old"), await open("again"), await open("young")];
  const foreign = join(base, "search", "notes");
  await mkdir(foreign);
  await writeFile(join(old, "index.json"), "{}");
  const day = 24 * 3_600_000;
  const ago = (days: number): Date => new Date(Date.now() - days * day);
  for (const folder of [old, again, foreign]) await utimes(folder, ago(91), ago(91));
  await utimes(young, ago(89), ago(89));
  // Opening is use, even if nothing is written.
  await open("again");
  expect((await readdir(join(base, "search"))).toSorted()).toEqual(
    [again, young, foreign].map((folder) => basename(folder)).toSorted(),
  );
});

test("a folder that cannot be made is told of where it was asked for, and done without", async () => {
  await using docs = await Folder.make();
  const file = join(docs.base, "file");
  await writeFile(file, "");
  const warnings: string[] = [];
  const key = { name: "search", roots: [], options: {} };
  expect(await stateFolder(file, key, (message) => warnings.push(message))).toBeUndefined();
  expect(warnings).toHaveLength(1);
  expect(warnings[0]).toContain("the index is kept in memory only");
  vi.stubEnv("PLUGBOARD_STATE_DIR", undefined);
  vi.stubEnv("XDG_STATE_HOME", file);
  vi.spyOn(process, "platform", "get").mockReturnValue("linux");
  expect(await stateFolder(undefined, key, (message) => warnings.push(message))).toBeUndefined();
  expect(await stateFolder(false, key, (message) => warnings.push(message))).toBeUndefined();
  expect(warnings).toHaveLength(1);
});

test.skipIf(process.platform === "win32")("the same for one that may not be written", async () => {
  await using docs = await Folder.make();
  const closed = join(docs.base, "closed");
  await mkdir(closed);
  await chmod(docs.base, 0o755);
  await chmod(closed, 0o555);
  const superuser = process.getuid?.() === 0;
  if (superuser) process.seteuid?.(65_534);
  const warnings: string[] = [];
  try {
    const key = { name: "search", roots: [], options: {} };
    expect(await stateFolder(closed, key, (message) => warnings.push(message))).toBeUndefined();
  } finally {
    if (superuser) process.seteuid?.(0);
  }
  expect(warnings).toHaveLength(1);
});

test("the engine gets the folder, which is never indexed, and is told to store what has changed", async () => {
  await using docs = await Folder.make({ "a.md": "walrus" });
  const folders: (string | undefined)[] = [];
  let commits = 0;
  const engine = async (folder: string | undefined): Promise<Engine> => {
    folders.push(folder);
    await writeFile(join(folder ?? "", "segment.md"), "walrus");
    return Object.assign(Object.create(naiveEngine()) as Engine, { commit: async () => void (commits += 1) });
  };
  const state = docs.file("state");
  const first = make([docs.path], { state }, engine);
  expect(await first.find("walrus")).toEqual(["a.md#top"]);
  await first.corpus.close();
  expect(commits).toBe(1);
  const second = make([docs.path], { state }, engine);
  expect(await second.find("walrus")).toEqual(["a.md#top"]);
  const other = make([docs.path], { state, maxSections: 7 }, engine);
  expect(await other.find("walrus")).toEqual(["a.md#top"]);
  expect(folders[0]).toBe(folders[1]);
  expect(folders[2]).not.toBe(folders[0]);
  expect(await readdir(join(state, "search"))).toHaveLength(2);
});

test("changes are stored at most every so often, and at the end; a failure is told of once", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
  try {
    const engine = naiveEngine();
    let commits = 0;
    const broken = vi.fn<() => Promise<void>>(async () => {
      commits += 1;
      if (commits > 2) throw new Error("disk full");
    });
    const warnings: string[] = [];
    const kept = new Commits(Object.assign(engine, { commit: broken }), (message) => warnings.push(message), 2_000);
    await kept.flush();
    expect(commits).toBe(0);
    kept.mark();
    kept.mark();
    await vi.advanceTimersByTimeAsync(0);
    expect(commits).toBe(1);
    for (let turn = 0; turn < 10; turn += 1) {
      kept.mark();
      await vi.advanceTimersByTimeAsync(100);
    }
    expect(commits).toBe(1);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(commits).toBe(2);
    kept.mark();
    await kept.flush();
    await kept.flush();
    kept.mark();
    await kept.flush();
    expect(commits).toBe(4);
    expect(warnings).toEqual(["the index could not be stored: disk full"]);
  } finally {
    vi.useRealTimers();
  }
});

test("folders are made one at a time, and what cannot be made is an error", async () => {
  await using folder = await Folder.make({});
  await makeFolder(join(folder.path, "a/b/c"));
  await makeFolder(join(folder.path, "a/b/c"));
  await mkdir(join(folder.path, "a/b/c/d"));
  await writeFile(join(folder.path, "file"), "");
  await expect(makeFolder(join(folder.path, "file/x"))).rejects.toMatchObject({ code: "ENOTDIR" });
  if (process.platform === "linux") await expect(makeFolder("/proc/x/y")).rejects.toMatchObject({ code: "ENOENT" });
});
