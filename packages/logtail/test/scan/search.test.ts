import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { compilePattern } from "../../src/scan/pattern.ts";
import type { PatternSpec } from "../../src/scan/pattern.ts";
import { matcher } from "../../src/scan/query.ts";
import { folder } from "../read/folder.ts";
import { fileOf, linesOf, naive } from "./naive.ts";

let place: Awaited<ReturnType<typeof folder>>;
beforeAll(async () => {
  place = await folder();
});
afterAll(async () => place[Symbol.asyncDispose]());

/** Patterns of every engine and every way to find lines, with what they mean in plain JavaScript. */
const PATTERNS: readonly (readonly [PatternSpec, RegExp])[] = [
  [text("ab"), /ab/],
  [text("é"), /é/],
  [text("AB", true), /ab/i],
  [text("É", true), /é/iu],
  [text("😀"), /😀/u],
  [regex("a+$"), /a+$/],
  [regex("^b"), /^b/],
  [regex("^$"), /^$/],
  [regex("a.b"), /a[^]b/u],
  [regex("ab|é"), /ab|é/],
  [regex("a.*b.*é"), /a[^]*b[^]*é/],
  [regex("\\s+$"), /[\t-\r ]+$/],
  [regex("(a|b)+é$"), /(a|b)+é$/],
  [regex("^(a+)+$"), /^a+$/],
  [regex("^[^a]*$"), /^[^a]*$/],
  [regex("x*"), /x*/],
  [regex("\\bb", true), /\bb/i],
  [regex("^.$"), /^[^]$/u],
];
function text(source: string, ignoreCase = false): PatternSpec {
  return { kind: "text", source, ignoreCase };
}
function regex(source: string, ignoreCase = false): PatternSpec {
  return { kind: "regex", source, ignoreCase };
}

const piece = fc.constantFrom(
  "a",
  "b",
  "ab",
  "A",
  "B",
  "é",
  "É",
  "😀",
  " ",
  "\r",
  "\n",
  "\n",
  "\r\n",
  "\u001b[31m",
  "aabé",
  "\t",
  "\u2028",
);
const contents = fc.array(piece, { maxLength: 40 }).map((pieces) => Buffer.from(pieces.join("")));
const raw = fc.oneof(
  { weight: 6, arbitrary: contents },
  { weight: 1, arbitrary: contents.map((bytes) => Buffer.concat([Buffer.from("\ufeff"), bytes])) },
  {
    weight: 1,
    arbitrary: contents.map((bytes) => Buffer.concat([bytes, Buffer.from([0xff, 0x80, 97, 98, 10, 0xc3])])),
  },
  { weight: 1, arbitrary: contents.map((bytes) => Buffer.from(`\ufeff${bytes.toString()}`, "utf16le")) },
  { weight: 1, arbitrary: contents.map((bytes) => Buffer.from(`\ufeff${bytes.toString()}`, "utf16le").swap16()) },
);

