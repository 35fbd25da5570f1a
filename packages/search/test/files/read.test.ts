import { open, readFile, stat, writeFile } from "node:fs/promises";
import { setTimeout as pause } from "node:timers/promises";
import { openRoots } from "@plugboard/core/files";
import type { OpenFile, Roots } from "@plugboard/core/files";
import { expect, test, vi } from "vitest";
import { readText, stampOf, Unreadable } from "../../src/files/read.ts";
import { Folder } from "../folder.ts";

/** Roots whose files are read in another way. */
function watched(
  roots: Roots,
  other: (read: () => ReturnType<OpenFile["read"]>) => ReturnType<OpenFile["read"]>,
): Roots {
  return {
    ...roots,
    async open(path) {
      const file = await roots.open(path);
      return Object.assign(Object.create(file) as OpenFile, {
        handle: file.handle,
        stat: file.stat,
        read: (maxBytes: number) => other(() => file.read(maxBytes)),
        [Symbol.asyncDispose]: () => file.close(),
      });
    },
  };
}

test("a file that is overwritten while it is read is read whole, as it was or as it is, or not at all", async () => {
  const versions = ["wordA ", "wordB "].map((word) => word.repeat(100_000));
  await using docs = await Folder.make({ "a.md": versions[0] ?? "" });
  const path = docs.file("a.md");
  const roots = await openRoots([docs.path]);
  const mixed = (text: string): boolean => text.includes("wordA") && text.includes("wordB");
  let stop = false;
  const overwriting = (async () => {
    await using file = await open(path, "r+");
    for (let turn = 1; !stop; turn += 1) {
      await file.write(versions[turn % 2] ?? "", 0);
      await pause(4);
    }
  })();
  const seen = { whole: 0, refused: 0, mixed: 0, plainlyMixed: 0 };
  try {
    // Plain reading in the same loop shows that the race is on.
    for (let turn = 0; turn < 2_000 && (turn < 20 || seen.whole < 3 || seen.plainlyMixed < 3); turn += 1) {
      if (mixed(await readFile(path, "utf8"))) seen.plainlyMixed += 1;
      try {
        seen[mixed((await readText(roots, path, 10_000_000)).text) ? "mixed" : "whole"] += 1;
      } catch (error) {
        expect(error).toBeInstanceOf(Unreadable);
        expect((error as Unreadable).reason).toBe("changed");
        seen.refused += 1;
      }
    }
  } finally {
    stop = true;
    await overwriting;
  }
  expect(seen.plainlyMixed).toBeGreaterThanOrEqual(3);
  expect(seen.whole).toBeGreaterThanOrEqual(3);
  expect(seen.mixed).toBe(0);
});

test("a write that is under way, of which no stamp tells, shows in a second reading", async () => {
  await using docs = await Folder.make({ "a.md": "new new new" });
  const path = docs.file("a.md");
  const roots = await openRoots([docs.path]);
  const { ctimeMs } = await stat(path);
  vi.spyOn(Date, "now").mockImplementation(() => ctimeMs + 50);
  let readings = 0;
  const text = await readText(
    watched(roots, async (read) => {
      readings += 1;
      return readings === 1 ? { bytes: Buffer.from("new old old"), truncated: false } : read();
    }),
    path,
    1_000,
  );
  expect([text.text, readings]).toEqual(["new new new", 4]);
});

test("what changes in the middle of a reading is read again, and refused if it never rests", async () => {
  await using docs = await Folder.make({ "a.md": "old old old" });
  const path = docs.file("a.md");
  const roots = await openRoots([docs.path]);
  // Old enough for one reading to do, if nothing happens.
  const now = Date.now();
  vi.spyOn(Date, "now").mockImplementation(() => now + 60_000);
  let changes = 0;
  const restless = (times: number): Roots =>
    watched(roots, async (read) => {
      const result = await read();
      changes += 1;
      if (changes <= times) await writeFile(path, `new ${changes} new ${changes}`);
      return result;
    });
  expect((await readText(restless(2), path, 1_000)).text).toBe("new 2 new 2");
  expect(changes).toBe(3);
  await expect(readText(restless(1_000), path, 1_000)).rejects.toMatchObject({ reason: "changed" });
});

test("a stamp is trusted once the file is older than the coarsest clock of a file system", async () => {
  await using docs = await Folder.make({ "a.md": "text" });
  await using file = await open(docs.file("a.md"));
  const found = await file.stat({ bigint: true });
  const changed = Number(found.ctimeMs);
  expect(stampOf(found, changed + 1_900).settled).toBe(false);
  expect(stampOf(found, changed + 2_100).settled).toBe(true);
  expect(stampOf(found, changed).key).toBe(stampOf(found, changed + 5_000).key);
});

test("text is UTF-8 unless it is marked as UTF-16, or more of it is wrong than right: then it is windows-1252", async () => {
  const latin = (text: string): Buffer => Buffer.from(text, "latin1");
  const cases: Record<string, [Uint8Array, string]> = {
    utf8: [Buffer.from("Größe \u{1f600}"), "Größe \u{1f600}"],
    mark: [Buffer.from("\ufeffGröße"), "Größe"],
    utf16: [Buffer.from("\ufeffGröße", "utf16le"), "Größe"],
    latin: [latin("Größe und Maß"), "Größe und Maß"],
    one: [latin("caf\xe9"), "café"],
    quotes: [latin("\x93quoted\x94 \x80 5"), "“quoted” € 5"],
    cut: [Buffer.from("Größe, Maß, é").subarray(0, -1), "Größe, Maß, \ufffd"],
    far: [Buffer.concat([Buffer.from("ß".repeat(50_000)), latin("\xe9\xe9")]), `${"ß".repeat(50_000)}\ufffd\ufffd`],
    literal: [Buffer.from("a \ufffd sign"), "a \ufffd sign"],
  };
  await using docs = await Folder.make(
    Object.fromEntries(Object.entries(cases).map(([name, [bytes]]) => [name, bytes])),
  );
  const roots = await openRoots([docs.path]);
  for (const [name, [, text]] of Object.entries(cases))
    expect((await readText(roots, docs.file(name), 1_000_000)).text).toBe(text);
  const late = Buffer.concat([latin("\xe9".repeat(10_000)), Buffer.from([0])]);
  await docs.put({ late });
  expect((await readText(roots, docs.file("late"), 1_000_000)).text).toBe(`${"\ufffd".repeat(10_000)}\0`);
});
