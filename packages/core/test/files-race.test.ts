import { execFileSync } from "node:child_process";
import { constants, readdirSync } from "node:fs";
import { mkdir, mkdtemp, open, readFile, realpath, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { afterEach, beforeEach, expect, test } from "vitest";
import { FileAccessError, openRoots } from "../src/files.ts";
import type { FileAccessCode, Roots } from "../src/files.ts";

const SECRET = "the outside secret";

let base: string;
let root: string;
let outside: string;
let roots: Roots;

beforeEach(async () => {
  base = await realpath(await mkdtemp(join(tmpdir(), "plugboard-race-")));
  root = join(base, "root");
  outside = join(base, "outside");
  await mkdir(join(root, "folder"), { recursive: true });
  await mkdir(outside);
  await writeFile(join(root, "a.md"), "inside");
  await writeFile(join(root, "folder", "note.md"), "inside");
  await writeFile(join(outside, "note.md"), SECRET);
  roots = await openRoots([root]);
});

afterEach(async () => {
  await rm(base, { recursive: true, force: true });
});

/**
 * Runs two steps in turn, as fast as it can, in a thread of its own: bodies of functions with `path` and what
 * `node:fs` exports in scope.
 */
async function swapping(path: string, steps: readonly [string, string], during: () => Promise<void>): Promise<void> {
  const code = `
    const fs = require("node:fs");
    const { parentPort, workerData: { path, steps } } = require("node:worker_threads");
    const [there, back] = steps.map((step) => new Function("fs", "path", "with (fs) {" + step + "}"));
    there(fs, path);
    back(fs, path);
    parentPort.postMessage("swapping");
    const turn = () => {
      for (let count = 0; count < 50; count++) { there(fs, path); back(fs, path); }
      setImmediate(turn);
    };
    turn();`;
  const worker = new Worker(code, { eval: true, workerData: { path, steps } });
  try {
    await new Promise((done, failed) => worker.once("message", done).once("error", failed));
    await during();
  } finally {
    await worker.terminate();
  }
}

const link = (target: string): string =>
  `symlinkSync(${JSON.stringify(target)}, path + ".next"); renameSync(path + ".next", path);`;
const file = (source: string): string =>
  `linkSync(${JSON.stringify(source)}, path + ".next"); renameSync(path + ".next", path);`;
const folderForLink = (target: string, aside: string): readonly [string, string] => [
  `renameSync(path, ${JSON.stringify(aside)}); symlinkSync(${JSON.stringify(target)}, path);`,
  `unlinkSync(path); renameSync(${JSON.stringify(aside)}, path);`,
];

interface Seen {
  readonly inside: number;
  readonly leaks: number;
  readonly naiveLeaks: number;
  readonly refused: Partial<Record<FileAccessCode, number>>;
}

/** What a check before opening does: the reference that shows that the race is on. */
async function naive(path: string): Promise<string> {
  const real = await realpath(path);
  return real.startsWith(`${root}/`) ? await readFile(path, "utf8") : "refused";
}

/**
 * Opens again and again, in both ways, until the naive one has leaked often enough: an opener that is open to the race would
 * have leaked as often by then. Bounded in any case.
 */
async function contest(path: string): Promise<Seen> {
  const seen = { inside: 0, leaks: 0, naiveLeaks: 0, refused: {} as Partial<Record<FileAccessCode, number>> };
  const isProven = (): boolean => seen.naiveLeaks >= 10 && seen.inside >= 10 && (seen.refused.outside_roots ?? 0) > 0;
  for (let attempt = 0; attempt < 40_000 && (attempt < 300 || !isProven()); attempt += 1) {
    if ((await naive(path).catch(() => "")) === SECRET) seen.naiveLeaks += 1;
    try {
      await using opened = await roots.open(path);
      expect(opened.stat.isFile()).toBe(true);
      if ((await opened.read(1_000)).bytes.toString() === "inside") seen.inside += 1;
      else seen.leaks += 1;
    } catch (error) {
      expect(error).toBeInstanceOf(FileAccessError);
      const { code, message } = error as FileAccessError;
      expect(message).not.toContain(outside);
      seen.refused[code] = (seen.refused[code] ?? 0) + 1;
    }
  }
  return seen;
}

const descriptors = (): number => (process.platform === "linux" ? readdirSync("/proc/self/fd").length : 0);

test.each([
  ["a file swapped for a link that leads out", "a file"],
  ["a file below a link that is swapped for one that leads out", "a link above"],
  ["a file below a folder that is swapped for a link that leads out", "a folder above"],
])("%s is never read", { timeout: 60_000 }, async (_, what) => {
  const path =
    {
      "a file": join(root, "swapped.md"),
      "a link above": join(root, "swapped"),
      "a folder above": join(root, "folder"),
    }[what] ?? "";
  const steps = {
    "a file": [file(join(root, "a.md")), link(join(outside, "note.md"))],
    "a link above": [link(join(root, "folder")), link(outside)],
    "a folder above": folderForLink(outside, join(base, "aside")),
  }[what] as readonly [string, string];
  const before = descriptors();
  await swapping(path, steps, async () => {
    const { inside, leaks, naiveLeaks, refused } = await contest(what === "a file" ? path : join(path, "note.md"));
    expect(leaks).toBe(0);
    // The race was really on, and both of its sides were met.
    expect(naiveLeaks).toBeGreaterThan(0);
    expect(inside).toBeGreaterThan(0);
    expect(refused.outside_roots).toBeGreaterThan(0);
    expect(descriptors()).toBeLessThan(before + 20);
  });
});

test("a folder swapped for a link that leads out shows no name from outside", { timeout: 60_000 }, async () => {
  for (const folder of [join(root, "folder", "sub"), join(outside, "sub")]) await mkdir(folder);
  for (let index = 0; index < 20; index += 1) {
    await writeFile(join(outside, `secret${index}.md`), SECRET);
    await writeFile(join(outside, "sub", `secret${index}.md`), SECRET);
  }
  await swapping(join(root, "folder"), folderForLink(outside, join(base, "aside")), async () => {
    const seen = { inside: 0, swapped: 0 };
    for (let attempt = 0; attempt < 20_000 && (attempt < 300 || seen.inside < 10 || seen.swapped < 10); attempt += 1) {
      const onSkip = ({ relative }: { relative: string }): void => void (seen.swapped += relative === "folder" ? 1 : 0);
      for await (const { relative } of roots.walk({ onSkip })) {
        expect(relative).not.toContain("secret");
        if (relative === "folder/note.md") seen.inside += 1;
      }
    }
    expect(seen.inside).toBeGreaterThan(0);
    expect(seen.swapped).toBeGreaterThan(0);
  });
});

test(
  "a file swapped for a FIFO is opened as a file or not at all, and nothing hangs",
  { timeout: 60_000 },
  async () => {
    const pipe = join(base, "pipe");
    execFileSync("mkfifo", [pipe]);
    const path = join(root, "swapped.md");
    await swapping(path, [file(join(root, "a.md")), file(pipe)], async () => {
      const seen = { inside: 0, not_a_file: 0 };
      for (
        let attempt = 0;
        attempt < 20_000 && (attempt < 500 || seen.inside < 10 || seen.not_a_file < 10);
        attempt += 1
      ) {
        try {
          await using opened = await roots.open(path);
          expect(opened.stat.isFile()).toBe(true);
          seen.inside += 1;
        } catch (error) {
          expect(error).toBeInstanceOf(FileAccessError);
          expect((error as FileAccessError).code).toBe("not_a_file");
          seen.not_a_file += 1;
        }
      }
      expect(seen.inside).toBeGreaterThan(0);
      expect(seen.not_a_file).toBeGreaterThan(0);
    });
  },
);

test("a FIFO that just lies there is not even opened: whoever waits to write to it goes on waiting", async () => {
  const pipe = join(root, "pipe");
  execFileSync("mkfifo", [pipe]);
  let readers = 0;
  const refusing = Promise.all(
    Array.from({ length: 300 }, () => expect(roots.open(pipe)).rejects.toMatchObject({ code: "not_a_file" })),
  );
  for (let attempt = 0; attempt < 1_000; attempt += 1) {
    // Succeeds only while somebody has it open for reading.
    const writer = await open(pipe, constants.O_WRONLY | constants.O_NONBLOCK).catch(() => undefined);
    if (writer) readers += 1;
    await writer?.close();
  }
  await refusing;
  expect(readers).toBe(0);
});

test("a file replaced over and over is opened whole, old or new", async () => {
  const path = join(root, "replaced.md");
  await writeFile(path, "0".repeat(900));
  let stop = false;
  const replacing = (async () => {
    for (let turn = 1; !stop; turn += 1) {
      await writeFile(`${path}.next`, String(turn % 10).repeat(900));
      await rename(`${path}.next`, path);
    }
  })();
  try {
    for (let attempt = 0; attempt < 300; attempt += 1) {
      await using opened = await roots.open(path);
      expect(new Set((await opened.read(1_000)).bytes).size).toBe(1);
    }
  } finally {
    stop = true;
    await replacing;
  }
});

test("a file swapped for a link to another file inside is opened all the same", { timeout: 60_000 }, async () => {
  const path = join(root, "swapped.md");
  await swapping(path, [file(join(root, "a.md")), link(join(root, "folder", "note.md"))], async () => {
    const attempts = 1_000;
    let refused = 0;
    for (let attempt = 0; attempt < attempts; attempt += 1) {
      await roots.open(path).then(
        (opened) => opened.close(),
        (error: unknown) => {
          expect(["changed", "not_found"]).toContain((error as FileAccessError).code);
          refused += 1;
        },
      );
    }
    // Without trying again it is about one in twenty-five.
    expect(refused).toBeLessThan(attempts / 100);
  });
});
