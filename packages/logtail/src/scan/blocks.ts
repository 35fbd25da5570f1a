import type { Encoding } from "../lines/decode.ts";
import { encodingOf, findEnd, findEndBackwards, unitOf } from "../lines/decode.ts";
import type { ByteSource } from "./bytes.ts";

/** Whole lines of a part; only the last one of the part may have no line end. Good until the next block is asked for. */
export interface Block {
  readonly bytes: Buffer;
  /** Byte offset of `bytes`. */
  readonly offset: number;
  /** Where the lines end. */
  readonly end: number;
  /** Present for a single line that is longer than a block, of which `bytes` is the head: whether it has a line end. */
  readonly long?: { readonly complete: boolean };
}

export interface BlockOptions {
  /** Bytes of the first block. Default 65,536. */
  readonly firstBytes?: number;
  /** Bytes of a block, to which they grow by doubling; at least 4. Default 512 KiB: it fits into the cache. */
  readonly maxBytes?: number;
  /** Bytes that are kept of a line that is longer than a block. Default 65,540. */
  readonly headBytes?: number;
}

/** The encoding of a file, by its first bytes. */
export async function encodingAt(source: ByteSource): Promise<Encoding> {
  const head = Buffer.alloc(2);
  return encodingOf(head.subarray(0, await source.read(head, 0)));
}

/** Reads a part of a file block by block, either way. */
export class BlockReader {
  readonly #source: ByteSource;
  readonly #encoding: Encoding;
  readonly #unit: 1 | 2;
  readonly #max: number;
  readonly #headBytes: number;
  #size: number;
  #buffer: Buffer;

  constructor(source: ByteSource, encoding: Encoding, options: BlockOptions = {}) {
    this.#source = source;
    this.#encoding = encoding;
    this.#unit = unitOf(encoding);
    this.#max = even(options.maxBytes ?? 524_288);
    this.#size = Math.min(this.#max, even(options.firstBytes ?? 65_536));
    this.#headBytes = options.headBytes ?? 65_540;
    this.#buffer = Buffer.allocUnsafeSlow(this.#size);
  }

  /** The blocks from `from`, the start of a line, to `to` or the end of the file. */
  async *forwards(from: number, to: number): AsyncGenerator<Block, void, undefined> {
    for (let position = from; position < to;) {
      const wanted = this.#room().subarray(0, Math.min(this.#size, to - position));
      const length = await this.#source.read(wanted, position);
      if (length === 0) return;
      const bytes = wanted.subarray(0, length);
      const last = length < wanted.length || position + length >= to;
      const lines = last ? length : this.#lastEnd(bytes);
      this.#grow();
      if (lines > 0) {
        yield { bytes: bytes.subarray(0, lines), offset: position, end: position + lines };
        position += lines;
        continue;
      }
      if (length < this.#max && this.#size > length) continue;
      const end = await this.#endOf(position + length, to);
      yield await this.#long(position, end);
      position = end;
    }
  }

  /** The blocks from `to`, the start of a line or the end of the file, back to `from`. */
  async *backwards(from: number, to: number): AsyncGenerator<Block, void, undefined> {
    for (let end = to; end > from;) {
      const low = Math.max(from, end - this.#size);
      const base = low + ((low - from) % this.#unit);
      const wanted = this.#room().subarray(0, end - base);
      const length = await this.#source.read(wanted, base);
      // The file has shrunk: what lies before is of another content.
      if (length < wanted.length) return;
      const first = base === from ? 0 : this.#firstEnd(wanted);
      const small = wanted.length < this.#max;
      this.#grow();
      if (first < length) {
        yield { bytes: wanted.subarray(first), offset: base + first, end };
        end = base + first;
        continue;
      }
      if (small) continue;
      const start = await this.#startOf(base, from);
      yield await this.#long(start, end);
      end = start;
    }
  }

  #room(): Buffer {
    if (this.#buffer.length < this.#size) this.#buffer = Buffer.allocUnsafeSlow(this.#size);
    return this.#buffer;
  }

  #grow(): void {
    this.#size = Math.min(this.#max, this.#size * 2);
  }

  /** Index behind the last line end; 0 without one. */
  #lastEnd(bytes: Buffer): number {
    const at = findEndBackwards(bytes, bytes.length - this.#unit - (bytes.length % this.#unit), this.#encoding);
    return at === -1 ? 0 : at + this.#unit;
  }

  /** Index behind the first line end; the length without one. */
  #firstEnd(bytes: Buffer): number {
    const at = findEnd(bytes, 0, this.#encoding);
    return at === -1 ? bytes.length : at + this.#unit;
  }

  async #long(start: number, end: number): Promise<Block> {
    const head = Buffer.allocUnsafe(Math.min(this.#headBytes, end - start));
    const length = await this.#source.read(head, start);
    const last = Buffer.alloc(this.#unit);
    await this.#source.read(last, end - this.#unit);
    const complete = findEnd(last, 0, this.#encoding) === 0;
    return { bytes: head.subarray(0, length), offset: start, end, long: { complete } };
  }

  /** Where the line that runs over `from` ends. */
  async #endOf(from: number, to: number): Promise<number> {
    const buffer = Buffer.allocUnsafe(this.#max);
    for (let position = from; position < to;) {
      const wanted = buffer.subarray(0, Math.min(buffer.length, to - position));
      const length = await this.#source.read(wanted, position);
      if (length === 0) return position;
      const at = findEnd(wanted.subarray(0, length), 0, this.#encoding);
      if (at !== -1) return position + at + this.#unit;
      position += length;
    }
    return to;
  }

  /** Where the line that runs over `before` starts. */
  async #startOf(before: number, from: number): Promise<number> {
    const buffer = Buffer.allocUnsafe(this.#max);
    for (let end = before; end > from;) {
      const base = Math.max(from, end - buffer.length);
      const wanted = buffer.subarray(0, end - base);
      const length = await this.#source.read(wanted, base);
      const at = this.#lastEnd(wanted.subarray(0, length));
      if (at > 0) return base + at;
      end = base;
    }
    return from;
  }
}

function even(bytes: number): number {
  const whole = Math.max(4, Math.floor(bytes));
  return whole + (whole % 2);
}
