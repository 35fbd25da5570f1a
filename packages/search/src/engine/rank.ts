import { Best } from "./best.ts";
import { leastOfLargest } from "./least.ts";
import { Gathered, gather } from "./postings.ts";
import type { Segment } from "./segment.ts";

/** What stands for one word of a query: any of some terms. */
export interface Group {
  readonly weight: number;
  /** For each segment, in their order, the ranks of the terms. */
  readonly ranks: readonly Uint32Array[];
}

/** A section that was found. */
export interface Found {
  readonly segment: Segment;
  readonly section: number;
  readonly score: number;
}

export interface Ranked {
  readonly total: number;
  readonly found: readonly Found[];
}

export interface RankRequest {
  readonly groups: readonly Group[];
  /** For each segment: 1 for each section that comes into question; undefined: all. */
  readonly masks: readonly Uint8Array[] | undefined;
  /** The title that gets a prize; 0: none. */
  readonly title: number;
  readonly sort: "relevance" | "modified";
  readonly count: number;
}

/** What all segments have together. */
export interface Totals {
  readonly sections: number;
  /** Terms per section. */
  readonly average: number;
}

/** The constants of Okapi BM25: how soon repetition saturates, how much length counts. Sections are of all lengths. */
export const K1 = 1.2;
export const B = 0.5;

/**
 * Ranks by Okapi BM25 (Robertson and Zaragoza 2009), with the idf that is never negative, over live sections alone: where
 * they stand, and what has left, makes no difference. Keeps arrays between calls, so calls must not overlap.
 */
export class Ranker {
  readonly #gathered = new Gathered();
  #sums = new Float32Array(0);
  #scores = new Float64Array(0);
  /** What has a score, segment by segment, and the scores. */
  #touched = new Uint32Array(1024);
  #values = new Float64Array(1024);

  /** The first of what has any of the terms, in their order. */
  rank(segments: readonly Segment[], totals: Totals, request: RankRequest): Ranked {
    const { total, best } = this.#best(segments, totals, request);
    return { total, found: best.sorted() };
  }

  /** The same in no order, and the first few of them in order. */
  candidates(
    segments: readonly Segment[],
    totals: Totals,
    request: RankRequest,
    few: number,
  ): Ranked & { readonly first: readonly Found[] } {
    const { total, best } = this.#best(segments, totals, request);
    const first = new Best<Found>(few, byScore);
    for (const each of best.kept) first.offer(each);
    return { total, found: best.kept, first: first.sorted() };
  }

