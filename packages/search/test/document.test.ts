import { expect, test } from "vitest";
import { fingerprint, indexTerms, makeDocument } from "../src/documents/document.ts";
import type { Document } from "../src/documents/document.ts";
import { Pacer } from "../src/pacer.ts";

const make = (text: string, path = "folder/file.md", hash = "00"): Promise<Document> => {
  const file = { text, bytes: text.length, hash, modified: new Date(0), stamp: { key: "", settled: true } };
  return makeDocument(path, `/root/${path}`, file, { maxSections: 100, maxSectionChars: 8_000 }, new Pacer());
};

test("a section is found by its text, its heading twice, the headings above it, the title and the file's name once", async () => {
  const { sections } = await make("---\ntitle: Handbook\n---\n\n# Guide\n\nx\n\n## Install\n\nalpha");
  const install = sections[1];
  const terms = install ? indexTerms(install) : [];
  const count = (term: string): number => terms.filter((each) => each === term).length;
  expect(["alpha", "instal", "guid", "handbook", "file.md", "file", "folder"].map(count)).toEqual([
    1, 2, 1, 1, 1, 1, 0,
  ]);
});

test("a title that is the heading itself counts as the heading", async () => {
  const { sections } = await make("# Guide\n\nalpha");
  const terms = sections[0] ? indexTerms(sections[0]) : [];
  expect(terms.filter((term) => term === "guid")).toHaveLength(2);
});

test("without any heading the title is the file's name, and counts", async () => {
  const { title, sections } = await make("alpha", "folder/notes.md");
  expect(title).toBe("notes.md");
  expect(sections[0] && indexTerms(sections[0])).toContain("notes.md");
});

test("the fingerprint changes with the id and with the content", async () => {
  const prints = [
    await make("a"),
    await make("a"),
    await make("a", "other.md"),
    await make("a", "folder/file.md", "01"),
  ].map(fingerprint);
  expect(prints[0]).toBe(prints[1]);
  expect(new Set(prints).size).toBe(3);
});
