import fc from "fast-check";
import { expect, test } from "vitest";
import { parseLongJson } from "../../src/documents/long-json.ts";
import { formatOf, parse } from "../../src/documents/parse.ts";
import { Pacer } from "../../src/pacer.ts";
import { CountingPacer } from "../pacing.ts";

async function pausesIn(name: string, source: string): Promise<number> {
  const pacer = new CountingPacer();
  await parse(source, formatOf(name), { maxSections: 5_000, maxSectionChars: 8_000 }, pacer, name);
  return pacer.pauses;
}

test.each([
  [
    "an object of many members",
    "a.json",
    `{${Array.from({ length: 20_000 }, (_, at) => `"key${at}":${at}`).join()}}`,
    40_000,
  ],
  ["many short headings", "a.md", "h\n=\n".repeat(10_000), 10],
  ["a list of many short items", "a.md", "- a\n".repeat(10_000), 5],
  ["empty lines among records", "a.jsonl", "\n".repeat(10_000), 10_000],
  ["empty lines in code", "a.ts", "\n".repeat(100_000), 20],
])("%s lets other work run", async (_, name, source, atLeast) => {
  expect(await pausesIn(name, source)).toBeGreaterThanOrEqual(atLeast);
});

/** Maps as the objects that they stand for. */
function plain(value: unknown): unknown {
  if (value instanceof Map) return Object.fromEntries([...value].map(([key, each]) => [key, plain(each)]));
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, plain(each)]));
}

async function outcome(parsed: () => unknown): Promise<unknown> {
  try {
    return { value: plain(await parsed()) };
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return "no JSON";
  }
}

test("JSON that is parsed member by member is what it is in one go, and what is no JSON is none", async () => {
  const sign = fc.constantFrom("{", "}", "[", "]", ",", ":", '"', "\\", " ", "1", "-", "e", "null", "\n", "");
  await fc.assert(
    fc.asyncProperty(fc.json({ maxDepth: 5 }), fc.nat(200), sign, fc.nat(12), async (json, at, wrong, short) => {
      for (const text of [
        json,
        json.slice(0, at) + wrong + json.slice(at),
        json.slice(0, at) + wrong + json.slice(at + 1),
      ])
        expect(await outcome(() => parseLongJson(text, new Pacer(), short))).toEqual(
          await outcome(() => JSON.parse(text)),
        );
    }),
    { numRuns: 1_000 },
  );
});
