import { createHash } from "node:crypto";
import { deflateRawSync, inflateRawSync } from "node:zlib";
import { HEAD } from "./identity.ts";
import type { Evidence } from "./identity.ts";
import { Packer, Unpacker } from "./pack.ts";

/** Why a cursor or a place does not lead on; the message says what to do, for a model to read. */
export type CursorCode = "invalid" | "foreign" | "expired" | "too_many_files" | "gone" | "slow";

/** A cursor or a place that cannot be used, or cannot be made. */
export class CursorError extends Error {
  override readonly name = "CursorError";
  /**
   * `invalid`: not one of ours, or damaged; `foreign`: of another source; `expired`: too old; `too_many_files`; `gone`: the
   * line of a place is no longer in its log; `slow`: it stands so far in a compressed file that finding it takes too long.
   */
  readonly code: CursorCode;

  constructor(code: CursorCode, message: string) {
    super(message);
    this.code = code;
  }
}

/** How far one file was read. */
export interface Position extends Evidence {
  /** The label of the log; not the name of the file after a rotation. */
  readonly label: string;
  /** Which file it is, twelve hexadecimal digits. */
  readonly id: string;
  /** Bytes known to lie after the offset when the cursor was made. */
  readonly left: number;
}

export interface CursorState {
  /** When reading began, in milliseconds since the epoch. */
  readonly time: number;
  /** Of one log: the oldest file first. */
  readonly positions: readonly Position[];
}

const VERSION = "lt2";
/** The longest cursor, in characters. */
export const MAX_CURSOR = 2_000;
const MAX_STATE = 65_536;
const MAX_AGE_MS = 30 * 86_400_000;
/** Bytes below which deflating, which takes longer than all the rest, saves nothing. */
const WORTHWHILE = 128;
const SUM = 4;
const OWNER = 6;

/**
 * Makes a cursor. It holds all that is needed to go on, also in another process.
 * @param key what tells this source from others, such as its roots and patterns
 * @throws CursorError `too_many_files`
 */
export function encodeCursor(key: string, state: CursorState): string {
  const packer = new Packer().hex(ownerOf(key)).number(Math.max(0, Math.round(state.time)));
  for (const label of new Set(state.positions.map((at) => at.label))) {
    const rows = state.positions.filter((at) => at.label === label);
    packer.text(label).number(rows.length);
    for (const at of rows) {
      packer.hex(at.id).number(at.headLength).number(at.offset).number(at.left);
      if (at.headLength > 0) packer.hex(at.headHash);
      if (at.offset > 0) packer.hex(at.anchorHash);
    }
  }
  const plain = packer.bytes();
  const small = plain.length > WORTHWHILE ? deflateRawSync(plain) : plain;
  const body =
    small.length < plain.length ? Buffer.concat([Buffer.of(1), small]) : Buffer.concat([Buffer.of(0), plain]);
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
  const { owner, ...state } = unpack(cursor);
  if (owner !== ownerOf(key))
    throw new CursorError("foreign", "The cursor belongs to another source. Use it with that one, or read without it.");
  if ((options.now ?? Date.now()) - state.time > (options.maxAgeMs ?? MAX_AGE_MS))
    throw new CursorError("expired", "The cursor is too old. Read again without a cursor.");
  return state;
}

/**
 * Which of some sources a cursor belongs to.
 * @returns the key; undefined if it is of none of them
 * @throws CursorError `invalid`
 */
export function keyOfCursor(
  cursor: string,
  keysFor: (labels: readonly string[]) => readonly string[],
): string | undefined {
  const { owner, positions } = unpack(cursor);
  return keysFor([...new Set(positions.map((at) => at.label))]).find((key) => ownerOf(key) === owner);
}

function ownerOf(key: string): string {
  return digest(key).toString("hex").slice(0, OWNER);
}

function unpack(cursor: string): CursorState & { readonly owner: string } {
  const damaged = (): CursorError =>
    new CursorError("invalid", "The cursor is not one of this tool's, or was changed. Read again without a cursor.");
  if (cursor.length > MAX_CURSOR || !/^lt\d+\.[\w-]+$/.test(cursor)) throw damaged();
  if (!cursor.startsWith(`${VERSION}.`))
    throw new CursorError("invalid", "The cursor is of another version. Read again without a cursor.");
  const text = cursor.slice(VERSION.length + 1);
  const bytes = Buffer.from(text, "base64url");
  const body = bytes.subarray(SUM);
  if (bytes.toString("base64url") !== text || !bytes.subarray(0, SUM).equals(sum(body))) throw damaged();
  try {
    const packed = body[0] === 1 ? inflateRawSync(body.subarray(1), { maxOutputLength: MAX_STATE }) : body.subarray(1);
    const unpacker = new Unpacker(packed);
    return { owner: unpacker.hex(OWNER), time: unpacker.number(), positions: positionsOf(unpacker) };
  } catch {
    throw damaged();
  }
}

function positionsOf(unpacker: Unpacker): Position[] {
  const positions: Position[] = [];
  while (!unpacker.ended) {
    const label = unpacker.text();
    if (label === "" || label.includes("\0") || label.split("/").includes("..")) throw new RangeError("not a label");
    for (let rows = unpacker.number(); rows > 0; rows -= 1) {
      const id = unpacker.hex(12);
      const headLength = unpacker.number();
      const offset = unpacker.number();
      const left = unpacker.number();
      if (headLength > HEAD || (headLength === 0 && offset > 0)) throw new RangeError("not a head");
      const headHash = headLength > 0 ? unpacker.hex(8) : NOTHING;
      const anchorHash = offset > 0 ? unpacker.hex(8) : NOTHING;
      positions.push({ label, id, headLength, headHash, offset, anchorHash, left });
    }
  }
  return positions;
}

function sum(body: Buffer): Buffer {
  return digest(VERSION, body).subarray(0, SUM);
}

function digest(...parts: (string | Buffer)[]): Buffer {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return hash.digest();
}

/** The hash of no bytes. */
const NOTHING = digest().toString("hex").slice(0, 8);
