import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseMarkdown } from "../../src/documents/markdown.ts";
import { plain } from "../../src/documents/parse.ts";
import { plainMarkdown } from "../../src/documents/plain.ts";
import { Pacer } from "../../src/pacer.ts";
import type { Parsed, SectionBounds } from "../../src/documents/sections.ts";
import { CountingPacer } from "../pacing.ts";

const bounds: SectionBounds = { maxSections: 10_000, maxSectionChars: 8_000 };
const parse = (source: string, changed: Partial<SectionBounds> = {}, mdx = false): Promise<Parsed> =>
  parseMarkdown(source, { ...bounds, ...changed }, new Pacer(), mdx);
const outline = async (source: string): Promise<string[]> =>
  (await parse(source)).sections.map(({ anchor, headings, text }) => `${anchor} | ${headings.join(" > ")} | ${text}`);

describe("sections", () => {
  test("one per heading, with the path of headings above it and its source", async () => {
    expect(
      await outline("intro\n\n# Guide\n\nstart\n\n## Install\n\nrun *this*\n\n### Linux\n\napt\n\n## Use\n\ngo\n"),
    ).toEqual([
      "top |  | intro",
      "guide | Guide | # Guide\n\nstart",
      "install | Guide > Install | ## Install\n\nrun *this*",
      "linux | Guide > Install > Linux | ### Linux\n\napt",
      "use | Guide > Use | ## Use\n\ngo",
    ]);
  });

  test("setext headings, skipped levels and closing marks", async () => {
    expect(await outline("Title\n=====\n\na\n\n#### Deep ####\n\nb\n\nSub\n---\nc")).toEqual([
      "title | Title | Title\n=====\n\na",
      "deep | Title > Deep | #### Deep ####\n\nb",
      "sub | Title > Sub | Sub\n---\nc",
    ]);
  });

  test("what looks like a heading in code, quotations, lists and comments is none", async () => {
    const source =
      "# A\n\n```sh\n# not this\n```\n\n    # nor this\n\n> # quoted\n\n- # listed\n\n<!--\n# hidden\n-->\n\n~~~\n## open to the end";
    expect((await parse(source)).sections.map(({ anchor }) => anchor)).toEqual(["a"]);
  });

  test("a heading without text stays with what follows; one at the end is a section", async () => {
    expect(await outline("# A\n\n## B\n\ntext\n\n## C\n")).toEqual([
      "b | A > B | # A\n\n## B\n\ntext",
      "c | A > C | ## C",
    ]);
  });

  test("code is kept as it is", async () => {
    const [section] = (await parse("# A\n\n```ts\nconst a  =  1;\n\tb();\n```\n")).sections;
    expect(section?.text).toContain("```ts\nconst a  =  1;\n\tb();\n```");
  });

  test("nothing is no section", async () => {
    for (const source of ["", "\n\n \n", "---\ntitle: x\n---\n"]) expect((await parse(source)).sections).toEqual([]);
  });
});

describe("anchors", () => {
  test("are GitHub's, numbered where a heading comes again", async () => {
    const source =
      "# Über `code` & more!\n\na\n\n# Same\n\nb\n\n# Same\n\nc\n\n# snake_case-and.dots\n\nd\n\n# 日本語 見出し\n\ne\n\n# Top\n\nf\n\n# 🚀\n\ng\n";
    const { sections } = await parse(source);
    expect(sections.map(({ fragment }) => decodeURIComponent(fragment))).toEqual([
      "über-code--more",
      "same",
      "same-1",
      "snake_case-anddots",
      "日本語-見出し",
      "top",
      "",
    ]);
    // In ids the beginning of the document is `top` already, and no anchor is empty.
    expect(sections.map(({ anchor }) => anchor)).toEqual([
      "über-code--more",
      "same",
      "same-1",
      "snake_case-anddots",
      "日本語-見出し",
      "top-1",
      "section",
    ]);
  });

  test("may be the author's own", async () => {
    const { sections } = await parse("# Title {#my-id}\n\na\n");
    expect(sections[0]).toMatchObject({ anchor: "my-id", fragment: "my-id", headings: ["Title"] });
  });

  test("are different for different sections of a document", async () => {
    const heading = fc.constantFrom(
      "# A",
      "# A-1",
      "# A 1",
      "## a",
      "# top",
      "# {#a}",
      "# B {#a-1}",
      "#",
      "# !",
      "text",
    );
    await fc.assert(
      fc.asyncProperty(fc.array(heading), async (lines) => {
        const { sections } = await parse(lines.map((line) => `${line}\n\ntext\n`).join("\n"));
        expect(new Set(sections.map(({ anchor }) => anchor)).size).toBe(sections.length);
      }),
    );
  });
});

