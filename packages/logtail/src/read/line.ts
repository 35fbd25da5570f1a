import type { Line } from "../lines/line.ts";

/** A line and the label of its log. */
export interface SourceLine extends Line {
  readonly file: string;
  /** Whether its file is compressed; then offsets are of what it holds. */
  readonly compressed: boolean;
  /** Which of the log's files it stands in, as long as that exists. */
  readonly id: string;
}

/** Says what becomes of a line: `give` it, `skip` it for good, or `stop` before it, so that it comes first the next time. */
export type Take = (line: SourceLine) => "give" | "skip" | "stop";

/** A line with what tells where it stands. Field by field: spreading costs ten times as much. */
export function named(line: Line, file: string, compressed: boolean, id: string): SourceLine {
  const { text, start, end, cut, complete } = line;
  return { text, start, end, cut, complete, file, compressed, id };
}
