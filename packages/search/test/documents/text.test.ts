import { expect, test } from "vitest";
import { Pacer } from "../../src/pacer.ts";
import { formatOf, parse, plain } from "../../src/documents/parse.ts";
import type { Parsed } from "../../src/documents/sections.ts";

const read = (source: string, name: string, maxSectionChars = 8_000): Promise<Parsed> =>
  parse(source, formatOf(name), { maxSections: 100, maxSectionChars }, new Pacer());

test("the extension tells how a file is read, whatever its case; anything else is text", () => {
  expect(
    ["a.md", "B.MD", "c.markdown", "d.mdx", "e.html", "f.HTM", "g.rst", "h.txt", "LICENSE", "i.md.bak", ".md/x"].map(
      formatOf,
    ),
  ).toEqual(["markdown", "markdown", "markdown", "mdx", "html", "html", "rst", "text", "text", "text", "text"]);
});

test("plain text has no headings; long text is divided at its paragraphs", async () => {
  const paragraphs = Array.from({ length: 30 }, (_, index) => `# Paragraph ${index}. ${"words ".repeat(20)}`);
  const { sections, title } = await read(paragraphs.join("\n\n"), "a.txt", 500);
  expect(title).toBeUndefined();
  expect(sections.length).toBeGreaterThan(8);
  for (const { text, headings, fragment } of sections) {
    expect(text).toMatch(/^# Paragraph/);
    expect([headings, fragment]).toEqual([[], ""]);
  }
  expect(sections.map(({ anchor }) => anchor).slice(0, 2)).toEqual(["top", "top~2"]);
});

test("reStructuredText has the headings that are underlined, levels in the order of their signs", async () => {
  const source =
    "=====\nGuide\n=====\n\nintro\n\nInstall it\n==========\n\ntext\n\nLinux\n-----\n\napt\n\nnot a rule: --\n\nUse\n===\n\n====  ====\na     b\n====  ====\n\n----\n\nend\n";
  const { sections, title } = await read(source, "a.rst");
  expect(title).toBe("Guide");
  expect(sections.map(({ headings }) => headings.join(" > "))).toEqual([
    "Guide",
    "Guide > Install it",
    "Guide > Install it > Linux",
    "Guide > Use",
  ]);
  expect(sections.map(({ fragment }) => fragment)).toEqual(["guide", "install-it", "linux", "use"]);
  expect(sections[0]?.text).toBe("=====\nGuide\n=====\n\nintro");
  expect(
    sections
      .map(({ text }) => text)
      .join("")
      .replace(/\s/g, ""),
  ).toBe(source.replace(/\s/g, ""));
});

test("a document without underlines is one section", async () => {
  expect((await read("just\ntext", "a.rst")).sections.map(({ text }) => text)).toEqual(["just\ntext"]);
});

test("fields at the top of reStructuredText are metadata", async () => {
  const source =
    "Guide\n=====\n\n:Author: Ann\n   Other\n:Keywords: a, b\n:Last changed: 2024\n\ntext\n\n:param x: no\n";
  const { metadata, sections } = await read(source, "a.rst");
  expect(metadata).toEqual({ author: ["Ann Other"], keywords: ["a", "b"], "last-changed": ["2024"] });
  expect(sections[0]?.text).toContain(":Author: Ann");
});

test("reStructuredText as it reads has no names of directives and roles, no targets and no marks", () => {
  const source =
    "Title\n=====\n\n.. _label:\n\n.. code-block:: python\n   :linenos:\n\n   a = b * c\n\n.. note:: Mind *this* and **that**.\n\nSee :func:`~a.run`, `the docs <http://x.y>`_ and ``code``.";
  expect(plain(source, "rst").replace(/\s+/g, " ").trim()).toBe(
    "Title python a = b * c Mind this and that. See a.run, the docs and code.",
  );
});

test("long runs of white space make no sections and take no time", async () => {
  const { sections } = await read(`a${" ".repeat(2_000_000)}b${"\n".repeat(1_000_000)}c`, "a.txt", 1_000);
  expect(sections.map(({ text }) => text)).toEqual(["a", "b", "c"]);
});
