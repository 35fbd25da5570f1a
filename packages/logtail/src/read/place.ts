import { FileAccessError } from "@plugboard/core/files";
import type { OpenFile } from "@plugboard/core/files";
import { CursorError, encodeCursor } from "../files/cursor.ts";
import type { Position } from "../files/cursor.ts";
import { evidenceOf } from "../files/identity.ts";
import { ATTEMPTS, Moved, OpenFiles, pause } from "../files/open.ts";
import { CLOCK_MS } from "../files/plan.ts";
import type { Listed, ListedRotated, LogFile, Source } from "../files/source.ts";
import { lastLines, linesBack } from "./last.ts";
import type { SourceLine } from "./line.ts";
import { AROUND, hashesOf, INFLATE_MS, surroundings } from "./surroundings.ts";

/** Where the line of a place is now. Dispose of it to close the file. */
export interface ResolvedPlace extends AsyncDisposable {
  readonly log: LogFile;
  readonly file: OpenFile;
  readonly listed: Listed | ListedRotated;
  readonly compressed: boolean;
  /** Byte offset of the line, uncompressed. */
  readonly offset: number;
}

export interface PlaceOptions {
  /** Longest text of a line in bytes. Default 65,536. */
  readonly maxLineBytes?: number;
  /** Milliseconds for each of finding the place in compressed files and looking back in them. Default 5,000. */
  readonly maxMs?: number;
  readonly signal?: AbortSignal;
}

const MAX_PLACE = 4096;
const MAX_AGE_MS = 29 * 86_400_000;

/**
 * The short name of one line: the label of its log, its offset, and a hash of what stands there, such as
 * `app.log:184467:k3ZqAb`. It names the line also after rotations.
 * @param offset where the line starts, in bytes, uncompressed
 */
export async function placeOf(label: string, file: OpenFile, compressed: boolean, offset: number): Promise<string> {
  return (await placesOf(label, file, compressed, [offset]))[0] ?? "";
}

/**
 * The names of several lines of one file, in the order of `offsets`; a compressed file is inflated once for all.
 * @param maxMs for how long that may take, in milliseconds; default 5,000
 * @throws CursorError `slow`
 */
export async function placesOf(
  label: string,
  file: OpenFile,
  compressed: boolean,
  offsets: readonly number[],
  maxMs?: number,
): Promise<string[]> {
  const hashes = new Map<number, string>();
  for await (const { offset, before, after } of surroundings(file, compressed, offsets, maxMs)) {
    const [hash] = hashesOf(before, after);
    hashes.set(offset, hash);
  }
  return offsets.map((offset) => `${label}:${offset}:${hashes.get(offset)}`);
}

/**
 * Finds the line of a place: in the log itself or, after rotations, in what it was rotated to.
 * @param maxMs for how long compressed files are inflated, in milliseconds for each; default 5,000
 * @throws CursorError `invalid` for what is no place, `gone` where the log or the line is not there any more, `slow`
 */
export async function resolvePlace(
  source: Source,
  place: string,
  signal?: AbortSignal,
  maxMs?: number,
): Promise<ResolvedPlace> {
  const { label, offset, hash } = parse(place);
  for (let attempt = 1; ; attempt += 1) {
    const files = new OpenFiles(source.roots);
    try {
      const { logs } = await source.list([label], signal);
      const log = logs.find((one) => one.label === label);
      if (!log) throw gone(`There is no log "${label}" in this source.`);
      const found = await find(files, log, offset, hash, signal, maxMs);
      await files.keep(new Set([found.listed.id]));
      return { log, offset, ...found, [Symbol.asyncDispose]: () => files.close() };
    } catch (error) {
      await files.close();
      if (!(error instanceof Moved)) throw error;
      if (attempt >= ATTEMPTS) throw gone("The log is being rotated again and again.");
      await pause(attempt);
    }
  }
}

/**
 * A cursor from which `read` goes on at the line of a place. In a source of several logs the others go on at their ends.
 * @throws CursorError
 */