describe("a search finds what testing each line finds", () => {
  it("for any text, pattern, size of blocks, either way, in parts", async () => {
    await fc.assert(
      fc.asyncProperty(
        raw,
        fc.constantFrom(...PATTERNS),
        fc.integer({ min: 4, max: 40 }),
        fc.constantFrom(6, 20, 65_536),
        fc.constantFrom(1, 2, 1000),
        fc.boolean(),
        fc.boolean(),
        async (bytes, [pattern, expression], blockBytes, maxLineBytes, hits, newestFirst, compressed) => {
          const expected = naive(bytes, (line) => expression.test(line), maxLineBytes);
          if (newestFirst) expected.reverse();
          using file = fileOf(place.path, bytes, compressed);
          const limits = { hits, newestFirst, maxLineBytes, blockBytes, firstBlockBytes: 4 };
          const found = await file.searchAll({ pattern }, limits);
          expect(found.map(({ line }) => line)).toEqual(expected);
          const counted = await file.search({ pattern }, { ...limits, count: true });
          expect(counted).toMatchObject({
            matched: expected.length,
            exact: true,
            ended: "end",
            scannedBytes: bytes.length,
          });
          const last = counted.hits.at(-1)?.line;
          if (expected.length > hits) expect(counted.next).toBe(newestFirst ? last?.start : last?.end);
        },
      ),
      { numRuns: 500 },
    );
  });

  it("by level and time, which lines without a time have from above", async () => {
    const stamp = (second: number): string => new Date(Date.UTC(2026, 10, 22, 10, 0, second)).toISOString();
    const line = fc.oneof(
      {
        weight: 3,
        arbitrary: fc
          .tuple(fc.nat(9), fc.constantFrom("INFO", "ERROR", ""))
          .map(([at, level]) => `${stamp(at)} ${level} ab\n`),
      },
      { weight: 3, arbitrary: fc.constantFrom("\tat ab\n", "Caused by: é\n", "ValueError: ab\n", "\n") },
      { weight: 1, arbitrary: fc.integer({ min: 190, max: 210 }).map((count) => "\tat ab\n".repeat(count)) },
    );
    const start = Date.UTC(2026, 10, 22, 10);
    const query = fc.record(
      {
        pattern: fc.constantFrom(text("ab"), regex("a+$"), regex("ab|é", true)),
        level: fc.constantFrom("info" as const, "error" as const),
        since: fc.nat(9).map((at) => start + at * 1000),
        until: fc.nat(9).map((at) => start + at * 1000),
      },
      { requiredKeys: [] },
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(line, { maxLength: 12 }).map((lines) => Buffer.from(lines.join(""))),
        query,
        fc.integer({ min: 4, max: 200 }),
        fc.constantFrom(1, 7, 10_000),
        fc.boolean(),
        fc.boolean(),
        async (bytes, wanted, blockBytes, hits, newestFirst, compressed) => {
          const accepts = matcher(wanted);
          const expected = linesOf(bytes).filter((one) => accepts(one.text));
          if (newestFirst) expected.reverse();
          using file = fileOf(place.path, bytes, compressed);
          const limits = { hits: expected.length > 60 ? 10_000 : hits, newestFirst, blockBytes, firstBlockBytes: 4 };
          const found = await file.searchAll(wanted, limits);
          expect(found.map((hit) => hit.line)).toEqual(expected);
          for (const hit of found) {
            if (wanted.since !== undefined) expect(hit.time).toBeGreaterThanOrEqual(wanted.since);
            if (wanted.level !== undefined) expect(hit.level).toBeDefined();
          }
        },
      ),
      { numRuns: 80 },
    );
  });

  it("at the end of a line that is cut", async () => {
    using file = fileOf(place.path, Buffer.from("xxab\nxxxxxabyyy\nxxxab yyyyy\nab\n"));
    const { hits } = await file.search({ pattern: regex("ab$") }, { hits: 9, maxLineBytes: 7 });
    expect(hits.map(({ line }) => [line.text, line.cut])).toEqual([
      ["xxab", false],
      ["xxxxxab", true],
      ["ab", false],
    ]);
  });

  it("with a character of several bytes on every border of a block", async () => {
    const bytes = Buffer.from("a😀é\nxx é😀ab\n\ré😀\n".repeat(3));
    for (let blockBytes = 4; blockBytes <= bytes.length; blockBytes++) {
      using file = fileOf(place.path, bytes);
      for (const pattern of [text("é😀"), text("É😀", true), regex("é.$"), regex("(é|😀)+$")]) {
        for (const newestFirst of [false, true]) {
          const { hits } = await file.search({ pattern }, { hits: 99, newestFirst, blockBytes, firstBlockBytes: 4 });
          const expected = naive(bytes, compilePattern(pattern).test);
          expect(hits.map(({ line }) => line)).toEqual(newestFirst ? expected.reverse() : expected);
        }
      }
    }
  });

  it("with context lines", async () => {
    await fc.assert(
      fc.asyncProperty(contents, fc.nat(3), fc.nat(3), fc.boolean(), async (bytes, before, after, newestFirst) => {
        const all = linesOf(bytes);
        using file = fileOf(place.path, bytes);
        const { hits } = await file.search(
          { pattern: text("ab") },
          { hits: 9, before, after, newestFirst, blockBytes: 8, firstBlockBytes: 8 },
        );
        for (const hit of hits) {
          const at = all.findIndex(({ start }) => start === hit.line.start);
          expect(hit.before).toEqual(all.slice(Math.max(0, at - before), at));
          expect(hit.after).toEqual(all.slice(at + 1, at + 1 + after));
        }
      }),
      { numRuns: 200 },
    );
  });

  it("but not for what goes with a line above, if only heads are wanted", async () => {
    const at = (second: number) => new Date(Date.UTC(2026, 10, 22, 10, 0, second)).toISOString();
    const content = `ERROR early\n${at(1)} ERROR bad\n\tat ab\nCaused by: x\n${at(2)} INFO ab\nERROR none\n`;
    const bytes = Buffer.from(content + "\tat ab\n".repeat(199) + "ERROR far\n");
    const query = { level: "error", heads: true } as const;
    const expected = ["ERROR early", `${at(1)} ERROR bad`, "ERROR far"];
    const accepts = matcher(query);
    expect(linesOf(bytes).flatMap(({ text: line }) => (accepts(line) ? [line] : []))).toEqual(expected);
    for (const [newestFirst, compressed] of [
      [false, false],
      [true, false],
      [false, true],
      [true, true],
    ]) {
      using file = fileOf(place.path, bytes, compressed);
      const found = await file.searchAll(query, { hits: 2, newestFirst: newestFirst === true });
      const texts = found.map(({ line }) => line.text);
      expect(newestFirst ? texts.reverse() : texts).toEqual(expected);
      const only = await file.search({ heads: true, pattern: text("ab") }, { hits: 9 });
      expect(only.hits.map(({ line }) => line.text)).toEqual([`${at(2)} INFO ab`]);
    }
  });

  it("and says how many lines were cut before they could be found", async () => {
    const long = "x".repeat(30);
    const bytes = Buffer.from(`${long} ab\nab ${long}\n${long}\nab\n${long} é\n`);
    for (const newestFirst of [false, true]) {
      for (const blockBytes of [8, 65_536]) {
        using file = fileOf(place.path, bytes);
        const limits = { hits: 9, newestFirst, maxLineBytes: 6, blockBytes, firstBlockBytes: blockBytes };
        const found = await file.search({ pattern: text("ab") }, limits);
        expect(found).toMatchObject({ matched: 2, exact: true, cutLines: blockBytes === 8 ? 3 : 1 });
        expect(await file.search({ pattern: text("ab") }, { ...limits, maxLineBytes: 99 })).not.toHaveProperty(
          "cutLines",
        );
      }
    }
  });
});
