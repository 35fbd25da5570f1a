import { describe, expect, it } from "vitest";
import { secretMatcher } from "../../src/mask/masker.ts";
import { Control, shared } from "../../src/scan/control.ts";
import { fileBytes } from "../../src/scan/bytes.ts";
import type { PatternSpec } from "../../src/scan/pattern.ts";
import { matcher } from "../../src/scan/query.ts";
import { summarize } from "../../src/scan/summarize.ts";
import { Summary } from "../../src/summary/summary.ts";
import { folder } from "../read/folder.ts";
import { fileOf } from "./naive.ts";

const LINES = [
  "start",
  "login with password=hunter2 from host7",
  "card 1234-5678 of ann",
  "password=[masked] seen",
  "end",
];
const secrets = { patterns: ["\\d{4}-\\d{4}"] };

/** The numbers of the lines that are wanted, found in all ways. */
async function found(pattern: PatternSpec, lines: readonly string[] = LINES): Promise<number[]> {
  await using place = await folder();
  const bytes = Buffer.from(`${lines.join("\n")}\n`);
  using file = fileOf(place.path, bytes);
  const query = { pattern, secrets };
  const { hits, matched } = await file.search(query, { hits: 100 });
  const numbers = hits.map(({ line }) => lines.indexOf(line.text));
  expect(matched).toBe(numbers.length);
  const test = matcher(query);
  expect(lines.flatMap((line, at) => (test(line) ? [at] : []))).toEqual(numbers);
  const summaries = { recent: new Summary(), before: new Summary() };
  const part = { fd: file.fd, compressed: false, from: 0, to: bytes.length };
  const control = new Control(shared(), 10_000, () => {});
  const { events } = await summarize({ source: fileBytes(file.fd), part, query, limits: {}, control }, summaries);
  expect(events).toBe(numbers.length);
  return numbers;
}

const text = (source: string, ignoreCase = false): PatternSpec => ({ kind: "text", source, ignoreCase });
const regex = (source: string, ignoreCase = false): PatternSpec => ({ kind: "regex", source, ignoreCase });

describe("a secret in a line", () => {
  it.each([
    text("password=hun"),
    text("hunter2"),
    text("HUNTER", true),
    text("1234"),
    regex("password=h"),
    regex("hunter|nowhere"),
    regex("hunter\\d"),
    regex("\\d{4}"),
    regex("(?:\\w+=){1,2}hun\\w*"),
  ])("is not found by $source", async (pattern) => {
    expect(await found(pattern)).toEqual([]);
  });

  it.each([
    [text("password="), [1, 3]],
    [text("PASSWORD=", true), [1, 3]],
    [text("card"), [2]],
    [text("host7"), [1]],
    [regex("password=\\S+ from"), [1]],
    [regex("login.*host\\d"), [1]],
    [regex("LOGIN.*HOST", true), [1]],
    [regex("card .* of"), [2]],
    [regex("[a-z]{4}\\d"), [1]],
  ] as const)("does not hide its line from %j", async (pattern, lines) => {
    expect(await found(pattern)).toEqual(lines);
  });

  it.each([
    "password=[a-m[]",
    "(hunter|password=[^a-z])",
    "password=[^h]",
    "hunter2|masked",
    "=(hun|[^h])",
    "[^ ]{11}=?\\d",
  ])("makes no difference to /%s/", async (source) => {
    const others = ["login with password=zebra99 from host7", "login with password=hunter2 from host7"];
    const each = await Promise.all(others.map(async (line) => (await found(regex(source), [line])).length));
    expect(each[0]).toBe(each[1]);
  });

  it("is found when nothing is secret", () => {
    expect(matcher({ pattern: text("hunter2") })("password=hunter2")).toBe(true);
  });

  it("is known by RE2 expressions alone", () => {
    expect(secretMatcher("b+")("abba b")).toEqual([
      [1, 3],
      [5, 6],
    ]);
    expect(() => matcher({ pattern: text("x"), secrets: { patterns: ["("] } })).toThrow();
  });
});
