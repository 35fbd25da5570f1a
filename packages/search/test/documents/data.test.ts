import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { cleanText } from "../../src/documents/clean.ts";
import { formatOf, parse } from "../../src/documents/parse.ts";
import type { Parsed, SectionBounds } from "../../src/documents/sections.ts";
import { Pacer } from "../../src/pacer.ts";

const read = (source: string, name: string, bounds: Partial<SectionBounds> = {}): Promise<Parsed> =>
  parse(
    cleanText(source),
    formatOf(name),
    { maxSections: 1_000, maxSectionChars: 8_000, ...bounds },
    new Pacer(),
    name,
  );
const outline = async (source: string, name: string, bounds?: Partial<SectionBounds>): Promise<string[]> =>
  (await read(source, name, bounds)).sections.map(
    ({ anchor, headings, text }) => `${anchor} | ${headings.join(" > ")} | ${text}`,
  );

describe("JSON", () => {
  test("is a section of scalars, and one for each object or array, as lines of keys and values", async () => {
    const source = `{"name": "My tool", "version": 2, "keywords": ["a", "b"], "none": null, "scripts": {"build": "tsc", "test": {"unit": "vitest"}},
      "list": [{"id": 1}, {"id": 2, "more": {}}], "text": "two\\nlines"}`;
    expect(await outline(source, "a.json")).toEqual([
      "top |  | name: My tool\nversion: 2\nnone: null\ntext: two\nlines",
      "keywords | keywords | - a\n- b",
      "scripts | scripts | build: tsc\ntest:\n  unit: vitest",
      "list | list | -\n  id: 1\n-\n  id: 2\n  more:",
    ]);
    const { title, metadata } = await read(source, "a.json");
    expect([title, metadata]).toEqual(["My tool", { keywords: ["a", "b"] }]);
  });

  test("has a section for each member of an array, headed by what it calls itself", async () => {
    expect(await outline('[{"title": "One", "n": 1}, {"n": 2}, 3]', "a.json")).toEqual([
      "top |  | - 3",
      "one | One | title: One\nn: 1",
      "1 | [1] | n: 2",
    ]);
  });

  test("is divided further where a part is too long, with the path as headings", async () => {
    const source = JSON.stringify({ a: { b: { c: "word ".repeat(50), d: 1 }, e: { f: "more ".repeat(50) } } });
    const { sections } = await read(source, "a.json", { maxSectionChars: 300 });
    expect(sections.map(({ headings }) => headings.join("."))).toEqual(["a.b", "a.e"]);
    const words = (text: string): number => text.match(/word|more/g)?.length ?? 0;
    expect(sections.reduce((sum, { text }) => sum + words(text), 0)).toBe(100);
  });

  test("many members share sections", async () => {
    const { sections } = await read(JSON.stringify(Array.from({ length: 500 }, (_, id) => ({ id }))), "a.json");
    expect(sections.length).toBeLessThan(10);
    expect(sections.flatMap(({ text }) => text.match(/\d+/g) ?? []).map(Number)).toEqual(
      Array.from({ length: 500 }, (_, id) => id),
    );
  });

  test("that is none, or too long, is text", async () => {
    for (const source of ['{"a": 1', "[1,]", "// a\n{}", "{'a': 1}", "hello"]) {
      expect((await read(source, "a.json")).sections.map(({ text }) => text)).toEqual([source]);
    }
    const long = JSON.stringify({ text: "x ".repeat(2_100_000) });
    expect((await read(long, "a.json", { maxSections: 1 })).sections[0]?.text).toMatch(/^\{"text":/);
    expect((await read("", "a.json")).sections).toEqual([]);
  });

  test("brings back nothing that is hidden, and no nesting is too deep", async () => {
    expect((await read('{"a": "x\\u202ey\\u0007z", "k\\u200b": 1}', "a.json")).sections[0]?.text).toBe("a: xyz\nk: 1");
    const deep = await read(`${"[".repeat(200_000)}${"]".repeat(200_000)}`, "a.json");
    expect(deep.cut).toBe(true);
    expect((await read(`${'{"a":'.repeat(60)}1${"}".repeat(60)}`, "a.json")).cut).toBe(false);
    expect((await read("[".repeat(200_000), "a.json")).cut).toBe(false);
  });

  test("never throws, and has all strings", async () => {
    await fc.assert(
      fc.asyncProperty(fc.json({ stringUnit: fc.constantFrom("a", "b", " ", "\n", '"') }), async (source) => {
        const { sections, cut } = await read(source, "a.json");
        const letters = (text: string): string => (text.match(/[ab]/g) ?? []).sort().join("");
        const strings = JSON.stringify(JSON.parse(source)).replace(/true|false|null/g, "");
        const found = letters(
          sections
            .map(({ text, headings }) => text + headings.join(""))
            .join("")
            .replace(/true|false|null/g, ""),
        );
        expect(cut || found.length >= letters(strings).length).toBe(true);
      }),
      { numRuns: 100 },
    );
  });
});

describe("JSON Lines", () => {
  test("share sections while they are short; a bad line is text", async () => {
    const source = `{"id": 1, "a": {"b": 2}}\n\nnot json\r\n{"title": "Long", "text": "${"word ".repeat(400)}"}\n{"id": 3}`;
    const { sections, cut } = await read(source, "a.jsonl");
    expect(sections.map(({ anchor, fragment, headings }) => [anchor, fragment, headings])).toEqual([
      ["L1", "L1", []],
      ["L4", "L4", ["Long"]],
      ["L5", "L5", []],
    ]);
    expect(sections[0]?.text).toBe("id: 1\na:\n  b: 2\n\nnot json");
    expect(cut).toBe(false);
  });

  test("a file of bad lines ends soon", async () => {
    const { sections, cut } = await read("{\n".repeat(500_000), "a.ndjson", { maxSections: 5 });
    expect([sections.length, cut]).toEqual([5, true]);
  });
});

describe("tables", () => {
  test("have the names of the columns in each row", async () => {
    const source = 'Name,Price,Note\nTea,2.50,"good, and ""hot"""\nCoffee,,\n"Two\nlines",1,x,extra\n';
    expect(await outline(source, "a.csv")).toEqual([
      'L1 |  | Name; Price; Note\nName: Tea; Price: 2.50; Note: good, and "hot"\nName: Coffee\nName: Two lines; Price: 1; Note: x; extra',
    ]);
  });

  test.each([
    ["a\tb\n1\t2", "a.tsv", "a; b\na: 1; b: 2"],
    ["a;b\n1,5;2", "a.csv", "a; b\na: 1,5; b: 2"],
    ["1,2\n3,4", "a.csv", "1; 2\n3; 4"],
    ["x,x\n3,4", "a.csv", "x; x\n3; 4"],
    ["\ufeffa,b\r\n1,2\r\n", "a.csv", "a; b\na: 1; b: 2"],
    ["a,b\r1,2", "a.csv", "a; b\na: 1; b: 2"],
    ["a,b", "a.csv", "a; b"],
    ['a,b\n"open,2\n3,4', "a.csv", 'a; b\na: "open; b: 2\na: 3; b: 4'],
    ['a,b\n5" pipe,2', "a.csv", 'a; b\na: 5" pipe; b: 2'],
    ["a,b\0\n1,2", "a.csv", "a; b\na: 1; b: 2"],
  ])("%j as %s is %j", async (source, name, text) => {
    expect((await read(source, name)).sections.map((section) => section.text)).toEqual([text]);
  });

  test("are sections of rows, each named by its line", async () => {
    const rows = Array.from({ length: 200 }, (_, index) => `row ${index},"some\n words"`);
    const { sections } = await read(`name,text\n${rows.join("\n")}`, "a.csv");
    expect(sections.length).toBeGreaterThan(3);
    expect(Math.max(...sections.map(({ text }) => text.length))).toBeLessThanOrEqual(1_800);
    const second = sections[1];
    const row = Number(/row (\d+)/.exec(second?.text ?? "")?.[1]);
    expect(second).toMatchObject({ anchor: `L${2 + 2 * row}`, fragment: `L${2 + 2 * row}` });
  });

  test.each([
    ["a million rows", "a,b\n1,2\n".repeat(500_000)],
    ["quotation marks", '"'.repeat(1_000_000)],
    ["open quotations", '"a\n'.repeat(300_000)],
    ["cells", '"a",'.repeat(300_000)],
    ["empty cells", ",".repeat(1_000_000)],
  ])("%s end", async (_, source) => {
    expect((await read(source, "a.csv", { maxSections: 50 })).sections.length).toBeLessThanOrEqual(50);
  });

  test("never throw, and lose nothing", async () => {
    const cell = fc.constantFrom("a1", "b2", '"c3"', '"d4,d5"', '"e6""e7"', '"f8\nf9"', '"', '"g1', "", " ");
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(cell, { minLength: 1, maxLength: 4 })), async (rows) => {
        const source = rows.map((row) => row.join(",")).join("\n");
        const { sections } = await read(source, "a.csv");
        const text = sections.map((section) => section.text).join("\n");
        for (const word of source.match(/[a-g]\d/g) ?? []) expect(text).toContain(word);
      }),
    );
  });
});
