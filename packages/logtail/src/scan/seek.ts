import type { LineParser } from "../format/parser.ts";
import { encodingAt } from "./blocks.ts";
import type { ByteSource } from "./bytes.ts";
import type { Control } from "./control.ts";
import type { LineRules } from "./text.ts";
import { linesDown, rulesOf } from "./text.ts";
import type { Part } from "./types.ts";

/** Ranges that are short enough to be read line by line. */
const SHORT = 65_536;

/**
 * The offset of a line before which no line has `time` or a later one, and close behind which they begin, in a log whose
 * times ascend but for a skew of `skewMs`: the first line at or after `time - skewMs`, by bisection. `part.to` if there is
 * none; an earlier offset, which is right as well, when the control expires first; `part.from` of a compressed part.
 *
 * Where lines are wanted that are before a time, all lines from `seek(time + 2 * skewMs)` on are later.
 *
 * @param time ms since the epoch
 */
export async function seek(
  source: ByteSource,
  part: Part,
  time: number,
  skewMs: number,
  parser: LineParser,
  control: Control,
): Promise<number> {
  if (part.compressed) return part.from;
  const target = time - skewMs;
  const rules = rulesOf(await encodingAt(source));
  let low = part.from;
  let high = part.to;
  while (high - low > SHORT && !control.expired) {
    const middle = Math.floor((low + high) / 2);
    const probe = await timedLine(source, middle, high, parser, rules, control);
    if (probe !== undefined && probe.time < target) low = probe.start;
    else high = probe === undefined ? middle : Math.min(probe.start, middle);
  }
  for await (const line of linesDown(source, low, rules, part.to)) {
    if (control.expired) return low;
    const found = parser.head(line.text).time;
    if (found !== undefined && found >= target) return line.start;
  }
  return part.to;
}

/** The first line with a time that starts after `offset` and before `to`. */
async function timedLine(
  source: ByteSource,
  offset: number,
  to: number,
  parser: LineParser,
  rules: LineRules,
  control: Control,
): Promise<{ readonly start: number; readonly time: number } | undefined> {
  const even = offset - (offset % 2);
  let first = true;
  for await (const line of linesDown(source, even, rules)) {
    if (line.start >= to || control.expired) return undefined;
    // What stands from the offset on is the rest of a line.
    if (!first) {
      const { time } = parser.head(line.text);
      if (time !== undefined) return { start: line.start, time };
    }
    first = false;
  }
  return undefined;
}
