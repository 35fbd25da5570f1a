import { FileAccessError } from "@plugboard/core/files";
import type { OpenFile } from "@plugboard/core/files";
import type { Position } from "./cursor.ts";
import { matches } from "./identity.ts";
import type { OpenFiles } from "./open.ts";
import type { Listed, ListedRotated, LogFile } from "./source.ts";

/** A file that was read before. */
export interface Found {
  readonly file: OpenFile;
  /** Where it stands in the row: itself, or what it was compressed or copied to. */
  readonly listed: Listed | undefined;
  readonly compressed: boolean;
  readonly id: string;
}

/** Evidence of fewer bytes than this is no proof that the file under the log's name, another by its inode, is the old one. */
const ENOUGH = 256;

/**
 * Finds a file that was read before: by its id with its content, or by its content alone, in the row of rotated files behind
 * `floor`, among those that nothing else was found to be.
 * @param time what was written to since, in milliseconds since the epoch, is the likelier one of several with one content
 * @throws Moved
 * @throws FileAccessError
 */
export async function find(
  files: OpenFiles,
  log: LogFile,
  position: Position,
  claimed: ReadonlySet<Listed>,
  floor: number,
  time: number,
): Promise<Found | undefined> {
  const rotated = log.rotated.filter((one, index) => index > floor && !claimed.has(one) && isReadable(one));
  const live = log.live && !claimed.has(log.live) ? [log.live] : [];
  const named = [...live, ...rotated, ...log.beside].filter((one) => one.id === position.id);
  const check = async (file: OpenFile, listed: Listed | undefined): Promise<Found | undefined> => {
    const compressed = listed !== undefined && isCompressed(listed);
    // A file that was empty shows nothing by which to know it but its inode.
    const same = position.headLength === 0 || (await matches(file, compressed, position)) === "same";
    return same ? { file, listed, compressed, id: listed?.id ?? position.id } : undefined;
  };
  const open = files.get(position.id);
  const kept = open && (await check(open, named[0]));
  if (kept?.listed) return kept;
  for (const listed of named) {
    const found = await check(await files.open(listed), listed);
    if (found) return found;
  }
  if (position.headLength === 0) return kept;
  // Compressed, or copied. Short contents may be those of several files: the first that was written to since, else the last.
  let best: Found | undefined;
  for (const listed of rotated.toReversed()) {
    if (listed.id === position.id) continue;
    const file = await files.open(listed).catch(refused);
    const found = file && (await check(file, listed));
    if (found && (!best || listed.mtimeMs > time)) best = found;
  }
  // Open still, without a name: read on there, since somebody may write to it, and not in what it became.
  if (kept) return { ...kept, listed: best?.listed };
  for (const listed of best || position.offset < ENOUGH ? [] : live) {
    if (listed.id !== position.id) best = await check(await files.open(listed), listed);
  }
  return best;
}

function refused(error: unknown): undefined {
  if (!(error instanceof FileAccessError)) throw error;
}

/** Whether a file is a copy of what was read, made before all of it was written. */
export async function isCopy(
  files: OpenFiles,
  listed: ListedRotated,
  positions: readonly Position[],
): Promise<boolean> {
  if (!isReadable(listed)) return false;
  const known = positions.filter((at) => at.headLength > 0);
  const file = known.length > 0 ? await files.open(listed).catch(refused) : undefined;
  if (!file) return false;
  for (const position of known) {
    if ((await matches(file, isCompressed(listed), position)) === "shorter") return true;
  }
  return false;
}

function isReadable(listed: ListedRotated): boolean {
  return listed.rotated.compression === undefined || listed.rotated.compression === "gz";
}

export function isCompressed(listed: Listed | ListedRotated): boolean {
  return "rotated" in listed && listed.rotated.compression !== undefined;
}
