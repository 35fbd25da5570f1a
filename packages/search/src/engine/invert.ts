import { ByteWriter } from "./bytes.ts";

/** Blocks of the inverted index: for each term, by rank, the sections that have it. */
export interface Postings extends Record<string, Uint8Array | Uint32Array> {
  /** How many sections have it. */
  readonly counts: Uint32Array;
  /** For each section: distance from the one before, doubled, plus 1 where the term comes once; else how often it comes. */
  readonly postings: Uint8Array;
  readonly "postings.at": Uint32Array;
  /** For each section and each time: distance from the position before. */
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

  const counts = new Uint32Array(terms);
  const postingsAt = new Uint32Array(terms + 1);
  const positionsAt = new Uint32Array(terms + 1);
  const postingsOut = new ByteWriter();
  const positionsOut = new ByteWriter();
  for (let rank = 0; rank < terms; rank += 1) {
    const end = starts[rank + 1] as number;
    let before = 0;
    let count = 0;
    for (let from = starts[rank] as number; from < end;) {
      const section = sections[from] as number;
      let position = 0;
      let to = from;
      for (; to < end && sections[to] === section; to += 1) {
        const place = places[to] as number;
        positionsOut.varint(Math.max(0, place - position));
        position = Math.max(position, place);
      }
      const times = to - from;
      postingsOut.varint((section - before) * 2 + (times === 1 ? 1 : 0));
      if (times > 1) postingsOut.varint(times);
      before = section;
      count += 1;
      from = to;
    }
    counts[rank] = count;
    postingsAt[rank + 1] = postingsOut.length;
    positionsAt[rank + 1] = positionsOut.length;
  }
  return {
    counts,
    postings: postingsOut.finish(),
    "postings.at": postingsAt,
    positions: positionsOut.finish(),
    "positions.at": positionsAt,
  };
}
