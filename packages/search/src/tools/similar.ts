import type { Engine } from "../engine/types.ts";
import { resultOf } from "./results.ts";
import type { SearchResult } from "./schema.ts";

/** Sections that are like a section or a document; undefined if there is no such id. @throws the signal's reason */
export async function similarTo(
  engine: Engine,
  id: string,
  limit: number,
  snippetChars: number,
  signal?: AbortSignal,
): Promise<{ results: SearchResult[]; total: number } | undefined> {
  const answer = await engine.similar(id, { count: limit }, signal);
  if (!answer) return undefined;
  const sections = await Promise.all(answer.hits.map((hit) => engine.section(hit.id)));
  const results = sections.flatMap((section, index) =>
    section ? [resultOf(section, answer.hits[index]?.score ?? 0, answer.forms, snippetChars)] : [],
  );
  return { results, total: answer.total };
}
