import { chmod, appendFile, mkdir, open, rename, rm, utimes, writeFile } from "node:fs/promises";
import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import type { ReadOptions } from "../../src/read/answer.ts";
import { read } from "../../src/read/reader.ts";
import { folder, logs } from "./folder.ts";

const text = (from: number, to: number): string =>
  Array.from({ length: to - from }, (_, index) => `line ${from + index}\n`).join("");
const numbers = (lines: readonly { text: string }[]): number[] => lines.map((line) => Number(line.text.split(" ")[1]));
const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, index) => from + index);
const at = (second: number, message: string): string =>
  `2026-11-22T10:00:${String(second).padStart(2, "0")}Z INFO ${message}\n`;

/** Reads on, page by page, until there is no more. */
async function all(path: string, cursor: string, options: ReadOptions = {}) {
  const pages = [];
  for (let next = cursor; ;) {
    const answer = await read(await logs(path), next, options);
    pages.push(answer);
    next = answer.cursor;
    if (!answer.more) return pages;
    expect(pages.length).toBeLessThan(200);
  }
}

/** Permissions do not bind the superuser: acts as somebody else. */
async function asNobody<T>(path: string, act: () => Promise<T>): Promise<T> {
  if (process.getuid?.() !== 0) return await act();
  await chmod(path, 0o755);
  process.seteuid?.(65_534);
  try {
    return await act();
  } finally {
    process.seteuid?.(0);
  }
}

describe("without a cursor", () => {
  it("goes back into rotated files, also compressed ones", async () => {
    await using place = await folder();
    await writeFile(place.at("app.log.3"), text(0, 10));
    await writeFile(place.at("app.log.2.gz"), gzipSync(text(10, 20)));
    await writeFile(place.at("app.log.1"), text(20, 30));
    await writeFile(place.at("app.log"), text(30, 33));
    for (const maxLines of [1, 3, 4, 13, 14, 20, 23, 24, 33, 40]) {
      const { lines, cursor, more } = await read(await logs(place.path), undefined, { maxLines });
      expect(numbers(lines)).toEqual(range(Math.max(0, 33 - maxLines), 33));
      expect(more).toBe(false);
      expect((await read(await logs(place.path), cursor)).lines).toEqual([]);
    }
  });

  it("gives the last lines that are taken, and looks no further back than to a stop", async () => {
    await using place = await folder();
    await writeFile(place.at("app.log.2.gz"), gzipSync(text(0, 20)));
    await writeFile(place.at("app.log.1"), text(20, 30));
    await writeFile(place.at("app.log"), text(30, 40));
    const third = {
      take: ({ text: one }: { text: string }) => ((numbers([{ text: one }])[0] ?? 1) % 3 === 0 ? "give" : "skip"),
    } as const;
    const some = await read(await logs(place.path), undefined, { ...third, maxLines: 10 });
    expect(numbers(some.lines)).toEqual([12, 15, 18, 21, 24, 27, 30, 33, 36, 39]);
    expect((await read(await logs(place.path), some.cursor)).lines).toEqual([]);
    for (const stop of [35, 25, 5]) {
      const until = await read(await logs(place.path), undefined, {
        take: (line) => (numbers([line])[0] === stop ? "stop" : "give"),
      });
      expect(numbers(until.lines)).toEqual(range(stop + 1, 40));
    }
    const literal = await read(await logs(place.path), undefined, { literal: Buffer.from("7") });
    expect(numbers(literal.lines)).toEqual([7, 17, 27, 37]);
  });

  it("is bounded by bytes of text, bytes looked at and time", async () => {
    await using place = await folder();
    await writeFile(place.at("app.log"), text(0, 50_000));
    const source = await logs(place.path);
    const few = await read(source, undefined, { maxBytes: 100 });
    expect(numbers(few.lines)).toEqual(range(50_000 - few.lines.length, 50_000));
    expect(few.lines.reduce((sum, line) => sum + line.end - line.start, 0)).toBeLessThanOrEqual(100);
    const none = await read(source, undefined, { take: () => "skip", maxScanBytes: 100_000 });
    expect(none).toMatchObject({ lines: [], cut: true });
    expect(none.scannedBytes).toBeLessThan(300_000);
    expect(await read(source, undefined, { take: () => "skip", maxMs: 0 })).toMatchObject({ cut: true });
    expect(await read(source, undefined, { take: () => "skip" })).toMatchObject({ cut: false, scannedLines: 50_000 });
  });

  it("gives nothing and a cursor where there is nothing", async () => {
    await using place = await folder();
    const empty = await read(await logs(place.path), undefined);
    expect(empty).toMatchObject({ lines: [], more: false, gaps: [] });
    await writeFile(place.at("app.log"), "");
    expect((await read(await logs(place.path), undefined)).lines).toEqual([]);
    await writeFile(place.at("app.log"), "\n\n\n");
    expect((await read(await logs(place.path), undefined)).lines.map((line) => line.text)).toEqual(["", "", ""]);
    expect((await read(await logs(place.path), empty.cursor)).lines).toHaveLength(3);
    expect((await read(await logs(place.path), undefined, { maxLines: 0 })).lines).toEqual([]);
  });
});