describe("titles", () => {
  test.each([
    ["---\ntitle: From YAML\ntags: [a]\n---\n# Heading\n\nx", "From YAML"],
    ['---\ntitle: "Quoted: yes"\n---\nx', "Quoted: yes"],
    ['+++\ntitle = "From TOML"\n+++\nx', "From TOML"],
    ["intro\n\n# Heading *one*\n\n# Heading two\n\nx", "Heading one"],
    ['<h1 align="center"><img src="x"> Centred</h1>\n\n## Sub\n\nx', "Centred"],
    ["## Only a second level\n\nx", undefined],
    ["---\n\nA rule, no front matter\n\n---\n\nx", undefined],
  ])("of %j is %j", async (source, title) => expect((await parse(source)).title).toBe(title));

  test("front matter is not text", async () => {
    expect((await parse("---\ntitle: x\nsecret: y\n---\n\nbody")).sections.map(({ text }) => text)).toEqual(["body"]);
  });

  test("imports and exports at the beginning of MDX are not text; in code, and without MDX, they are", async () => {
    const source =
      'import Tabs from "tabs"\nexport const a = 1\n\n# A\n\nbody <Tabs/>\n\n```js\nimport x from "y"\n```\n';
    expect((await parse(source, {}, true)).sections.map(({ text }) => text)).toEqual([
      '# A\n\nbody <Tabs/>\n\n```js\nimport x from "y"\n```',
    ]);
    expect((await parse(source)).sections[0]?.text).toContain("import Tabs");
  });
});

describe("front matter", () => {
  const metadata = async (source: string): Promise<unknown> => (await parse(source)).metadata;

  test("of YAML is metadata: scalars and lists of them", async () => {
    const source = `---
title: T
Author: "Ann \\"A\\" B" # who
date: 2024-01-02
draft: true
tags: [one, "two, three", 'it''s']
keywords:
  - a
  - b # c
  - name: map
description: >-
  Folded
  text
plain: goes
  on
nested:
  key: no
anchor: &a x
alias: *a
empty:
none: ~
---
body`;
    const parsed = await parse(source);
    expect(parsed.title).toBe("T");
    expect(parsed.sections.map(({ text }) => text)).toEqual(["body"]);
    expect(parsed.metadata).toEqual({
      author: ['Ann "A" B'],
      date: ["2024-01-02"],
      draft: ["true"],
      tags: ["one", "two, three", "it's"],
      keywords: ["a", "b"],
      description: ["Folded text"],
      plain: ["goes on"],
    });
  });

  test("of TOML too, up to its first table", async () => {
    const source = `+++\ntitle = "T"\ndate = 2024-01-02\ntags = [\n  "a",\n  "b",\n]\ntext = """\nlong\n"""\n[extra]\nno = 1\n+++\nbody`;
    expect(await metadata(source)).toEqual({ date: ["2024-01-02"], tags: ["a", "b"], text: ["long"] });
  });

  test("is bounded, and its names are lower-case", async () => {
    const many = Array.from({ length: 50 }, (_, index) => `Name${index}: ${"x".repeat(500)}`).join("\n");
    const found = (await parse(`---\n${many}\n---\n`)).metadata;
    expect(Object.keys(found)).toHaveLength(32);
    expect(found["name0"]?.[0]?.length).toBe(200);
    const list = Array.from({ length: 50 }, (_, index) => `- v${index}`).join("\n");
    expect((await parse(`---\ntags:\n${list}\nconstructor: c\n__proto__: p\n---\n`)).metadata).toMatchObject({
      tags: { length: 32 },
      constructor: ["c"],
    });
  });

  test.each([
    ["---\nJust a sentence.\n---\n\ntext", "a sentence"],
    ["---\nkey: value\nno key\n---\n\ntext", "key: value"],
    ["---\nkey: value\n\ntext", "key: value"],
    ["---\n- a\n---\ntext", "- a"],
  ])("that is none is text: %j", async (source, word) => {
    const { sections, metadata: found } = await parse(source);
    expect(sections.map(({ text }) => text).join("\n")).toContain(word);
    expect(found).toEqual({});
  });

  test("never throws", async () => {
    const piece = fc.constantFrom(
      "a:",
      " ",
      "\n",
      "- ",
      "[",
      "]",
      '"',
      "'",
      "\\",
      "&a",
      "*a",
      "#",
      "|",
      ">",
      "{",
      "}",
      ",",
      "x",
      "=",
      '"""',
    );
    await fc.assert(
      fc.asyncProperty(fc.constantFrom("---", "+++"), fc.array(piece), async (mark, pieces) => {
        await parse(`${mark}\n${pieces.join("")}\n${mark}\nbody`);
      }),
    );
  });
});

