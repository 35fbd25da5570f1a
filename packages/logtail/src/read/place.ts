import type { OpenFile } from "@plugboard/core/files";
import { CursorError } from "../files/cursor.ts";
import { OpenFiles } from "../files/open.ts";
import type { Source } from "../files/source.ts";
import type { SourceLine } from "./line.ts";
import { hashesOf, surroundings } from "./surroundings.ts";
import type { InflateOptions } from "./surroundings.ts";

/** What the short name of a line says: see {@link placeOf}. */
export interface Place {
  readonly label: string;
  /** Byte offset of the line, uncompressed. */
  readonly offset: number;
  readonly hash: string;
}

const PLACE = /^(.+):(\d{1,16}):([\w-]{6})$/s;
/** The longest place, in characters. */
const MAX_PLACE = 4096;

/** Whether a cursor is the place of one line, and not the cursor of a read. */
export function isPlace(cursor: string): boolean {
  return PLACE.test(cursor);
}

/** @throws CursorError `invalid` */
export function parsePlace(place: string): Place {
  const [, label, digits, hash] = (place.length > MAX_PLACE ? undefined : PLACE.exec(place)) ?? [];
  const offset = Number(digits);
  if (label === undefined || hash === undefined || !Number.isSafeInteger(offset))
    throw new CursorError(
      "invalid",
      "This is no place of a line. Places look like `app.log:184467:k3ZqAb`; search again for one.",
    );
  return { label, offset, hash };
}

/**
 * The short name of one line: the label of its log, its offset, and a hash of what stands there, such as
 * `app.log:184467:k3ZqAb`. It names the line also after rotations.
 * @param offset where the line starts, in bytes, uncompressed
 * @throws CursorError `slow`
 */
export async function placeOf(
  label: string,
  file: OpenFile,
  compressed: boolean,
  offset: number,
  options: InflateOptions = {},
): Promise<string> {
  return (await placesOf(label, file, compressed, [offset], options))[0] ?? "";
}

/**
 * The names of several lines of one file, in the order of `offsets`; a compressed file is inflated once for all.
 * @throws CursorError `slow`
 */
export async function placesOf(
  label: string,
  file: OpenFile,
  compressed: boolean,
  offsets: readonly number[],
  options: InflateOptions = {},
): Promise<string[]> {
  const hashes = new Map<number, string>();
  for await (const { offset, before, after } of surroundings(file, compressed, offsets, options)) {
    const [hash] = hashesOf(before, after);
    hashes.set(offset, hash);
  }
  return offsets.map((offset) => `${label}:${offset}:${hashes.get(offset)}`);
}

/** The place of a line that was read; undefined if its file is gone by now, or inflating it takes too long. */
export async function placeOfLine(
  source: Source,
  { file: label, id, compressed, start }: Pick<SourceLine, "file" | "id" | "compressed" | "start">,
  signal: AbortSignal,
): Promise<string | undefined> {
  const { logs } = await source.list([label], signal);
  const log = logs.find((one) => one.label === label);
  const listed = log && [log.live, ...log.rotated, ...log.beside].find((one) => one?.id === id);
  if (!listed) return undefined;
  await using files = new OpenFiles(source.roots);
  try {
    return await placeOf(label, await files.open(listed), compressed, start, { signal });
  } catch {
    return undefined;
  }
}
