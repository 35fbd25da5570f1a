import { setImmediate } from "node:timers/promises";
import { findEndBackwards, unitOf } from "../lines/decode.ts";
import type { Encoding } from "../lines/decode.ts";
import type { Line } from "../lines/line.ts";
import { Walk } from "../lines/walk.ts";

/** The most that is kept, in bytes. */
const MAX_KEPT = 16_777_216;
/** Bytes in which lines are looked for at once. */
const SLICE = 32_768;
/** A line's own end, and a character at its limit. */
const SLACK = 8;

/** Keeps the last bytes of what is read forwards, at most 16 MiB, and finds the last lines in them when all was read. */
export class Tail {
  readonly #room: number;
  readonly #maxLineBytes: number;
  readonly #encoding: Encoding;
  readonly #need: number;
  #chunks: { bytes: Buffer; offset: number }[] = [];
  #end = 0;

  /** @param room lines in all; @param maxLineBytes longest text of a line in bytes */
  constructor(room: number, maxLineBytes: number, encoding: Encoding) {
    this.#room = room;
    this.#maxLineBytes = maxLineBytes;
    this.#encoding = encoding;
    this.#need = Math.min(MAX_KEPT, room * (maxLineBytes + SLACK));
  }

  /** The bytes that follow; they may be reused afterwards. */
  async push(bytes: Buffer, offset: number): Promise<void> {
    this.#chunks.push({ bytes: Buffer.from(bytes), offset });
    this.#end = offset + bytes.length;
    while (this.#chunks.length > 1 && this.#end - (this.#chunks[1]?.offset ?? 0) >= this.#need) this.#chunks.shift();
  }

  /** The last lines; `cut`: there are more before them than could be kept. */
  async end(): Promise<{ lines: Line[]; stopped: boolean; cut: boolean }> {
    const first = this.#chunks[0]?.offset ?? 0;
    const bytes = Buffer.concat(this.#chunks.map((chunk) => chunk.bytes));
    this.#chunks = [];
    const unit = unitOf(this.#encoding);
    const start = first + (first % unit);
    const last = bytes.subarray(bytes.length - unit);
    const complete = this.#end % unit === 0 && findEndBackwards(last, 0, this.#encoding) === 0;
    const options = { maxLines: this.#room, maxLineBytes: this.#maxLineBytes };
    const walk = new Walk(this.#end, complete, this.#encoding, options);
    while (!walk.isOver && walk.position > start) {
      const base = Math.max(start, walk.position - SLICE);
      const even = base - (base % unit);
      walk.take(bytes.subarray(even - first, walk.position - first), even);
      await setImmediate();
    }
    return { lines: walk.result().lines, stopped: false, cut: !walk.isOver };
  }
}
