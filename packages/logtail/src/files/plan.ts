import type { OpenFile } from "@plugboard/core/files";
import type { Position } from "./cursor.ts";
import type { Evidence } from "./identity.ts";
import { evidenceOfAll, findKnown, isCopy } from "./known.ts";
import type { KnownFile } from "./known.ts";
import type { OpenFiles } from "./open.ts";
import { compressionOf } from "./rotation.ts";
import type { Listed, ListedRotated, LogFile } from "./source.ts";

/** Bytes that were, or may have been, in a log and cannot be given any more. */
export interface Gap {
  /** The label of the log. */
  readonly file: string;
  /** Bytes that are known to be lost, at least; undefined if it is not known how many, or whether there were any. */
  readonly bytes?: number;
  /** A sentence. */
  readonly reason: string;
}

/** How much earlier than the reading the time of a cursor is, in milliseconds: the times of files come from a coarser clock. */
export const CLOCK_MS = 20;

/** One file to read, from an offset on. */
export interface Segment {
  readonly id: string;
  readonly compressed: boolean;
  /** How far it was read before; undefined: it is read from its start. */
  readonly position: Position | undefined;
  /** Undefined: to be opened when it is its turn. */
  readonly file: OpenFile | undefined;
  /** Undefined: it has no name any more. */
  readonly listed: Listed | undefined;
  /** Whether it is the file under the log's own name. */
  readonly live: boolean;
}

/** What to read next for one log. */
export interface Plan {
  readonly log: LogFile;
  /** Oldest first. */
  readonly segments: readonly Segment[];
  readonly gaps: readonly Gap[];
  /** Whether the last file read is no longer the one under the log's name. */
  readonly rotated: boolean;
  /** What the plan was made from. */
  readonly known: readonly Position[];
}

/**
 * Finds the files to read next for one log, oldest first: what was read before, wherever it is now, then what was rotated
 * since, then the file under the log's own name.
 *
 * A file is known again by device and inode together with its content, or by its content alone: the head, and the bytes
 * before the offset. An inode alone says nothing of a file that had content, since file systems give it to the next file.
 *
 * @param known how far its files were read, oldest first
 * @param time no later than that, in milliseconds since the epoch
 * @throws Moved
 * @throws FileAccessError
 */
export async function plan(
  files: OpenFiles,
  log: LogFile,
  known: readonly Position[],
  time: number,
  signal?: AbortSignal,
): Promise<Plan> {
  const segments: Segment[] = [];
  const gaps: Gap[] = [];
  const claimed = new Set<Listed>();
  const missing: Position[] = [];
  /** All of the files that are open still and have no name, of which nothing was known. */
  const nameless: Evidence[] = [];
  let newest: KnownFile | undefined;
  /** Index in the row of rotated files of the newest one that was read. */
  let floor = -1;
  let floorBefore = -1;
  for (const position of known) {
    // What a file that is open still became, and known by that already.
    if ([...claimed].some(({ id }) => id === position.id)) continue;
    floorBefore = floor;
    newest = await findKnown(files, log, position, claimed, floor, time, signal);
    if (!newest) {
      missing.push(position);
      continue;
    }
    const { listed, file, compressed, id } = newest;
    if (listed) claimed.add(listed);
    else if (position.headLength === 0) nameless.push(await evidenceOfAll(file, false, signal));
    floor = Math.max(floor, log.rotated.indexOf(listed as ListedRotated));
    segments.push({ id, compressed, position, file, listed, live: listed !== undefined && listed === log.live });
  }
  const isLive = newest !== undefined && newest.listed !== undefined && newest.listed === log.live;
  const inRow = newest?.listed !== undefined && log.rotated.includes(newest.listed as ListedRotated);
  const later: ListedRotated[] = [];
  const last = known.at(-1);
  // A file that was empty and is under its name still may have been filled, copied and truncated.
  const wasEmpty = last?.headLength === 0;
  for (const [index, one] of log.rotated.entries()) {
    if ((isLive && !wasEmpty) || index <= (wasEmpty ? floorBefore : floor)) continue;
    if (claimed.has(one) || one.size === 0) continue;
    // Not known to come after what was read: what has been written to since was not read yet.
    const isLater = inRow && index > floor;
    if (!isLater && one.mtimeMs <= time) continue;
    if (!isLater && (await isCopy(files, one, known, nameless, signal))) {
      // Remembered as read, so that it is not taken for a new one when what it is a copy of is no longer known.
      const compressed = compressionOf(one) === "gzip";
      const file = await files.open(one);
      const evidence = await evidenceOfAll(file, compressed, signal);
      const position = { ...evidence, label: log.label, id: one.id, left: 0 };
      segments.push({ id: one.id, compressed, position, file, listed: one, live: false });
      continue;
    }
    later.push(one);
  }
  for (const position of missing) {
    const gap = gapOf(log, position, position === known.at(-1), later.length > 0);
    if (gap) gaps.push(gap);
  }
  if (last && log.live?.id === last.id && (inRow || (isLive && later.length > 0))) {
    const reason = "The file was copied and truncated; lines written between the two, if any, are gone.";
    gaps.push({ file: log.label, reason });
  }
  for (const one of later) {
    const compression = compressionOf(one);
    if (compression === "other") {
      gaps.push({ file: log.label, reason: `"${one.relative}" is compressed in a format that cannot be read.` });
      continue;
    }
    const compressed = compression === "gzip";
    segments.push({ id: one.id, compressed, position: undefined, file: undefined, listed: one, live: false });
  }
  if (wasEmpty && inRow) {
    const rank = ({ listed }: Segment): number => log.rotated.indexOf(listed as ListedRotated);
    segments.sort((a, b) => rank(a) - rank(b));
  }
  const own = segments.findIndex((one) => one.live);
  // What is under the log's name comes last.
  if (own !== -1) segments.push(...segments.splice(own, 1));
  else if (log.live) {
    const { live } = log;
    segments.push({ id: live.id, compressed: false, position: undefined, file: undefined, listed: live, live: true });
  }
  if (segments.length > 0 || known.length === 0)
    return { log, segments, gaps, rotated: known.length > 0 && !isLive, known };
  // Nothing is there. It may come back, so that its place is kept; what is known to be lost is told at once, and once.
  const told = gaps.filter((gap) => gap.bytes !== undefined);
  return { log, segments, gaps: told, rotated: false, known: known.map((at) => ({ ...at, left: 0 })) };
}

/** @param newest whether it was the last file read; @param later whether there are files that it may be by now */
function gapOf(log: LogFile, position: Position, newest: boolean, later: boolean): Gap | undefined {
  const { left } = position;
  // A file that was rotated and read to its end may go.
  if (!newest && left === 0) return undefined;
  // What it was when it was empty cannot be told of a compressed one.
  if (position.headLength === 0 && later) return undefined;
  const reason =
    log.live?.id === position.id
      ? "The file was truncated or replaced; lines written before that and after the last read are gone."
      : "The file that was read before is gone, and with it what was written to it after the last read.";
  return { file: log.label, reason, ...(left > 0 && { bytes: left }) };
}
