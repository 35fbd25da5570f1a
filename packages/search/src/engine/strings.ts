import type { Blocks } from "./blocks.ts";

/** Blocks that hold a list of strings: their text in one piece, where each begins, and of a long sorted list where to look. */
export function stringBlocks(name: string, strings: readonly string[]): Record<string, Uint8Array | Uint32Array> {
  const starts = strings.length >= MANY ? firstsOf(strings) : undefined;
  const offsets = new Uint32Array(strings.length + 1);
  let length = 0;
  let wide = false;
  for (const [index, each] of strings.entries()) {
    length += each.length;
    offsets[index + 1] = length;
  }
  const text = strings.join("");
  for (let at = 0; at < text.length && !wide; at += 1) wide = text.charCodeAt(at) > 255;
  // Not UTF-8: it would lose halves of surrogate pairs, and with them the order.
  return {
    [`${name}.at`]: offsets,
    [`${name}.${wide ? "wide" : "narrow"}`]: Buffer.from(text, wide ? "utf16le" : "latin1"),
    ...(starts && { [`${name}.starts`]: starts }),
  };
}

const MANY = 4_096;
const LETTERS = 128;
const PAIRS = LETTERS * LETTERS;

function pairOf(first: number, second: number): number {
  return Math.min(first, LETTERS - 1) * LETTERS + (first < LETTERS - 1 ? Math.min(second, LETTERS - 1) : 0);
}

/** Where the strings begin with each first two letters, those from 127 on as one; undefined if they are not in order. */
function firstsOf(strings: readonly string[]): Uint32Array | undefined {
  const starts = new Uint32Array(PAIRS + 1);
  let before = 0;
  for (const [index, each] of strings.entries()) {
    const pair = pairOf(each.length > 0 ? each.charCodeAt(0) : 0, each.length > 1 ? each.charCodeAt(1) : 0);
    if (pair < before) return undefined;
    starts.fill(index, before + 1, pair + 1);
    before = pair;
  }
  return starts.fill(strings.length, before + 1);
}

/** A list of strings as it was packed: nothing is unpacked but what is asked for. */
export class Strings {
  readonly length: number;
  /** UTF-16 units, or where all are below 256 a byte for each. */
  readonly #units: Uint8Array | Uint16Array;
  readonly #bytes: Buffer;
  readonly #wide: boolean;
  readonly #offsets: Uint32Array;
  readonly #starts: Uint32Array | undefined;

  constructor(blocks: Blocks, name: string) {
    this.#offsets = blocks.u32(`${name}.at`);
    this.length = this.#offsets.length - 1;
    this.#wide = blocks.has(`${name}.wide`);
    this.#units = this.#wide ? blocks.u16(`${name}.wide`) : blocks.bytes(`${name}.narrow`);
    this.#bytes = Buffer.from(this.#units.buffer, this.#units.byteOffset, this.#units.byteLength);
    this.#starts = blocks.has(`${name}.starts`) ? blocks.u32(`${name}.starts`) : undefined;
  }

  at(index: number): string {
    const [from, to] = [this.#offsets[index] as number, this.#offsets[index + 1] as number];
    return this.#wide ? this.#bytes.toString("utf16le", 2 * from, 2 * to) : this.#bytes.toString("latin1", from, to);
  }

  lengthAt(index: number): number {
    return (this.#offsets[index + 1] ?? 0) - (this.#offsets[index] ?? 0);
  }

  /** Compares a string with one of another list: negative if it comes before. */
  compare(index: number, other: Strings, theirs: number): number {
    const [from, start] = [this.#offsets[index] ?? 0, other.#offsets[theirs] ?? 0];
    const [length, their] = [this.lengthAt(index), other.lengthAt(theirs)];
    for (let at = 0; at < Math.min(length, their); at += 1) {
      const difference = (this.#units[from + at] as number) - (other.#units[start + at] as number);
      if (difference !== 0) return difference;
    }
    return length - their;
  }

  /** Where `wanted` is in a sorted list, or −1. */
  find(wanted: string): number {
    const at = this.from(wanted);
    return at < this.length && this.#compare(at, wanted) === 0 ? at : -1;
  }

  /** The first in a sorted list that is not before `wanted`. */
  from(wanted: string): number {
    let low = 0;
    let high = this.length;
    if (this.#starts && wanted.length > 1) {
      const pair = pairOf(wanted.charCodeAt(0), wanted.charCodeAt(1));
      low = this.#starts[pair] as number;
      high = this.#starts[pair + 1] as number;
    }
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#compare(middle, wanted) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Where those that begin with `prefix` are in a sorted list. */
  range(prefix: string): [from: number, to: number] {
    const from = this.from(prefix);
    return [from, this.from(`${prefix}\uffff`)];
  }

  /**
   * How many mistakes are between a string and a word: a letter too many, too few, wrong, or two that changed places.
   * @param most more are not counted: then one more than this is the answer
   */
  distance(index: number, word: string, most: number): number {
    return this.#distance(this.#offsets[index] ?? 0, this.#offsets[index + 1] ?? 0, word, 0, most);
  }

  /** Walks along both while they agree, and tries at the first difference all that may have gone wrong there. */
  #distance(start: number, end: number, word: string, first: number, most: number): number {
    const units = this.#units;
    const { length } = word;
    let from = start;
    let at = first;
    while (from < end && at < length && units[from] === word.charCodeAt(at)) {
      from += 1;
      at += 1;
    }
    const [left, wanted] = [end - from, length - at];
    if (left === 0 || wanted === 0) return Math.min(left + wanted, most + 1);
    if (most === 0) return 1;
    let least = most;
    const swapped = units[from] === word.charCodeAt(at + 1) && units[from + 1] === word.charCodeAt(at);
    if (swapped && left > 1 && wanted > 1)
      least = Math.min(least, this.#distance(from + 2, end, word, at + 2, least - 1));
    if (least > 0) least = Math.min(least, this.#distance(from + 1, end, word, at + 1, least - 1));
    if (least > 0) least = Math.min(least, this.#distance(from + 1, end, word, at, least - 1));
    if (least > 0) least = Math.min(least, this.#distance(from, end, word, at + 1, least - 1));
    return least + 1;
  }

  #compare(index: number, wanted: string): number {
    const from = this.#offsets[index] ?? 0;
    const length = (this.#offsets[index + 1] ?? 0) - from;
    const shared = Math.min(length, wanted.length);
    const units = this.#units;
    for (let at = 0; at < shared; at += 1) {
      const difference = (units[from + at] as number) - wanted.charCodeAt(at);
      if (difference !== 0) return difference;
    }
    return length - wanted.length;
  }
}
