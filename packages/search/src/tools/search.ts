import { ToolError } from "@plugboard/core";
import type { Answer, Engine, Filter, Hit, StoredSection } from "../engine/types.ts";
import { parseQuery } from "../query/parse.ts";
import type { Query } from "../query/types.ts";
import { decodeCursor, encodeCursor, staleCursor } from "./cursor.ts";
import type { Place } from "./cursor.ts";
import type { RankedLists } from "./lists.ts";
import { resultOf } from "./results.ts";
import type { SearchResult } from "./schema.ts";
import { parseSince } from "./since.ts";
import { didYouMean } from "./suggest.ts";
import { wholesOf } from "./wholes.ts";
import { TYPES } from "../documents/parse.ts";

/** What is asked of the search tool. */
export interface PageRequest {
  readonly query: string;
  readonly limit: number;
  readonly cursor?: string | undefined;
  readonly path?: string | undefined;
  readonly type?: string | undefined;
  readonly since?: string | undefined;
  readonly sort?: "relevance" | "modified" | undefined;
}

export interface PageBounds {
  readonly snippetChars: number;
  /** How far the pages of one query lead. */
  readonly maxResults: number;
}

/** What there is besides to hold and to ask. */
export interface PageContext {
  readonly engine: Engine;
  readonly lists: RankedLists;
  readonly bounds: PageBounds;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly signal?: AbortSignal | undefined;
}

export interface SearchPage {
  readonly query: Query;
  readonly results: SearchResult[];
  readonly total: number;
  readonly next: string | undefined;
  /** Sections that were found for an earlier page and are no longer there. */
  readonly gone: number;
  /** Whether there are more results than pages lead to, and this page is the last. */
  readonly beyond: boolean;
  readonly suggestion: string | null;
  readonly terms: Answer["terms"];
}

/** One page of the sections that match a query. @throws ToolError; CursorError; the signal's reason */
export async function searchPage(request: PageRequest, context: PageContext): Promise<SearchPage> {
  const { engine, lists, bounds, signal } = context;
  const fields = engine.fields();
  const query = parseQuery(request.query, (name) => fields.has(name));
  const filter = filterOf(request, context.now());
  const bound = JSON.stringify(
    [request.query, request.path, request.type, request.since, request.sort].map((each) => each ?? null),
  );
  const place: Place =
    request.cursor === undefined ? { offset: 0, generation: engine.generation } : decodeCursor(request.cursor, bound);
  const key = `${place.generation}${bound}`;
  let answer = request.cursor === undefined ? undefined : lists.get(key);
  if (!answer) {
    if (place.generation !== engine.generation) throw staleCursor();
    answer = await engine.search({ query, filter, sort: request.sort, count: bounds.maxResults }, signal);
    if (answer.total > request.limit) lists.set(key, answer);
  }
  const { sections, gone, end } = await sectionsFrom(engine, answer.hits, place.offset, request.limit);
  const { forms, total, hits } = answer;
  const more = end < hits.length;
  const wholes = wholesOf(query);
  return {
    query,
    results: sections.map(({ section, score }) => resultOf(section, score, forms, bounds.snippetChars, wholes)),
    total,
    next: more ? encodeCursor(bound, { offset: end, generation: place.generation }) : undefined,
    gone,
    beyond: !more && total > hits.length,
    suggestion: didYouMean(request.query, answer.corrections),
    terms: answer.terms,
  };
}

function filterOf({ path, type, since }: PageRequest, now: number): Filter {
  const known = type?.trim().toLowerCase();
  if (known !== undefined && !TYPES.has(known))
    throw new ToolError(`There is no type ${JSON.stringify(type)}. The types are ${[...TYPES].join(", ")}.`);
  return { path, type: known, since: since === undefined ? undefined : parseSince(since, now) };
}

/** At most `limit` sections of a ranked list from `offset`, passing over what is no longer there. */
async function sectionsFrom(
  engine: Engine,
  hits: readonly Hit[],
  offset: number,
  limit: number,
): Promise<{ sections: { section: StoredSection; score: number }[]; gone: number; end: number }> {
  const sections: { section: StoredSection; score: number }[] = [];
  let gone = 0;
  let end = offset;
  while (sections.length < limit && end < hits.length) {
    const batch = hits.slice(end, end + limit - sections.length);
    const found = await Promise.all(batch.map(({ id }) => engine.section(id)));
    for (const [index, section] of found.entries()) {
      if (section) sections.push({ section, score: batch[index]?.score ?? 0 });
      else gone += 1;
    }
    end += batch.length;
  }
  return { sections, gone, end };
}
