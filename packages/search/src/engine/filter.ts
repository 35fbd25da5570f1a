import { globMatcher } from "../query/glob.ts";
import type { Pacer } from "../pacer.ts";
import type { Query, QueryField, QueryWord } from "../query/types.ts";
import { metadataKey } from "./builder.ts";
import { gather, Gathered } from "./postings.ts";
import { markPhrase, phraseOf } from "./phrases.ts";
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
  /** The terms of a segment that an excluded word stands for. */
  readonly ranksOf: (segment: Segment, index: number, word: QueryWord) => Uint32Array;
  /** A document or section that is left out. */
  readonly without?: { readonly segment: Segment; readonly from: number; readonly to: number } | undefined;
}

/** Whether there is anything that not every section fulfils. */
export function isConditional({ filter, fields, phrases, excluded, without }: Conditions): boolean {
  const named = filter && (filter.path !== undefined || filter.type !== undefined || filter.since !== undefined);
  return named === true || fields.length + phrases.length + excluded.length > 0 || without !== undefined;
}

/** For each segment, 1 for every section that comes into question. Lets other work run. @throws what the pacer throws */
export async function masksOf(
  segments: readonly Segment[],
  conditions: Conditions,
  pacer: Pacer,
): Promise<Uint8Array[]> {
  const distinct: Conditions = {
    ...conditions,
    fields: differing(conditions.fields),
    phrases: differing(conditions.phrases),
    excluded: differing(conditions.excluded),
  };
  const masks: Uint8Array[] = [];
  for (const [index, segment] of segments.entries()) masks.push(await maskOf(segment, index, distinct, pacer));
  return masks;
}

/** Each once: whoever says the same again has said it. */
function differing<T>(items: readonly T[]): T[] {
  return [...new Map(items.map((item) => [JSON.stringify(item), item])).values()];
}

async function maskOf(segment: Segment, index: number, conditions: Conditions, pacer: Pacer): Promise<Uint8Array> {
  const mask = new Uint8Array(segment.live);
  const keep = (marks: Uint8Array, wanted: 0 | 1): void => {
    for (let at = 0; at < mask.length; at += 1) if (marks[at] !== wanted) mask[at] = 0;
  };
  await keepDocuments(segment, mask, conditions, pacer);
  for (const { field, value, excluded } of conditions.fields) {
    if (pacer.due) await pacer.pause();
    if (HEADS.has(field)) keep(markPhrase(segment, phraseOf(value), true), excluded ? 0 : 1);
  }
  for (const phrase of conditions.phrases) {
    if (pacer.due) await pacer.pause();
    keep(markPhrase(segment, phraseOf(phrase), false), 1);
  }
  for (const each of conditions.excluded) {
    if (pacer.due) await pacer.pause();
    if ("phrase" in each) keep(markPhrase(segment, phraseOf(each.phrase), false), 0);
    else strike(segment, conditions.ranksOf(segment, index, each), mask);
  }
  const { without } = conditions;
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
  { filter, fields }: Conditions,
  pacer: Pacer,
): Promise<void> {
  const tests: ((document: number) => boolean)[] = [];
  const path = (glob: string): ((document: number) => boolean) => {
    const matches = globMatcher(glob);
    return (document) => matches(segment.paths.at(document));
  };
  const type = (name: string): ((document: number) => boolean) => {
    const wanted = name.toLowerCase();
    const types = Array.from({ length: segment.types.length }, (_, number) => segment.types.at(number) === wanted);
    return (document) => types[segment.type[document] as number] === true;
  };
  if (filter?.path !== undefined) tests.push(path(filter.path));
  if (filter?.type !== undefined) tests.push(type(filter.type));
  const since = filter?.since;
  if (since !== undefined) tests.push((document) => (segment.modified[document] as number) >= since);
  for (const { field, value, excluded } of fields) {
    if (HEADS.has(field)) continue;
    const test =
      field === "path"
        ? path(value)
        : field === "type"
          ? type(value)
          : field === "lang"
            ? (document: number): boolean =>
                segment.languages[segment.language[document] as number] === value.toLowerCase()
            : having(segment.withMetadata(metadataKey(field, value)));
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