  #best(
    segments: readonly Segment[],
    totals: Totals,
    request: RankRequest,
  ): { readonly total: number; readonly best: Best<Found> } {
    const ends = this.#score(segments, totals, request);
    const total = ends.at(-1) ?? 0;
    const relevance = request.sort === "relevance";
    const best = new Best<Found>(request.count, relevance ? byScore : byDate);
    const [touched, values] = [this.#touched, this.#values];
    // What is rounded to the same is a tie, which places decide.
    const least = relevance ? leastOfLargest(values, total, request.count) - UNIT : Number.NEGATIVE_INFINITY;
    let at = 0;
    for (const [index, segment] of segments.entries()) {
      for (const end = ends[index] as number; at < end; at += 1) {
        const score = values[at] as number;
        if (score < least) continue;
        const section = touched[at] as number;
        best.offer({ segment, section, score: rounded(score) });
      }
    }
    return { total, best };
  }

  /** Gives all sections that have any of the terms their scores. @returns for each segment, where its own end */
  #score(segments: readonly Segment[], totals: Totals, { groups, masks, title }: RankRequest): number[] {
    this.#reserve(segments);
    const gathered = this.#gathered;
    gathered.clear();
    const ends: number[] = [];
    const idfs = groups.map(({ weight, ranks }) => {
      const before = gathered.length;
      for (const [index, segment] of segments.entries()) {
        this.#gather(segment, ranks[index] as Uint32Array);
        ends.push(gathered.length);
      }
      const count = gathered.length - before;
      return weight * idfOf(totals.sections, count);
    });

    // No text can score more than this: a section whose title is the query comes before all others.
    const prize = idfs.reduce((sum, idf) => sum + idf, 0);
    const { sections, times } = gathered;
    const scores = this.#scores;
    const scored: number[] = [];
    let count = 0;
    for (const [index, segment] of segments.entries()) {
      const norms = segment.norms(totals.average, K1, B);
      const mask = masks?.[index];
      const first = count;
      for (let group = 0; group < groups.length; group += 1) {
        const idf = idfs[group] as number;
        const place = group * segments.length + index;
        const end = ends[place] as number;
        const start = place === 0 ? 0 : (ends[place - 1] as number);
        if (count + end - start > this.#touched.length) this.#grow(count + end - start);
        const touched = this.#touched;
        for (let at = start; at < end; at += 1) {
          const section = sections[at] as number;
          if (mask && mask[section] === 0) continue;
          const often = times[at] as number;
          const score = scores[section] as number;
          if (score === 0) touched[count++] = section;
          scores[section] = score + (idf * often) / (often + (norms[section] as number));
        }
      }
      const [touched, values] = [this.#touched, this.#values];
      for (let at = first; at < count; at += 1) {
        const section = touched[at] as number;
        const score = scores[section] as number;
        scores[section] = 0;
        values[at] = title !== 0 && segment.titles[section] === title ? score + prize : score;
      }
      scored.push(count);
    }
    return scored;
  }

  #reserve(segments: readonly Segment[]): void {
    const largest = segments.reduce((max, { sections }) => Math.max(max, sections), 0);
    if (this.#sums.length >= largest) return;
    this.#sums = new Float32Array(largest);
    this.#scores = new Float64Array(largest);
  }

  #grow(atLeast: number): void {
    const size = Math.max(atLeast, this.#touched.length * 2);
    const [touched, values] = [new Uint32Array(size), new Float64Array(size)];
    touched.set(this.#touched);
    values.set(this.#values);
    [this.#touched, this.#values] = [touched, values];
  }

  /** Adds the live sections that have any of the terms; how often is their sum. */
  #gather(segment: Segment, ranks: Uint32Array): void {
    const gathered = this.#gathered;
    const start = gathered.length;
    for (const rank of ranks) gather(segment, rank, gathered);
    if (ranks.length < 2) return;
    const { sections, times } = gathered;
    const sums = this.#sums;
    let end = start;
    for (let at = start; at < gathered.length; at += 1) {
      const section = sections[at] as number;
      const sum = sums[section] as number;
      if (sum === 0) sections[end++] = section;
      sums[section] = sum + (times[at] as number);
    }
    for (let at = start; at < end; at += 1) {
      const section = sections[at] as number;
      times[at] = sums[section] as number;
      sums[section] = 0;
    }
    gathered.length = end;
  }
}

/** What a term is worth that so many of all sections have, at the most that repetition can make of it. */
export function idfOf(all: number, having: number): number {
  return Math.log(1 + (all - having + 0.5) / (having + 0.5)) * (K1 + 1);
}

/** Scores are multiples of this. */
const UNIT = 1e-4;

/** A score as it is told: so that machines do not differ in its last digits. */
export function rounded(score: number): number {
  return Math.max(UNIT, Math.round(score * 1e4) / 1e4);
}

export function byScore(a: Found, b: Found): number {
  return b.score - a.score || byPlace(a, b);
}

export function byDate(a: Found, b: Found): number {
  return dateOf(b) - dateOf(a) || byDocument(a, b) || byScore(a, b);
}

function dateOf({ segment, section }: Found): number {
  return segment.modified[segment.documentOf[section] as number] as number;
}

function byPlace(a: Found, b: Found): number {
  return byDocument(a, b) || a.section - b.section;
}

function byDocument(a: Found, b: Found): number {
  const [one, other] = [a.segment.documentOf[a.section] as number, b.segment.documentOf[b.section] as number];
  if (a.segment === b.segment) return (a.segment.order[one] as number) - (a.segment.order[other] as number);
  return a.segment.compareIds(one, b.segment, other);
}
