import { createHash } from "node:crypto";
import type { OpenFile } from "@plugboard/core/files";
import { chunks, readAt, sizeOf } from "../lines/bytes.ts";

/** What is remembered of the content of a file, to know it again under another name or inode, or compressed. */
export interface Evidence {
  /** Bytes of the head that were hashed: at most 1,024. A head that has grown since still matches. */
  readonly headLength: number;
  readonly headHash: string;
  /** Byte offset up to which the file was read, uncompressed. */
  readonly offset: number;
  /** Hash of the at most 256 bytes before `offset`. */
  readonly anchorHash: string;
}

/** `shorter`: the same head, but fewer bytes than were read, so a copy made while it was written, or a truncated file. */
export type Match = "same" | "shorter" | "other";

const HEAD = 1024;
const ANCHOR = 256;

/** The evidence for a file that was read up to `offset`. */
export async function evidenceOf(file: OpenFile, compressed: boolean, offset: number): Promise<Evidence> {
  const head = await slice(file, compressed, 0, HEAD);
  const from = Math.max(0, offset - ANCHOR);
  const anchor = await slice(file, compressed, from, offset - from);
  return { headLength: head.length, headHash: hash(head), offset, anchorHash: hash(anchor) };
}

/** Whether a file holds what `evidence` was taken of, at least up to its offset. */
export async function matches(file: OpenFile, compressed: boolean, evidence: Evidence): Promise<Match> {
  const head = await slice(file, compressed, 0, evidence.headLength);
  if (head.length < evidence.headLength || hash(head) !== evidence.headHash) return "other";
  if (!compressed && (await sizeOf(file)) < evidence.offset) return "shorter";
  const from = Math.max(0, evidence.offset - ANCHOR);
  const anchor = await slice(file, compressed, from, evidence.offset - from);
  if (anchor.length < evidence.offset - from) return "shorter";
  return hash(anchor) === evidence.anchorHash ? "same" : "other";
}

async function slice(file: OpenFile, compressed: boolean, from: number, length: number): Promise<Buffer> {
  const bytes = Buffer.alloc(length);
  if (length === 0) return bytes;
  if (!compressed) return bytes.subarray(0, await readAt(file, bytes, from));
  let filled = 0;
  for await (const chunk of chunks(file, true, from)) {
    filled += chunk.bytes.copy(bytes, filled);
    if (filled === length) break;
  }
  return bytes.subarray(0, filled);
}

function hash(bytes: Buffer): string {
  return createHash("sha256").update(bytes).digest("base64url").slice(0, 8);
}
