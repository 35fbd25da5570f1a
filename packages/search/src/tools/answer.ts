import { shorten } from "../documents/clean.ts";
import type { Catalog } from "../engine/catalog.ts";
import { decodeCursor, encodeCursor } from "./cursor.ts";
import type { Document, IndexedSection } from "../documents/document.ts";
import { plain } from "../documents/parse.ts";
import { snippet } from "./snippet.ts";
import { queryTerms } from "../analysis/tokens.ts";

export interface SearchResult {
  id: string;
  title: string;
  url: string;
  score: number;
  snippet: string;
}

export interface SearchPage {
  readonly results: SearchResult[];
  readonly total: number;
  /** Position of the first result, from 0. */
  readonly offset: number;
  readonly next: string | undefined;
  /** Whether the query had anything to look for, and whether all of it was used. */
  readonly terms: "all" | "some" | "none";
}

export interface FetchedText {
  id: string;
  title: string;
  text: string;
  url: string;
  metadata: {
    path: string;
    heading_path?: string | undefined;
    section?: number | undefined;
    sections: number;
    modified: string;
    truncated: boolean;
    document_id?: string | undefined;
    previous_id?: string | undefined;
    next_id?: string | undefined;
  };
}

const MAX_TITLE = 300;

/** One page of the sections that match a query. @throws CursorError */
export function searchPage(
  catalog: Catalog,
  query: string,
  limit: number,
  cursor: string | undefined,
  maxTerms: number,
): SearchPage {
  const offset = cursor === undefined ? 0 : decodeCursor(cursor, query, catalog.generation);
  const { terms, cut } = queryTerms(query, maxTerms);
  const { total, hits } = catalog.find(terms, offset + limit);
  const results = hits.slice(offset).map(({ section, score }) => ({
    id: section.id,
    title: titleOf(section),
    url: urlOf(section),
    score,
    snippet: snippet(plain(section.text, section.document.format), terms),
  }));
  const end = offset + results.length;
  return {
    results,
    total,
    offset,
    next: end < total && results.length > 0 ? encodeCursor(query, catalog.generation, end) : undefined,
    terms: terms.size === 0 ? "none" : cut ? "some" : "all",
  };
}

/** The text of a section or of a whole document, as far as it fits; undefined if there is no such id. */
export function fetchText(catalog: Catalog, id: string, maxChars: number): FetchedText | undefined {
  const found = catalog.get(id);
  if (!found) return undefined;
  return "sections" in found ? documentText(found, maxChars) : sectionText(found);
}

function sectionText(section: IndexedSection): FetchedText {
  const { document, position } = section;
  const previous = document.sections[position - 1]?.id;
  const next = document.sections[position + 1]?.id;
  return {
    id: section.id,
    title: titleOf(section),
    text: section.text,
    url: urlOf(section),
    metadata: {
      path: document.path,
      ...(section.headings.length > 0 && { heading_path: section.headings.join(" > ") }),
      section: position + 1,
      sections: document.sections.length,
      modified: document.modified.toISOString(),
      truncated: false,
      document_id: document.id,
      ...(previous !== undefined && { previous_id: previous }),
      ...(next !== undefined && { next_id: next }),
    },
  };
}

function documentText(document: Document, maxChars: number): FetchedText {
  const parts: string[] = [];
  let length = 0;
  for (const { text } of document.sections) {
    // A section alone always fits: its own bound is not larger.
    if (length + text.length > maxChars) break;
    parts.push(text);
    length += text.length + 2;
  }
  const next = document.sections[parts.length]?.id;
  return {
    id: document.id,
    title: shorten(document.title, MAX_TITLE),
    text: parts.join("\n\n"),
    url: document.url,
    metadata: {
      path: document.path,
      sections: document.sections.length,
      modified: document.modified.toISOString(),
      truncated: next !== undefined,
      ...(next !== undefined && { next_id: next }),
    },
  };
}

/** The document's title and the headings below it. */
function titleOf({ document, headings }: IndexedSection): string {
  const path = headings[0] === document.title ? headings : [document.title, ...headings];
  return shorten(path.join(" > "), MAX_TITLE);
}

function urlOf({ document, fragment }: IndexedSection): string {
  return fragment === "" ? document.url : `${document.url}#${fragment}`;
}