describe("MDX", () => {
  test("reads without modules, tags and expressions, but with the text and code inside", () => {
    const source =
      'import A from "a"\n\n# Hi {props.name}\n\n<Tabs items={[1, 2].map((x) => x > 1)} title="a > b">\n  Text *inside*\n</Tabs>\n\nuse `Map<String, {a}>` now\n\n```ts\nimport b from "b";\nconst c: Set<Foo> = { d };\n```\n\nexport const x = {\n  y: 1,\n}\n\nend 1 < 2 { open';
    expect(plain(source, "mdx").replace(/\s+/g, " ").trim()).toBe(
      'Hi Text inside use Map<String, {a}> now ts import b from "b"; const c: Set<Foo> = { d }; end 1 < 2 { open',
    );
  });

  test("never throws and takes no longer than the text deserves", () => {
    for (const hard of ["{", "<A ", "<A {", '<A "', "`` a ", "}{", "</", "<A>"]) plain(hard.repeat(100_000), "mdx");
  });
});

describe("long sections", () => {
  test("are not divided inside of code that fits into one", async () => {
    const code = `\`\`\`sh\n${"echo\n\n".repeat(80)}\`\`\``;
    const { sections } = await parse(`# A\n\n${"word ".repeat(100)}\n\n${code}\n\n${"more ".repeat(100)}`, {
      maxSectionChars: 1_000,
    });
    expect(sections.find(({ text }) => text.includes("```"))?.text).toContain(code);
  });

  test("that are tables go on with the header, row by row", async () => {
    const header = "| Name | Value |\n| :--- | ---: |\n";
    const rows = Array.from({ length: 100 }, (_, index) => `| name ${index} | value ${index} |`);
    const { sections } = await parse(`# A\n\n${header}${rows.join("\n")}\n\n${"after ".repeat(300)}`, {
      maxSectionChars: 1_000,
    });
    const tables = sections.filter(({ text }) => text.includes("| name"));
    expect(tables.length).toBeGreaterThan(2);
    for (const { text } of tables) expect(text).toContain(header);
    expect(tables.flatMap(({ text }) => text.split("\n").filter((line) => line.startsWith("| name")))).toEqual(rows);
    expect(Math.max(...sections.map(({ text }) => text.length))).toBeLessThanOrEqual(1_000);
    expect(sections.at(-1)?.text).toMatch(/^after/);
  });

  test("no word of a text is lost, whatever its blocks are", async () => {
    const block = fc.oneof(
      fc.constantFrom(
        "# h",
        "## i",
        "t\n===",
        "```",
        "~~~~",
        "> q",
        "- l",
        "    code",
        "| a | b |",
        "|---|---|",
        "<div>",
        "<!--",
        "---",
        "",
        "   ",
      ),
      fc
        .array(fc.constantFrom("alpha", "beta", "gamma", "`x`", "*y*"), { minLength: 1, maxLength: 30 })
        .map((words) => words.join(" ")),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(block, { maxLength: 40 }), fc.constantFrom("\n", "\n\n"), async (blocks, between) => {
        const source = `text\n\n${blocks.map((each, index) => (/[a-z]{4}/.test(each) ? `w${index} ${each}` : each)).join(between)}`;
        const { sections } = await parse(source, { maxSectionChars: 100 });
        const words = (text: string): string[] => text.match(/w\d+|alpha|beta|gamma/g) ?? [];
        expect(sections.flatMap(({ text }) => words(text))).toEqual(words(source));
        expect(Math.max(0, ...sections.map(({ text }) => text.length))).toBeLessThanOrEqual(100);
      }),
    );
  });
});

