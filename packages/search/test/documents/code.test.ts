import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { formatOf, parse } from "../../src/documents/parse.ts";
import type { Parsed, SectionBounds } from "../../src/documents/sections.ts";
import { Pacer } from "../../src/pacer.ts";

const read = (source: string, name: string, bounds: Partial<SectionBounds> = {}): Promise<Parsed> =>
  parse(source, formatOf(name), { maxSections: 1_000, maxSectionChars: 8_000, ...bounds }, new Pacer(), name);
const outline = async (source: string, name: string): Promise<string[]> =>
  (await read(source, name)).sections.map(({ anchor, headings }) => `${anchor} ${headings.join(" > ")}`.trim());

test("names and extensions tell what is code", () => {
  const code = "a.ts b.PY c.h Dockerfile dockerfile.dev Makefile d.vue e.toml f.tf CMakeLists.txt g.jsonc h.d.ts".split(
    " ",
  );
  expect(code.map(formatOf)).toEqual(code.map(() => "code"));
  expect(["a.json", "b.ndjson", "c.tsv", "d.makefile.bak", "dockerfiles", "e.log"].map(formatOf)).toEqual([
    "json",
    "jsonl",
    "csv",
    "text",
    "text",
    "text",
  ]);
});

const LONG = "    words = 'that make this long enough to be divided at its members';\n".repeat(40);

describe("sections", () => {
  test("are what is declared at the left margin, with the comment above and the line as anchor", async () => {
    const source = `import a from "a";\nimport b from "b";\n// and more lines at the top of the file that are not short\n\n/**\n * Does it.\n */\nexport async function run(x: number) {\n  if (x) {\n    go();\n  }\n\n  return 1; // and more of this\n}\n// Of a thing.\nexport class Thing {\n  a = 1; // with a value that is long enough not to be merged\n}\n\nmain("and this call is long enough to be a section of its own, without a name of a declaration");\n`;
    const { sections } = await read(source, "a.ts");
    expect(sections.map(({ anchor, fragment, headings }) => [anchor, fragment, headings])).toEqual([
      ["L1", "L1", []],
      ["L5", "L5", ["run"]],
      ["L15", "L15", ["Thing"]],
      ["L20", "L20", []],
    ]);
    expect(sections[1]?.text).toMatch(/^\/\*\*\n \* Does it[^]*\n}$/);
    expect(sections[2]?.text).toMatch(/^\/\/ Of a thing/);
  });

  test.each([
    [
      "a.py",
      `class A:\n${LONG}    @cached\n    def one(self):\n        pass\n\n    def two(self):\n        pass\n\n\nasync def three():\n    pass\n`,
      ["L1 A", "L42 A > one", "L46 A > two", "L50 three"],
    ],
    [
      "a.java",
      `public final class A {\n${LONG}    /** One. */\n    public static int one(String a) {\n        return 1;\n    }\n\n    @Override\n    void two() {}\n}\n`,
      ["L1 A", "L42 A > one", "L47 A > two"],
    ],
    [
      "a.go",
      `package main // and a comment that is long enough to be a section by itself, without a name\n\n// One.\nfunc (s *Server) One() {\n\tfmt.Println("long enough to be a section of its own, and so on")\n}\n\ntype Two struct {\n}\n`,
      ["L1", "L3 One", "L8 Two"],
    ],
    [
      "a.rs",
      `#[derive(Debug)]\npub(crate) struct One {\n    a: u32, // that is long enough to be a section of its own, so it is\n}\n\nimpl Two for One {\n}\n`,
      ["L1 One", "L6 impl Two for One"],
    ],
    [
      "a.c",
      `#include <a.h>\n#define MAX 10 /* long enough to be a section of its own, and so on, and so on */\n\nstatic int one(int a)\n{\n  return aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa;\n}\n\nstruct two {\n};\n`,
      ["L1 MAX", "L4 one", "L9 two"],
    ],
    ["a.yaml", "name: x\non:\n  push: 1\njobs:\n  a: 1\n", ["L1", "L2 on", "L4 jobs"]],
    ["a.toml", "a = 1\n[one]\nb = 1\n[[two.three]]\nc = 1\n", ["L1", "L2 one", "L4 two.three"]],
    [
      "a.sql",
      `CREATE TABLE IF NOT EXISTS one (\n  id int -- long enough to be a section of its own, and so on, and so on\n);\n\ncreate or replace view two as select 1;\n`,
      ["L1 one", "L5 two"],
    ],
    [
      "a.css",
      `.one > a:hover {\n  color: red; /* long enough to be a section of its own, and so on, and so on */\n}\n\n@media print {\n}\n`,
      ["L1 .one > a:hover", "L5 @media print"],
    ],
    [
      "Makefile",
      `one: two\n\techo long enough to be a section of its own, and so on, and so on, and so on\n\ntwo:\n\techo\n`,
      ["L1 one", "L4 two"],
    ],
    [
      "a.unknown.zig",
      `fn one() {\n  // long enough to be a section of its own, and so on, and so on, and so on\n}\n\nfn two() {}\n`,
      ["L1 one", "L5 two"],
    ],
  ])("of %s", async (name, source, expected) => expect(await outline(source, name)).toEqual(expected));

  test("of members begin with the comment above them", async () => {
    const source = `class A {\n${LONG}  // Of one.\n  one() {}\n\n  two() {}\n}\n`;
    const { sections } = await read(source, "a.ts");
    expect(sections[1]).toMatchObject({ anchor: "L42", headings: ["A", "one"], text: "  // Of one.\n  one() {}" });
  });

  test("that are too long are cut at lines, and named by them", async () => {
    const lines = Array.from({ length: 300 }, (_, index) => `  call(${index});`);
    const { sections } = await read(`function a() {\n${lines.join("\n")}\n}\n`, "a.js", { maxSectionChars: 1_000 });
    expect(sections.length).toBeGreaterThan(3);
    for (const { anchor, headings, text } of sections.slice(1)) {
      expect(headings).toEqual(["a"]);
      expect(Number(anchor.slice(1))).toBe(Number(/\d+/.exec(text)?.[0]) + 2);
      expect(text.length).toBeLessThanOrEqual(1_000);
    }
  });
});

