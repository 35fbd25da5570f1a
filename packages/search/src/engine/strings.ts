import type { Blocks } from "./blocks.ts";

/** Blocks that hold a list of strings: their text in one piece, and where each begins. */
export function stringBlocks(name: string, strings: readonly string[]): Record<string, Uint8Array | Uint32Array> {
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
  };
}

/** A list of strings in little memory. */
export class Strings {
  readonly length: number;
  readonly #text: string;
  readonly #offsets: Uint32Array;
  readonly #encoding: "utf16le" | "latin1";

  constructor(blocks: Blocks, name: string) {
    this.#offsets = blocks.u32(`${name}.at`);
    this.length = this.#offsets.length - 1;
    const wide = blocks.has(`${name}.wide`);
    this.#encoding = wide ? "utf16le" : "latin1";
    const bytes = blocks.bytes(`${name}.${wide ? "wide" : "narrow"}`);
    this.#text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString(this.#encoding);
  }

  at(index: number): string {
    return this.#text.slice(this.#offsets[index], this.#offsets[index + 1]);
  }

  /** The same as a string of its own, which keeps nothing else in memory. */
  own(index: number): string {
    return Buffer.from(this.at(index), this.#encoding).toString(this.#encoding);
  }

  lengthAt(index: number): number {
    return (this.#offsets[index + 1] ?? 0) - (this.#offsets[index] ?? 0);
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

  #compare(index: number, wanted: string): number {
    const from = this.#offsets[index] ?? 0;
    const length = (this.#offsets[index + 1] ?? 0) - from;
    const shared = Math.min(length, wanted.length);
    for (let at = 0; at < shared; at += 1) {
      const difference = this.#text.charCodeAt(from + at) - wanted.charCodeAt(at);
      if (difference !== 0) return difference;
    }
    return length - wanted.length;
  }
}
