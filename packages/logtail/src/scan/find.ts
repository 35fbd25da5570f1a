import { isAscii, isUtf8 } from "node:buffer";
import { partAt, quietPlaces } from "./frequency.ts";
import type { Pattern } from "./pattern.ts";
import { quote } from "./pattern.ts";

/** Lines of a block, as pairs of indices: where one starts, and where it ends with its line end. */
export type Spans = readonly number[];

/** Finds the lines of a block of UTF-8 that may match: all that do, and some that do not. */
export type Finder = (bytes: Buffer) => Spans;

const ESCAPE = 27;
const LF = 10;
const PIECE = 65_536;
/** So often a part of a literal may be found without the rest. */
const MAX_IN_VAIN = 100;
/** Literals that are looked for one by one; more are looked for by one expression. */
const MAX_SEARCHES = 3;

/**
 * The fastest way to find lines that may match.
 *
 * Lines with a terminal escape are always found, since the text without it may match. Lines longer than the limit are found
 * when it may matter where they are cut.
 *
 * @param maxLineBytes as in the search
 * @param secret whether lines have secrets, for which other texts are tested: then lines are found by the literals alone
 */
export function finderOf(pattern: Pattern | undefined, maxLineBytes: number, secret = false): Finder {
  if (pattern === undefined) return allLines;
  const { literals, ignoreCase } = pattern;
  const block = secret && literals !== undefined ? blockOf(literals, ignoreCase) : pattern.block;
  const useful = literals !== undefined && (literals.every((text) => text.length > 1) || block === undefined);
  if (literals !== undefined && useful && !ignoreCase && (literals.length <= MAX_SEARCHES || block === undefined))
    return byLiterals(literals.map((text) => Buffer.from(text)));
  if (block === undefined) return allLines;
  const general = byExpression(block, maxLineBytes);
  const [only] = literals ?? [];
  if (!ignoreCase || only === undefined || literals?.length !== 1 || !/^[\x20-\x7e]{3,}$/.test(only)) return general;
  const quick = byVariants(Buffer.from(only.toLowerCase()));
  // Beyond ASCII other characters stand for k and s.
  return (bytes) => (isAscii(bytes) ? quick(bytes) : general(bytes));
}

/** Only where the case is ignored an expression is needed. */
function blockOf(literals: readonly string[], ignoreCase: boolean): RegExp | undefined {
  return ignoreCase ? RegExp(literals.map(quote).join("|"), "giu") : undefined;
}

/** Every line. */
export function allLines(bytes: Buffer): Spans {
  const spans: number[] = [];
  for (let at = 0; at < bytes.length;) {
    const end = bytes.indexOf(LF, at);
    const next = end === -1 ? bytes.length : end + 1;
    spans.push(at, next);
    at = next;
  }
  return spans;
}

function byLiterals(literals: readonly Buffer[]): Finder {
  const searches = literals.map(search);
  return (bytes) => linesWith(bytes, [...searches.map((one) => one(bytes)), escapes(bytes)]);
}

function escapes(bytes: Buffer): (from: number) => number {
  return (from) => bytes.indexOf(ESCAPE, from);
}

/** The lines in which one of the searches finds something; each gives the first place from an index on, or -1. */
function linesWith(bytes: Buffer, finds: readonly ((from: number) => number)[]): Spans {
  const spans: number[] = [];
  const next = finds.map((find) => find(0));
  for (;;) {
    let at = -1;
    for (const one of next) if (one !== -1 && (at === -1 || one < at)) at = one;
    if (at === -1) return spans;
    const end = pushLine(bytes, at, spans);
    for (let index = 0; index < next.length; index++) {
      const one = next[index] ?? -1;
      if (one !== -1 && one < end) next[index] = finds[index]?.(end) ?? -1;
    }
  }
}

/** An ASCII literal in small letters, whatever the case: looks for a short part of it in each way to write it. */
function byVariants(literal: Buffer): Finder {
  const [offset = 0] = quietPlaces(literal);
  const part = partAt(literal, offset, 3);
  const variants = spellings(part);
  const find = (bytes: Buffer, variant: Buffer, from: number): number => {
    for (let at = bytes.indexOf(variant, from + offset); at !== -1; at = bytes.indexOf(variant, at + 1)) {
      if (equalsAt(bytes, at - offset, literal)) return at - offset;
    }
    return -1;
  };
  return (bytes) =>
    linesWith(bytes, [...variants.map((one) => (from: number) => find(bytes, one, from)), escapes(bytes)]);
}

