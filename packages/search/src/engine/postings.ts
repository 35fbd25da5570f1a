import { ByteReader } from "./bytes.ts";
import { MAX_TIMES } from "./invert.ts";
import type { Segment } from "./segment.ts";

/** Sections with how often each has what is looked for, gathered from several lists one after the other. */
export class Gathered {
  sections = new Uint32Array(4096);
  times = new Float32Array(4096);
  length = 0;

  /** Makes room for so many more. */
  reserve(more: number): void {
    const wanted = this.length + more;
    if (wanted <= this.sections.length) return;
    const size = Math.max(wanted, this.sections.length * 2);
    const [sections, times] = [new Uint32Array(size), new Float32Array(size)];
    sections.set(this.sections.subarray(0, this.length));
    times.set(this.times.subarray(0, this.length));
    this.sections = sections;
    this.times = times;
  }

  clear(): void {
    this.length = 0;
  }
}

/** Adds the live sections that have a term. */
export function gather(segment: Segment, rank: number, into: Gathered): void {
  const [from, to] = [segment.postingsAt[rank] as number, segment.postingsAt[rank + 1] as number];
  into.reserve(to - from);
  const { sections, times } = into;
  const { postings, times: often, live } = segment;
  const all = segment.dropped.size === 0;
  let { length } = into;
  for (let at = from; at < to; at += 1) {
    const section = postings[at] as number;
    if (!all && live[section] === 0) continue;
    sections[length] = section;
    times[length] = often[at] as number;
    length += 1;
  }
  into.length = length;
}

/** Visits the live sections that have a term, with its positions in each; the list of positions is used again. */
export function eachPlace(
  segment: Segment,
  rank: number,
  visit: (section: number, positions: readonly number[]) => void,
): void {
  const places = new ByteReader(segment.positions, segment.positionsAt[rank] as number);
  const positions: number[] = [];
  for (let at = segment.postingsAt[rank] as number; at < (segment.postingsAt[rank + 1] as number); at += 1) {
    const section = segment.postings[at] as number;
    const known = segment.times[at] as number;
    const times = known < MAX_TIMES ? known : places.varint();
    positions.length = 0;
    for (let time = 0, position = 0; time < times; time += 1) positions.push((position += places.varint()));
    if (segment.live[section] === 1) visit(section, positions);
  }
}

/** How many live sections have a term. */
export function liveCount(segment: Segment, rank: number): number {
  if (segment.dropped.size === 0) return segment.count(rank);
  const { postings, live } = segment;
  let count = 0;
  for (let at = segment.postingsAt[rank] as number; at < (segment.postingsAt[rank + 1] as number); at += 1)
    count += live[postings[at] as number] as number;
  return count;
}

/** Whether any live section has a term. */
export function isUsed(segment: Segment, rank: number): boolean {
  if (segment.dropped.size === 0) return true;
  const { postings, live } = segment;
  for (let at = segment.postingsAt[rank] as number; at < (segment.postingsAt[rank + 1] as number); at += 1)
    if (live[postings[at] as number] === 1) return true;
  return false;
}
