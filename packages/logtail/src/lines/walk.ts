import { isAscii } from "node:buffer";
import { decodeLine, findEndBackwards, unitOf } from "./decode.ts";
import type { Encoding } from "./decode.ts";
import type { Line } from "./line.ts";
import { MAX_LINE_BYTES } from "./split.ts";

export interface BackwardOptions {
  /** Lines in all; 0 gives none. */
  readonly maxLines: number;
  /** Byte offset before which the lines end: the start of a line. Default: the end of the file. */
  readonly before?: number;
  /** Which lines count; asked from the last one on. `stop` ends before a line, as if the file began after it. Default: all. */
  readonly filter?: (text: string, line: Line) => boolean | "stop";
  /** Bytes that every wanted line contains, without a line end: lines without them are not decoded. UTF-8 files only. */
  readonly literal?: Buffer;
  /** Longest text of a line in bytes; a literal behind it is not seen. Default 65,536. */
  readonly maxLineBytes?: number;
  /** Bytes looked at in all, exceeded by at most a chunk. Default: no limit. */
  readonly maxScanBytes?: number;
  readonly signal?: AbortSignal;
}

export interface BackwardResult {
  /** In the order of the file. */
  readonly lines: Line[];
  /** Where to go on: the `before` of the next call. 0 at the start of the file. */
  readonly next: number;
  readonly scannedBytes: number;
  /** Whether `filter` ended it. */
  readonly stopped: boolean;
}

/** The least that is read. */
const MIN_CHUNK = 4096;
/** Room for the `\r` and the last character at the limit. */
const SLACK = 4;

/** What was found so far, from the last line on. */
export class Walk {
  /** What lies before was not read yet. */
  position: number;
  readonly #options: BackwardOptions;
  readonly #encoding: Encoding;
  readonly #unit: number;
  readonly #limit: number;
  readonly #literal: Buffer | undefined;
  readonly #found: Line[] = [];
  /** Where the line ends that was not met yet, of which `tail` holds the bytes from `position` on. */
  #end: number;
  #tail: Buffer = Buffer.alloc(0);
  /** Whether that line has an end. */
  #complete: boolean;
  #scannedBytes = 0;
  #stopped = false;

  constructor(end: number, complete: boolean, encoding: Encoding, options: BackwardOptions) {
    this.position = end;
    this.#end = end;
    this.#complete = complete;
    this.#encoding = encoding;
    this.#unit = unitOf(encoding);
    this.#options = options;
    this.#limit = options.maxLineBytes ?? MAX_LINE_BYTES;
    this.#literal = encoding === "utf8" && options.literal?.length ? options.literal : undefined;
  }

  get isOver(): boolean {
    return this.position <= 0 || this.#isFull || this.#scannedBytes >= (this.#options.maxScanBytes ?? Infinity);
  }

