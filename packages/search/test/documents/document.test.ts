import { expect, test } from "vitest";
import { makeDocument } from "../../src/documents/document.ts";
import type { DocumentFacts } from "../../src/documents/document.ts";
import type { IndexDocument } from "../../src/engine/types.ts";
import { Pacer } from "../../src/pacer.ts";

const facts: DocumentFacts = {
  id: "folder/file.md",
  path: "folder/file.md",
  url: "file:///root/folder/file.md",
  modified: 5,
  bytes: 7,
  version: "00",
  origin: "files",
  stamp: "then",
};

const make = (text: string, more: Partial<DocumentFacts> = {}): Promise<IndexDocument> =>
  makeDocument({ ...facts, ...more }, text, "markdown", { maxSections: 2, maxSectionChars: 8_000 }, new Pacer());

test("a document has what is known of it, and what its text says", async () => {
  const document = await make("---\ntitle: Handbook\ntags: [a, b]\n---\n\n# Guide\n\nalpha");
  expect(document).toEqual({
    ...facts,
    title: "Handbook",
    type: "markdown",
    metadata: { tags: ["a", "b"] },
    cut: false,
    sections: [{ anchor: "guide", fragment: "guide", headings: ["Guide"], text: "# Guide\n\nalpha" }],
  });
});

test("the title is the one that is known, else the text's own, else the last part of the path", async () => {
  expect((await make("# Guide\n\nalpha", { title: "Known" })).title).toBe("Known");
  expect((await make("# Guide\n\nalpha")).title).toBe("Guide");
  expect((await make("alpha")).title).toBe("file.md");
});

test("what is known of it goes before what it says of itself", async () => {
  const text = "---\ntags: [a]\nauthor: Ana\n---\n\nalpha";
  expect((await make(text, { metadata: { tags: ["b"] } })).metadata).toEqual({ tags: ["b"], author: ["Ana"] });
});

test("what only machines see is left out, and what does not fit", async () => {
  const document = await make("one\u202e\u0007 two\r\n\n# A\n\nx\n\n# B\n\ny");
  expect(document.sections.map(({ text }) => text)).toEqual(["one two", "# A\n\nx"]);
  expect(document.cut).toBe(true);
});
