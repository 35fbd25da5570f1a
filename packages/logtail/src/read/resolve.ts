import { FileAccessError } from "@plugboard/core/files";
import type { OpenFile } from "@plugboard/core/files";
import { CursorError, encodeCursor } from "../files/cursor.ts";
import type { Position } from "../files/cursor.ts";
import { evidenceOf } from "../files/identity.ts";
import { ATTEMPTS, Moved, OpenFiles, pause } from "../files/open.ts";
import { CLOCK_MS } from "../files/plan.ts";
import { compressionOf } from "../files/rotation.ts";
import { withoutAliases } from "../files/source.ts";
import type { Listed, LogFile, Source } from "../files/source.ts";
import { lastLines, linesBack } from "./last.ts";
import type { SourceLine } from "./line.ts";
import { parsePlace } from "./place.ts";
import type { Place } from "./place.ts";
import { AROUND, hashesOf, INFLATE_MS, surroundings } from "./surroundings.ts";
import type { InflateOptions } from "./surroundings.ts";

export interface PlaceOptions extends InflateOptions {
  /** Longest text of a line in bytes. Default 65,536. */
  readonly maxLineBytes?: number;
}

/** Where the line of a place is now. Dispose of it to close the file. */
export interface ResolvedPlace extends AsyncDisposable {
  readonly log: LogFile;
  readonly file: OpenFile;
  readonly listed: Listed;
  readonly compressed: boolean;
  /** Byte offset of the line, uncompressed. */
  readonly offset: number;
}

/** How old the time of a cursor is at most, in milliseconds: a day less than one may be. */
const MAX_AGE_MS = 29 * 86_400_000;

/**
 * Finds the line of a place: in the log itself or, after rotations, in what it was rotated to.
 * @throws CursorError `invalid` for what is no place, `gone` where the log or the line is not there any more, `slow`
 */
export async function resolvePlace(
  source: Source,
  place: string,
  options: InflateOptions = {},
): Promise<ResolvedPlace> {
  const wanted = parsePlace(place);
  const { label, offset } = wanted;
  for (let attempt = 1; ; attempt += 1) {
    const files = new OpenFiles(source.roots);
    try {
      const { logs } = await source.list([label], options.signal);
      const log = logs.find((one) => one.label === label);
      if (!log) throw gone(`There is no log "${label}" in this source.`);
      const found = await find(files, log, wanted, options);
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
export async function cursorAt(source: Source, place: string, options: InflateOptions = {}): Promise<string> {
  const { signal } = options;
  await using at = await resolvePlace(source, place, options);
  const { label } = at.log;
  const evidence = await evidenceOf(at.file, at.compressed, at.offset, signal);
  const positions: Position[] = [{ label, id: at.listed.id, ...evidence, left: 0 }];
  for (const log of withoutAliases((await source.list([], signal)).logs)) {
    if (log.label === label || !log.live) continue;
    await using files = new OpenFiles(source.roots);
    const end = await lastLines(files, log, { maxLines: 0, ...(signal && { signal }) }).catch(() => undefined);
    positions.push(...(end?.positions ?? []));
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
  await using at = await resolvePlace(source, place, options);
  const { log, listed, offset } = at;
  const row: Listed[] = [...log.rotated, ...(log.live ? [log.live] : [])];
  const older = row.slice(0, Math.max(0, row.indexOf(listed))).filter((one) => compressionOf(one) !== "other");
  await using files = new OpenFiles(source.roots);
  const order = [{ listed, before: offset }, ...older.toReversed().map((one) => ({ listed: one }))];
  return await linesBack(files, log, order, { maxLines: count, maxMs: INFLATE_MS, ...options });
}

function gone(why: string): CursorError {
  return new CursorError("gone", `${why} Search again, or read without a place.`);
}

async function find(
  files: OpenFiles,
  log: LogFile,
  { offset, hash }: Place,
  options: InflateOptions,
): Promise<{ file: OpenFile; listed: Listed; compressed: boolean }> {
  for (const listed of [...(log.live ? [log.live] : []), ...log.rotated.toReversed(), ...log.beside]) {
    options.signal?.throwIfAborted();
    const compression = compressionOf(listed);
    const compressed = compression === "gzip";
    if (compression === "other" || (!compressed && listed.size < offset)) continue;
    const file = await files.open(listed).catch((error: unknown) => {
      if (!(error instanceof FileAccessError)) throw error;
    });
    if (!file) continue;
    for await (const { before, after } of surroundings(file, compressed, [offset], options)) {
      if (before.length === Math.min(AROUND, offset) && hashesOf(before, after).includes(hash))
        return { file, listed, compressed };
    }
  }
  throw gone(`The line at byte ${offset} of "${log.label}" is not there any more.`);
}
