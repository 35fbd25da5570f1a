import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { crc32 } from "node:zlib";
import fc from "fast-check";
import { expect, onTestFinished, test } from "vitest";
import { localEngine } from "../../src/engine/local.ts";
import type { Engine } from "../../src/engine/types.ts";
import { document, find, query, section } from "./make.ts";

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), "plugboard-index-"));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

async function open(path: string, warnings: string[] = []): Promise<Engine> {
  const engine = await localEngine({ folder: path, warn: (message) => warnings.push(message) });
  onTestFinished(() => engine.close());
  return engine;
}

const animals = [
  document(
    "walrus.md",
    [section("A walrus sleeps on ice.", ["Walrus"], "walrus"), section("It eats clams.", ["Walrus", "Food"], "food")],
    {
      title: "Walrus",
      metadata: { tags: ["sea", "ice"] },
      modified: 5,
      stamp: "s1",
    },
  ),
  document("otter.md", "An otter floats on its back.", { title: "Otter" }),
  document("höhle.md", "Bären schlafen in der Höhle.", { title: "Höhle" }),
];

async function answers(engine: Engine): Promise<unknown> {
  const asked = ["walrus ice", "otter", "Höhle Bär", "clams", "nothing"];
  const found = await Promise.all(asked.map((each) => engine.search({ query: query(each), count: 10 })));
  const texts = await Promise.all(found.flatMap(({ hits }) => hits.map(({ id }) => engine.section(id))));
  const states = [...engine.ids()].sort().map((id) => [id, engine.state(id)]);
  return {
    found,
    texts,
    states,
    counts: [engine.documents, engine.sections, engine.bytes, engine.generation, engine.fields()],
  };
}

/** The index's files, largest first. */
function files(path: string): string[] {
  return readdirSync(path)
    .map((name) => join(path, name))
    .sort((a, b) => statSync(b).size - statSync(a).size);
}

/** How many files this process has open. */
function descriptors(): number {
  return readdirSync("/proc/self/fd").length;
}

test("what was committed is there again, and answers the same", async () => {
  const path = folder();
  const before = await open(path);
  await before.put(animals);
  await before.put([
    document("gone.md", "A walrus that left."),
    document("otter.md", "An otter dives.", { title: "Otter" }),
  ]);
  await before.remove(["gone.md"]);
  await before.commit();
  const expected = await answers(before);
  expect(await answers(before), "also once texts are read from the file").toEqual(expected);
  await before.close();
  const warnings: string[] = [];
  const after = await open(path, warnings);
  expect(await answers(after)).toEqual(expected);
  expect(warnings).toEqual([]);
});

test("what was not committed is not there, and a commit without changes writes nothing", async () => {
  const path = folder();
  const before = await open(path);
  await before.put(animals.slice(0, 1));
  await before.commit();
  const written = readdirSync(path).sort();
  await before.commit();
  expect(readdirSync(path).sort()).toEqual(written);
  await before.put(animals.slice(1));
  await before.close();
  expect([...(await open(path)).ids()]).toEqual(["walrus.md"]);
});

test("files are for their owner alone", async () => {
  const path = folder();
  const engine = await open(path);
  await engine.put(animals);
  await engine.commit();
  expect(files(path).map((file) => statSync(file).mode & 0o777)).toEqual([0o600, 0o600]);
});

