import { isUtf8 } from "node:buffer";
import { createHash } from "node:crypto";
import type { BigIntStats } from "node:fs";
import { FileAccessError } from "@plugboard/core/files";
import type { FileAccessCode, Roots } from "@plugboard/core/files";

/** Why a file is not among the documents. */
export type SkipReason =
  | FileAccessCode
  | "too_deep"
  | "too_many"
  | "too_large"
  | "total_too_large"
  | "binary"
  | "unparsable"
  | "taken"
  | "cut";

/** A file that cannot be a document. */
export class Unreadable extends Error {
  override readonly name = "Unreadable";
  readonly reason: SkipReason;
  /** The state of the file for which this holds, if it depends on nothing else. */
  readonly stamp: Stamp | undefined;

  constructor(reason: SkipReason, stamp?: Stamp) {
    super(reason);
    this.reason = reason;
    this.stamp = stamp;
  }
}

/** A file's text, whole: as it was before a change or after it, never half. */
export interface ReadFile {
  readonly text: string;
  readonly bytes: number;
  /** Hexadecimal digest of the bytes. */
  readonly hash: string;
  readonly modified: Date;
  readonly stamp: Stamp;
}

/** What changes with a file. Two equal stamps that are settled stand for the same content. */
export interface Stamp {
  readonly key: string;
  /** False if the file was so young when it was read that a later change might leave the same stamp. */
  readonly settled: boolean;
}

const MAX_ATTEMPTS = 5;
/** How long one write may take. */
const WRITING_MS = 100;
/** The coarsest time stamps of file systems in use are two seconds (FAT). */
const SETTLING_MS = 2_000;
const SNIFF_BYTES = 8_192;
/** What stands for a byte that is wrong. */
const BAD = "\ufffd";
/** What the bytes from 0x80 to 0x9f stand for; five of them for nothing. */
const WINDOWS_1252 = "€\x81‚ƒ„…†‡ˆ‰Š‹Œ\x8dŽ\x8f\x90‘’“”•–—˜™š›œ\x9džŸ";
/** UTF-16 units before the first wrong one and behind it; so many tell enough. */
const MAX_COUNTED = 65_536;

/** The stamp of a file's state; `now` in milliseconds since the epoch. */
export function stampOf(stat: BigIntStats, now: number = Date.now()): Stamp {
  // The change time tells of edits that put the modification time back.
  const key = [stat.dev, stat.ino, stat.size, stat.mtimeNs, stat.ctimeNs].join(":");
  return { key, settled: now - Number(stat.ctimeMs) > SETTLING_MS };
}

/**
 * Reads a file inside the roots as text: UTF-8, or UTF-16 with its mark; what is more wrong than right as UTF-8 is read as
 * windows-1252, and single wrong bytes become U+FFFD.
 * @throws Unreadable; the signal's reason
 */
export async function readText(roots: Roots, path: string, maxBytes: number, signal?: AbortSignal): Promise<ReadFile> {
  try {
    for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt += 1) {
      await using file = await roots.open(path);
      const before = stampOf(file.stat);
      const { bytes, truncated } = await file.read(maxBytes, signal);
      if (truncated) throw new Unreadable("too_large", before);
      const hash = digest(bytes);
      // A write that was under way before the first look would show only in a second reading.
      if (
        Date.now() - Number(file.stat.ctimeMs) < WRITING_MS &&
        digest((await file.read(maxBytes, signal)).bytes) !== hash
      )
        continue;
      const after = await file.handle.stat({ bigint: true });
      if (stampOf(after).key !== before.key || after.size !== BigInt(bytes.length)) continue;
      const text = decode(bytes);
      if (text === undefined) throw new Unreadable("binary", before);
      return { text, bytes: bytes.length, hash, modified: after.mtime, stamp: before };
    }
    throw new Unreadable("changed");
  } catch (error) {
    if (error instanceof FileAccessError) throw new Unreadable(error.code);
    throw error;
  }
}

function digest(bytes: Buffer): string {
  return createHash("sha256").update(bytes).digest("hex");
}

function decode(bytes: Buffer): string | undefined {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return new TextDecoder("utf-16le").decode(bytes);
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return new TextDecoder("utf-16be").decode(bytes);
  if (bytes.subarray(0, SNIFF_BYTES).includes(0)) return undefined;
  const text = new TextDecoder().decode(bytes);
  if (isUtf8(bytes) || bytes.includes(0) || !isLegacy(text)) return text;
  // Not by TextDecoder: in some releases of Node it takes these for Latin-1.
  return bytes.toString("latin1").replace(/[\x80-\x9f]/g, (sign) => WINDOWS_1252[sign.charCodeAt(0) - 0x80] ?? sign);
}

/** Whether what was decoded as UTF-8 is rather the text of a western code page: few of its signs came out right. */
function isLegacy(text: string): boolean {
  const first = text.indexOf(BAD);
  let wrong = 0;
  let right = 0;
  for (const sign of text.slice(Math.max(0, first - MAX_COUNTED), first + MAX_COUNTED)) {
    if (sign === BAD) wrong += 1;
    else if (sign > "\x7f") right += 1;
  }
  return wrong > right;
}
