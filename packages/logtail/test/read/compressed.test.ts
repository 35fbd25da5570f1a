import { appendFile, rename, rm, utimes, writeFile } from "node:fs/promises";
import { createHash } from "node:crypto";
import { createGzip, gzipSync } from "node:zlib";
import { once } from "node:events";
import { openRoots } from "@plugboard/core/files";
import { describe, expect, it } from "vitest";
import { encodeCursor } from "../../src/files/cursor.ts";
import { evidenceFrom, idOf } from "../../src/files/identity.ts";
import { source } from "../../src/files/source.ts";
import { placeOf } from "../../src/read/place.ts";
import { linesBefore, resolvePlace } from "../../src/read/resolve.ts";
import { read } from "../../src/read/reader.ts";
import { folder, logs } from "./folder.ts";

const text = (from: number, to: number): string =>
  Array.from({ length: to - from }, (_, index) => `line ${from + index} ${"é".repeat((from + index) % 9)}\n`).join("");
const long = (path: string): Promise<void> => utimes(path, new Date(1e12), new Date(1e12));

/** Bytes that do not get fewer. */
const noise = Buffer.alloc(3_000_000, createHash("sha512").update("noise").digest());

/** Compresses `count` times 64 KiB of empty lines, and `end`. */
async function empty(count: number, end = ""): Promise<Buffer> {
  const gzip = createGzip();
  const parts: Buffer[] = [];
  gzip.on("data", (part: Buffer) => parts.push(part));
  for (let index = 0; index < count; index += 1) gzip.write(Buffer.alloc(65_536, 10));
  gzip.end(end);
  await once(gzip, "end");
  return Buffer.concat(parts);
}

describe("the last lines of a compressed file", () => {
  it("of millions of lines are found without a look at each", async () => {
    await using place = await folder();
    await writeFile(place.at("app.log.1.gz"), await empty(300, "last\n"));
    await writeFile(place.at("app.log"), "new\n");
    const { lines, cut } = await read(await logs(place.path), undefined, { maxLines: 3 });
    expect(lines.map((line) => line.text)).toEqual(["", "last", "new"]);
    expect(lines[1]).toMatchObject({ start: 19_660_800, end: 19_660_805, complete: true });
    expect(cut).toBe(false);
  });

  it("end at the limit of what is looked at, and say so", async () => {
    await using place = await folder();
    await writeFile(place.at("app.log.1.gz"), await empty(100));
    await writeFile(place.at("app.log"), "new\n");
    const logsOf = await logs(place.path);
    for (const limit of [{ maxScanBytes: 1_000_000 }, { maxMs: 0 }]) {
      const { lines, cut, cursor } = await read(logsOf, undefined, { maxLines: 3, ...limit });
      expect(lines.filter(({ compressed }) => compressed)).toEqual([]);
      expect(cut).toBe(true);
      await appendFile(place.at("app.log"), "more\n");
      expect((await read(logsOf, cursor)).lines.at(-1)?.text).toBe("more");
    }
  });

  it.each([1, 7, 100, 5000])("are those of the file, %d of them", async (maxLines) => {
    await using place = await folder();
    const all = `${text(0, 4000)}${"x".repeat(300_000)}\n${text(4000, 4100)}end`;
    for (const [name, bytes] of [
      ["utf8", Buffer.from(all)],
      ["utf16", Buffer.from(`\ufeff${all}`, "utf16le")],
    ] as const) {
      await writeFile(place.at(`${name}.log.1.gz`), gzipSync(bytes));
      const { lines } = await read(await logs(place.path, `${name}.log`), undefined, { maxLines, maxBytes: 1e9 });
      const wanted = all.split("\n").slice(-maxLines);
      expect(lines.map((line) => line.text.slice(0, 100))).toEqual(wanted.map((line) => line.slice(0, 100)));
      const shown = { maxLines, maxBytes: 1e9, take: () => "give" as const };
      expect((await read(await logs(place.path, `${name}.log`), undefined, shown)).lines).toEqual(lines);
    }
  });

  it("of more than is kept are cut, and say so", async () => {
    await using place = await folder();
    await writeFile(place.at("app.log.2"), "older\n");
    await writeFile(place.at("app.log.1.gz"), gzipSync(`${"x".repeat(18_000_000)}\n${text(0, 3)}`, { level: 1 }));
    const { lines, cut } = await read(await logs(place.path), undefined, { maxLines: 1000 });
    expect(lines.map((line) => line.text.slice(0, 6))).toEqual(["line 0", "line 1", "line 2"]);
    expect(cut).toBe(true);
  });
});

