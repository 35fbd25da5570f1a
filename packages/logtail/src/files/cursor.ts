import { createHash } from "node:crypto";
import { deflateRawSync, inflateRawSync } from "node:zlib";
import type { Evidence } from "./identity.ts";

/** Why a cursor does not lead on; the message says what to do, for a model to read. */
export type CursorCode = "invalid" | "foreign" | "expired" | "too_many_files";

/** A cursor that cannot be used, or cannot be made. */
export class CursorError extends Error {
  override readonly name = "CursorError";
  /** `invalid`: not one of ours, or damaged; `foreign`: of another source; `expired`: too old; `too_many_files`. */
  readonly code: CursorCode;

  constructor(code: CursorCode, message: string) {
    super(message);
    this.code = code;
  }
}

/** How far one file was read. */
export interface Position extends Evidence {
  /** Index of the root in the source. */
  readonly root: number;
  /** The name under which the source knows the file, inside its root; not the name after a rotation. */
  readonly name: string;
  /** Device and inode, in base 36. */
  readonly dev: string;
  readonly ino: string;
  /** Bytes known to lie after the offset when the cursor was made. */
  readonly left: number;
}

export interface CursorState {
  /** When reading began, in milliseconds since the epoch. */
  readonly time: number;
  /** Of one name: the oldest file first. */
  readonly positions: readonly Position[];
}

const VERSION = "lt1";
/** The longest cursor, in characters. */
export const MAX_CURSOR = 2_000;
const MAX_STATE = 65_536;
const MAX_AGE_MS = 30 * 86_400_000;
const SUM = 6;

/**
 * Makes a cursor. It holds all that is needed to go on, also in another process.
 * @param key what tells this source from others, such as its roots and patterns
 * @throws CursorError `too_many_files`
 */
export function encodeCursor(key: string, state: CursorState): string {
  const rows = state.positions.map((at) => [
    at.root,
    at.name,
    at.dev,
    at.ino,
    at.headLength,
    at.headHash,
    at.offset,
    at.anchorHash,
    at.left,
  ]);
  const body = deflateRawSync(JSON.stringify([digest(key).toString("base64url", 0, SUM), state.time, rows]));
  const cursor = `${VERSION}.${Buffer.concat([sum(body), body]).toString("base64url")}`;
  if (cursor.length <= MAX_CURSOR) return cursor;
  throw new CursorError(
    "too_many_files",
    `This source has ${state.positions.length} files, more than one cursor can follow. Name fewer of them.`,
  );
}

/**
 * What a cursor says. It is input like any other: the names in it open nothing by themselves.
 * @param options.now milliseconds since the epoch; default the clock
 * @param options.maxAgeMs default 30 days
 * @throws CursorError
 */
export function decodeCursor(
  cursor: string,
  key: string,
  options: { readonly now?: number; readonly maxAgeMs?: number } = {},
): CursorState {
  const damaged = (): CursorError =>
    new CursorError("invalid", "The cursor is not one of this tool's, or was changed. Read again without a cursor.");
  if (cursor.length > MAX_CURSOR || !/^lt\d+\.[\w-]+$/.test(cursor)) throw damaged();
  if (!cursor.startsWith(`${VERSION}.`))
    throw new CursorError("invalid", "The cursor is of another version. Read again without a cursor.");
  const text = cursor.slice(VERSION.length + 1);
  const bytes = Buffer.from(text, "base64url");
  const body = bytes.subarray(SUM);
  if (bytes.toString("base64url") !== text || !bytes.subarray(0, SUM).equals(sum(body))) throw damaged();
  let value: unknown;
  try {
    value = JSON.parse(inflateRawSync(body, { maxOutputLength: MAX_STATE }).toString("utf8"));
  } catch {
    throw damaged();
  }
  if (!Array.isArray(value) || value.length !== 3) throw damaged();
  const [owner, time, rows] = value as unknown[];
  if (!isCount(time) || !Array.isArray(rows)) throw damaged();
  const positions = rows.map((row: unknown) => {
    const at = positionOf(row);
    if (!at) throw damaged();
    return at;
  });
  if (owner !== digest(key).toString("base64url", 0, SUM))
    throw new CursorError("foreign", "The cursor belongs to another source. Use it with that one, or read without it.");
  if ((options.now ?? Date.now()) - time > (options.maxAgeMs ?? MAX_AGE_MS))
    throw new CursorError("expired", "The cursor is too old. Read again without a cursor.");
  return { time, positions };
}

function positionOf(row: unknown): Position | undefined {
  if (!Array.isArray(row) || row.length !== 9) return undefined;
  const [root, name, dev, ino, headLength, headHash, offset, anchorHash, left] = row as unknown[];
  if (!isCount(root) || !isCount(headLength) || !isCount(offset) || !isCount(left)) return undefined;
  if (headLength > 1024 || !isText(name) || name.includes("\0") || name.split("/").includes("..")) return undefined;
  if (!isText(dev) || !isText(ino) || !isText(headHash) || !isText(anchorHash)) return undefined;
  return { root, name, dev, ino, headLength, headHash, offset, anchorHash, left };
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}

function sum(body: Buffer): Buffer {
  return digest(VERSION, body).subarray(0, SUM);
}

function digest(...parts: (string | Buffer)[]): Buffer {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return hash.digest();
}
