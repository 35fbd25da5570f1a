import type { BigIntStats } from "node:fs";
import { createHash } from "node:crypto";
import type { OpenFile } from "@plugboard/core/files";
import { chunks, readAt, sizeOf } from "../lines/bytes.ts";

/** What is remembered of the content of a file, to know it again under another name or inode, or compressed. */
export interface Evidence {
  /** Bytes of the head that were hashed: at most 1,024. A head that has grown since still matches. 0: the file was empty. */
  readonly headLength: number;
  /** Eight hexadecimal digits. */
  readonly headHash: string;
  /** Byte offset up to which the file was read, uncompressed. */
  readonly offset: number;
  /** Hash of the at most 256 bytes before `offset`. */
  readonly anchorHash: string;
}

/** `shorter`: the same head, but fewer bytes than were read, so a copy made while it was written, or a truncated file. */
export type Match = "same" | "shorter" | "other";

/** Bytes of the head that are hashed. */
export const HEAD = 1024;
/** Bytes before an offset that are hashed. */
export const ANCHOR = 256;

/**
 * Which file it is, under any name, in 48 bits: its device, and its inode with the time of its birth where the file system
 * knows it, because the inode of a deleted file is given to the next one.
 */
export function idOf(found: BigIntStats): string {
  let mixed = 0n;
  for (const part of [found.dev, found.ino, found.birthtimeNs / 1_000_000n])
    mixed = BigInt.asUintN(64, ((mixed ^ part) + 0x9e3779b97f4a7c15n) * 0xbf58476d1ce4e5b9n) ^ (mixed >> 29n);
  return (BigInt.asUintN(64, (mixed ^ (mixed >> 31n)) * 0x94d049bb133111ebn) >> 16n).toString(16).padStart(12, "0");
}

/**
 * The evidence for a file that was read up to `offset`.
 * @throws RangeError if it is shorter
 */
export async function evidenceOf(
  file: OpenFile,
  compressed: boolean,
  offset: number,
  signal?: AbortSignal,
): Promise<Evidence> {
  const from = Math.max(0, offset - ANCHOR);
  const [head, anchor] = await Promise.all([
    slice(file, compressed, 0, HEAD, signal),
    offset <= HEAD ? undefined : slice(file, compressed, from, offset - from, signal),
  ]);
  const bytes = anchor ?? head.subarray(from, offset);
  if (bytes.length < offset - from) throw new RangeError("the file is shorter than that");
  return evidenceFrom(head, offset, bytes);
}

/** The evidence with the head as it has grown, and that head, if the file still has what is known of it. */
export async function withHead(
  file: OpenFile,
  evidence: Evidence,
): Promise<{ readonly evidence: Evidence; readonly head: Buffer | undefined }> {
  const { headLength, headHash } = evidence;
  if (headLength === 0) return { evidence, head: undefined };
  const head = await slice(file, false, 0, HEAD);
  if (head.length < headLength || hashOf(head.subarray(0, headLength)) !== headHash)
    return { evidence, head: undefined };
  return { evidence: { ...evidence, headLength: head.length, headHash: hashOf(head) }, head };
}

/** The same from bytes at hand. */
export function evidenceFrom(head: Buffer, offset: number, anchor: Buffer): Evidence {
  return { headLength: head.length, headHash: hashOf(head), offset, anchorHash: hashOf(anchor) };
}

/** Whether a file holds what `evidence` was taken of, at least up to its offset. */
export async function matches(
  file: OpenFile,
  compressed: boolean,
  evidence: Evidence,
  signal?: AbortSignal,
): Promise<Match> {
  const { headLength, offset } = evidence;
  const head = await slice(file, compressed, 0, headLength, signal);
  if (head.length < headLength || hashOf(head) !== evidence.headHash) return "other";
  const from = Math.max(0, offset - ANCHOR);
  const anchor =
    offset <= headLength ? head.subarray(from, offset) : await slice(file, compressed, from, offset - from, signal);
  if (anchor.length < offset - from || (!compressed && offset > headLength && (await sizeOf(file)) < offset))
    return "shorter";
  return hashOf(anchor) === evidence.anchorHash ? "same" : "other";
}

/** The bytes of a file, uncompressed, from an offset; fewer at its end. */
export async function slice(
  file: OpenFile,
  compressed: boolean,
  from: number,
  length: number,
  signal?: AbortSignal,
): Promise<Buffer> {
  const bytes = Buffer.allocUnsafe(length);
  if (length === 0) return bytes;
  if (!compressed) return bytes.subarray(0, await readAt(file, bytes, from));
  let filled = 0;
  for await (const chunk of chunks(file, true, from, { signal })) {
    filled += chunk.bytes.copy(bytes, filled);
    if (filled === length) break;
  }
  return bytes.subarray(0, filled);
}

/** A hash of 32 bits, as eight hexadecimal digits. */
export function hashOf(bytes: Buffer): string {
  return createHash("sha256").update(bytes).digest("hex").slice(0, 8);
}