test("no line is lost, whatever the language", async () => {
  const line = fc.constantFrom(
    "class A {",
    "}",
    "",
    "",
    "  def b(self):",
    "function c() {",
    "  void d(int a) {",
    "# e",
    "// f",
    "/* g",
    " * h",
    "[i]",
    "j:",
    "  - k",
    "`",
    '"',
  );
  const name = fc.constantFrom(
    "a.ts",
    "a.py",
    "a.java",
    "a.c",
    "a.go",
    "a.rs",
    "a.rb",
    "a.php",
    "a.yaml",
    "a.toml",
    "a.css",
    "a.ex",
    "a.xml",
    "a.zig",
  );
  await fc.assert(
    fc.asyncProperty(fc.array(line, { maxLength: 60 }), name, fc.boolean(), async (lines, file, long) => {
      const source = `${lines.join("\n")}${long ? `\n${LONG}${lines.join("\n")}` : ""}`;
      const { sections } = await read(source, file, { maxSectionChars: 500 });
      const bare = (text: string): string => text.replace(/\s/g, "");
      expect(bare(sections.map(({ text }) => text).join(""))).toBe(bare(source));
      expect(new Set(sections.map(({ anchor }) => anchor)).size).toBe(sections.length);
    }),
  );
});

test.each([
  ["a.c", "a ".repeat(1_000_000)],
  ["a.java", "\n  public public public static a a a a a a a a a a a a a a a a a a a a a\n".repeat(20_000)],
  ["a.cs", "\n  List<List<List<List<List<List<List<List<List<List<List<\n".repeat(20_000)],
  ["a.ts", "/*".repeat(500_000)],
  ["a.py", '"""\n'.repeat(200_000)],
  ["a.css", "a b c d e f g h i j k l m n o p q r s t u v w x y z\n\n".repeat(20_000)],
  ["a.h", `${" ".repeat(1_000_000)}x`],
])("hostile code ends: %s", async (name, source) => {
  expect((await read(source, name)).sections.length).toBeGreaterThan(0);
});
