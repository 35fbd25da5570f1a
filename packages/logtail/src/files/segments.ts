import { FileAccessError } from "@plugboard/core/files";
import type { OpenFile } from "@plugboard/core/files";
import type { Position } from "./cursor.ts";
import { matches } from "./identity.ts";
import { inodeOf } from "./source.ts";
import type { Listed, ListedRotated, LogFile, Source } from "./source.ts";

/** Bytes that were, or may have been, in a log and cannot be given any more. */
export interface Gap {
  /** The label of the log. */
  readonly file: string;
  /** Bytes that are known to be lost; undefined if it is not known how many, or whether there were any. */
  readonly bytes?: number;
  /** A sentence. */
  readonly reason: string;
}

/** How much earlier than the reading the time of a cursor is, in milliseconds. */
export const CLOCK_MS = 20;

/** One file to read, from an offset. Close `file`. */
export interface Segment {
  readonly log: LogFile;
  /** Undefined: to be opened when it is its turn. */
  file: OpenFile | undefined;
  readonly listed: Listed | undefined;
  readonly dev: string;
  readonly ino: string;
  readonly compressed: boolean;
  /** Whether a later file has taken its place. */
  readonly superseded: boolean;
  /** What was read of it before; undefined: it is read from its start. */
  readonly position: Position | undefined;
}

export interface Plan {
  readonly segments: Segment[];
  readonly gaps: Gap[];
  /** Whether the last file read is no longer the one under the log's name. */
  readonly rotated: boolean;
  /** What the plan was made from. */
  readonly positions: readonly Position[];
}

/** Files changed their names between being listed and opened: list again. */
export class Moved extends Error {
  override readonly name = "Moved";
}

/** Opens a listed file. @throws Moved if another file has its name by now */
export async function openListed(source: Source, listed: Listed): Promise<OpenFile> {
  let file: OpenFile;
  try {
    file = await source.roots.open(listed.path);
  } catch (error) {
    if (error instanceof FileAccessError && (error.code === "not_found" || error.code === "changed")) throw new Moved();
    throw error;
  }
  const { dev, ino } = inodeOf(file.stat);
  if (dev === listed.dev && ino === listed.ino) return file;
  await file.close();
  throw new Moved();
}

interface Place {
  readonly file: OpenFile;
  readonly listed: Listed | undefined;
  readonly compressed: boolean;
}

/**
 * Finds the files to read next for one log, oldest first: what was read before, wherever it is now, then what was rotated
 * since, then the file under the log's own name.
 *
 * A file is known again by device and inode together with its content, or by its content alone: the head, and the bytes
 * before the offset. An inode alone says nothing, since file systems give it to the next file.
 *
 * @param known how far its files were read, oldest first
 * @param time no later than that, in milliseconds since the epoch
 * @param held files that are still open from then, by `dev:ino`; they are not closed here
 */
export async function plan(
  source: Source,
  log: LogFile,
  known: readonly Position[],
  time: number,
  held: ReadonlyMap<string, OpenFile> = new Map(),
): Promise<Plan> {
  // A file that was empty shows nothing by which to know it: it is as if it had not been there.
  const positions = known.filter((at) => at.headLength > 0);
  const segments: Segment[] = [];
  const gaps: Gap[] = [];
  const claimed = new Set<Listed>();
  let last: Place | undefined;
  try {
    for (const [index, position] of positions.entries()) {
      const place = await find(source, log, position, claimed, held);
      last = place;
      if (place) {
        if (place.listed) claimed.add(place.listed);
        segments.push({
          log,
          ...place,
          ...inodeOf(place.file.stat),
          superseded: index < positions.length - 1 || (log.live !== undefined && place.listed !== log.live),
          position,
        });
      }
      const gap = gapOf(log, position, place);
      if (gap) gaps.push(gap);
    }
    const newest = positions.at(-1);
    const rotated = newest !== undefined && (last === undefined || last.listed !== log.live);
    if (newest === undefined || rotated) {
      const at = last?.listed && log.rotated.findIndex((one) => one === last?.listed);
      const later = at !== undefined && at >= 0 ? log.rotated.slice(at + 1) : [];
      if (at === undefined || at < 0) {
        // Not in the row: what has been written to since was not read yet.
        for (const one of log.rotated) {
          const was = known.some((empty) => empty.dev === one.dev && empty.ino === one.ino);
          // A compressed file that was read is not remembered: only one that is surely newer is read.
          const since = known.length > 0 && compressionOf(one) !== undefined ? time + CLOCK_MS : time;
          if (one.mtimeMs <= since && !(was && newest === undefined)) continue;
          if (newest === undefined || !(await isShorter(source, one, newest))) later.push(one);
        }
      }
      for (const one of later) {
        if (claimed.has(one)) continue;
        if (one.rotated.compression === undefined || one.rotated.compression === "gz") segments.push(fresh(log, one));
        else gaps.push({ file: log.label, reason: `"${one.relative}" is compressed in a format that cannot be read.` });
      }
      if (log.live && !claimed.has(log.live)) segments.push(fresh(log, log.live));
    }
    return { segments, gaps, rotated, positions: known };
  } catch (error) {
    for (const one of segments) if (!isHeld(one.file, held)) await one.file?.close();
    throw error;
  }
}

