import { cleanLine, shorten } from "../documents/clean.ts";
import { plain } from "../documents/parse.ts";
import type { Format } from "../documents/parse.ts";
import type { StoredDocument, StoredSection } from "../engine/types.ts";
import { originName } from "../files/origins.ts";
import { highlights } from "./marks.ts";
import type { SearchResult } from "./schema.ts";
import { snippet } from "./snippet.ts";

const MAX_TITLE = 300;
/** Of an ECMAScript date, in milliseconds. */
const MAX_TIME = 8.64e15;

/**
 * What is returned of a section that was found.
 * @param forms the folded words that count as found
 * @param wholes what the query asks for as a whole
 */
export function resultOf(
  section: StoredSection,
  score: number,
  forms: ReadonlySet<string>,
  snippetChars: number,
  wholes?: RegExp,
): SearchResult {
  const { id, headings, document } = section;
  // Every section that was indexed has been read as one of the formats.
  const passage = snippet(plain(section.text, document.type as Format), forms, snippetChars, wholes);
  return {
    id,
    title: titleOf(section),
    url: urlOf(section),
    score,
    snippet: passage,
    ...(headings.length > 0 && { heading_path: headingPath(section) }),
    highlights: highlights(passage, forms, wholes),
    modified: isoOf(document.modified),
    ...sourceOf(document),
  };
}

/** Where a document comes from, if not from the files: the name of its source, or `added`. */
export function sourceOf({ origin }: StoredDocument): { source?: string } {
  const name = originName(origin);
  return name === undefined ? {} : { source: shorten(name, MAX_TITLE) };
}

/** The document's title and the headings below it. */
export function titleOf({ document, headings }: StoredSection): string {
  const path = headings[0] === document.title ? headings : [document.title, ...headings];
  return shorten(cleanLine(path.join(" > ")), MAX_TITLE);
}

/** The same of a whole document. */
export function documentTitle({ title }: StoredDocument): string {
  return shorten(cleanLine(title), MAX_TITLE);
}

/** The headings that a section is under, outermost first, its own last. */
export function headingPath({ headings }: StoredSection): string {
  return shorten(headings.join(" > "), MAX_TITLE);
}

export function urlOf({ document, fragment }: StoredSection): string {
  return fragment === "" ? document.url : `${document.url}#${fragment}`;
}

/** ISO 8601 in UTC; a time that no date can have is the nearest one that can. */
export function isoOf(ms: number): string {
  return new Date(Math.max(-MAX_TIME, Math.min(MAX_TIME, Math.round(ms) || 0))).toISOString();
}