export async function cursorAt(source: Source, place: string, signal?: AbortSignal): Promise<string> {
  await using at = await resolvePlace(source, place, signal);
  const { label } = at.log;
  const evidence = await evidenceOf(at.file, at.compressed, at.offset);
  const positions: Position[] = [{ label, id: at.listed.id, ...evidence, left: 0 }];
  const files = new OpenFiles(source.roots);
  try {
    for (const log of (await source.list([], signal)).logs) {
      if (log.label === label || !log.live || log.alias !== undefined) continue;
      const end = await lastLines(files, log, { maxLines: 0, ...(signal && { signal }) }).catch(() => undefined);
      positions.push(...(end?.positions ?? []));
      await files.close();
    }
  } finally {
    await files.close();
  }
  // All that was written since is to be read. It may be older than a cursor may be.
  const time = Math.max(Math.min(Date.now(), at.listed.mtimeMs) - CLOCK_MS, Date.now() - MAX_AGE_MS);
  return encodeCursor(source.key, { time, positions });
}

/**
 * At most `count` lines before the line of a place, also from what was rotated before; in the order of writing. Fewer where
 * looking back takes too long.
 * @throws CursorError
 */
export async function linesBefore(
  source: Source,
  place: string,
  count: number,
  options: PlaceOptions = {},
): Promise<SourceLine[]> {
  await using at = await resolvePlace(source, place, options.signal, options.maxMs);
  const { log, listed, offset } = at;
  const row: (Listed | ListedRotated)[] = [...log.rotated, ...(log.live ? [log.live] : [])];
  const older = row.slice(0, Math.max(0, row.indexOf(listed))).filter((one) => !isForeign(one));
  const files = new OpenFiles(source.roots);
  try {
    const order = [{ listed, before: offset }, ...older.toReversed().map((one) => ({ listed: one }))];
    return await linesBack(files, log, order, { maxLines: count, maxMs: INFLATE_MS, ...options });
  } finally {
    await files.close();
  }
}

function parse(place: string): { label: string; offset: number; hash: string } {
  const found = place.length > MAX_PLACE ? undefined : /^(.+):(\d{1,16}):([\w-]{6})$/s.exec(place);
  const offset = Number(found?.[2]);
  if (!found?.[1] || !found[3] || !Number.isSafeInteger(offset))
    throw new CursorError(
      "invalid",
      "This is no place of a line. Places look like `app.log:184467:k3ZqAb`; search again for one.",
    );
  return { label: found[1], offset, hash: found[3] };
}

function gone(why: string): CursorError {
  return new CursorError("gone", `${why} Search again, or read without a place.`);
}

async function find(
  files: OpenFiles,
  log: LogFile,
  offset: number,
  hash: string,
  signal: AbortSignal | undefined,
  maxMs: number | undefined,
): Promise<{ file: OpenFile; listed: Listed | ListedRotated; compressed: boolean }> {
  for (const listed of [...(log.live ? [log.live] : []), ...log.rotated.toReversed(), ...log.beside]) {
    signal?.throwIfAborted();
    const compressed = "rotated" in listed && (listed as ListedRotated).rotated.compression === "gz";
    if (isForeign(listed) || (!compressed && listed.size < offset)) continue;
    const file = await files.open(listed).catch((error: unknown) => {
      if (!(error instanceof FileAccessError)) throw error;
    });
    if (!file) continue;
    for await (const { before, after } of surroundings(file, compressed, [offset], maxMs)) {
      if (before.length === Math.min(AROUND, offset) && hashesOf(before, after).includes(hash))
        return { file, listed, compressed };
    }
  }
  throw gone(`The line at byte ${offset} of "${log.label}" is not there any more.`);
}

/** Whether it is compressed in a format that cannot be read. */
function isForeign(listed: Listed | ListedRotated): boolean {
  return "rotated" in listed && listed.rotated.compression !== undefined && listed.rotated.compression !== "gz";
}