function isHeld(file: OpenFile | undefined, held: ReadonlyMap<string, OpenFile>): boolean {
  return file !== undefined && [...held.values()].includes(file);
}

/** Whether a file is a copy of what was read, made before all of it was written. */
async function isShorter(source: Source, listed: Listed, position: Position): Promise<boolean> {
  if (compressionOf(listed) !== undefined || listed.size >= position.offset) return false;
  await using file = await openListed(source, listed);
  return (await matches(file, false, position)) === "shorter";
}

function compressionOf(listed: Listed | ListedRotated): string | undefined {
  return "rotated" in listed ? (listed as ListedRotated).rotated.compression : undefined;
}

function fresh(log: LogFile, listed: Listed | ListedRotated): Segment {
  const compressed = compressionOf(listed) === "gz";
  const superseded = listed !== log.live;
  return {
    log,
    file: undefined,
    listed,
    dev: listed.dev,
    ino: listed.ino,
    compressed,
    superseded,
    position: undefined,
  };
}

async function find(
  source: Source,
  log: LogFile,
  position: Position,
  claimed: ReadonlySet<Listed>,
  held: ReadonlyMap<string, OpenFile>,
): Promise<Place | undefined> {
  const isIt = (one: { dev: string; ino: string }): boolean => one.dev === position.dev && one.ino === position.ino;
  const all: readonly (Listed | ListedRotated)[] = [...(log.live ? [log.live] : []), ...log.rotated.toReversed()];
  const open = held.get(`${position.dev}:${position.ino}`);
  if (open && (await matches(open, false, position)) === "same")
    return { file: open, listed: all.find(isIt), compressed: false };
  const others = [...log.rotated.toReversed(), ...(log.live ? [log.live] : [])];
  for (const listed of [...all.filter(isIt), ...others.filter((one) => !isIt(one))]) {
    if (claimed.has(listed)) continue;
    const compression = compressionOf(listed);
    if (compression !== undefined && compression !== "gz") continue;
    if (compression === undefined && listed.size < position.offset) continue;
    // Under the log's own name, another inode with equal content is a coincidence unless something was read of it.
    if (listed === log.live && !isIt(listed) && position.offset === 0) continue;
    const file = await openListed(source, listed);
    const compressed = compression === "gz";
    const match = await matches(file, compressed, position).catch(async (error: unknown) => {
      await file.close();
      throw error;
    });
    if (match === "same") return { file, listed, compressed };
    await file.close();
  }
  return undefined;
}

function gapOf(log: LogFile, position: Position, place: Place | undefined): Gap | undefined {
  const inPlace = log.live?.dev === position.dev && log.live.ino === position.ino;
  if (place === undefined) {
    const reason = inPlace
      ? "The file was truncated or replaced; lines written before that and after the last read are gone."
      : "The file that was read before is gone, and with it what was written to it after the last read.";
    return { file: log.label, reason, ...(position.left > 0 && { bytes: position.left }) };
  }
  if (inPlace && place.listed !== log.live && place.listed !== undefined) {
    const reason = "The file was copied and truncated; lines written between the two, if any, are gone.";
    return { file: log.label, reason };
  }
  return undefined;
}