function spellings(part: Buffer): Buffer[] {
  let all = [""];
  for (const letter of part.toString("latin1")) {
    const both = letter === letter.toUpperCase() ? [letter] : [letter, letter.toUpperCase()];
    all = all.flatMap((text) => both.map((one) => text + one));
  }
  return all.map((text) => Buffer.from(text));
}

function equalsAt(bytes: Buffer, from: number, literal: Buffer): boolean {
  for (let index = 0; index < literal.length; index++) {
    const byte = bytes[from + index] ?? 0;
    const small = byte >= 65 && byte <= 90 ? byte | 32 : byte;
    if (small !== literal[index]) return false;
  }
  return true;
}

/**
 * Looks for the part of a literal that begins with its rarest byte: a search runs from one such byte to the next. A part that
 * is often found without the rest is given up for another.
 */
function search(literal: Buffer): (bytes: Buffer) => (from: number) => number {
  const places = quietPlaces(literal);
  let choice = 0;
  let inVain = 0;
  return (bytes) => (from) => {
    for (let start = from; ;) {
      const place = places[choice] ?? 0;
      const part = partAt(literal, place);
      const at = bytes.indexOf(part, start + place);
      if (at === -1) return -1;
      start = at - place;
      const end = start + literal.length;
      if (end > bytes.length) return -1;
      if (part.length === literal.length || bytes.compare(literal, 0, literal.length, start, end) === 0) return start;
      start++;
      if (++inVain < MAX_IN_VAIN) continue;
      inVain = 0;
      choice = (choice + 1) % places.length;
    }
  };
}

function pushLine(bytes: Buffer, at: number, spans: number[]): number {
  const start = at === 0 ? 0 : bytes.lastIndexOf(LF, at - 1) + 1;
  const found = bytes.indexOf(LF, at);
  const end = found === -1 ? bytes.length : found + 1;
  spans.push(start, end);
  return end;
}

function byExpression(expression: RegExp, maxLineBytes: number): Finder {
  return (bytes) => {
    const spans: number[] = [];
    for (let start = 0; start < bytes.length;) {
      const end = pieceEnd(bytes, start);
      for (const at of spansOf(bytes.subarray(start, end), expression, maxLineBytes)) spans.push(start + at);
      start = end;
    }
    return spans;
  };
}

/** Where a piece of whole lines ends: texts of that size are made much faster than larger ones. */
function pieceEnd(bytes: Buffer, start: number): number {
  if (start + PIECE >= bytes.length) return bytes.length;
  const last = bytes.lastIndexOf(LF, start + PIECE - 1);
  const end = last >= start ? last : bytes.indexOf(LF, start + PIECE);
  return end === -1 ? bytes.length : end + 1;
}

function spansOf(bytes: Buffer, expression: RegExp, maxLineBytes: number): Spans {
  if (hasLongLine(bytes, maxLineBytes)) return allLines(bytes);
  const ascii = isAscii(bytes);
  // Elsewhere a character's place says where its byte is.
  if (!ascii && !isUtf8(bytes)) return allLines(bytes);
  const text = ascii ? bytes.toString("latin1") : bytes.toString("utf8");
  const found = linesIn(text, expression);
  return ascii ? found : toBytes(text, found);
}

function linesIn(text: string, expression: RegExp): number[] {
  const spans: number[] = [];
  const find = (from: number): number => {
    expression.lastIndex = from;
    const match = expression.exec(text);
    return match === null ? -1 : match.index;
  };
  let hit = find(0);
  let escape = text.indexOf("\u001b");
  while (hit !== -1 || escape !== -1) {
    const at = hit === -1 || (escape !== -1 && escape < hit) ? escape : hit;
    const start = at === 0 ? 0 : text.lastIndexOf("\n", at - 1) + 1;
    // Behind the last line end there is no line.
    if (start >= text.length) break;
    const lineEnd = text.indexOf("\n", at);
    const end = lineEnd === -1 ? text.length : lineEnd + 1;
    spans.push(start, end);
    if (end >= text.length) break;
    if (hit !== -1 && hit < end) hit = find(end);
    if (escape !== -1 && escape < end) escape = text.indexOf("\u001b", end);
  }
  return spans;
}

function toBytes(text: string, spans: readonly number[]): Spans {
  let last = 0;
  let offset = 0;
  return spans.map((at) => {
    offset += Buffer.byteLength(text.slice(last, at));
    last = at;
    return offset;
  });
}

function hasLongLine(bytes: Buffer, limit: number): boolean {
  let start = 0;
  while (start + limit < bytes.length) {
    const end = bytes.lastIndexOf(LF, start + limit);
    if (end < start) return true;
    start = end + 1;
  }
  return false;
}
