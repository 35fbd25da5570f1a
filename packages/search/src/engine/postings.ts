import { ByteReader } from "./bytes.ts";
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
  const count = segment.counts[rank] as number;
  into.reserve(count);
  const { sections, times } = into;
  const { postings, live } = segment;
  let at = segment.postingsAt[rank] as number;
  let section = 0;
  let length = into.length;
  for (let left = count; left > 0; left -= 1) {
    // Read here, not by a reader: this is the innermost loop of every search.
    let value = postings[at++] as number;
    if (value > 127) {
      let byte = postings[at++] as number;
      value = (value & 127) | ((byte & 127) << 7);
      for (let shift = 14; byte > 127; shift += 7) {
        byte = postings[at++] as number;
        value |= (byte & 127) << shift;
      }
    }
    let often = 1;
    if ((value & 1) === 0) {
      often = postings[at++] as number;
      if (often > 127) {
        let byte = postings[at++] as number;
        often = (often & 127) | ((byte & 127) << 7);
        for (let shift = 14; byte > 127; shift += 7) {
          byte = postings[at++] as number;
          often |= (byte & 127) << shift;
        }
      }
    }
    section += value >>> 1;
    if (live[section] === 1) {
      sections[length] = section;
      times[length] = often;
      length += 1;
    }
  }
  into.length = length;
}

/** Visits the live sections that have a term, with its positions in each; the list of positions is used again. */
export function eachPlace(
  segment: Segment,
  rank: number,
  visit: (section: number, positions: readonly number[]) => void,
): void {
  const postings = new ByteReader(segment.postings, segment.postingsAt[rank] as number);
  const places = new ByteReader(segment.positions, segment.positionsAt[rank] as number);
  const positions: number[] = [];
  let section = 0;
  for (let left = segment.counts[rank] as number; left > 0; left -= 1) {
    const value = postings.varint();
    const times = (value & 1) === 1 ? 1 : postings.varint();
    section += value >>> 1;
    positions.length = 0;
    for (let time = 0, position = 0; time < times; time += 1) positions.push((position += places.varint()));
    if (segment.live[section] === 1) visit(section, positions);
  }
}

/** How many live sections have a term. */
export function liveCount(segment: Segment, rank: number): number {
  if (segment.dropped.size === 0) return segment.counts[rank] as number;
  const gathered = new Gathered();
  gather(segment, rank, gathered);
  return gathered.length;
}

/** Whether any live section has a term. */
export function isUsed(segment: Segment, rank: number): boolean {
  if (segment.dropped.size === 0) return true;
  const { postings, live } = segment;
  const reader = new ByteReader(postings, segment.postingsAt[rank] as number);
  let section = 0;
  for (let left = segment.counts[rank] as number; left > 0; left -= 1) {
    const value = reader.varint();
    if ((value & 1) === 0) reader.varint();
    section += value >>> 1;
    if (live[section] === 1) return true;
  }
  return false;
}