describe("bounds", () => {
  test("a section that is too long goes on in numbered ones, and nothing is lost", async () => {
    const words = Array.from({ length: 3_000 }, (_, index) => `word${index}`);
    const { sections, cut } = await parse(`# Long\n\n${words.join(" ")}`, { maxSectionChars: 1_000 });
    expect(sections.slice(0, 3).map(({ anchor, fragment }) => [anchor, fragment])).toEqual([
      ["long", "long"],
      ["long~2", "long"],
      ["long~3", "long"],
    ]);
    expect(Math.max(...sections.map(({ text }) => text.length))).toBeLessThanOrEqual(1_000);
    expect(sections.flatMap(({ text }) => text.match(/word\d+/g) ?? [])).toEqual(words);
    expect(cut).toBe(false);
  });

  test("is split at paragraphs where they are near, and never inside a character", async () => {
    const { sections } = await parse(`${"a".repeat(600)}\n\n${"b".repeat(600)}`, { maxSectionChars: 1_000 });
    expect(sections.map(({ text }) => text.length)).toEqual([600, 600]);
    for (const { text } of (await parse(`x${"🚀".repeat(3_000)}`, { maxSectionChars: 1_000 })).sections)
      expect(text).not.toMatch(/[\ud800-\udbff]$|^[\udc00-\udfff]/);
  });

  test("at maxSections the rest is left out, and that is told", async () => {
    const source = Array.from({ length: 5 }, (_, index) => `# H${index}\n\ntext`).join("\n\n");
    expect(await parse(source, { maxSections: 5 })).toMatchObject({ cut: false, sections: { length: 5 } });
    expect(await parse(source, { maxSections: 4 })).toMatchObject({ cut: true, sections: { length: 4 } });
  });
});

describe("large and hostile documents", () => {
  const paragraph = "Some text with [a link](http://example.com/x) and `code`, then more of it.\n";

  test("are cut into pieces without a change to their sections", async () => {
    let source = "";
    for (let index = 0; source.length < 400_000; index += 1) {
      source += `## Heading ${index}\n\n${paragraph.repeat(10)}\n\`\`\`sh\n# comment ${index}\n\n${"echo\n".repeat(20)}\`\`\`\n\n`;
    }
    const { sections } = await parse(source);
    expect(sections.map(({ headings }) => headings[0])).toEqual(
      Array.from({ length: sections.length }, (_, index) => `Heading ${index}`),
    );
    expect(sections.length).toBeGreaterThan(300);
    expect(
      sections
        .map(({ text }) => text)
        .join("")
        .replace(/\s/g, ""),
    ).toBe(source.replace(/\s/g, ""));
  });

  test.each([6_000, 7_000, 8_000, 20_000])("a code block of %d comments stays code, and ends", async (count) => {
    const source = `# A\n\n\`\`\`sh\n${"# comment in code\n\necho\n".repeat(count)}\`\`\`\n\n# B\n\ntext\n`;
    const { sections } = await parse(source);
    expect(new Set(sections.map(({ headings }) => headings[0]))).toEqual(new Set(["A", "B"]));
    expect(sections.at(-1)).toMatchObject({ headings: ["B"], text: "# B\n\ntext" });
    const text = sections.map((section) => section.text).join("");
    expect(text.replace(/\s/g, "")).toBe(source.replace(/\s/g, ""));
  });

  test("so does one line in it that is longer than several pieces", async () => {
    const source = `# A\n\n\`\`\`\n${"word ".repeat(80_000)}\n# comment in code\n\`\`\`\n\n# B\n\ntext\n`;
    const { sections } = await parse(source);
    expect(new Set(sections.map(({ headings }) => headings[0]))).toEqual(new Set(["A", "B"]));
  });

  test.each([
    ["a table of many lines", "| a | b |\n|---|---|\n" + "| x | y |\n".repeat(100_000)],
    ["paragraphs", `${paragraph.repeat(15)}\n`.repeat(1_000)],
    ["one line", "word ".repeat(200_000)],
    ["nested quotations", `${"> ".repeat(100_000)}deep`],
    ["nested lists", Array.from({ length: 2_000 }, (_, index) => `${" ".repeat(index)}- x\n`).join("")],
    ["open brackets", "[".repeat(500_000)],
    ["open comments", "<!--".repeat(100_000)],
    ["open tags", "<div ".repeat(100_000)],
    ["headings only", "# a\n".repeat(20_000)],
    ["anchors of their own that are all the same", "# a {#x}\n\ntext\n\n".repeat(10_000)],
    ["fences only", "```\n".repeat(100_000)],
  ])("%s: ends, and lets others work", async (_, source) => {
    const pacer = new CountingPacer();
    const { sections } = await parseMarkdown(source, { ...bounds, maxSections: 100_000 }, pacer);
    for (const { text } of sections.slice(0, 200)) plainMarkdown(text);
    expect(sections.length).toBeGreaterThan(0);
    // What is parsed in one go is neither long nor has it many lines.
    expect(pacer.pauses).toBeGreaterThanOrEqual(source.length / 100_000);
    expect(pacer.pauses).toBeGreaterThanOrEqual((source.split("\n").length - 1) / 2_000);
  });
});

