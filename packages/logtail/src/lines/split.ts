import type { Line } from "./line.ts";
import { decodeLine, findEnd, unitOf } from "./decode.ts";
import type { Encoding } from "./decode.ts";

/** The longest text of a line, in bytes, if nothing else is said: 64 KiB. */
export const MAX_LINE_BYTES = 65_536;

export interface SplitterOptions {
  /** Byte offset at which the first chunk starts: the start of a line. Default 0. */
  readonly offset?: number;
  /** Default `utf8`. */
  readonly encoding?: Encoding;
  /** The longest text of a line, in bytes; more of a line is counted and not kept. Default 65,536. */
  readonly maxLineBytes?: number;
}

/** Room for the `\r` and the last character, of which it has to be known whether they end at the limit. */
const SLACK = 4;

/** Splits successive chunks of bytes into lines. Holds at most one line, and of it no more than the limit. */
export class LineSplitter {
  readonly #encoding: Encoding;
  readonly #limit: number;
  #start: number;
  #kept: Buffer[] = [];
  #keptBytes = 0;
  #length = 0;

  constructor(options: SplitterOptions = {}) {
    this.#start = options.offset ?? 0;
    this.#encoding = options.encoding ?? "utf8";
    this.#limit = options.maxLineBytes ?? MAX_LINE_BYTES;
  }

  /** Byte offset at which the line starts that has not ended yet. */
  get start(): number {
    return this.#start;
  }

  /** Bytes of that line so far. */
  get pending(): number {
    return this.#length;
  }

  /** The lines that end in `chunk`, which may be reused afterwards. */
  push(chunk: Buffer): Line[] {
    const lines: Line[] = [];
    const unit = unitOf(this.#encoding);
    let from = 0;
    if (unit === 2 && this.#length % 2 === 1) {
      // The first half of a unit was the end of the last chunk, and may be half of a line end.
      if (chunk.length === 0) return lines;
      const half = this.#takeLast();
      const joined = Buffer.from([half, chunk[0] ?? 0]);
      if (findEnd(joined, 0, this.#encoding) === 0) lines.push(this.#end(Buffer.alloc(0), 2));
      else this.#keep(joined);
      from = 1;
    }
    for (;;) {
      const at = findEnd(chunk, from, this.#encoding, from % 2 === 0 || unit === 1);
      if (at === -1) break;
      lines.push(this.#end(chunk.subarray(from, at), unit));
      from = at + unit;
    }
    this.#keep(chunk.subarray(from));
    return lines;
  }

  /** What has been pushed after the last line end, as a line that is not complete; undefined if that is nothing. */
  rest(): Line | undefined {
    if (this.#length === 0) return undefined;
    const bytes = Buffer.concat(this.#kept);
    const { text, cut } = decodeLine(bytes, this.#length, this.#limit, this.#encoding, this.#start === 0);
    return { text, start: this.#start, end: this.#start + this.#length, cut, complete: false };
  }

  #end(last: Buffer, unit: number): Line {
    let bytes = last;
    if (this.#length > 0) {
      this.#keep(last);
      bytes = this.#kept.length === 1 ? (this.#kept[0] ?? last) : Buffer.concat(this.#kept);
    } else this.#length = last.length;
    const start = this.#start;
    const end = start + this.#length + unit;
    const { text, cut } = decodeLine(bytes, this.#length, this.#limit, this.#encoding, start === 0);
    this.#start = end;
    this.#kept = [];
    this.#keptBytes = 0;
    this.#length = 0;
    return { text, start, end, cut, complete: true };
  }

  #keep(bytes: Buffer): void {
    const room = this.#limit + SLACK - this.#keptBytes;
    if (room > 0 && bytes.length > 0) {
      const kept = Buffer.from(bytes.subarray(0, room));
      this.#kept.push(kept);
      this.#keptBytes += kept.length;
    }
    this.#length += bytes.length;
    this.#last = bytes.at(-1) ?? this.#last;
  }

  #last = 0;

  #takeLast(): number {
    if (this.#keptBytes === this.#length) {
      const part = this.#kept.pop();
      if (part && part.length > 1) this.#kept.push(part.subarray(0, -1));
      this.#keptBytes -= 1;
    }
    this.#length -= 1;
    return this.#last;
  }
}