describe("a compressed file", () => {
  it("is not inflated for longer than asked", async () => {
    await using place = await folder();
    const path = place.at("app.log.1.gz");
    await writeFile(path, await empty(50, "needle\nend\n"));
    const roots = await openRoots([place.path]);
    await using file = await roots.open(path);
    const offset = 50 * 65_536;
    const name = await placeOf("app.log", file, true, offset + 7);
    const all = source({ roots, patterns: [["app.log"]], key: "key" });
    await expect(resolvePlace(all, name, { maxMs: 0 })).rejects.toMatchObject({ code: "slow" });
    expect((await linesBefore(all, name, 2)).map((line) => line.text)).toEqual(["", "needle"]);
    const nothing = Buffer.alloc(65_536, 10);
    const evidence = evidenceFrom(nothing.subarray(0, 1024), offset, nothing.subarray(0, 256));
    const position = { label: "app.log", id: idOf(file.stat), left: 0, ...evidence };
    const cursor = encodeCursor("key", { time: Date.now(), positions: [position] });
    const late = await read(all, cursor, { maxMs: 0 });
    expect(late).toMatchObject({ lines: [], more: true });
    expect((await read(all, late.cursor)).lines.map((line) => line.text)).toEqual(["needle", "end"]);
  });

  it("is not inflated any further when the reading is cancelled", async () => {
    await using place = await folder();
    const log = Buffer.concat([noise, Buffer.from("\n")]);
    await writeFile(place.at("app.log"), log);
    const { cursor } = await read(await logs(place.path), undefined, { maxLines: 0 });
    await writeFile(place.at("app.log.1.gz"), gzipSync(log, { level: 0 }));
    await writeFile(place.at("app.log"), "");
    const stop = new AbortController();
    let reads = 0;
    const real = await logs(place.path);
    const roots = {
      ...real.roots,
      list: real.roots.list,
      async open(path: string) {
        const file = await real.roots.open(path);
        const readOf = file.handle.read.bind(file.handle);
        // Once the file is known by its head, while what is before the offset is looked for.
        file.handle.read = (async (...args: Parameters<typeof readOf>) => {
          if ((reads += 1) === 8) stop.abort(new Error("enough"));
          return readOf(...args);
        }) as never;
        return file;
      },
    };
    await expect(read({ ...real, roots: roots as never }, cursor, { signal: stop.signal })).rejects.toThrow("enough");
    expect(reads).toBeLessThan(11);
  });

  it("is known again that was empty, although nothing was written to it since", async () => {
    await using place = await folder();
    await writeFile(place.at("app.log"), "");
    await long(place.at("app.log"));
    const { cursor } = await read(await logs(place.path), undefined);
    await rename(place.at("app.log"), place.at("app.log.2"));
    for (const name of ["app.log.2.gz", "app.log.1.gz"]) {
      await writeFile(place.at(name), gzipSync(""));
      await long(place.at(name));
    }
    await rm(place.at("app.log.2"));
    await writeFile(place.at("app.log"), text(0, 3));
    const { lines, gaps, cursor: next } = await read(await logs(place.path), cursor);
    expect(lines.map((line) => `${line.text}\n`).join("")).toBe(text(0, 3));
    expect(gaps).toEqual([]);
    await appendFile(place.at("app.log"), text(3, 5));
    const after = await read(await logs(place.path), next);
    expect([after.lines.length, after.gaps]).toEqual([2, []]);
  });

  const whole = gzipSync(text(0, 5000));
  it.each([
    ["cut off", whole.subarray(0, whole.length / 2)],
    ["no gzip", Buffer.from("this is no gzip")],
  ])("that is %s gives what it can, and it is told, once", async (_, bytes) => {
    await using place = await folder();
    await writeFile(place.at("app.log"), text(0, 1));
    const { cursor } = await read(await logs(place.path), undefined);
    await rename(place.at("app.log"), place.at("app.log.3"));
    await writeFile(place.at("app.log.2.gz"), bytes);
    await writeFile(place.at("app.log.1"), "after\n");
    await writeFile(place.at("app.log"), "");
    const young = await read(await logs(place.path), undefined, { maxBytes: 1e9 });
    expect(young.refused).toEqual([]);
    await long(place.at("app.log.2.gz"));
    const told = /^"app\.log\.2\.gz" is damaged: what follows byte \d+ of it cannot be read\.$/;
    const { lines, refused } = await read(await logs(place.path), undefined, { maxLines: 1e5, maxBytes: 1e9 });
    expect(refused).toEqual([{ file: "app.log", reason: expect.stringMatching(told) }]);
    const gaps = [];
    const got: string[] = [];
    let next = cursor;
    for (let more = true; more;) {
      const answer = await read(await logs(place.path), next, { maxLines: 700 });
      ({ more, cursor: next } = answer);
      got.push(...answer.lines.map((line) => line.text));
      gaps.push(...answer.gaps);
    }
    expect(gaps).toEqual([{ file: "app.log", reason: expect.stringMatching(told) }]);
    expect(got).toEqual(lines.slice(1).map((line) => line.text));
    expect(got.at(-1)).toBe("after");
    const again = await read(await logs(place.path), next);
    expect([again.lines, again.gaps]).toEqual([[], []]);
  });

  it("is inflated without a warning of listeners", async () => {
    await using place = await folder();
    await writeFile(place.at("app.log.1.gz"), gzipSync(noise, { level: 0 }));
    const warnings: Error[] = [];
    const note = (warning: Error): void => void warnings.push(warning);
    process.on("warning", note);
    await read(await logs(place.path), undefined, { maxLines: 1 });
    await new Promise((resolve) => setImmediate(resolve));
    process.off("warning", note);
    expect(warnings).toEqual([]);
  });
});

it("says how many logs are left out", async () => {
  await using place = await folder();
  for (const name of ["a", "b", "c"]) await writeFile(place.at(`${name}.log`), "");
  const roots = await openRoots([place.path]);
  const { logs: listed, omitted } = await source({ roots, patterns: [["*.log"]], maxFiles: 2 }).list();
  expect(listed.map(({ label }) => label)).toEqual(["a.log", "b.log"]);
  expect(omitted).toBe(1);
  expect((await source({ roots, patterns: [["*.log"]] }).list()).omitted).toBe(0);
});