test("any damage is noticed: what is left is right, and the rest is gone, to be put again", async () => {
  const path = folder();
  const before = await open(path);
  await before.put(animals.slice(0, 2));
  await before.commit();
  await before.put(animals.slice(2));
  await before.commit();
  const expected = new Map<string, unknown>();
  for (const id of before.ids()) expected.set(id, await whole(before, id));
  await before.close();
  const opened = descriptors();
  const originals = files(path).map((file) => [file, readFileSync(file)] as const);
  await fc.assert(
    fc.asyncProperty(
      fc.nat(),
      fc.nat(),
      fc.integer({ min: 1, max: 255 }),
      fc.boolean(),
      async (which, where, flip, cut) => {
        for (const [file, bytes] of originals) writeFileSync(file, bytes);
        const [file, bytes] = originals[which % originals.length] as (typeof originals)[number];
        const at = where % bytes.length;
        if (cut) truncateSync(file, at);
        else
          writeFileSync(
            file,
            bytes.map((byte, index) => (index === at ? byte ^ flip : byte)),
          );
        const engine = await localEngine({ folder: path });
        try {
          await answers(engine);
          for (const id of Array.from(engine.ids())) {
            const found = await whole(engine, id);
            expect(found === undefined || engine.state(id) === undefined ? undefined : found).toEqual(
              engine.state(id) === undefined ? undefined : expected.get(id),
            );
          }
          await engine.put(animals);
          for (const [id, document] of expected) expect(await whole(engine, id)).toEqual(document);
        } finally {
          await engine.close();
        }
      },
    ),
    { numRuns: 60 },
  );
  expect(descriptors(), "of damaged files too").toBe(opened);
});

async function whole(engine: Engine, id: string): Promise<unknown> {
  const found = await engine.document(id);
  const sections = await Promise.all(Array.from({ length: found?.length ?? 0 }, (_, at) => engine.sectionAt(id, at)));
  return sections.includes(undefined) ? undefined : { found, sections };
}

test("an index of other settings, and a folder full of other things, are not trusted", async () => {
  const path = folder();
  const before = await localEngine({ folder: path, languages: ["de"] });
  await before.put(animals);
  await before.commit();
  await before.close();
  const warnings: string[] = [];
  const engine = await open(path, warnings);
  expect(engine.documents).toBe(0);
  expect(warnings).toEqual([expect.stringContaining("damaged or foreign")]);
  await engine.put(animals);
  await engine.commit();
  await engine.close();
  expect((await open(path)).documents).toBe(3);
});

test("a folder that cannot be written to costs nothing but the next start", async () => {
  const path = join(folder(), "file");
  writeFileSync(path, "not a folder");
  const warnings: string[] = [];
  const engine = await open(path, warnings);
  await engine.put(animals);
  await engine.commit();
  expect(await find(engine, "walrus")).toEqual(["walrus.md#walrus", "walrus.md#food"]);
  expect(warnings).toEqual([expect.stringContaining("in memory")]);
});

test("a disk that fails leaves the old index whole, and is tried again", async () => {
  const path = folder();
  const warnings: string[] = [];
  const engine = await open(path, warnings);
  await engine.put(animals.slice(0, 1));
  await engine.commit();
  const kept = `${path}.kept`;
  onTestFinished(() => rmSync(kept, { recursive: true, force: true }));
  renameSync(path, kept);
  writeFileSync(path, "in the way");
  await engine.put(animals.slice(1));
  await engine.commit();
  await engine.commit();
  expect(warnings).toEqual([expect.stringContaining("could not be written")]);
  expect(await find(engine, "walrus otter"), "texts of moved files are still open").toHaveLength(3);
  rmSync(path);
  renameSync(kept, path);
  await engine.commit();
  expect((await open(path)).documents).toBe(3);
});

test("a folder that was removed is made again, with all that is in memory", async () => {
  const path = folder();
  const warnings: string[] = [];
  const engine = await open(path, warnings);
  await engine.put(animals.slice(0, 2));
  await engine.commit();
  rmSync(path, { recursive: true });
  await engine.put(animals.slice(2));
  await engine.commit();
  expect(warnings).toEqual([]);
  const expected = await answers(engine);
  await engine.close();
  expect(await answers(await open(path))).toEqual(expected);
});

test.each(["", "null\n0\n", "{}", "[]"])("a list of contents that says %j is built anew", async (text) => {
  const path = folder();
  const before = await open(path);
  await before.put(animals);
  await before.commit();
  await before.close();
  const [body = ""] = text.split("\n");
  writeFileSync(join(path, "index.json"), `${body}\n${crc32(body).toString(16)}\n`);
  const engine = await open(path);
  expect(engine.documents).toBe(0);
  await engine.put(animals);
  await engine.commit();
  await engine.close();
  expect((await open(path)).documents).toBe(3);
});

