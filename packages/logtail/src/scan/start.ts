import type { LineParser } from "../format/parser.ts";
import type { ByteSource } from "./bytes.ts";
import { MAX_LOOK_BACK } from "./heads.ts";
import type { LineRules } from "./text.ts";
import { linesDown, linesUp } from "./text.ts";

/** The start of the line in which an offset lies; `from` at the earliest. */
export async function lineStart(source: ByteSource, offset: number, from: number, rules: LineRules): Promise<number> {
  if (offset <= from) return from;
  const even = offset - ((offset - from) % 2);
  for await (const line of linesUp(source, even, rules)) {
    if (!line.complete) return Math.max(from, line.start);
    return Math.max(from, line.end);
  }
  return from;
}

/** Whether a line begins with white space, or is empty: it goes with the line before, whatever its time. */
export function isIndented(text: string): boolean {
  return !(text.charCodeAt(0) > 32);
}

/**
 * The start of the event in which an offset lies, as `summarize` takes lines together; `from` at the earliest. What is
 * longer than it looks back is cut.
 */
export async function eventStart(
  source: ByteSource,
  offset: number,
  from: number,
  parser: LineParser,
  rules: LineRules,
): Promise<number> {
  const start = await lineStart(source, offset, from, rules);
  if (start <= from) return from;
  let unindented: number | undefined;
  for await (const { text } of linesDown(source, start, rules)) {
    if (parser.head(text).time !== undefined) return start;
    if (!isIndented(text)) unindented = start;
    break;
  }
  let above = 0;
  for await (const line of linesUp(source, start, rules)) {
    if (line.start < from) break;
    if (above++ === MAX_LOOK_BACK) return unindented ?? start;
    if (parser.head(line.text).time !== undefined) return line.start;
    if (!isIndented(line.text)) unindented ??= line.start;
  }
  return unindented ?? from;
}
