import { Best } from "./best.ts";
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
  readonly found: Found[];
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
const K1 = 1.2;
const B = 0.5;

/**
 * Ranks by Okapi BM25 (Robertson and Zaragoza 2009), with the idf that is never negative, over live sections alone: where
 * they stand, and what has left, makes no difference. Keeps arrays between calls, so calls must not overlap.
 */
export class Ranker {
  readonly #gathered = new Gathered();
  #sums = new Float32Array(0);
  #scores = new Float64Array(0);
  #slots = new Uint32Array(0);
  #touched = new Uint32Array(1024);

  rank(segments: readonly Segment[], totals: Totals, request: RankRequest): Ranked {
    const { groups, masks } = request;
    const best = new Best<Found>(request.count, request.sort === "modified" ? byDate : byScore);
    const largest = segments.reduce((max, { sections }) => Math.max(max, sections), 0);
    if (this.#sums.length < largest) {
      this.#sums = new Float32Array(largest);
      this.#slots = new Uint32Array(largest);
      this.#scores = new Float64Array(largest);
    }
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
    let total = 0;
    const { sections, times } = gathered;
    const scores = this.#scores;
    let touched = this.#touched;
    for (const [index, segment] of segments.entries()) {
      const norms = segment.norms(totals.average, K1, B);
      const mask = masks?.[index];
      let count = 0;
      for (let group = 0; group < groups.length; group += 1) {
        const idf = idfs[group] as number;
        const place = group * segments.length + index;
        const end = ends[place] as number;
        const start = place === 0 ? 0 : (ends[place - 1] as number);
        if (count + end - start > touched.length) this.#touched = touched = grown(touched, count + end - start);
        if (mask) {
          for (let at = start; at < end; at += 1) if (mask[sections[at] as number] === 0) times[at] = 0;
        }
        for (let at = start; at < end; at += 1) {
          const often = times[at] as number;
          if (often === 0) continue;
          const section = sections[at] as number;
          const score = scores[section] as number;
          if (score === 0) touched[count++] = section;
          scores[section] = score + (idf * often) / (often + (norms[section] as number));
        }
      }
      total += count;
      this.#offer(segment, touched.subarray(0, count), request, prize, best);
    }
    return { total, found: best.sorted() };
  }

  #offer(segment: Segment, touched: Uint32Array, { title, sort }: RankRequest, prize: number, best: Best<Found>): void {
    const scores = this.#scores;
    // Most of many are far from the best: no need to look closer.
    let least = sort === "relevance" ? (best.worst?.score ?? 0) - 0.001 : 0;
    for (let at = 0; at < touched.length; at += 1) {
      const section = touched[at] as number;
      let sum = scores[section] as number;
      scores[section] = 0;
      if (title !== 0 && segment.titles[section] === title) sum += prize;
      if (sum < least) continue;
      best.offer({ segment, section, score: rounded(sum) });
      if (sort === "relevance") least = (best.worst?.score ?? 0) - 0.001;
    }
  }

  /**
   * Ranks what was found once more, by what further groups say of it.
   * @param share how much of the new score is theirs
   */
  again(
    segments: readonly Segment[],
    totals: Totals,
    { found, total }: Ranked,
    { groups, share, count }: { readonly groups: readonly Group[]; readonly share: number; readonly count: number },
  ): Ranked {
    const width = found.length;
    const times = new Float32Array(groups.length * width);
    const having = new Uint32Array(groups.length);
    for (const [index, segment] of segments.entries())
      this.#countAgain(
        segment,
        found,
        groups.map(({ ranks }) => ranks[index] as Uint32Array),
        times,
        having,
      );
    const more = new Float64Array(width);
    for (const [group, { weight }] of groups.entries()) {
      const idf = weight * idfOf(totals.sections, Math.min(having[group] as number, totals.sections));
      for (const [slot, { segment, section }] of found.entries()) {
        const often = times[group * width + slot] as number;
        const norm = segment.norms(totals.average, K1, B)[section] as number;
        if (often > 0) more[slot] = (more[slot] as number) + (idf * often) / (often + norm);
      }
    }
    const ranked = found
      .map((each, slot) => ({ ...each, score: rounded(each.score * (1 - share) + (more[slot] as number) * share) }))
      .sort(byScore);
    return { total, found: ranked.slice(0, count) };
  }

  /** Counts how often what was found in a segment has the terms of each group, and how many sections have them at all. */
  #countAgain(
    segment: Segment,
    found: readonly Found[],
    groups: readonly Uint32Array[],
    times: Float32Array,
    having: Uint32Array,
  ): void {
    const slots = this.#slots;
    const gathered = this.#gathered;
    for (const [slot, each] of found.entries()) if (each.segment === segment) slots[each.section] = slot + 1;
    for (const [group, ranks] of groups.entries()) {
      gathered.clear();
      for (const rank of ranks) gather(segment, rank, gathered);
      having[group] = (having[group] as number) + gathered.length;
      for (let at = 0; at < gathered.length; at += 1) {
        const slot = slots[gathered.sections[at] as number] as number;
        if (slot === 0) continue;
        const place = group * found.length + slot - 1;
        times[place] = (times[place] as number) + (gathered.times[at] as number);
      }
    }
    for (const each of found) if (each.segment === segment) slots[each.section] = 0;
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
      if (sums[section] === 0) sections[end++] = section;
      sums[section] = (sums[section] as number) + (times[at] as number);
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
function idfOf(all: number, having: number): number {
  return Math.log(1 + (all - having + 0.5) / (having + 0.5)) * (K1 + 1);
}

function rounded(score: number): number {
  return Math.max(1e-4, Math.round(score * 1e4) / 1e4);
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
  if (a.segment === b.segment) return a.segment.orderOf(one) - a.segment.orderOf(other);
  return a.segment.idAt(one) < b.segment.idAt(other) ? -1 : 1;
}

function grown(from: Uint32Array<ArrayBuffer>, atLeast: number): Uint32Array<ArrayBuffer> {
  const into = new Uint32Array(Math.max(atLeast, from.length * 2));
  into.set(from);
  return into;
}
