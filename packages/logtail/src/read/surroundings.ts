import { createHash } from "node:crypto";
import type { OpenFile } from "@plugboard/core/files";
import { CursorError } from "../files/cursor.ts";
import { slice } from "../files/identity.ts";
import { chunks } from "../lines/bytes.ts";

/** Bytes before a line, and of the line, by which it is known again. */
export const AROUND = 128;

/** The hash of a line whose end is known, which stays; and of one that may still grow, by what stands before it alone. */
export function hashesOf(before: Buffer, after: Buffer): [string, string] {
  const end = after.indexOf(10);
  const known = end === -1 ? after.length === AROUND : true;
  const line = known ? after.subarray(0, end === -1 ? AROUND : end + 1) : after.subarray(0, 0);
  return [hashOf(before, line), hashOf(before, after.subarray(0, 0))];
}

function hashOf(before: Buffer, line: Buffer): string {
  return createHash("sha256").update(before).update("\0").update(line).digest("base64url").slice(0, 6);
}

/** What stands around an offset. */
export interface Surrounding {
  readonly offset: number;
  readonly before: Buffer;
  readonly after: Buffer;
}

/** Milliseconds for which a compressed file is inflated to find what stands in it. */
export const INFLATE_MS = 5000;

export interface InflateOptions {
  /** For how long each compressed file is inflated, in milliseconds. Default 5,000. */
  readonly maxMs?: number;
  readonly signal?: AbortSignal;
}

/**
 * What stands around each of some offsets; in a compressed file in the order of the offsets.
 * @throws CursorError `slow`
 */
export async function* surroundings(
  file: OpenFile,
  compressed: boolean,
  offsets: readonly number[],
  { maxMs = INFLATE_MS, signal }: InflateOptions = {},
): AsyncGenerator<Surrounding, void, undefined> {
  const cut = (bytes: Buffer, base: number, offset: number): Surrounding => {
    const before = bytes.subarray(Math.max(0, offset - AROUND - base), Math.max(0, offset - base));
    return { offset, before, after: bytes.subarray(Math.max(0, offset - base), offset - base + AROUND) };
  };
  if (!compressed) {
    for (const offset of offsets) {
      const base = Math.max(0, offset - AROUND);
      yield cut(await slice(file, false, base, offset - base + AROUND), base, offset);
    }
    return;
  }
  const wanted = [...new Set(offsets)].toSorted((a, b) => a - b);
  let bytes: Buffer = Buffer.alloc(0);
  let base = 0;
  const until = performance.now() + maxMs;
  for await (const chunk of chunks(file, true, 0, { signal })) {
    if (performance.now() >= until)
      throw new CursorError(
        "slow",
        "It takes too long to inflate the file up to that line. Inflate it, and read that.",
      );
    bytes = Buffer.concat([bytes, chunk.bytes]);
    while (wanted[0] !== undefined && wanted[0] + AROUND <= base + bytes.length) {
      yield cut(bytes, base, wanted.shift() ?? 0);
    }
    if (wanted[0] === undefined) return;
    const from = Math.max(base, Math.min(wanted[0], base + bytes.length) - 2 * AROUND);
    bytes = Buffer.from(bytes.subarray(from - base));
    base = from;
  }
  for (const offset of wanted) yield cut(bytes, base, offset);
}
