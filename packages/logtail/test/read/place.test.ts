import { appendFile, rename, rm, writeFile } from "node:fs/promises";
import { gzipSync } from "node:zlib";
import { openRoots } from "@plugboard/core/files";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CursorError } from "../../src/files/cursor.ts";
import { placeOf, placesOf } from "../../src/read/place.ts";
import { cursorAt, linesBefore, resolvePlace } from "../../src/read/resolve.ts";
import { read } from "../../src/read/reader.ts";
import { folder, logs } from "./folder.ts";

const text = (from: number, to: number): string =>
  Array.from({ length: to - from }, (_, index) => `line ${from + index} ${"x".repeat((from + index) % 40)}\n`).join("");
const numbers = (lines: readonly { text: string }[]): number[] => lines.map((line) => Number(line.text.split(" ")[1]));
const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, index) => from + index);

async function placeIn(path: string, name: string, offset: number): Promise<string> {
  await using file = await (await openRoots([path])).open(`${path}/${name}`);
  return await placeOf("app.log", file, name.endsWith(".gz"), offset);
}

async function codeOf(act: Promise<unknown>): Promise<string | undefined> {
  const error: unknown = await act.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(CursorError);
  return error instanceof CursorError ? error.code : undefined;
}

describe("a place", () => {
  it("names a line, and leads to it after any rotation", async () => {
    await using place = await folder();
    await writeFile(place.at("app.log.1"), text(0, 100));
    await writeFile(place.at("app.log"), text(100, 200));
    const offset = Buffer.byteLength(text(100, 150));
    const here = await placeIn(place.path, "app.log", offset);
    expect(here).toMatch(/^app\.log:\d+:[\w-]{6}$/);
    const check = async (): Promise<void> => {
      await using at = await resolvePlace(await logs(place.path), here);
      expect(at).toMatchObject({ offset, log: { label: "app.log" } });
      expect(numbers(await linesBefore(await logs(place.path), here, 3))).toEqual([147, 148, 149]);
      expect(numbers(await linesBefore(await logs(place.path), here, 60))).toEqual(range(90, 150));
      const cursor = await cursorAt(await logs(place.path), here);
      const { lines, gaps } = await read(await logs(place.path), cursor, { maxLines: 60 });
      expect(numbers(lines)).toEqual(range(150, Math.min(210, last)));
      expect(gaps).toEqual([]);
    };
    let last = 200;
    await check();
    await rename(place.at("app.log.1"), place.at("app.log.2"));
    await rename(place.at("app.log"), place.at("app.log.1"));
    await check();
    await writeFile(place.at("app.log"), text(200, 300));
    last = 300;
    await check();
    await rename(place.at("app.log.2"), place.at("app.log.3"));
    await writeFile(place.at("app.log.2.gz"), gzipSync(text(100, 200)));
    await rename(place.at("app.log"), place.at("app.log.1"));
    await check();
    await rm(place.at("app.log.2.gz"));
    expect(await codeOf(resolvePlace(await logs(place.path), here))).toBe("gone");
    expect(await codeOf(cursorAt(await logs(place.path), here))).toBe("gone");
    expect(await codeOf(linesBefore(await logs(place.path), here, 3))).toBe("gone");
  });

  it("is the same in a compressed file, for any offsets at once", async () => {
    await using place = await folder();
    const content = Array.from({ length: 30_000 }, (_, index) => `${index} ${"é".repeat(index % 31)}\n`).join("");
    await writeFile(place.at("app.log"), content);
    await writeFile(place.at("app.log.1.gz"), gzipSync(content));
    const roots = await openRoots([place.path]);
    await using plain = await roots.open(place.at("app.log"));
    await using zipped = await roots.open(place.at("app.log.1.gz"));
    const size = Buffer.byteLength(content);
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 0, max: size }), { maxLength: 20 }), async (offsets) => {
        const places = await placesOf("app.log", plain, false, offsets);
        expect(await placesOf("app.log", zipped, true, offsets)).toEqual(places);
      }),
      { numRuns: 10 },
    );
  });

  it("of a last line holds while that grows", async () => {
    await using place = await folder();
    await writeFile(place.at("app.log"), `${text(0, 10)}half`);
    const offset = Buffer.byteLength(text(0, 10));
    const half = await placeIn(place.path, "app.log", offset);
    const end = await placeIn(place.path, "app.log", offset + 4);
    await appendFile(place.at("app.log"), " of it\nmore\n");
    await using a = await resolvePlace(await logs(place.path), half);
    await using b = await resolvePlace(await logs(place.path), end);
    expect([a.offset, b.offset]).toEqual([offset, offset + 4]);
  });

  it("that is none, or of no log here, is a typed error", async () => {
    await using place = await folder();
    await writeFile(place.at("app.log"), text(0, 10));
    const source = await logs(place.path);
    for (const wrong of [
      "",
      "app.log",
      "app.log:1",
      "app.log:x:abcdef",
      "app.log:-1:abcdef",
      ":1:abcdef",
      `app.log:${"9".repeat(16)}:abcdef`,
      `${"x".repeat(5000)}:1:abcdef`,
    ])
      expect(await codeOf(resolvePlace(source, wrong))).toBe("invalid");
    for (const wrong of ["other.log:1:abcdef", "../app.log:0:abcdef", "app.log:0:abcdef", "app.log:99999:abcdef"])
      expect(await codeOf(resolvePlace(source, wrong))).toBe("gone");
  });

  it("in one of several logs: the others go on at their ends", async () => {
    await using place = await folder();
    await writeFile(place.at("app.log"), text(0, 10));
    await writeFile(place.at("b.log"), text(50, 60));
    const here = await placeIn(place.path, "app.log", Buffer.byteLength(text(0, 5)));
    const cursor = await cursorAt(await logs(place.path), here);
    await appendFile(place.at("b.log"), text(60, 61));
    const { lines } = await read(await logs(place.path), cursor);
    expect(numbers(lines)).toEqual([...range(5, 10), 60]);
  });
});
