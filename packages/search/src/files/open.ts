import { FILES, idsWhere, originOf } from "./origins.ts";
import type { Source } from "./source.ts";
import { stateFolder } from "./state.ts";
import type { Engine } from "../engine/types.ts";
import { Pacer } from "../pacer.ts";

/** What an index that is kept between two runs depends on. */
export interface KeptOptions {
  /** Of the instance: also the scheme of the addresses of documents that have none. */
  readonly name: string;
  readonly roots: readonly string[];
  readonly sources: readonly Source[];
  /** Where it is kept; see `stateFolder`. */
  readonly state?: string | false | undefined;
  /** What the engine is told of languages. */
  readonly languages?: "auto" | readonly string[] | undefined;
  readonly baseUrl?: string | undefined;
  readonly maxSections: number;
  readonly maxSectionChars: number;
  /** What decides which files are documents: two servers that differ in it would undo each other's index. */
  readonly include: readonly string[];
  readonly exclude: readonly string[];
  readonly dotfiles: boolean;
  readonly secrets: boolean;
  readonly ignoreFiles: boolean;
}

/**
 * Opens an engine over what was kept of the same roots and sources, and removes from it what is not there in this process:
 * what was added, and documents of other sources.
 * @param make opens it; the folder is undefined if nothing is to be kept
 * @param warn told if the folder cannot be used
 */
export async function openEngine(
  kept: KeptOptions,
  make: (folder: string | undefined) => Promise<Engine>,
  warn: (message: string) => void,
): Promise<Engine> {
  const { name, roots, sources, state, languages, baseUrl, maxSections, maxSectionChars } = kept;
  const { include, exclude, dotfiles, secrets, ignoreFiles } = kept;
  const names = sources.map((source) => source.name);
  const files = { include, exclude, dotfiles, secrets, ignoreFiles };
  const options = { names, baseUrl, maxSections, maxSectionChars, languages, files };
  const any = roots.length + names.length > 0;
  const engine = await make(any ? await stateFolder(state, { name, roots, options }, warn) : undefined);
  const origins = new Set([FILES, ...names.map(originOf)]);
  const others = await idsWhere(engine, (_, origin) => !origins.has(origin), new Pacer());
  if (others.length > 0) await engine.remove(others);
  return engine;
}
