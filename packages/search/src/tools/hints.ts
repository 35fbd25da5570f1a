import { shorten } from "../documents/clean.ts";
import type { SearchPage } from "./search.ts";

/** What a hint is made of besides the page. */
export interface Circumstances {
  /** In the index. */
  readonly documents: number;
  readonly skipped: number;
  /** Why the index could not be brought up to date, if that is so. */
  readonly stale: string | undefined;
  /** Whether the caller narrowed the search by `path`, `type` or `since`. */
  readonly filtered: boolean;
  /** Whether this page is not the first. */
  readonly paged: boolean;
  readonly maxTerms: number;
}

const MAX_SHOWN = 60;
const MAX_REASON = 300;

/** What to do next, where it is not plain. */
export function hintFor(page: SearchPage, about: Circumstances): string | undefined {
  const { documents, skipped } = about;
  const missing = skipped > 0 ? ` Skipped files and folders: ${skipped}.` : "";
  if (documents === 0)
    return join([
      `There are no documents to search.${missing}`,
      about.stale === undefined && "Whoever runs this server should check its roots and include patterns.",
      outOfDate(about),
    ]);
  if (page.terms === "none")
    return join([
      `The query has no words to look for. ${documents} documents are indexed: try words that they may contain.`,
      ...page.query.notices,
    ]);
  return join([
    page.total === 0 && `Nothing was found in ${documents} documents.${missing}`,
    page.total > 0 && page.results.length === 0 && about.paged && "There are no results after this cursor.",
    page.terms === "some" && `Only the first ${about.maxTerms} words of the query were used.`,
    ...page.query.notices,
    exclusions(page),
    page.total === 0 && advice(page, about),
    page.gone > 0 &&
      `${count(page.gone, "result")} of this list ${page.gone === 1 ? "is" : "are"} no longer there and left out.`,
    page.beyond && "There are more results than can be listed: narrow the query, or use `path`, `type` or `since`.",
    outOfDate(about),
  ]);
}

/** What was left out, since `-jar` may have been meant as a flag. */
function exclusions({ query: { excluded } }: SearchPage): string | false {
  const words = excluded.flatMap((each) => ("text" in each ? [shorten(each.text, MAX_SHOWN)] : []));
  const [first] = words;
  if (first === undefined) return false;
  const shown = words.slice(0, 3).join(", ");
  return `Sections with ${shown} were left out; to look for the word itself write "-${first}" in quotes.`;
}

function advice({ query }: SearchPage, { filtered }: Circumstances): string {
  const parts = [
    query.phrases.length > 0 && "phrases",
    query.excluded.length > 0 && "exclusions",
    query.fields.length > 0 && "fields",
    filtered && "filters",
  ].filter((part) => part !== false);
  if (parts.length > 0) return `Try again without the ${parts.join(", ")}, or with other words.`;
  return "Try other or more general words, or synonyms.";
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? "" : "s"}`;
}

function outOfDate({ stale }: Circumstances): string | false {
  if (stale === undefined) return false;
  const reason = shorten(stale, MAX_REASON) || "the last look at the documents failed";
  return `The index is out of date: ${reason}${/[.…]$/.test(reason) ? "" : "."}`;
}

function join(sentences: readonly (string | false)[]): string | undefined {
  return sentences.filter((sentence) => sentence !== false).join(" ") || undefined;
}
