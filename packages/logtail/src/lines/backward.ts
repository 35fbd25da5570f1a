import type { OpenFile } from "@plugboard/core/files";
import { encodingOf, findEndBackwards, unitOf } from "./decode.ts";
import type { Encoding } from "./decode.ts";
import { readAt, sizeOf } from "./bytes.ts";
import { Walk } from "./walk.ts";
import type { BackwardOptions, BackwardResult } from "./walk.ts";

export type { BackwardOptions, BackwardResult } from "./walk.ts";

const FIRST_CHUNK = 65_536;
const MAX_CHUNK = 1_048_576;

/** The last lines of a file or before an offset, by reading backwards: the cost is of what is read, not of the file. */
export async function backward(file: OpenFile, options: BackwardOptions): Promise<BackwardResult> {
  const size = await sizeOf(file);
  const end = Math.min(options.before ?? size, size);
  const { encoding, complete } = await endsOf(file, size);
  const walk = new Walk(end, end < size || complete, encoding, options);
  let chunkBytes = FIRST_CHUNK;
  while (!walk.isOver) {
    options.signal?.throwIfAborted();
    let base = Math.max(0, walk.position - Math.min(chunkBytes, walk.estimate));
    base -= base % unitOf(encoding);
    const chunk = Buffer.allocUnsafe(walk.position - base);
    // The file has shrunk: what lies before is of another content.
    if ((await readAt(file, chunk, base)) < chunk.length) break;
    chunkBytes = Math.min(MAX_CHUNK, chunkBytes * 2);
    walk.take(chunk, base);
  }
  return walk.result();
}

/** How a file of this size is encoded, and whether its last line has an end. */
export async function endsOf(file: OpenFile, size: number): Promise<{ encoding: Encoding; complete: boolean }> {
  const head = Buffer.alloc(2);
  const encoding = encodingOf(head.subarray(0, await readAt(file, head, 0)));
  const unit = unitOf(encoding);
  const last = Buffer.alloc(unit);
  if (size < unit) return { encoding, complete: true };
  await readAt(file, last, size - unit);
  return { encoding, complete: size % unit === 0 && findEndBackwards(last, 0, encoding) === 0 };
}
