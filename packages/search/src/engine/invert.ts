import { ByteWriter } from "./bytes.ts";

/** As often as a term counts in one section: what comes so often is what the section is about. */
export const MAX_TIMES = 255;
/** Sections that 16 bits can tell apart. */
const NARROW = 2 ** 16;

/** Blocks of the inverted index: for each term, by rank, the sections that have it. Of a fixed width, so that reading is quick. */
export interface Postings extends Record<string, Uint8Array | Uint16Array | Uint32Array> {
  /** Where the postings of each term begin, and one past the last. */
  readonly "postings.at": Uint32Array;
  /** By posting: how often the term comes in the section, at most 255. The section is in `postings.narrow` or `postings.wide`. */
  readonly times: Uint8Array;
  /** By posting and each time: distance from the position before. Where `times` is 255, their number comes first. */
  readonly positions: Uint8Array;
  readonly "positions.at": Uint32Array;
}

/** The terms of a text in their order, by id, each with its position. */
export class Tokens {
  ids = new Uint32Array(4096);
  positions = new Uint32Array(4096);
  length = 0;

  push(id: number, position: number): void {
    if (this.length === this.ids.length) this.#grow();
    this.ids[this.length] = id;
    this.positions[this.length] = position;
    this.length += 1;
  }

  #grow(): void {
    const [ids, positions] = [new Uint32Array(this.length * 2), new Uint32Array(this.length * 2)];
    ids.set(this.ids);
    positions.set(this.positions);
    [this.ids, this.positions] = [ids, positions];
  }
}

/**
 * Turns the terms of sections into the sections of terms, by counting.
 * @param ends where each section ends among the tokens
 * @param ranks the place of each id in the order of terms
 */
export function invert(all: Tokens, ends: readonly number[], ranks: Uint32Array): Postings {
  const tokens = all.ids.subarray(0, all.length);
  const { positions } = all;
  const terms = ranks.length;
  const starts = new Uint32Array(terms + 1);
  for (const id of tokens) {
    const rank = (ranks[id] as number) + 1;
    starts[rank] = (starts[rank] as number) + 1;
  }
  for (let rank = 0; rank < terms; rank += 1)
    starts[rank + 1] = (starts[rank + 1] as number) + (starts[rank] as number);

  const next = starts.slice(0, terms);
  const sections = new Uint32Array(tokens.length);
  const places = new Uint32Array(tokens.length);
  let at = 0;
  for (const [section, end] of ends.entries()) {
    for (; at < end; at += 1) {
      const rank = ranks[tokens[at] as number] as number;
      const place = next[rank] as number;
      next[rank] = place + 1;
      sections[place] = section;
      places[place] = positions[at] as number;
    }
  }

  // In place: there are at most as many postings as tokens, and each is read before it is written over.
  const times = new Uint8Array(tokens.length);
  const postingsAt = new Uint32Array(terms + 1);
  const positionsAt = new Uint32Array(terms + 1);
  const positionsOut = new ByteWriter();
  let count = 0;
  for (let rank = 0; rank < terms; rank += 1) {
    const end = starts[rank + 1] as number;
    for (let from = starts[rank] as number; from < end;) {
      const section = sections[from] as number;
      let to = from + 1;
      while (to < end && sections[to] === section) to += 1;
      const often = to - from;
      if (often >= MAX_TIMES) positionsOut.varint(often);
      for (let position = 0; from < to; from += 1) {
        const place = places[from] as number;
        positionsOut.varint(Math.max(0, place - position));
        position = Math.max(position, place);
      }
      times[count] = Math.min(often, MAX_TIMES);
      sections[count] = section;
      count += 1;
    }
    postingsAt[rank + 1] = count;
    positionsAt[rank + 1] = positionsOut.length;
  }
  return {
    [ends.length > NARROW ? "postings.wide" : "postings.narrow"]:
      ends.length > NARROW ? sections.slice(0, count) : Uint16Array.from(sections.subarray(0, count)),
    "postings.at": postingsAt,
    times: times.slice(0, count),
    positions: positionsOut.finish(),
    "positions.at": positionsAt,
  };
}
