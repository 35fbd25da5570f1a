import { open, writeFile } from "node:fs/promises";
import { openRoots } from "@plugboard/core/files";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { backward } from "../../src/lines/backward.ts";
import type { Encoding } from "../../src/lines/decode.ts";
import { forward } from "../../src/lines/forward.ts";
import type { Line } from "../../src/lines/line.ts";
import { LineSplitter } from "../../src/lines/split.ts";
import { folder } from "./folder.ts";

function split(chunks: readonly Buffer[], options: ConstructorParameters<typeof LineSplitter>[0] = {}): Line[] {
  const splitter = new LineSplitter(options);
  const lines = chunks.flatMap((chunk) => splitter.push(chunk));
  const rest = splitter.rest();
  return rest ? [...lines, rest] : lines;
}

function encode(text: string, encoding: Encoding): Buffer {
  if (encoding === "utf8") return Buffer.from(text);
  const bytes = Buffer.from(`\ufeff${text}`, "utf16le");
  return encoding === "utf16le" ? bytes : bytes.swap16();
}

const odd = "aé\r\n€\n\n😀 x\0y\r\r\nĊ\u0a0a\u0d0a\nend";
const odds = ["aé", "€", "", "😀 x\0y\r", "Ċ\u0a0a\u0d0a", "end"];

describe("lines", () => {
  it.each(["utf8", "utf16le", "utf16be"] as const)("%s: are the same wherever a chunk ends", (encoding) => {
    const bytes = encode(odd, encoding);
    for (let a = 0; a <= bytes.length; a += 1) {
      for (let b = a; b <= bytes.length; b += 1) {
        const lines = split([bytes.subarray(0, a), bytes.subarray(a, b), bytes.subarray(b)], { encoding });
        expect(lines.map((line) => line.text)).toEqual(odds);
        expect(lines.at(-1)).toMatchObject({ complete: false, end: bytes.length });
        expect(lines.map((line) => line.start)).toEqual([0, ...lines.slice(0, -1).map((line) => line.end)]);
      }
    }
  });

  it("replace what is no UTF-8", () => {
    expect(split([Buffer.from([0x61, 0xff, 0xc3, 0x0a, 0xa9, 0x0a])]).map((line) => line.text)).toEqual(["a��", "�"]);
  });

  it("are cut at the limit, never within a character, and say so", () => {
    for (let limit = 1; limit < 12; limit += 1) {
      const [line, next] = split([Buffer.from("a€😀é€b\r\nnext\n")], { maxLineBytes: limit });
      expect("a€😀é€b".startsWith(line?.text ?? "?")).toBe(true);
      expect(line?.cut).toBe(true);
      expect(Buffer.byteLength(line?.text ?? "")).toBeLessThanOrEqual(limit);
      expect(next?.text).toBe("next".slice(0, limit));
    }
    expect(split([Buffer.from("12345\r\n")], { maxLineBytes: 5 })).toMatchObject([{ text: "12345", cut: false }]);
    expect(split([Buffer.from("123456\n")], { maxLineBytes: 5 })).toMatchObject([{ text: "12345", cut: true, end: 7 }]);
  });

  it("of 100 MB are cut, with little memory", () => {
    const splitter = new LineSplitter();
    const chunk = Buffer.alloc(1_000_000, "x");
    const before = process.memoryUsage().rss;
    for (let index = 0; index < 100; index += 1) expect(splitter.push(chunk)).toEqual([]);
    const [line, next] = splitter.push(Buffer.from("\nnext\n"));
    expect(line).toMatchObject({ cut: true, start: 0, end: 100_000_001 });
    expect(line?.text).toHaveLength(65_536);
    expect(next?.text).toBe("next");
    expect(process.memoryUsage().rss - before).toBeLessThan(50_000_000);
  });
});

const piece = fc.oneof(fc.constantFrom("\n", "\r\n", "é", "😀", "needle", "x".repeat(90), "\r"), fc.string());
const content = fc.array(piece, { maxLength: 60 }).map((parts) => parts.join(""));