  /** Bytes in which the lines that are still wanted are likely to lie, by those that were found. */
  get estimate(): number {
    const { length } = this.#found;
    if (length === 0) return Infinity;
    return MIN_CHUNK + Math.ceil((1.2 * (this.#options.maxLines - length) * this.#scannedBytes) / length);
  }

  get #isFull(): boolean {
    return this.#stopped || this.#found.length >= this.#options.maxLines;
  }

  result(): BackwardResult {
    const lines = this.#found.reverse();
    return { lines, next: this.#end, scannedBytes: this.#scannedBytes, stopped: this.#stopped };
  }

  /** The bytes from `base` to the position. */
  take(chunk: Buffer, base: number): void {
    this.#scannedBytes += chunk.length;
    const high = this.#first(chunk, base);
    const rest = high === undefined ? chunk.length : this.#others(chunk, base, high);
    if (this.#isFull) return;
    this.#tail = Buffer.from(high === undefined ? this.#join(chunk) : chunk.subarray(0, Math.min(rest, this.#room)));
    this.position = base;
    if (base === 0 && this.#end > 0) this.#emit(this.#tail, 0);
  }

  /** Ends the line that reaches over the end of the chunk. Returns where it starts; undefined if that is further back. */
  #first(chunk: Buffer, base: number): number | undefined {
    // The line end at the end belongs to the line itself.
    const own = base + chunk.length === this.#end && this.#complete ? 2 : 1;
    const from = chunk.length - own * this.#unit;
    const at = findEndBackwards(chunk, from - (from % this.#unit), this.#encoding);
    if (at === -1) return undefined;
    const start = at + this.#unit;
    this.#emit(this.#join(chunk.subarray(start)), base + start);
    this.#tail = Buffer.alloc(0);
    return start;
  }

  /** The lines that lie in the chunk before `high`, where the last of them ends. Returns where the first of them starts. */
  #others(chunk: Buffer, base: number, high: number): number {
    if (this.#literal) return this.#withLiteral(chunk, base, high, this.#literal);
    if (this.#encoding === "utf8" && isAscii(chunk.subarray(0, high))) return this.#ascii(chunk, base, high);
    let last = high;
    while (!this.#isFull) {
      const at = findEndBackwards(chunk, last - 2 * this.#unit, this.#encoding);
      if (at === -1) break;
      const start = at + this.#unit;
      this.#emit(chunk.subarray(start, last), base + start);
      last = start;
    }
    return last;
  }

  /** Here a byte is a character: the chunk is one text, of which the lines are parts. */
  #ascii(chunk: Buffer, base: number, high: number): number {
    const parts = chunk.toString("latin1", 0, high).split("\n");
    const before = this.#found.length;
    let last = high;
    let shown = 0;
    // The first is the end of a line that begins further back; after the last line end there is nothing.
    for (let index = parts.length - 2; index > 0 && !this.#isFull; index -= 1) {
      let text = parts[index] ?? "";
      const start = last - text.length - 1;
      if (text.endsWith("\r")) text = text.slice(0, -1);
      const cut = text.length > this.#limit;
      if (this.#offer(cut ? text.slice(0, this.#limit) : text, base + start, cut)) shown += last - start;
      last = start;
    }
    // A part of a text keeps all of it in memory: where that is much more than the lines, these are copied out.
    if (shown < high / 2) {
      for (const [index, line] of this.#found.slice(before).entries()) {
        const from = line.start - base;
        this.#found[before + index] = { ...line, text: chunk.toString("latin1", from, from + line.text.length) };
      }
    }
    return last;
  }

  /** Only lines with the literal are worth a look: the others are skipped at once. */
  #withLiteral(chunk: Buffer, base: number, high: number, literal: Buffer): number {
    let last = high;
    const hits = hitsIn(chunk.subarray(0, high), literal);
    for (let hit = hits.pop(); hit !== undefined && !this.#isFull; hit = hits.pop()) {
      if (hit >= last) continue;
      const next = chunk.indexOf(10, hit) + 1;
      this.#end = base + next;
      last = next;
      const at = chunk.lastIndexOf(10, hit);
      // It began in the chunk before.
      if (at === -1) return last;
      this.#emit(chunk.subarray(at + 1, next), base + at + 1);
      last = at + 1;
    }
    if (this.#isFull) return last;
    const first = chunk.indexOf(10) + 1;
    if (first < last) {
      this.#end = base + first;
      last = first;
    }
    return last;
  }

  get #room(): number {
    return this.#limit + SLACK;
  }

  #join(part: Buffer): Buffer {
    return (this.#tail.length === 0 ? part : Buffer.concat([part, this.#tail])).subarray(0, this.#room);
  }

  #emit(bytes: Buffer, start: number): void {
    if (this.#literal && !bytes.includes(this.#literal)) {
      this.#end = start;
      this.#complete = true;
      return;
    }
    const length = this.#end - start - (this.#complete ? this.#unit : 0);
    const { text, cut } = decodeLine(bytes, Math.max(0, length), this.#limit, this.#encoding, start === 0);
    this.#offer(text, start, cut);
  }

  #offer(text: string, start: number, cut: boolean): boolean {
    const line: Line = { text, start, end: this.#end, cut, complete: this.#complete };
    this.#end = start;
    this.#complete = true;
    const wanted = this.#options.filter?.(text, line) ?? true;
    if (wanted === "stop") this.#stopped = true;
    else if (wanted) this.#found.push(line);
    return wanted === true;
  }
}

function hitsIn(bytes: Buffer, literal: Buffer): number[] {
  const hits: number[] = [];
  let at = bytes.indexOf(literal);
  while (at !== -1) {
    hits.push(at);
    // One hit a line is enough.
    const lineEnd = bytes.indexOf(10, at);
    if (lineEnd === -1) break;
    at = bytes.indexOf(literal, lineEnd);
  }
  return hits;
}
