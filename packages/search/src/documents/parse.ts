import { parseHtml } from "./html.ts";
import { parseMarkdown, plainMarkdown } from "./markdown.ts";
import type { Pacer } from "../pacer.ts";
import type { Parsed, SectionBounds } from "./sections.ts";
import { parseRst, parseText } from "./text.ts";

/** How a file is read: by its extension, anything unknown as text. */
export type Format = "markdown" | "mdx" | "html" | "rst" | "text";

const FORMATS: Readonly<Record<string, Format>> = {
  md: "markdown",
  markdown: "markdown",
  mdown: "markdown",
  mkd: "markdown",
  mdx: "mdx",
  html: "html",
  htm: "html",
  xhtml: "html",
  rst: "rst",
  rest: "rst",
};

export function formatOf(name: string): Format {
  return FORMATS[/\.([^./]+)$/.exec(name)?.[1]?.toLowerCase() ?? ""] ?? "text";
}

/** Divides a document into sections. Never throws for what the text contains. */
export async function parse(source: string, format: Format, bounds: SectionBounds, pacer: Pacer): Promise<Parsed> {
  if (format === "html") return parseHtml(source, bounds, pacer);
  if (format === "rst") return parseRst(source, bounds, pacer);
  if (format === "text") return parseText(source, bounds);
  return parseMarkdown(source, bounds, pacer, format === "mdx");
}

/** A section's text as people read it, for ranking and snippets. */
export function plain(text: string, format: Format): string {
  return format === "markdown" || format === "mdx" ? plainMarkdown(text) : text;
}
