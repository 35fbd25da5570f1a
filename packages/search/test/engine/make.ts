import type { Engine, IndexDocument, SearchRequest } from "../../src/engine/types.ts";
import type { Query } from "../../src/query/types.ts";
import type { Section } from "../../src/documents/sections.ts";

/** A section as a document has it. */
export function section(text: string, headings: readonly string[] = [], anchor = "top"): Section {
  return { anchor, fragment: anchor === "top" ? "" : anchor, headings, text };
}

/** A document of one section with a text, or of the sections given; equal arguments make equal ones. */
export function document(
  id: string,
  content: string | readonly Section[],
  more: Partial<Omit<IndexDocument, "id" | "sections">> = {},
): IndexDocument {
  const sections = typeof content === "string" ? [section(content)] : content;
  const written = JSON.stringify([sections, more]);
  return {
    id,
    path: id,
    title: "",
    url: "https://example.com/document",
    type: "markdown",
    modified: 0,
    bytes: written.length,
    version: written,
    origin: "test",
    stamp: "",
    metadata: {},
    cut: false,
    sections,
    ...more,
  };
}

/** A query of the words of a sentence and what else it has. */
export function query(words: string, more: Partial<Query> = {}): Query {
  const texts = words.split(/\s+/).filter((text) => text !== "");
  return {
    words: texts.map((text) => ({ text, prefix: false })),
    phrases: [],
    excluded: [],
    fields: [],
    notices: [],
    ...more,
  };
}

/** The ids of the documents and sections found, in their order. */
export async function find(
  engine: Engine,
  asked: string | Query,
  more: Partial<Omit<SearchRequest, "query">> = {},
): Promise<string[]> {
  const request = { query: typeof asked === "string" ? query(asked) : asked, count: 1_000, ...more };
  return (await engine.search(request)).hits.map(({ id }) => id);
}
