import type { Engine } from "../engine/types.ts";
import type { Pacer } from "../pacer.ts";

/** The origin of the documents of files. */
export const FILES = "files";
/** The origin of what a program adds one by one. */
export const ADDED = "added";
const SOURCE = "source:";

/** The origin of the documents of a source. */
export function originOf(source: string): string {
  return `${SOURCE}${source}`;
}

/** What people are told of an origin: the name of the source, or `added`; nothing for files. */
export function originName(origin: string): string | undefined {
  if (origin === FILES) return undefined;
  return origin.startsWith(SOURCE) ? origin.slice(SOURCE.length) : origin;
}

/** The ids of those documents that a test of id and origin holds for. Lets other work run. @throws the pacer's reason */
export async function idsWhere(
  engine: Engine,
  test: (id: string, origin: string) => boolean,
  pacer: Pacer,
): Promise<string[]> {
  const found: string[] = [];
  // As they are now: they may change at every pause.
  const known = [...engine.ids()];
  for (const id of known) {
    if (pacer.due) await pacer.pause();
    const state = engine.state(id);
    if (state && test(id, state.origin)) found.push(id);
  }
  return found;
}
