import { createHash } from "node:crypto";
import { cleanText } from "./clean.ts";
import type { IndexDocument } from "../engine/types.ts";
import type { Metadata } from "./metadata.ts";
import type { Pacer } from "../pacer.ts";
import { parse, plain } from "./parse.ts";
import type { Format } from "./parse.ts";
import type { Section, SectionBounds } from "./sections.ts";
import { textTerms } from "../analysis/tokens.ts";

/** A file as it is indexed. */
export interface Document {
  readonly id: string;
  /** As people see it; see `Names`. */
  readonly path: string;
  readonly title: string;
  readonly url: string;
  readonly format: Format;
  modified: Date;
  readonly bytes: number;
  readonly hash: string;
  readonly sections: readonly IndexedSection[];
  /** Whether text was left out because of a bound. */
  readonly cut: boolean;
}

export interface IndexedSection extends Section {
  /** In the store; undefined while it is not in it. */
  key: number | undefined;
  readonly id: string;
  /** From 0. */
  readonly position: number;
  readonly document: Document;
}

/** What is known of a text beside the text itself. */
export type DocumentFacts = Pick<
  IndexDocument,
  "id" | "path" | "url" | "modified" | "bytes" | "version" | "origin" | "stamp"
> & {
  /** Goes before the title that the text has; without any, the last part of the path is the title. */
  readonly title?: string | undefined;
  /** Goes before what the text itself says under the same name. */
  readonly metadata?: Metadata | undefined;
};

/** Makes a document of a text: cleans it, and divides it into sections as its format has them. */
export async function makeDocument(
  facts: DocumentFacts,
  text: string,
  format: Format,
  bounds: SectionBounds,
  pacer: Pacer,
): Promise<IndexDocument> {
  const { title, metadata, ...rest } = facts;
  const parsed = await parse(await cleaned(text, pacer), format, bounds, pacer, facts.path);
  return {
    ...rest,
    title: title ?? parsed.title ?? nameOf(facts.path),
    type: format,
    metadata: { ...parsed.metadata, ...metadata },
    cut: parsed.cut,
    sections: parsed.sections,
  };
}

/** The terms of a section: its text, its own heading once more, what it is under, and its file's name. */
export function indexTerms({ text, headings, document }: IndexedSection): string[] {
  const own = headings.at(-1) ?? document.title;
  const above = new Set([document.title, ...headings, nameOf(document.path)]);
  above.delete(own);
  return [plain(text, document.format), own, ...above].flatMap(textTerms);
}

/** 64 bits that stand for a document's id and content. */
export function fingerprint({ id, hash }: Document): bigint {
  return BigInt(`0x${createHash("sha256").update(`${id}\0${hash}`).digest("hex").slice(0, 16)}`);
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

const CLEAN_SLICE = 256 * 1024;

async function cleaned(text: string, pacer: Pacer): Promise<string> {
  const parts: string[] = [];
  for (let at = 0; at < text.length;) {
    const newline = text.indexOf("\n", at + CLEAN_SLICE);
    const end = newline === -1 || newline > at + 2 * CLEAN_SLICE ? at + 2 * CLEAN_SLICE : newline + 1;
    parts.push(cleanText(text.slice(at, end)));
    at = end;
    if (pacer.due) await pacer.pause();
  }
  return parts.join("");
}
