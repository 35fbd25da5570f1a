import type { OpenFile } from "@plugboard/core/files";
import { decodeLine, encodingOf, findEndBackwards, unitOf } from "./decode.ts";
import type { Line } from "./line.ts";
import { readAt, sizeOf } from "./bytes.ts";
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

const FIRST_CHUNK = 65_536;
const MAX_CHUNK = 1_048_576;
/** Room for the `\r` and the last character at the limit. */
const SLACK = 4;

/** The last lines of a file or before an offset, by reading backwards: the cost is of what is read, not of the file. */
export async function backward(file: OpenFile, options: BackwardOptions): Promise<BackwardResult> {
  const { maxLines, filter, signal } = options;
  const limit = options.maxLineBytes ?? MAX_LINE_BYTES;
  const maxScan = options.maxScanBytes ?? Infinity;
  const size = await sizeOf(file);
  const head = Buffer.alloc(2);
  const encoding = encodingOf(head.subarray(0, await readAt(file, head, 0)));
  const unit = unitOf(encoding);
  const literal = encoding === "utf8" && options.literal?.length ? options.literal : undefined;

  const found: Line[] = [];
  // The line that ends at `end`, of which `tail` holds the bytes from the chunk read last on.
  let end = Math.min(options.before ?? size, size);
  let tail: Buffer = Buffer.alloc(0);
  let position = end;
  let scannedBytes = 0;
  let chunkBytes = FIRST_CHUNK;
  const atEnd = end === size;
  let complete = true;
  if (atEnd && end >= unit) {
    const last = Buffer.alloc(unit);
    await readAt(file, last, end - unit);
    complete = end % unit === 0 && findEndBackwards(last, 0, encoding) === 0;
  }
  let current = complete;
  let stopped = false;
  const emit = (bytes: Buffer, start: number): void => {
    const ended = current;
    current = true;
    const stop = end;
    end = start;
    if (literal && !bytes.includes(literal)) return;
    const length = stop - start - (ended ? unit : 0);
    const { text, cut } = decodeLine(bytes, Math.max(0, length), limit, encoding, start === 0);
    const line = { text, start, end: stop, cut, complete: ended };
    const wanted = stopped ? false : (filter?.(text, line) ?? true);
    if (wanted === "stop") stopped = true;
    else if (wanted) found.push(line);
  };
  const join = (part: Buffer): Buffer => {
    const whole = tail.length === 0 ? part : Buffer.concat([part, tail]);
    return whole.subarray(0, limit + SLACK);
  };

  while (position > 0 && !stopped && found.length < maxLines && scannedBytes < maxScan) {
    signal?.throwIfAborted();
    let base = Math.max(0, position - chunkBytes);
    base -= base % unit;
    const chunk = Buffer.allocUnsafe(position - base);
    const got = await readAt(file, chunk, base);
    // The file has shrunk: what lies before is of another content.
    if (got < chunk.length) break;
    scannedBytes += got;
    chunkBytes = Math.min(MAX_CHUNK, chunkBytes * 2);
    let high = chunk.length;
    // The line end at `end` belongs to the line itself.
    let search = base + high === end && current ? high - 2 * unit : high - unit;
    search -= search % unit;
    let hits: number[] | undefined;
    for (let first = true; !stopped && found.length < maxLines; first = false) {
      const at = findEndBackwards(chunk, search, encoding);
      if (at === -1) break;
      const start = at + unit;
      emit(first ? join(chunk.subarray(start, high)) : chunk.subarray(start, high), base + start);
      if (first) tail = Buffer.alloc(0);
      high = start;
      search = at - unit;
      if (!literal) continue;
      // Only lines with the literal are worth a look: the others are skipped at once.
      hits ??= hitsIn(chunk.subarray(0, high), literal);
      let hit = hits.pop();
      while (hit !== undefined && hit >= high) hit = hits.pop();
      const skipTo = hit === undefined ? chunk.indexOf(10) : chunk.indexOf(10, hit);
      if (skipTo + 1 < high) {
        high = skipTo + 1;
        end = base + high;
      }
      search = high - 2;
      // The next round, or the next chunk, takes the line of the hit.
      if (hit === undefined) break;
    }
    if (stopped || found.length >= maxLines) break;
    tail = Buffer.from(high === chunk.length ? join(chunk) : chunk.subarray(0, Math.min(high, limit + SLACK)));
    position = base;
    if (position === 0 && end > 0) emit(tail, 0);
  }
  return { lines: found.reverse(), next: end, scannedBytes, stopped };
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