describe("plain text of Markdown", () => {
  test("is as it reads", () => {
    const source =
      '## A *heading*\n\nSee [the **docs**](http://x.y/z "t") and ![alt](i.png), <b>bold</b> `code` <!-- no -->\n> quoted\n\nsnake_case __init__ a \\* b List<String>';
    expect(plainMarkdown(source).replace(/\s+/g, " ").trim()).toBe(
      "A heading See the docs and alt, bold code quoted snake_case init a * b List<String>",
    );
  });

  test.each([
    ["a name that begins with underscores", "the `_meta` of `__init__.py`", "the _meta of __init__.py"],
    ["signs of emphasis", "`a ** b`, `*args` and **bold**", "a ** b, *args and bold"],
    ["what looks like a link, in a link", "[`rows[0](x)`](x.md#_a_) [b](c)", "rows[0](x) b"],
    ["back-ticks in double ones", "`` a`b_ `` and _c_", "a`b_ and c"],
    ["a block", "_a_\n\n```ts\nconst _b_ = c[d](<e>) ** \\*f;\n```\n\n_g_", "a ts const _b_ = c[d](<e>) ** \\*f; g"],
    ["a block in a list", "1. _a_\n\n    ~~~\n    # _b_\n    ~~~\n\n_c_", "1. a # _b_ c"],
    ["a block in a line of a list", "1. ```sh\n   _a_\n   ```\n\n**b**", "1. sh _a_ b"],
    ["a block that has another in it", "````\n```js\n_a_\n```\n````\n_b_", "```js _a_ ``` b"],
    ["a block with what would end it, had it no words", "```\n_a_\n```js\n```\n_b_", "_a_ ```js b"],
    ["a block that nothing ends", "_a_\n```\n_b_\n\n# _c_", "a _b_ # _c_"],
    ["an empty block", "```\n```\n_a_", "a"],
    ["no code: back-ticks without others in their paragraph", "`_a_\n\n_b_`", "a b"],
    ["no code: escaped back-ticks", "\\`_a_\\`", "`a`"],
    ["code behind a backslash that stands for itself", "\\\\`_a_`", "\\_a_"],
    ["no code over a line of spaces", "`_a_\n  \n_b_`", "a b"],
    ["no code in a quotation: what is not found to be a block", "> ```\n> _a_\n> ```", "a"],
  ])("leaves code as it is: %s", (_, source, expected) => {
    expect(plainMarkdown(source).replace(/\s+/g, " ").trim()).toBe(expected);
  });

  test("never throws and takes no longer than the text deserves", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom(...'[]()<>!*_`#-\\ \na"'), maxLength: 300 }),
        (text) => void plainMarkdown(text),
      ),
    );
    for (const hard of [
      "[",
      "![",
      "<a ",
      "<!--",
      "[a](",
      "[a](b ",
      "*",
      "_a",
      "`",
      "` `` ",
      "```\n",
      "\n ~~~",
      "\\",
      "((",
    ])
      plainMarkdown(hard.repeat(8_000 / hard.length));
  });
});
