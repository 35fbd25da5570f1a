import { execFileSync } from "node:child_process";
import { chmod, mkdir, mkdtemp, realpath, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openRoots } from "../src/files.ts";
import type { Roots, WalkOptions } from "../src/files.ts";
import { entriesByName } from "../src/files/walk.ts";

let base: string;
let root: string;

beforeEach(async () => {
  base = await realpath(await mkdtemp(join(tmpdir(), "plugboard-walk-")));
  root = join(base, "root");
  await put("b.md", "a.md", "folder/c.md", "folder/deep/d.md", ".hidden.md", ".folder/e.md", "node_modules/f.md");
});

afterEach(async () => {
  await rm(base, { recursive: true, force: true });
});

async function put(...names: string[]): Promise<void> {
  for (const name of names) {
    await mkdir(dirname(join(root, name)), { recursive: true });
    await writeFile(join(root, name), name);
  }
}

async function list(options?: WalkOptions, from?: Roots): Promise<string[]> {
  const names: string[] = [];
  for await (const entry of (from ?? (await openRoots([root]))).walk(options)) names.push(entry.relative);
  return names;
}

async function skipped(options: WalkOptions = {}, from?: Roots): Promise<string[]> {
  const found: string[] = [];
  await list({ ...options, onSkip: (skip) => found.push(`${skip.relative} ${skip.code}`) }, from);
  return found.sort();
}

test("lists shallow files first, names in order, no dotfiles", async () => {
  expect(await list()).toEqual(["a.md", "b.md", "folder/c.md", "node_modules/f.md", "folder/deep/d.md"]);
  expect(await list({ hidden: true })).toContain(".folder/e.md");
});

test("does not enter what the caller declines", async () => {
  const seen: string[] = [];
  const enter: WalkOptions["enter"] = ({ relative }) => Boolean(seen.push(relative)) && relative !== "node_modules";
  expect(await list({ enter })).not.toContain("node_modules/f.md");
  expect(seen).toEqual(["folder", "node_modules", "folder/deep"]);
});

test("is bounded in depth, and says so", async () => {
  expect(await list({ maxDepth: 0 })).toEqual(["a.md", "b.md"]);
  expect(await list({ maxDepth: 1 })).not.toContain("folder/deep/d.md");
  expect(await skipped({ maxDepth: 1 })).toEqual(["folder/deep too_deep"]);
  expect(await list({ maxDepth: 2 })).toContain("folder/deep/d.md");
});

test("is bounded in names looked at, and says so", async () => {
  expect((await list({ maxEntries: 10 })).length).toBe(5);
  expect(await skipped({ maxEntries: 10 })).toEqual([]);
  expect(await skipped({ maxEntries: 9 })).toEqual(["folder/deep too_many"]);
  expect((await skipped({ maxEntries: 3 })).join()).toMatch(/too_many/);
});

test("gives linked files with their target, and enters no linked folder", async () => {
  await mkdir(join(base, "outside"));
  await writeFile(join(base, "outside", "secret.md"), "secret");
  await symlink("folder/c.md", join(root, "link.md"));
  await symlink(join(base, "outside", "secret.md"), join(root, "out.md"));
  await symlink(join(base, "outside"), join(root, "away"));
  await symlink("..", join(root, "folder", "up"));
  await symlink("nothing", join(root, "dangling.md"));
  const entries = [];
  const roots = await openRoots([root]);
  for await (const entry of roots.walk()) entries.push(entry);
  expect(entries.find((entry) => entry.relative === "link.md")).toMatchObject({
    path: join(root, "folder", "c.md"),
    link: true,
  });
  expect(entries.map((entry) => entry.relative).join()).not.toMatch(/out\.md|away|up/);
  expect(await skipped()).toEqual(["away outside_roots", "dangling.md not_found", "out.md outside_roots"]);
});

