import { isDigit } from "../format/characters.ts";
import type { Slot } from "./slot.ts";
import { prefixLength, slotOf } from "./slot.ts";

/** A message taken apart: `separators[0] words[0] separators[1] words[1] … separators[words.length]`. */
export interface Tokens {
  readonly words: readonly string[];
  readonly separators: readonly string[];
}

/** Bytes of a message, as UTF-8, that count; what follows does not tell messages apart. */
const MAX_LENGTH = 2048;
const MAX_WORDS = 128;

const LETTER = 1;
const DIGIT = 2;
const SLASH = 4;
const MARK = 8;
const QUOTE = 16;
/** 0 and `QUOTE` separate words; all else, and all beyond ASCII, is part of one. A mark ends no word, and as a rule starts none. */
const CLASS = new Uint8Array(256).fill(LETTER, 128);
for (let code = 0; code < 128; code++) {
  const character = String.fromCharCode(code);
  if (/[A-Za-z_]/.test(character)) CLASS[code] = LETTER;
  if (/[0-9]/.test(character)) CLASS[code] = DIGIT;
  if (character === "/") CLASS[code] = SLASH;
  if (/[.:\-@\\]/.test(character)) CLASS[code] = MARK;
  if (/["']/.test(character)) CLASS[code] = QUOTE;
}

/**
 * Reads messages into words, where each word that looks variable is a slot: with a digit in it (numbers, ids, addresses,
 * times), between quotes, or an absolute path. `key` tells messages of one shape from those of another.
 */
export class Tokenizer {
  /** Of the last message, 32 bits: with `check`, equal for equal shapes, and for different ones with a chance of 1 in 2^64. */
  key = 0;
  /** Further 32 bits. */
  check = 0;
  readonly #encoder = new TextEncoder();
  /** One more, for a zero after the message. */
  readonly #bytes = Buffer.alloc(MAX_LENGTH + 1);
  readonly #room = this.#bytes.subarray(0, MAX_LENGTH);

  /**
   * Computes `key` and `check` alone, and returns `key`.
   * @param kind a small number: messages of different kinds have different keys
   */
  scan(message: string, kind = 0): number {
    this.#read(this.#bytes, 0, this.#take(message), kind, undefined, undefined);
    return this.key;
  }

  /** The same for a message of ASCII in `bytes`, behind whose end there is a control character or nothing. */
  scanBytes(bytes: Buffer, from: number, to: number, kind = 0): number {
    if (to - from > MAX_LENGTH) return this.scan(bytes.toString("latin1", from, to), kind);
    this.#read(bytes, from, to, kind, undefined, undefined);
    return this.key;
  }

  /** The words of the message. */
  tokens(message: string): Tokens {
    const words: string[] = [];
    const separators: string[] = [];
    this.#read(this.#bytes, 0, this.#take(message), 0, words, separators);
    if (message.length > MAX_LENGTH) separators[words.length] = "…";
    return { words, separators };
  }

  /** Bytes are read several times faster than the units of a string. */
  #take(message: string): number {
    const { written } = this.#encoder.encodeInto(message, this.#room);
    this.#bytes[written] = 0;
    return written;
  }

  #read(
    bytes: Buffer,
    from: number,
    length: number,
    kind: number,
    words: string[] | undefined,
    separators: string[] | undefined,
  ): void {
    let high = 0x1b873593 + kind;
    let low = 0x2c1b3c6d;
    let count = 0;
    let at = from;
    let gap = from;
    let blank = false;
    // The last slot and its word, and what was hashed up to its end, for lists of the same slot.
    let listed: Slot | undefined;
    let listedStart = 0;
    let listedEnd = 0;
    let listHigh = 0;
    let listLow = 0;
    // Where a search for a closing quote found none, so that none is searched for again.
    let noDouble = false;
    let noSingle = false;
    while (at < length && count < MAX_WORDS) {
      const code = bytes[at] ?? 0;
      const type = CLASS[code] ?? 0;
      if (type === QUOTE && (code === 34 || at === from || (bytes[at - 1] ?? 0) <= 64)) {
        const none = code === 34 ? noDouble : noSingle;
        const close = none ? -1 : indexOf(bytes, code, at + 1, length);
        if (close < 0) {
          if (code === 34) noDouble = true;
          else noSingle = true;
        } else if ((bytes[close + 1] ?? 0) !== 58 && !isPart(bytes[close + 1] ?? 0)) {
          const verb = verbEnd(bytes, at + 1);
          if (words !== undefined) {
            words.push(`${text(bytes, at + 1, verb)}<str>`);
            separators?.push(spaced(text(bytes, gap, at + 1)));
          }
          for (let index = at + 1; index < verb; index++) {
            high = Math.imul(high ^ (bytes[index] ?? 0), 0x01000193);
            low = (Math.imul(low, 31) + (bytes[index] ?? 0)) | 0;
          }
          high = Math.imul(high ^ 0x5100 ^ code, 0x85ebca6b);
          low = Math.imul(low ^ 0x5200 ^ code, 0xc2b2ae35);
          count++;
          gap = close;
          at = close + 1;
          blank = false;
          continue;
        }
      }
      if ((type & ~QUOTE) === 0 || (type === MARK && !startsWord(bytes, at))) {
        const shown = code > 32;
        if (shown || !blank) {
          high = Math.imul(high ^ (shown ? code : 32), 0x01000193);
          low = Math.imul(low ^ (shown ? code : 32), 0x5bd1e995);
        }
        blank = !shown;
        at++;
        continue;
      }
      const start = at;
      const highBefore = high;
      const lowBefore = low;
      let types = 0;
      let slashes = 0;
      for (let unit = code, part = type; ;) {
        types |= part;
        if (part === SLASH) slashes++;
        high = Math.imul(high ^ unit, 0x01000193);
        low = (Math.imul(low, 31) + unit) | 0;
        if (++at === length) break;
        unit = bytes[at] ?? 0;
        part = CLASS[unit] ?? 0;
        if ((part & ~QUOTE) === 0) break;
      }
      let end = at;
      while (end > start && isTrailing(bytes[end - 1] ?? 0)) end--;
      const slot =
        (types & DIGIT) !== 0 || slashes > 1 ? slotOf(bytes, start, end, (types & DIGIT) !== 0, slashes) : undefined;
      let kept = end;
      if (slot !== undefined) {
        kept = start + prefixLength(bytes, start, end, slot);
        if (slot === listed && goesOn(bytes, listedStart, listedEnd, gap, start, kept)) {
          high = listHigh;
          low = listLow;
          gap = end;
          at = end;
          blank = false;
          continue;
        }
        high = highBefore;
        low = lowBefore;
        for (let index = start; index < kept; index++) {
          high = Math.imul(high ^ (bytes[index] ?? 0), 0x01000193);
          low = (Math.imul(low, 31) + (bytes[index] ?? 0)) | 0;
        }
      }
      // What was trimmed is read again, as what separates.
      at = end;
      const mark = slot === undefined ? 0x20 : 0x100 + slot.charCodeAt(2);
      high = Math.imul(high ^ (high >>> 15) ^ mark, 0x85ebca6b);
      low = Math.imul(low ^ (low >>> 13) ^ mark, 0xc2b2ae35);
      count++;
      if (words !== undefined) {
        words.push(slot === undefined ? text(bytes, start, end) : text(bytes, start, kept) + slot);
        separators?.push(spaced(text(bytes, gap, start)));
      }
      gap = end;
      blank = false;
      listed = slot;
      listedStart = start;
      listedEnd = kept;
      listHigh = high;
      listLow = low;
    }
    // Words beyond the bound are no part of the shape.
    separators?.push(at < length ? "…" : spaced(text(bytes, gap, length)));
    this.key = high ^ (high >>> 16);
    this.check = low ^ (low >>> 15);
  }
}

