import { appendFile, readFile, rename, stat, unlink, utimes, writeFile } from "node:fs/promises";
import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { openRoots } from "@plugboard/core/files";
import { source } from "../../src/files/source.ts";
import { read } from "../../src/read/reader.ts";
import { serve } from "../tools/serve.ts";
import { folder, logs } from "./folder.ts";

const text = (from: number, count: number): string =>
  Array.from({ length: count }, (_, index) => `line ${from + index}\n`).join("");
const numbers = (all: readonly { text: string }[]): number[] => all.map((line) => Number(line.text.split(" ")[1]));
const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, index) => from + index);

/** Until a file that is written now has a later time than all before: the clock of files is a coarse one. */
async function tick(path: string): Promise<void> {
  await writeFile(path, "");
  const { mtimeMs } = await stat(path);
  do await writeFile(path, "");
  while ((await stat(path)).mtimeMs === mtimeMs);
}

/** Rotates the log in rounds with ten lines before and ten after each; gives what comes with the cursor after each. */
async function rounds(
  rotate: (at: (name: string) => string, round: number) => Promise<void>,
  { count = 5, highestNumber = "oldest" }: { count?: number; highestNumber?: "oldest" | "newest" } = {},
) {
  await using place = await folder();
  const opened = async () => source({ roots: await openRoots([place.path]), patterns: [["*.log"]], highestNumber });
  const log = place.at("app.log");
  await writeFile(log, text(0, 10));
  let { cursor } = await read(await opened(), undefined);
  const got: number[] = [];
  const gaps = [];
  for (let round = 1; round <= count; round += 1) {
    await tick(place.at("clock"));
    await appendFile(log, text(20 * round - 10, 10));
    await rotate(place.at, round);
    await tick(place.at("clock"));
    await appendFile(log, text(20 * round, 10));
    // A new source each time: nothing is kept but the cursor.
    const answer = await read(await opened(), cursor);
    ({ cursor } = answer);
    got.push(...numbers(answer.lines));
    gaps.push(...answer.gaps);
  }
  const { lines: last } = await read(await opened(), undefined, { maxLines: 75 });
  return { got, gaps, last: numbers(last) };
}

/** The first ten, then twenty in each round. */
const ALL = range(10, 110);

/** As gzip does: the time of the last change stays. */
async function gzip(path: string): Promise<void> {
  const { mtime } = await stat(path);
  await writeFile(`${path}.gz`, gzipSync(await readFile(path)));
  await utimes(`${path}.gz`, mtime, mtime);
  await unlink(path);
}

describe("numbers that rise with time", () => {
  const rotate = (at: (name: string) => string, round: number) => rename(at("app.log"), at(`app.log.${round}`));
  const all = { got: ALL, gaps: [], last: range(35, 110) };

  it.each([
    ["as they are", "never"],
    ["where each is compressed at once", "at once"],
    ["where each is compressed a round later", "later"],
  ])("are followed with a cursor, and read back, %s", async (_, compressed) => {
    const done = await rounds(
      async (at, round) => {
        await rotate(at, round);
        if (compressed === "at once") await gzip(at(`app.log.${round}`));
        if (compressed === "later" && round > 1) await gzip(at(`app.log.${round - 1}`));
      },
      { highestNumber: "newest" },
    );
    expect(done).toEqual(all);
  });

  it("are read in the order of their numbers, 10 after 9", async () => {
    await using place = await folder();
    const names = [...range(1, 12).map((number) => `app.log.${number}`), "app.log"];
    for (const [index, name] of names.toReversed().entries())
      await writeFile(place.at(name), text(110 - 10 * index, 10));
    await using served = await serve({ paths: [place.path], highestNumber: "newest" });
    const { lines } = await served.call("read", { lines: 100 });
    expect(lines?.map((line) => Number(line.split(" ")[1]))).toEqual(range(20, 120));
  });
});

describe("numbers that fall with time", () => {
  /** Shifts `app.log.1` and what follows up by one, and rotates the log. */
  const rotate = async (at: (name: string) => string, round: number): Promise<void> => {
    for (let number = round - 1; number >= 1; number -= 1)
      for (const end of ["", ".gz"])
        await rename(at(`app.log.${number}${end}`), at(`app.log.${number + 1}${end}`)).catch(() => undefined);
    await rename(at("app.log"), at("app.log.1"));
  };

  it("are followed with a cursor, and read back", async () => {
    expect(await rounds(rotate)).toEqual({ got: ALL, gaps: [], last: range(35, 110) });
  });

  it("are told by what is compressed already, though that has the time of compressing", async () => {
    const { got, gaps, last } = await rounds(
      async (at, round) => {
        await rotate(at, round);
        if (round === 1) return;
        await tick(at("clock"));
        await writeFile(at("app.log.2.gz"), gzipSync(await readFile(at("app.log.2"))));
        await unlink(at("app.log.2"));
      },
      { count: 2 },
    );
    expect({ got, gaps, last }).toEqual({ got: range(10, 50), gaps: [], last: range(0, 50) });
  });

  it.each([
    ["a slow writer's last lines come late", false],
    ["the files are copied by their names", true],
  ])("stay so where %s", async (_, copied) => {
    await using place = await folder();
    // In a copy all were born in the order of their names, the log itself first.
    const names = copied ? ["app.log", "app.log.1", "app.log.2"] : ["app.log.2", "app.log.1", "app.log"];
    for (const name of names) {
      await tick(place.at("clock"));
      await writeFile(place.at(name), text(10 * ["app.log.2", "app.log.1", "app.log"].indexOf(name), 10));
    }
    await tick(place.at("clock"));
    if (!copied) await appendFile(place.at("app.log.2"), "");
    if (!copied) await utimes(place.at("app.log.2"), new Date(), new Date());
    const answer = await read(await logs(place.path), undefined, { maxLines: 30 });
    expect(numbers(answer.lines)).toEqual(range(0, 30));
  });
});

describe("a change of the names", () => {
  it("from one way of writing dates to another loses nothing", async () => {
    const names = [
      "app.log-20261122",
      "app-2026-11-23.log",
      "app.log-20261123T131500",
      "app-2026-11-24.1.log",
      "app.log-202612",
    ];
    const { got, gaps, last } = await rounds((at, round) => rename(at("app.log"), at(names[round - 1] ?? "")));
    expect({ got, gaps, last }).toEqual({ got: ALL, gaps: [], last: range(35, 110) });
  });

  it("from numbers to dates loses nothing, though the numbered file is written to later", async () => {
    await using place = await folder();
    const log = place.at("app.log");
    await writeFile(log, text(0, 50));
    let { cursor } = await read(await logs(place.path), undefined);
    await rename(log, place.at("app.log.1"));
    await writeFile(log, text(50, 50));
    ({ cursor } = await read(await logs(place.path), cursor));
    await appendFile(log, text(100, 10));
    await rename(log, place.at("app.log-20261123"));
    await tick(place.at("clock"));
    await appendFile(place.at("app.log.1"), text(900, 1));
    await writeFile(log, text(110, 10));
    const { lines: got, gaps } = await read(await logs(place.path), cursor);
    expect(numbers(got)).toEqual([900, ...range(100, 120)]);
    expect(gaps).toEqual([]);
  });
});
