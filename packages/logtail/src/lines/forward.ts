import type { OpenFile } from "@plugboard/core/files";
import { encodingOf } from "./decode.ts";
import type { Line } from "./line.ts";
import { chunks, readAt } from "./bytes.ts";
import type { Chunk, ChunkOptions } from "./bytes.ts";
import { LineSplitter, MAX_LINE_BYTES } from "./split.ts";

export interface ForwardOptions extends Omit<ChunkOptions, "until" | "onLate"> {
  /** Byte offset to begin at, uncompressed: the start of a line. */
  readonly from: number;
  /** Whether the file is compressed with gzip. Default false. */
  readonly compressed?: boolean;
  /** Lines in all. Default: no limit. */
  readonly maxLines?: number;
  /** Bytes of text in all; the first line is given even if it is longer. Default: no limit. */
  readonly maxBytes?: number;
  /** Milliseconds in all, looked at after each chunk, also while a compressed file is inflated up to `from`. Default: no limit. */
  readonly maxMs?: number;
  /** Longest text of a line in bytes. Default 65,536. */
  readonly maxLineBytes?: number;
  /** Told of the bytes as they are read, which are only good until it returns; false says that they are of another content. */
  readonly onChunk?: (chunk: Chunk) => boolean;
}

/** What one chunk brought. */
export interface ForwardPart {
  readonly lines: readonly Line[];
  /** Where to go on: the offset after the last line given. */
  readonly next: number;
  /** On the last part: whether a limit ended it, the end of the file, or that another content took the place of this one. */
  readonly ended?: "limit" | "end" | "changed";
  /** At the end of the file: the last line, if it has no line end. It is in no `lines`, and not behind `next`. */
  readonly rest?: Line;
}

/** Reads lines from an offset on, in parts; the last part says how it ended. Memory does not depend on the file. */
export async function* forward(file: OpenFile, options: ForwardOptions): AsyncGenerator<ForwardPart, void, undefined> {
  const { from, compressed = false, maxLines = Infinity, maxBytes = Infinity, maxMs = Infinity, signal } = options;
  const maxLineBytes = options.maxLineBytes ?? MAX_LINE_BYTES;
  const encoding = await encodingAt(file, compressed, signal);
  const splitter = new LineSplitter({ offset: from, encoding, maxLineBytes });
  const until = performance.now() + maxMs;
  let lines = 0;
  let bytes = 0;
  let next = from;
  const fits = (line: Line): boolean => {
    const size = Math.min(line.end - line.start, maxLineBytes);
    if (lines >= maxLines || (lines > 0 && bytes + size > maxBytes)) return false;
    lines += 1;
    bytes += size;
    next = line.end;
    return true;
  };
  if (maxLines <= 0) return yield { lines: [], next, ended: "limit" };
  let changed = false;
  const onChanged = (): void => {
    changed = true;
    options.onChanged?.();
  };
  let gaveUp = false;
  const told: ChunkOptions = {
    signal,
    onChanged,
    until,
    onLate: () => {
      gaveUp = true;
    },
    ...(options.onBefore && { onBefore: options.onBefore }),
    ...(options.onDamaged && { onDamaged: options.onDamaged }),
  };
  for await (const chunk of chunks(file, compressed, from, told)) {
    if (options.onChunk?.(chunk) === false) {
      changed = true;
      break;
    }
    const found = splitter.push(chunk.bytes);
    const over = found.findIndex((line) => !fits(line));
    if (over !== -1) return yield { lines: found.slice(0, over), next, ended: "limit" };
    const late = performance.now() >= until;
    // A line that is longer than all the time: better a part of it than no way on.
    const part = late && lines === 0 ? splitter.rest() : undefined;
    if (part) return yield { lines: [part], next: part.end, ended: "limit" };
    if (late) return yield { lines: found, next, ended: "limit" };
    if (found.length > 0) yield { lines: found, next };
  }
  if (changed) return yield { lines: [], next, ended: "changed" };
  if (gaveUp) return yield { lines: [], next, ended: "limit" };
  const rest = splitter.rest();
  if (rest && (lines >= maxLines || (lines > 0 && bytes + (rest.end - rest.start) > maxBytes)))
    return yield { lines: [], next, ended: "limit" };
  yield { lines: [], next, ended: "end", ...(rest && { rest }) };
}

async function encodingAt(file: OpenFile, compressed: boolean, signal: AbortSignal | undefined) {
  if (!compressed) {
    const head = Buffer.alloc(2);
    return encodingOf(head.subarray(0, await readAt(file, head, 0)));
  }
  for await (const { bytes } of chunks(file, true, 0, { signal })) return encodingOf(bytes);
  return "utf8";
}