describe("several logs", () => {
  it("are one stream by time, whatever the size of the pages", async () => {
    await using place = await folder();
    await writeFile(place.at("a.log"), "");
    await writeFile(place.at("b.log"), "");
    const { cursor } = await read(await logs(place.path), undefined);
    await writeFile(place.at("a.log"), at(1, "a1") + at(3, "a3") + "  at stack\n" + at(5, "a5") + at(5, "a5 again"));
    await writeFile(place.at("b.log"), at(2, "b2") + at(3, "b3") + at(4, "b4") + at(6, "b6"));
    const want = ["a1", "b2", "a3", "stack", "b3", "b4", "a5", "again", "b6"];
    for (const maxLines of [1, 2, 3, 4, 100]) {
      const pages = await all(place.path, cursor, { maxLines });
      expect(pages.flatMap(({ lines }) => lines.map((line) => line.text.split(" ").at(-1)))).toEqual(want);
    }
    const { lines } = await read(await logs(place.path), undefined, { maxLines: 4 });
    expect(lines.map((line) => line.text.split(" ").at(-1))).toEqual(want.slice(-4));
  });

  it("come one after the other where nothing has a time", async () => {
    await using place = await folder();
    const { cursor } = await read(await logs(place.path), undefined);
    await writeFile(place.at("a.log"), text(0, 10));
    await writeFile(place.at("b.log"), text(10, 20));
    for (const maxLines of [3, 100]) {
      const pages = await all(place.path, cursor, { maxLines });
      expect(pages.flatMap(({ lines }) => numbers(lines))).toEqual(range(0, 20));
    }
    const { lines } = await read(await logs(place.path), undefined, { maxLines: 4 });
    expect(numbers(lines)).toEqual([8, 9, 18, 19]);
  });

  it("lose nothing of a log that is rotated while its turn has not come", async () => {
    await using place = await folder();
    await writeFile(place.at("a.log"), "");
    await writeFile(place.at("b.log"), at(1, "b1"));
    let { cursor } = await read(await logs(place.path), undefined);
    await appendFile(place.at("a.log"), [1, 2, 3, 4].map((second) => at(second, `a${second}`)).join(""));
    await appendFile(place.at("b.log"), at(9, "b9"));
    await writeFile(place.at("c.log"), at(9, "c9"));
    const got = [];
    for (let round = 0; round < 4; round += 1) {
      const answer = await read(await logs(place.path), cursor, { maxLines: 2 });
      ({ cursor } = answer);
      got.push(...answer.lines.map((line) => line.text.slice(-2)));
      expect(answer.gaps).toEqual([]);
      for (const name of ["b.log", "c.log"]) {
        if (round > 1) break;
        await rename(place.at(`${name}.1`), place.at(`${name}.2`)).catch(() => undefined);
        await rename(place.at(name), place.at(`${name}.1`));
        await writeFile(place.at(name), at(10 + round, `${name[0]}${round}`));
      }
    }
    expect(got).toEqual(["a1", "a2", "a3", "a4", "b9", "c9", "b0", "c0"]);
  });
});

describe("what is taken", () => {
  it("is given, skipped for good, or ends the page before the line", async () => {
    await using place = await folder();
    await writeFile(place.at("app.log"), "");
    const { cursor } = await read(await logs(place.path), undefined);
    await writeFile(place.at("app.log"), text(0, 30));
    const even = await read(await logs(place.path), cursor, {
      take: (line) => {
        const number = numbers([line])[0] ?? 0;
        return number === 20 ? "stop" : number % 2 === 0 ? "give" : "skip";
      },
    });
    expect(numbers(even.lines)).toEqual([0, 2, 4, 6, 8, 10, 12, 14, 16, 18]);
    expect(even).toMatchObject({ more: true, scannedLines: 20 });
    expect(even.left).toBe(Buffer.byteLength(text(20, 30)));
    const rest = await read(await logs(place.path), even.cursor);
    expect(numbers(rest.lines)).toEqual(range(20, 30));
    expect(rest).toMatchObject({ more: false, left: 0 });
    const again = await read(await logs(place.path), even.cursor, { take: () => "stop" });
    expect(numbers((await read(await logs(place.path), again.cursor)).lines)).toEqual(range(20, 30));
  });

  it("may be nothing: bytes and time end the page, and pages lead on", async () => {
    await using place = await folder();
    await writeFile(place.at("app.log"), "");
    const { cursor } = await read(await logs(place.path), undefined);
    await writeFile(place.at("app.log"), text(0, 3000));
    const page = await read(await logs(place.path), cursor, { take: () => "skip", maxScanBytes: 1000 });
    expect(page).toMatchObject({ lines: [], more: true });
    expect(page.scannedBytes).toBeLessThan(1020);
    const pages = await all(place.path, cursor, {
      take: (line) => (line.text === "line 2999" ? "give" : "skip"),
      maxScanBytes: 1000,
    });
    expect(pages.length).toBeGreaterThan(20);
    expect(pages.flatMap((one) => numbers(one.lines))).toEqual([2999]);
    const hasty = await all(place.path, cursor, { maxMs: 0 });
    expect(hasty.flatMap((one) => numbers(one.lines))).toEqual(range(0, 3000));
  });

  it("reports a gap once, also where no line is taken", async () => {
    await using place = await folder();
    await writeFile(place.at("app.log"), text(0, 10));
    const { cursor } = await read(await logs(place.path), undefined, { maxLines: 1 });
    await rm(place.at("app.log"));
    await writeFile(place.at("app.log"), text(20, 30));
    const first = await read(await logs(place.path), cursor, { take: () => "stop" });
    expect(first.gaps).toHaveLength(1);
    const second = await read(await logs(place.path), first.cursor);
    expect(second.gaps).toEqual([]);
    expect(numbers(second.lines)).toEqual(range(20, 30));
  });
});

