import type { Segment } from "./segment.ts";

/** Segments of about the same size that are put together once there are so many. */
const FACTOR = 8;
/** Bytes of text in segments of the lowest tier; each further one has eight times as much. */
const LOWEST = 32 * 1024;
/** Larger segments stay as they are until much of them has left. */
const LARGEST = 4 * 1024 * 1024;
/** The same for segments of so many documents, of which each takes its time when a segment is put in. */
const MOST_DOCUMENTS = 1_024;
const MAX_DEAD = 0.4;

/** The segments that should be put together now; none if that is not due. */
export function mergeable(segments: readonly Segment[]): readonly Segment[] {
  const tiers = new Map<number, Segment[]>();
  for (const segment of segments) {
    const dead = segment.documents - segment.liveDocuments;
    if (segment.deadBytes > MAX_DEAD * segment.texts.bytes || dead > MAX_DEAD * segment.documents) {
      if (segment.texts.bytes > LOWEST) return [segment];
    }
    if (segment.texts.bytes >= LARGEST || segment.documents >= MOST_DOCUMENTS) continue;
    const tier = Math.max(0, Math.ceil(Math.log(segment.texts.bytes / LOWEST) / Math.log(FACTOR)));
    const others = tiers.get(tier);
    if (others) others.push(segment);
    else tiers.set(tier, [segment]);
  }
  for (const tier of [...tiers.keys()].sort((a, b) => a - b)) {
    const same = tiers.get(tier) ?? [];
    if (same.length >= FACTOR) return same;
  }
  return [];
}
