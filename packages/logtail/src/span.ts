import type { OpenFile } from "@plugboard/core/files";
import type { Listed, ListedRotated, LogFile } from "./files/source.ts";
import { LineParser } from "./format/parser.ts";
import { backward } from "./lines/backward.ts";
import { forward } from "./lines/forward.ts";
import type { Query } from "./scan/query.ts";
import type { Session } from "./scan/sessions.ts";
import type { Part } from "./scan/types.ts";

/** One file of a log. */
export interface SpanSegment {
  /** The label of its log. */
  readonly label: string;
  readonly listed: Listed | ListedRotated;
  readonly compressed: boolean;
}

/** Files of one summary; the newest. */
const MAX_SEGMENTS = 250;
/** How much earlier than the line before a line's time may be. */
export const SKEW_MS = 60_000;

/**
 * The files of logs, those written last first.
 * @param since files that were last written before it are left out; milliseconds since the epoch
 */
export function segmentsOf(
  logs: readonly LogFile[],
  since?: number,
): { readonly segments: readonly SpanSegment[]; readonly skipped: string[] } {
  const skipped: string[] = [];
  const segments: SpanSegment[] = [];
  for (const { label, live, rotated, alias } of logs) {
    // A link to a log that is there itself has nothing more.
    if (alias !== undefined && logs.some((log) => log.label === alias)) continue;
    for (const listed of [...rotated, ...(live ? [live] : [])]) {
      const compression = "rotated" in listed ? (listed as ListedRotated).rotated.compression : undefined;
      if (since !== undefined && listed.mtimeMs < since - SKEW_MS) continue;
      if (compression === undefined || compression === "gz")
        segments.push({ label, listed, compressed: compression !== undefined });
      else skipped.push(`${listed.relative} is compressed in a format that cannot be read.`);
    }
  }
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
