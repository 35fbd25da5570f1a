import type { OpenFile } from "@plugboard/core/files";
import { compressionOf } from "./files/rotation.ts";
import { withoutAliases } from "./files/source.ts";
import type { Listed, LogFile } from "./files/source.ts";
import { LineParser } from "./format/parser.ts";
import { backward } from "./lines/backward.ts";
import { forward } from "./lines/forward.ts";
import type { Query } from "./scan/query.ts";
import type { Session } from "./scan/sessions.ts";
import type { Part } from "./scan/types.ts";

/** One file of a log to scan. */
export interface SpanSegment {
  /** The label of its log. */
  readonly label: string;
  readonly listed: Listed;
  readonly compressed: boolean;
}

/** Files of one summary; the newest. */
const MAX_SEGMENTS = 250;
/** How much earlier than the line before a line's time may be. */
export const SKEW_MS = 60_000;

export interface Segments {
  readonly segments: readonly SpanSegment[];
  /** Sentences on files that cannot be read. */
  readonly skipped: string[];
}

/**
 * The files of one log, the oldest first.
 * @param since files that were last written before it are left out; milliseconds since the epoch
 * @param last the id of the newest file to take; default the newest there is
 */
export function segmentsIn({ label, live, rotated }: LogFile, since: number = -Infinity, last?: string): Segments {
  const skipped: string[] = [];
  const segments: SpanSegment[] = [];
  const there = [...rotated, ...(live ? [live] : [])];
  const end = there.findIndex(({ id }) => id === last);
  for (const listed of end === -1 ? there : there.slice(0, end + 1)) {
    const compression = compressionOf(listed);
    if (listed.mtimeMs < since - SKEW_MS) continue;
    if (compression === "other") skipped.push(`${listed.relative} is compressed in a format that cannot be read.`);
    else segments.push({ label, listed, compressed: compression === "gzip" });
  }
  return { segments, skipped };
}

/**
 * The files of logs, those written last first; at most 250.
 * @param since see {@link segmentsIn}
 */
export function segmentsOf(logs: readonly LogFile[], since?: number): Segments {
  const found = withoutAliases(logs).map((log) => segmentsIn(log, since));
  const skipped = found.flatMap((one) => one.skipped);
  const segments = found.flatMap((one) => one.segments);
  const newest = segments.toSorted((a, b) => b.listed.mtimeMs - a.listed.mtimeMs);
  if (newest.length > MAX_SEGMENTS)
    skipped.push(`Only the newest ${MAX_SEGMENTS} of ${newest.length} files were looked at.`);
  return { segments: newest.slice(0, MAX_SEGMENTS), skipped };
}

/** Smaller files are scanned whole. */
const SEEK_BYTES = 1_048_576;

/** The part of an open file that can have lines of the time that a query asks for. */
export async function partOf(
  session: Session,
  fd: number,
  { listed, compressed }: Pick<SpanSegment, "listed" | "compressed">,
  size: number,
  { since, until, zone }: Query,
): Promise<Part> {
  const part = { fd, compressed, from: 0, to: compressed ? Number.POSITIVE_INFINITY : size };
  if (compressed || size < SEEK_BYTES) return part;
  const options = { skewMs: SKEW_MS, reference: listed.mtimeMs, ...(zone !== undefined && { zone }) };
  const from = since === undefined ? 0 : await session.seek(part, since, options);
  // From there on all lines are later, also those that are out of order.
  const to = until === undefined ? size : await session.seek(part, until + 2 * SKEW_MS, options);
  return { ...part, from: Math.min(from, to), to };
}

const LOOK = { maxLines: 200, maxLineBytes: 4_096 };

/** Times so much later than the last change of their file are mistakes. */
const AHEAD_MS = 86_400_000;

/** The time of a line near an offset of a file; undefined where none of the lines there has one. */
export async function timeAt(
  file: OpenFile,
  offset: number,
  zone: string,
  signal: AbortSignal,
): Promise<number | undefined> {
  const parser = new LineParser({ zone, reference: Number(file.stat.mtimeMs) });
  const latest = Number(file.stat.mtimeMs) + AHEAD_MS;
  const before = await backward(file, { ...LOOK, before: offset, maxScanBytes: 65_536, signal });
  for (const { text } of before.lines.toReversed()) {
    const { time } = parser.parse(text);
    if (time !== undefined && time <= latest) return time;
  }
  for await (const { lines } of forward(file, { ...LOOK, from: before.next, maxBytes: 65_536, signal })) {
    for (const { text } of lines) {
      const { time } = parser.parse(text);
      if (time !== undefined && time <= latest) return time;
    }
    break;
  }
  return undefined;
}