test("leaves out secrets and what is no file, and reports both", async () => {
  await put("server.pem", "credentials.json", "id_rsa", "certs.key/x.md");
  execFileSync("mkfifo", [join(root, "pipe.md")]);
  expect((await list()).join()).not.toMatch(/pem|credentials|id_rsa|certs|pipe/);
  expect(await skipped()).toEqual([
    "certs.key secret",
    "credentials.json secret",
    "id_rsa secret",
    "pipe.md not_a_file",
    "server.pem secret",
  ]);
});

test("a link to a secret is one, and a link with the name of one too", async () => {
  await put("server.pem", "plain.txt");
  await symlink("server.pem", join(root, "notes.md"));
  await symlink("plain.txt", join(root, "other.pem"));
  expect(await skipped()).toEqual(["notes.md secret", "other.pem secret", "server.pem secret"]);
});

test.skipIf(process.platform === "win32")(
  "an unreadable folder is skipped, and so says the opener of its file",
  async () => {
    await chmod(base, 0o755);
    await chmod(join(root, "folder"), 0);
    const roots = await openRoots([root]);
    const superuser = process.getuid?.() === 0;
    // The superuser may read everything: be somebody else for a moment.
    if (superuser) process.seteuid?.(65_534);
    try {
      expect(await skipped({}, roots)).toEqual(["folder no_permission"]);
      await expect(roots.open(join(root, "folder", "c.md"))).rejects.toMatchObject({
        code: "no_permission",
        path: "folder/c.md",
      });
    } finally {
      if (superuser) process.seteuid?.(0);
      await chmod(join(root, "folder"), 0o755);
    }
  },
);

test("a root that went away is skipped; the others are listed", async () => {
  await mkdir(join(base, "second"));
  const roots = await openRoots([join(base, "second"), root]);
  await rm(join(base, "second"), { recursive: true });
  expect(await skipped({}, roots)).toEqual([" not_found"]);
  expect(await list({}, roots)).toContain("a.md");
});

test("nested roots give each file once, and each link; a file can be a root", async () => {
  await symlink("c.md", join(root, "folder", "link.md"));
  const roots = await openRoots([root, join(root, "folder"), join(root, "a.md"), join(root, ".folder")]);
  expect((await list({}, roots)).sort()).toEqual([
    "a.md",
    "b.md",
    "e.md",
    "folder/c.md",
    "folder/deep/d.md",
    "folder/link.md",
    "node_modules/f.md",
  ]);
});

test.runIf(process.platform === "linux")("does not enter /proc, /sys and /dev below the root /", async () => {
  const roots = await openRoots(["/"]);
  const seen: string[] = [];
  const enter: WalkOptions["enter"] = ({ relative }) => Boolean(seen.push(relative));
  const skips = await skipped({ maxDepth: 0, enter }, roots);
  expect(seen).not.toContain("proc");
  for (const name of ["dev", "proc", "sys"]) expect(skips).toContain(`${name} outside_roots`);
});

test("ends when aborted, before and during the walk", async () => {
  await expect(list({ signal: AbortSignal.abort(new Error("enough")) })).rejects.toThrow("enough");
  const controller = new AbortController();
  const roots = await openRoots([root]);
  const names: string[] = [];
  const walking = (async () => {
    for await (const entry of roots.walk({ signal: controller.signal })) {
      names.push(entry.relative);
      controller.abort(new Error("enough"));
    }
  })();
  await expect(walking).rejects.toThrow("enough");
  expect(names).toEqual(["a.md"]);
});

test("lists the same by name, where folders cannot be listed by descriptor, and nothing of a folder that is a link", async () => {
  const names: string[] = [];
  for await (const name of entriesByName({ path: join(root, "folder") })) names.push(name.name);
  expect(names.sort()).toEqual(["c.md", "deep"]);
  await symlink("folder", join(root, "same"));
  await expect(entriesByName({ path: join(root, "same") }).next()).rejects.toMatchObject({ code: "changed" });
});