describe("what cannot be read", () => {
  it("keeps its place until it can", async () => {
    await using place = await folder();
    await writeFile(place.at("a.log"), text(0, 10));
    await writeFile(place.at("b.log"), text(0, 10));
    const { cursor } = await read(await logs(place.path), undefined);
    await appendFile(place.at("a.log"), text(10, 20));
    await appendFile(place.at("b.log"), text(10, 20));
    await chmod(place.at("a.log"), 0);
    const without = await asNobody(place.path, async () => read(await logs(place.path), cursor));
    expect(without.lines.map((line) => line.file)).toEqual(Array.from({ length: 10 }, () => "b.log"));
    expect(without.refused).toEqual([{ file: "a.log", reason: '"a.log" may not be read by this process.' }]);
    expect(without.gaps).toEqual([]);
    const last = await asNobody(place.path, async () => read(await logs(place.path), undefined));
    expect(numbers(last.lines)).toEqual(range(0, 20));
    expect(last.refused).toEqual(without.refused);
    await chmod(place.at("a.log"), 0o600);
    expect(numbers((await read(await logs(place.path), without.cursor)).lines)).toEqual(range(10, 20));
  });
});

describe("sizes", () => {
  it("over 2^32 bytes, with a hole of a terabyte, cost what is read", async () => {
    await using place = await folder();
    await writeFile(place.at("app.log"), text(0, 3));
    const handle = await open(place.at("app.log"), "r+");
    const far = 2 ** 40;
    await handle.write(`\n${text(3, 10)}`, far);
    const { lines, cursor } = await read(await logs(place.path), undefined, { maxLines: 5 });
    expect(numbers(lines)).toEqual(range(5, 10));
    expect(lines[0]?.start).toBeGreaterThan(far);
    await handle.close();
    await appendFile(place.at("app.log"), text(10, 20));
    await rename(place.at("app.log"), place.at("app.log.1"));
    await writeFile(place.at("app.log"), text(20, 30));
    const more = await read(await logs(place.path), cursor);
    expect(numbers(more.lines)).toEqual(range(10, 30));
    expect(more.gaps).toEqual([]);
  });

  it("of one line of 100 MB do not count: memory is flat, and the next line comes", async () => {
    await using place = await folder();
    await mkdir(place.at("x"));
    await writeFile(place.at("app.log"), "first\n");
    const { cursor } = await read(await logs(place.path), undefined);
    const handle = await open(place.at("app.log"), "r+");
    await handle.write("\nnext\n", 100_000_000);
    await handle.close();
    const before = process.memoryUsage().rss;
    const { lines } = await read(await logs(place.path), cursor);
    expect(lines).toMatchObject([{ cut: true }, { text: "next", cut: false }]);
    expect(lines[0]?.text).toHaveLength(65_536);
    const { lines: last } = await read(await logs(place.path), undefined, { maxLines: 2 });
    expect(last).toMatchObject([{ cut: true }, { text: "next", cut: false }]);
    expect(process.memoryUsage().rss - before).toBeLessThan(80_000_000);
  });

  it("are of no help to know a file that was touched only", async () => {
    await using place = await folder();
    await writeFile(place.at("app.log"), text(0, 3));
    const { cursor } = await read(await logs(place.path), undefined);
    await utimes(place.at("app.log"), 1, 1);
    expect(await read(await logs(place.path), cursor)).toMatchObject({ lines: [], gaps: [], rotated: false });
  });
});
