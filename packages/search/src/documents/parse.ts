import { parseCode } from "./code.ts";
import { parseCsv } from "./csv.ts";
import { languageOf } from "./declarations.ts";
import { parseHtml } from "./html.ts";
import { parseJson, parseJsonLines } from "./json.ts";
import { parseMarkdown } from "./markdown.ts";
import { plainMdx } from "./mdx.ts";
import type { Pacer } from "../pacer.ts";
import { indexableMarkdown, plainMarkdown } from "./plain.ts";
import { parseRst, plainRst } from "./rst.ts";
import type { Parsed, SectionBounds } from "./sections.ts";
import { parseText } from "./text.ts";

/** How a file is read. */
export type Format = "markdown" | "mdx" | "html" | "rst" | "text" | "json" | "jsonl" | "csv" | "code";

const FORMATS: Readonly<Record<Exclude<Format, "text" | "code">, string>> = {
  markdown: "md markdown mdown mkd qmd rmd",
  mdx: "mdx",
  html: "html htm xhtml",
  rst: "rst rest",
  json: "json geojson webmanifest",
  jsonl: "jsonl ndjson",
  csv: "csv tsv tab",
};

const BY_EXTENSION: ReadonlyMap<string, Format> = new Map(
  Object.entries(FORMATS).flatMap(([format, extensions]) =>
    extensions.split(" ").map((extension): [string, Format] => [extension, format as Format]),
  ),
);

/** The format of a file by its name or extension, whatever its case; what is unknown is text. */
export function formatOf(name: string): Format {
  const extension = /\.([^./]+)$/.exec(name)?.[1]?.toLowerCase() ?? "";
  return BY_EXTENSION.get(extension) ?? (languageOf(name) ? "code" : "text");
}

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

/** What a document can be. */
export const TYPES: ReadonlySet<string> = new Set(Object.keys(ALL));

/**
 * Divides a document into sections.
 * @param name of the file, which tells the language of code
 * @throws the pacer's reason
 */
export async function parse(
  source: string,
  format: Format,
  bounds: SectionBounds,
  pacer: Pacer,
  name = "",
): Promise<Parsed> {
  switch (format) {
    case "markdown":
    case "mdx":
      return parseMarkdown(source, bounds, pacer, format === "mdx");
    case "html":
      return parseHtml(source, bounds, pacer);
    case "rst":
      return parseRst(source, bounds, pacer);
    case "json":
      return parseJson(source, bounds, pacer);
    case "jsonl":
      return parseJsonLines(source, bounds, pacer);
    case "csv":
      return parseCsv(source, bounds, pacer);
    case "code":
      return parseCode(source, bounds, pacer, name);
    case "text":
      return parseText(source, bounds);
  }
}

/** A section's text as people read it, for ranking and snippets. */
export function plain(text: string, format: Format): string {
  if (format === "markdown") return plainMarkdown(text);
  if (format === "mdx") return plainMdx(text);
  return format === "rst" ? plainRst(text) : text;
}

/** The same words as in `plain`, sooner, with signs between them that mean nothing. For indexing. */
export function indexable(text: string, format: Format): string {
  return format === "markdown" ? indexableMarkdown(text) : plain(text, format);
}
