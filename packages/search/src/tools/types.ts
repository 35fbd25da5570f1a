import type { Format } from "../documents/parse.ts";

const ALL: Readonly<Record<Format, true>> = {
  markdown: true,
  mdx: true,
  html: true,
  rst: true,
  text: true,
  json: true,
  jsonl: true,
  csv: true,
  code: true,
};

/** What a document can be: what `type` of the search tool takes. */
export const TYPES: ReadonlySet<string> = new Set(Object.keys(ALL));