test("of two processes over one folder one goes on writing, and both go on answering", async () => {
  const path = folder();
  const first = await open(path);
  await first.put(animals.slice(0, 1));
  await first.commit();
  const warnings: string[] = [];
  const second = await open(path, warnings);
  await second.put(animals.slice(1));
  await first.put([document("first.md", "Put by the first.")]);
  await first.commit();
  await second.commit();
  expect(warnings).toEqual([expect.stringContaining("another process")]);
  expect(await find(second, "otter walrus")).toHaveLength(3);
  await second.close();
  await first.close();
  expect([...(await open(path)).ids()].sort()).toEqual(["first.md", "walrus.md"]);
});

test("many small changes leave few files and no open descriptors", async () => {
  const path = folder();
  const before = descriptors();
  const engine = await localEngine({ folder: path });
  for (let round = 0; round < 100; round += 1) {
    await engine.put([document(`d${round % 20}`, `Edition ${round} of the animal book, with a walrus.`)]);
    if (round % 10 === 0) await engine.commit();
  }
  await engine.commit();
  const manifest = JSON.parse(readFileSync(join(path, "index.json"), "utf8").split("\n")[0] as string) as {
    segments: unknown[];
  };
  expect(manifest.segments.length).toBeLessThan(20);
  expect(engine.documents).toBe(20);
  await engine.close();
  const again = await localEngine({ folder: path });
  expect((await again.search({ query: query("edition walrus"), count: 50 })).total).toBe(20);
  await again.close();
  expect(descriptors()).toBe(before);
});

test("a process that is killed in the middle leaves an index that is whole, with all that it had committed", async () => {
  const path = folder();
  const child = new URL("committing.ts", import.meta.url).pathname;
  for (let round = 0; round < 2; round += 1) {
    const writer = spawn(process.execPath, ["--import", "tsx", child, path], { stdio: ["ignore", "pipe", "inherit"] });
    let acknowledged = -1;
    const lines = createInterface({ input: writer.stdout });
    const closed = once(writer, "close");
    for await (const line of lines) {
      acknowledged = Number(line);
      // At another place of the next commit in each round.
      if (acknowledged % 7 === 3 + round) writer.kill("SIGKILL");
    }
    await closed;
    const warnings: string[] = [];
    const engine = await localEngine({ folder: path, warn: (message) => warnings.push(message) });
    expect(warnings).toEqual([]);
    const edition = Number((await engine.section("counter#top"))?.text.split(" ")[1]);
    expect(edition).toBeGreaterThanOrEqual(acknowledged);
    expect((await engine.search({ query: query("walrus"), count: 1 })).total).toBe(engine.documents - 1);
    await engine.close();
  }
}, 60_000);

test("a damaged text is told of, so that it is read again", async () => {
  const path = folder();
  const before = await open(path);
  await before.put(animals);
  await before.commit();
  await before.close();
  const [file = ""] = files(path).filter((each) => each.endsWith(".seg"));
  const bytes = readFileSync(file);
  writeFileSync(
    file,
    bytes.map((byte, at) => (at === bytes.length - 1 ? byte ^ 1 : byte)),
  );
  let lost = 0;
  const engine = await localEngine({ folder: path, onLost: () => (lost += 1) });
  onTestFinished(() => engine.close());
  const sections = await Promise.all([...animals.keys()].map((at) => engine.sectionAt(animals[at]?.id ?? "", 0)));
  expect(sections.filter((each) => each === undefined)).toHaveLength(1);
  expect(lost).toBe(1);
  expect(engine.documents).toBe(2);
});

test("many small documents are put in a few thousand at a time, which other work waits for", async () => {
  const path = folder();
  const engine = await open(path);
  await engine.put(Array.from({ length: 4_097 }, (_, at) => document(`d${at}`, "word")));
  await engine.commit();
  expect(engine.documents).toBe(4_097);
  expect(files(path).filter((file) => file.endsWith(".seg"))).toHaveLength(2);
});
