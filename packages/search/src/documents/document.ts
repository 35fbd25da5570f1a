import { createHash } from "node:crypto";
import { cleanText } from "./clean.ts";
import { documentId, documentUrl, sectionId } from "./ids.ts";
import type { Pacer } from "../pacer.ts";
import { formatOf, parse, plain } from "./parse.ts";
import type { Format } from "./parse.ts";
import type { ReadFile } from "../files/read.ts";
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

export interface DocumentOptions extends SectionBounds {
  readonly baseUrl?: string | undefined;
}

/**
 * Makes a document of a file's text.
 * @param path as people see it
 * @param file where it is
 */
export async function makeDocument(
  path: string,
  file: string,
  { text, bytes, hash, modified }: ReadFile,
  options: DocumentOptions,
  pacer: Pacer,
): Promise<Document> {
  const id = documentId(path);
  const format = formatOf(file);
  const parsed = await parse(await cleaned(text, pacer), format, options, pacer);
  const sections: IndexedSection[] = [];
  const document: Document = {
    id,
    path,
    title: parsed.title ?? nameOf(path),
    url: documentUrl(path, file, options.baseUrl),
    format,
    modified,
    bytes,
    hash,
    sections,
    cut: parsed.cut,
  };
  for (const [position, section] of parsed.sections.entries()) {
    sections.push({ ...section, key: undefined, id: sectionId(id, section.anchor), position, document });
  }
  return document;
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
