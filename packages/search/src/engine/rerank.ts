import { Best } from "./best.ts";
import { liveCount } from "./postings.ts";
import { B, byScore, idfOf, K1, rounded } from "./rank.ts";
import type { Found, Group, Ranked, Totals } from "./rank.ts";
import type { Segment } from "./segment.ts";

/** Ranks once more what has been ranked. Keeps an array between calls, so calls must not overlap. */
export class Reranker {
  /** By section: the place of what was found there, plus one. */
  #slots = new Uint32Array(0);

  /**
   * Ranks what was found once more, by what further groups say of it.
   * @param share how much of the new score is theirs
   */
  rerank(
    segments: readonly Segment[],
    totals: Totals,
    { found, total }: Ranked,
    { groups, share, count }: { readonly groups: readonly Group[]; readonly share: number; readonly count: number },
  ): Ranked {
    const width = found.length;
    const largest = segments.reduce((max, { sections }) => Math.max(max, sections), 0);
    if (this.#slots.length < largest) this.#slots = new Uint32Array(largest);
    const times = new Float32Array(groups.length * width);
    const having = new Uint32Array(groups.length);
    const places = new Map(segments.map((segment): [Segment, number[]] => [segment, []]));
    for (const [slot, { segment }] of found.entries()) places.get(segment)?.push(slot);
    for (const [index, segment] of segments.entries()) {
      const ranks = groups.map((group) => group.ranks[index] as Uint32Array);
      this.#count(segment, found, places.get(segment) ?? [], ranks, times, having);
    }
    const norms = new Float64Array(width);
    for (const [segment, slots] of places) {
      const own = segment.norms(totals.average, K1, B);
      for (const slot of slots) norms[slot] = own[(found[slot] as Found).section] as number;
    }
    const more = new Float64Array(width);
    for (const [group, { weight }] of groups.entries()) {
      const idf = weight * idfOf(totals.sections, Math.min(having[group] as number, totals.sections));
      for (let slot = 0; slot < width; slot += 1) {
        const often = times[group * width + slot] as number;
        if (often > 0) more[slot] = (more[slot] as number) + (idf * often) / (often + (norms[slot] as number));
      }
    }
    const best = new Best<Found>(count, byScore);
    for (const [slot, { segment, section, score }] of found.entries())
      best.offer({ segment, section, score: rounded(score * (1 - share) + (more[slot] as number) * share) });
    return { total, found: best.sorted() };
  }

  /**
   * Counts how often what was found in a segment has the terms of each group, and how many sections have them at all.
   * @param own the places of its sections in what was found
   */
  #count(
    segment: Segment,
    found: readonly Found[],
    own: readonly number[],
    groups: readonly Uint32Array[],
    times: Float32Array,
    having: Uint32Array,
  ): void {
    const slots = this.#slots;
    const { postings, times: often } = segment;
    for (const slot of own) slots[(found[slot] as Found).section] = slot + 1;
    for (const [group, ranks] of groups.entries()) {
      const first = group * found.length - 1;
      for (const rank of ranks) {
        having[group] = (having[group] as number) + liveCount(segment, rank);
        const end = segment.postingsAt[rank + 1] as number;
        for (let at = segment.postingsAt[rank] as number; at < end; at += 1) {
          const slot = slots[postings[at] as number] as number;
          if (slot !== 0) times[first + slot] = (times[first + slot] as number) + (often[at] as number);
        }
      }
    }
    for (const slot of own) slots[(found[slot] as Found).section] = 0;
  }
}