describe("files", () => {
  it.each(["utf8", "utf16le", "utf16be"] as const)("%s: backwards and forwards give the lines", async (encoding) => {
    await using place = await folder();
    const roots = await openRoots([place.path]);
    let number = 0;
    await fc.assert(
      fc.asyncProperty(content, fc.integer({ min: 1, max: 9 }), fc.boolean(), async (text, step, filtered) => {
        const bytes = encode(text, encoding);
        const path = place.at(`${(number += 1)}.log`);
        await writeFile(path, bytes);
        await using file = await roots.open(path);
        const all = split([bytes], { encoding, maxLineBytes: 50 });
        const wanted = filtered ? all.filter((line) => line.text.includes("needle")) : all;
        const filter = filtered
          ? { filter: (one: string) => one.includes("needle"), literal: Buffer.from("needle") }
          : {};

        const back: Line[] = [];
        for (let before: number | undefined; before !== 0;) {
          const part = await backward(file, {
            maxLines: step,
            maxLineBytes: 50,
            ...filter,
            ...(before !== undefined && { before }),
          });
          back.unshift(...part.lines);
          before = part.next;
        }
        expect(back).toEqual(wanted);

        const forth: Line[] = [];
        for (let from = 0; ;) {
          let ended: string | undefined;
          for await (const part of forward(file, { from, maxLines: step, maxLineBytes: 50 })) {
            forth.push(...part.lines);
            from = part.next;
            ended = part.ended;
            if (part.rest) forth.push(part.rest);
          }
          if (ended === "end") break;
        }
        expect(forth).toEqual(all);
      }),
      { numRuns: 60 },
    );
  });

  it("are read backwards over the borders of chunks, with a literal and without", async () => {
    await using place = await folder();
    const lines = Array.from(
      { length: 30_000 },
      (_, index) => `${index} ${"é€😀".repeat(index % 23)}${index % 997 === 0 ? " needle" : ""}`,
    );
    await writeFile(place.at("a.log"), `${lines.join("\n")}\n`);
    await using file = await (await openRoots([place.path])).open(place.at("a.log"));
    const all = await backward(file, { maxLines: 1e9 });
    expect(all.lines.map((line) => line.text)).toEqual(lines);
    const some = await backward(file, { maxLines: 1e9, literal: Buffer.from(" needle") });
    expect(some.lines.map((line) => line.text)).toEqual(lines.filter((line) => line.includes("needle")));
    const found: string[] = [];
    let before: number | undefined;
    do {
      const part = await backward(file, {
        maxLines: 3,
        maxScanBytes: 100_000,
        literal: Buffer.from(" needle"),
        ...(before !== undefined && { before }),
      });
      found.unshift(...part.lines.map((line) => line.text));
      expect(part.next).toBeLessThan(before ?? Infinity);
      before = part.next;
    } while (before > 0);
    expect(found).toEqual(lines.filter((line) => line.includes("needle")));
  });

  it("of ASCII are the same backwards, and no more is looked at than is likely to be needed", async () => {
    await using place = await folder();
    const text = Array.from(
      { length: 4000 },
      (_, index) => `${index} ${"x".repeat(index % 120)}${index % 3 === 0 ? "\r" : ""}${index % 97 === 0 ? "\n" : ""}`,
    ).join("\n");
    await writeFile(place.at("a.log"), `${text}\n`);
    await using file = await (await openRoots([place.path])).open(place.at("a.log"));
    const all = split([Buffer.from(`${text}\n`)], { maxLineBytes: 60 });
    expect((await backward(file, { maxLines: 1e9, maxLineBytes: 60 })).lines).toEqual(all);
    const every = all.filter((_, index) => index % 50 === 0);
    const filter = (_: string, line: Line): boolean => every.some(({ start }) => start === line.start);
    expect((await backward(file, { maxLines: 1e9, maxLineBytes: 60, filter })).lines).toEqual(every);
    const some = await backward(file, { maxLines: 1100, maxLineBytes: 60 });
    expect(some.lines).toEqual(all.slice(-1100));
    expect(some.scannedBytes).toBeLessThan(100_000);
  });

  it("with a hole are read at their end only", async () => {
    await using place = await folder();
    const handle = await open(place.at("a.log"), "w");
    const far = 5 * 2 ** 40;
    await handle.write(Buffer.from("\nlast but one\nlast\n"), 0, undefined, far);
    await handle.close();
    await using file = await (await openRoots([place.path])).open(place.at("a.log"));
    const { lines, scannedBytes } = await backward(file, { maxLines: 2 });
    expect(lines.map((line) => line.text)).toEqual(["last but one", "last"]);
    expect(lines[1]?.end).toBe(far + 19);
    expect(scannedBytes).toBeLessThanOrEqual(65_536);
  });
});
