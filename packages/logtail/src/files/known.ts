import { FileAccessError } from "@plugboard/core/files";
import type { OpenFile } from "@plugboard/core/files";
import type { Position } from "./cursor.ts";
import { chunks, sizeOf } from "../lines/bytes.ts";
import { evidenceOf, matches, slice } from "./identity.ts";
import type { Evidence } from "./identity.ts";
import type { OpenFiles } from "./open.ts";
import { compressionOf } from "./rotation.ts";
import type { Listed, ListedRotated, LogFile } from "./source.ts";

/** A file that was read before. */
export interface KnownFile {
  readonly file: OpenFile;
  /** Where it stands in the row: itself, or what it was compressed or copied to. */
  readonly listed: Listed | undefined;
  readonly compressed: boolean;
  readonly id: string;
}

/** Evidence of fewer bytes than this is no proof that the file under the log's name, another by its inode, is the old one. */
const ENOUGH = 256;

/** Bytes of a compressed file with nothing in it, at most: its header may have a name. */
const MAX_EMPTY = 512;

/**
 * Finds a file that was read before: by its id with its content, or by its content alone, and then in the row of rotated files
 * behind `floor`; among those that nothing else was found to be.
 * @param time what was written to since, in milliseconds since the epoch, is the likelier one of several with one content
 * @throws Moved
 * @throws FileAccessError
 */
export async function findKnown(
  files: OpenFiles,
  log: LogFile,
  position: Position,
  claimed: ReadonlySet<Listed>,
  floor: number,
  time: number,
  signal: AbortSignal | undefined,
): Promise<KnownFile | undefined> {
  const isFree = (one: ListedRotated): boolean => !claimed.has(one) && isReadable(one);
  const free = log.rotated.filter(isFree);
  const rotated = log.rotated.slice(floor + 1).filter(isFree);
  const live = log.live && !claimed.has(log.live) ? [log.live] : [];
  // An id alone proves little.
  const named = [...live, ...(position.headLength === 0 ? rotated : free), ...log.beside].filter(
    (one) => one.id === position.id,
  );
  const check = async (file: OpenFile, listed: Listed | undefined): Promise<KnownFile | undefined> => {
    const compressed = listed !== undefined && compressionOf(listed) === "gzip";
    // A file that was empty shows nothing by which to know it but its inode.
    const same = position.headLength === 0 || (await matches(file, compressed, position, signal)) === "same";
    return same ? { file, listed, compressed, id: listed?.id ?? position.id } : undefined;
  };
  // Compressed, or copied. Short contents may be those of several files: the first that was written to since, else the last.
  const elsewhere = async (row: readonly ListedRotated[]): Promise<KnownFile | undefined> => {
    let best: KnownFile | undefined;
    for (const listed of row.toReversed()) {
      if (listed.id === position.id) continue;
      const file = await files.open(listed).catch(refused);
      const found = file && (await check(file, listed));
      if (found && (!best || listed.mtimeMs > time)) best = found;
    }
    return best;
  };
  const open = files.get(position.id);
  const kept = open && (await check(open, named[0]));
  let own = kept?.listed && kept;
  for (const listed of own ? [] : named) own ??= await check(await files.open(listed), listed);
  if (own) {
    if (position.headLength === 0 || position.headLength >= ENOUGH) return own;
    // What follows a truncation may begin alike; then a copy that was made since has what this file has not.
    const rank = log.rotated.indexOf(own.listed as ListedRotated);
    const older = rotated.filter((one) => one.mtimeMs > time && (rank === -1 || log.rotated.indexOf(one) < rank));
    const copy = await elsewhere(older);
    return copy && !(await contains(own, copy, signal)) ? copy : own;
  }
  if (position.headLength === 0) return kept ?? (await emptyArchive(files, rotated, signal));
  let best = await elsewhere(rotated);
  // Open still, without a name: read on there, since somebody may write to it, and not in what it became.
  if (kept) return { ...kept, listed: best?.listed };
  for (const listed of best || position.offset < ENOUGH ? [] : live) {
    if (listed.id !== position.id) best = await check(await files.open(listed), listed);
  }
  return best;
}

/** The first of some files that is a compressed one with nothing in it: what became of one that was empty. */
async function emptyArchive(
  files: OpenFiles,
  row: readonly ListedRotated[],
  signal: AbortSignal | undefined,
): Promise<KnownFile | undefined> {
  for (const listed of row) {
    if (listed.size === 0 || listed.size > MAX_EMPTY || compressionOf(listed) !== "gzip") continue;
    const file = await files.open(listed).catch(refused);
    if (file && (await isEmptyArchive(file, signal))) return { file, listed, compressed: true, id: listed.id };
  }
  return undefined;
}

async function isEmptyArchive(file: OpenFile, signal: AbortSignal | undefined): Promise<boolean> {
  let isDamaged = false;
  const onDamaged = (): void => {
    isDamaged = true;
  };
  for await (const { bytes } of chunks(file, true, 0, { signal, onDamaged })) if (bytes.length > 0) return false;
  return !isDamaged;
}

/** Whether all of `part` is what `whole` begins with. */
async function contains(whole: KnownFile, part: KnownFile, signal: AbortSignal | undefined): Promise<boolean> {
  const all = await evidenceOfAll(part.file, part.compressed, signal);
  return (await matches(whole.file, whole.compressed, all, signal)) === "same";
}

/** The evidence for a file that was read to its end. */
export async function evidenceOfAll(
  file: OpenFile,
  compressed: boolean,
  signal: AbortSignal | undefined,
): Promise<Evidence> {
  if (!compressed) return evidenceOf(file, false, await sizeOf(file));
  let size = 0;
  for await (const { bytes } of chunks(file, true, 0, { signal })) size += bytes.length;
  return evidenceOf(file, true, size, signal);
}

function refused(error: unknown): undefined {
  if (!(error instanceof FileAccessError)) throw error;
}

/**
 * Whether a file is a copy of what was read, made before all of it was written; or a copy of what is read where it is.
 * @param whole of all of files that are read where they are
 */
export async function isCopy(
  files: OpenFiles,
  listed: ListedRotated,
  positions: readonly Position[],
  whole: readonly Evidence[],
  signal: AbortSignal | undefined,
): Promise<boolean> {
  if (!isReadable(listed)) return false;
  const known = [...positions, ...whole].filter((at) => at.headLength > 0);
  const file = known.length > 0 ? await files.open(listed).catch(refused) : undefined;
  if (!file) return false;
  const compressed = compressionOf(listed) === "gzip";
  for (const { id, headLength } of positions) {
    const head = files.heads.get(id);
    if (head?.length !== headLength) continue;
    const bytes = await slice(file, compressed, 0, headLength, signal);
    if (bytes.length > 0 && bytes.length < headLength && head.subarray(0, bytes.length).equals(bytes)) return true;
  }
  for (const evidence of known) {
    const match = await matches(file, compressed, evidence, signal);
    if (match === "shorter" || (match === "same" && whole.includes(evidence))) return true;
  }
  return false;
}

function isReadable(listed: ListedRotated): boolean {
  return compressionOf(listed) !== "other";
}
