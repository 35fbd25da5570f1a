import { isAscii } from "node:buffer";
import type { Encoding } from "../lines/decode.ts";
import { decodeLine, findEnd, unitOf } from "../lines/decode.ts";
import type { Line } from "../lines/line.ts";
import { MAX_LINE_BYTES } from "../lines/split.ts";
import type { Block } from "./blocks.ts";
import { BlockReader } from "./blocks.ts";
import type { ByteSource } from "./bytes.ts";
import type { Spans } from "./find.ts";
import { allLines } from "./find.ts";

/** Room for the `\r` and the last character, of which it has to be known whether they end at the limit. */
const SLACK = 4;
const CONTEXT_BLOCK = 8192;

/** What is the same for all lines of a file. */
export interface LineRules {
  readonly encoding: Encoding;
  readonly maxLineBytes: number;
}

export function rulesOf(encoding: Encoding, maxLineBytes = MAX_LINE_BYTES): LineRules {
  return { encoding, maxLineBytes };
}

/** Bytes of a line that have to be kept to decode it. */
export function headBytes({ maxLineBytes }: LineRules): number {
  return maxLineBytes + SLACK;
}

/** All lines of a block. */
export function linesOf({ bytes, long }: Block, { encoding }: LineRules): Spans {
  if (long !== undefined) return [0, bytes.length];
  if (encoding === "utf8") return allLines(bytes);
  const spans: number[] = [];
  for (let at = 0; at < bytes.length;) {
    const end = findEnd(bytes, at, encoding);
    const next = end === -1 ? bytes.length : end + 2;
    spans.push(at, next);
    at = next;
  }
  return spans;
}

/** The line between two indices of a block. */
export function lineAt(block: Block, start: number, end: number, { encoding, maxLineBytes }: LineRules): Line {
  const { bytes, offset, long } = block;
  const unit = unitOf(encoding);
  const complete =
    long?.complete ??
    (encoding === "utf8" ? bytes[end - 1] === 10 : findEnd(bytes.subarray(end - unit, end), 0, encoding) === 0);
  const last = long === undefined ? end : block.end - offset;
  const length = last - start - (complete ? unit : 0);
  const { text, cut } = decodeLine(bytes.subarray(start, end), length, maxLineBytes, encoding, offset + start === 0);
  return { text, start: offset + start, end: offset + last, cut, complete };
}

/** The texts of a block's lines. One decoding for all is much faster than one for each. */
export function textsOf(block: Block, rules: LineRules): (start: number, end: number) => string {
  const { bytes, long } = block;
  const each = (start: number, end: number): string => lineAt(block, start, end, rules).text;
  if (rules.encoding !== "utf8" || long !== undefined || !isAscii(bytes)) return each;
  const all = bytes.toString("latin1");
  return (start, end) => {
    let last = end;
    if (bytes[last - 1] === 10) last--;
    if (bytes[last - 1] === 13 && last > start) last--;
    return last - start > rules.maxLineBytes ? each(start, end) : all.slice(start, last);
  };
}

/** Up to `count` lines before an offset that is the start of a line, in the order of the file. */
export async function linesBefore(
  source: ByteSource,
  offset: number,
  count: number,
  rules: LineRules,
): Promise<Line[]> {
  const lines: Line[] = [];
  if (count <= 0) return lines;
  for await (const line of linesUp(source, offset, rules)) {
    lines.push(line);
    if (lines.length >= count) break;
  }
  return lines.reverse();
}

/** The lines before an offset, the nearest first. */
export async function* linesUp(
  source: ByteSource,
  offset: number,
  rules: LineRules,
): AsyncGenerator<Line, void, undefined> {
  for await (const block of contextReader(source, rules).backwards(0, offset)) {
    const spans = linesOf(block, rules);
    for (let at = spans.length - 2; at >= 0; at -= 2) yield lineAt(block, spans[at] ?? 0, spans[at + 1] ?? 0, rules);
  }
}

/** The lines from an offset on that is the start of a line. */
export async function* linesDown(
  source: ByteSource,
  offset: number,
  rules: LineRules,
  to = Infinity,
): AsyncGenerator<Line, void, undefined> {
  for await (const block of contextReader(source, rules).forwards(offset, to)) {
    const spans = linesOf(block, rules);
    for (let at = 0; at < spans.length; at += 2) yield lineAt(block, spans[at] ?? 0, spans[at + 1] ?? 0, rules);
  }
}

/** Up to `count` lines from an offset on. */
export async function linesAfter(source: ByteSource, offset: number, count: number, rules: LineRules): Promise<Line[]> {
  const lines: Line[] = [];
  if (count <= 0) return lines;
  for await (const line of linesDown(source, offset, rules)) {
    lines.push(line);
    if (lines.length >= count) break;
  }
  return lines;
}

function contextReader(source: ByteSource, rules: LineRules): BlockReader {
  return new BlockReader(source, rules.encoding, {
    firstBytes: CONTEXT_BLOCK,
    maxBytes: 262_144,
    headBytes: headBytes(rules),
  });
}