/** Index after a first word in capitals and the blank after it, as in `"GET /path"` and `"SELECT …"`; else `at`. */
function verbEnd(bytes: Buffer, at: number): number {
  let end = at;
  for (let code = bytes[end] ?? 0; code >= 65 && code <= 90 && end - at < 9; code = bytes[++end] ?? 0);
  return end - at >= 3 && bytes[end] === 32 ? end + 1 : at;
}

/** Whether a slot goes on a list: the same beginning of the word, and only blanks and commas between the two. */
function goesOn(bytes: Buffer, from: number, to: number, gap: number, start: number, kept: number): boolean {
  if (kept - start !== to - from) return false;
  for (let at = gap; at < start; at++) if (bytes[at] !== 32 && bytes[at] !== 44) return false;
  for (let at = start; at < kept; at++) if (bytes[at] !== bytes[from + at - start]) return false;
  return true;
}

function text(bytes: Buffer, start: number, end: number): string {
  return bytes.toString("utf8", start, end);
}

function indexOf(bytes: Buffer, code: number, from: number, length: number): number {
  for (let at = from; at < length; at++) if (bytes[at] === code) return at;
  return -1;
}

/** White space counts as one space. */
function spaced(separator: string): string {
  return separator === " " || separator === "" ? separator : separator.replace(/[\0- ]+/g, " ");
}

function isPart(code: number): boolean {
  return CLASS[code] === LETTER || CLASS[code] === DIGIT || code === 64 || code === 92;
}

/** Whether the mark at `at` belongs to the word after it: the sign of a number, or the dot of `./path`. */
function startsWord(bytes: Buffer, at: number): boolean {
  const next = bytes[at + 1] ?? 0;
  const code = bytes[at] ?? 0;
  return (code === 45 && isDigit(next)) || (code === 46 && next === 47);
}

/** `. : - @ \` end no word, and as a rule start none. */
function isTrailing(code: number): boolean {
  return code === 46 || code === 58 || code === 45 || code === 64 || code === 92;
}

/** The template in one text. */
export function joinTokens({ words, separators }: Tokens): string {
  let text = separators[0] ?? "";
  for (let at = 0; at < words.length; at++) text += (words[at] ?? "") + (separators[at + 1] ?? "");
  return text.trim();
}
