import { globMatcher } from "../query/glob.ts";
import type { Pacer } from "../pacer.ts";
import type { Query, QueryField, QueryWord } from "../query/types.ts";
import { gather, Gathered } from "./postings.ts";
import { markPhrase, phraseOf } from "./phrases.ts";
import type { Phrase } from "./phrases.ts";
import type { Segment } from "./segment.ts";
import type { Filter } from "./types.ts";

/** Fields that ask for words in headings. */
const HEADS = new Set(["title", "heading"]);

/** What has to hold of a section, apart from having any of the words. */
export interface Conditions {
  readonly filter: Filter | undefined;
  readonly fields: readonly QueryField[];
  readonly phrases: readonly string[];
  readonly excluded: Query["excluded"];
  /** For each segment, the terms that an excluded word stands for. */
  readonly ranksOf: (word: QueryWord) => readonly Uint32Array[];
  /** A document or section that is left out. */
  readonly without?: { readonly segment: Segment; readonly from: number; readonly to: number } | undefined;
}

/** Whether there is anything that not every section fulfils. */
export function isConditional({ filter, fields, phrases, excluded, without }: Conditions): boolean {
  const named = filter && (filter.path !== undefined || filter.type !== undefined || filter.since !== undefined);
  return named === true || fields.length + phrases.length + excluded.length > 0 || without !== undefined;
}

/** Conditions, read once for all segments. */
interface Prepared extends Pick<Conditions, "filter" | "without"> {
  readonly path: ((path: string) => boolean) | undefined;
  readonly documents: readonly (QueryField & { readonly matches: (path: string) => boolean })[];
  readonly phrases: readonly { readonly phrase: Phrase; readonly inHead: boolean; readonly wanted: 0 | 1 }[];
  readonly excluded: readonly (readonly Uint32Array[])[];
}

/** For each segment, 1 for every section that comes into question. Lets other work run. @throws what the pacer throws */
export async function masksOf(
  segments: readonly Segment[],
  conditions: Conditions,
  pacer: Pacer,
): Promise<Uint8Array[]> {
  const prepared = prepare(conditions);
  const masks: Uint8Array[] = [];
  for (const [index, segment] of segments.entries()) masks.push(await maskOf(segment, index, prepared, pacer));
  return masks;
}

function prepare(conditions: Conditions): Prepared {
  const { filter, without, ranksOf } = conditions;
  const fields = differing(conditions.fields);
  const excluded = differing(conditions.excluded);
  const phrase = (text: string, inHead: boolean, wanted: 0 | 1): Prepared["phrases"][number] => ({
    phrase: phraseOf(text),
    inHead,
    wanted,
  });
  return {
    filter,
    without,
    path: filter?.path === undefined ? undefined : globMatcher(filter.path),
    documents: fields
      .filter(({ field }) => !HEADS.has(field))
      .map((each) => ({ ...each, matches: each.field === "path" ? globMatcher(each.value) : () => false })),
    phrases: [
      ...fields.filter(({ field }) => HEADS.has(field)).map((each) => phrase(each.value, true, each.excluded ? 0 : 1)),
      ...differing(conditions.phrases).map((text) => phrase(text, false, 1)),
      ...excluded.flatMap((each) => ("phrase" in each ? [phrase(each.phrase, false, 0)] : [])),
    ],
    excluded: excluded.flatMap((each) => ("phrase" in each ? [] : [ranksOf(each)])),
  };
}

/** Each once: whoever says the same again has said it. */
function differing<T>(items: readonly T[]): T[] {
  return [...new Map(items.map((item) => [JSON.stringify(item), item])).values()];
}

async function maskOf(segment: Segment, index: number, prepared: Prepared, pacer: Pacer): Promise<Uint8Array> {
  const mask = new Uint8Array(segment.live);
  await keepDocuments(segment, mask, prepared, pacer);
  for (const { phrase, inHead, wanted } of prepared.phrases) {
    if (pacer.due) await pacer.pause();
    const marks = markPhrase(segment, phrase, inHead);
    for (let at = 0; at < mask.length; at += 1) if (marks[at] !== wanted) mask[at] = 0;
  }
  for (const ranks of prepared.excluded) {
    if (pacer.due) await pacer.pause();
    strike(segment, ranks[index] as Uint32Array, mask);
  }
  const { without } = prepared;
  if (without?.segment === segment) mask.fill(0, without.from, without.to);
  return mask;
}

/** Strikes out the sections that have any of the terms. */
function strike(segment: Segment, ranks: Uint32Array, mask: Uint8Array): void {
  const gathered = new Gathered();
  for (const rank of ranks) gather(segment, rank, gathered);
  for (const section of gathered.sections.subarray(0, gathered.length)) mask[section] = 0;
}

/** Strikes out the sections of documents that do not come into question. */
async function keepDocuments(
  segment: Segment,
  mask: Uint8Array,
  { filter, path, documents }: Prepared,
  pacer: Pacer,
): Promise<void> {
  const tests: ((document: number) => boolean)[] = [];
  const inPath =
    (matches: (path: string) => boolean) =>
    (document: number): boolean =>
      matches(segment.paths.at(document));
  const type = (name: string): ((document: number) => boolean) => {
    const wanted = name.toLowerCase();
    const types = Array.from({ length: segment.types.length }, (_, number) => segment.types.at(number) === wanted);
    return (document) => types[segment.type[document] as number] === true;
  };
  if (path) tests.push(inPath(path));
  if (filter?.type !== undefined) tests.push(type(filter.type));
  const since = filter?.since;
  if (since !== undefined) tests.push((document) => (segment.modified[document] as number) >= since);
  for (const { field, value, excluded, matches } of documents) {
    const test =
      field === "path"
        ? inPath(matches)
        : field === "type"
          ? type(value)
          : field === "lang"
            ? (document: number): boolean =>
                segment.languages[segment.language[document] as number] === value.toLowerCase()
            : having(segment.metadata.having(field, value));
    tests.push(excluded ? (document) => !test(document) : test);
  }
  if (tests.length === 0) return;
  for (let document = 0; document < segment.documents; document += 1) {
    if (document % 64 === 0 && pacer.due) await pacer.pause();
    const from = segment.first[document] as number;
    if (segment.isLive(document) && !tests.every((test) => test(document)))
      mask.fill(0, from, segment.first[document + 1]);
  }
}

function having(documents: readonly number[]): (document: number) => boolean {
  const set = new Set(documents);
  return (document) => set.has(document);
}
