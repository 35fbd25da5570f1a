import { OpenFiles } from "./files/open.ts";
import type { Source } from "./files/source.ts";
import type { SourceLine } from "./read/line.ts";
import { placeOf } from "./read/place.ts";

const PLACE = /^(.+):\d{1,16}:[\w-]{6}$/s;

/** Whether a cursor is the place of one line, and not the cursor of a read. */
export function isPlace(cursor: string): boolean {
  return PLACE.test(cursor);
}

/** The log that a place is in. */
export function labelOf(place: string): string | undefined {
  return PLACE.exec(place)?.[1];
}

/** The place of a line that was read; undefined if its file is gone by now. */
export async function placeOfLine(
  source: Source,
  { file: label, id, compressed, start }: Pick<SourceLine, "file" | "id" | "compressed" | "start">,
  signal: AbortSignal,
): Promise<string | undefined> {
  const { logs } = await source.list([label], signal);
  const log = logs.find((one) => one.label === label);
  const listed = log && [log.live, ...log.rotated, ...log.beside].find((one) => one?.id === id);
  if (!listed) return undefined;
  const files = new OpenFiles(source.roots);
  try {
    return await placeOf(label, await files.open(listed), compressed, start);
  } catch {
    return undefined;
  } finally {
    await files.close();
  }
}
