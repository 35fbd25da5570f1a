import { realpath, stat } from "node:fs/promises";
import { resolve } from "node:path";
import { FileAccessError, fromSystem } from "./error.ts";
import { below, isSystemPath } from "./location.ts";
import type { Location, Root } from "./location.ts";
import { openVerified } from "./open.ts";
import type { OpenFile } from "./open.ts";
import { denies, SECRET_FILES } from "./secrets.ts";
import { walk } from "./walk.ts";
import type { WalkEntry, WalkOptions } from "./walk.ts";

export interface OpenRootsOptions {
  /** Names that are refused below every root. Default {@link SECRET_FILES}; `[]` refuses none. */
  readonly deny?: readonly string[];
  /**
   * Whether a root may be missing: then it is looked for again whenever files are listed or opened, and its real path is
   * the one it has when it is there. Until then it is listed as a folder without files. Default false.
   */
  readonly later?: boolean;
}

/**
 * A fixed set of allowed folders and files.
 *
 * Symbolic links are followed where they lead to a file inside a root. Hard links are allowed: a file that somebody
 * linked into a root is in the root. Nothing inside `/proc`, `/sys` or `/dev` is ever opened.
 */
export interface Roots {
  readonly list: readonly Root[];
  /**
   * Where an absolute, real path lies, in the first root that allows it; undefined outside. Looks at the words of the
   * path alone: it is no permission to open it.
   */
  locate(path: string): Location | undefined;
  /**
   * Opens a regular file inside the roots for reading.
   * @param path absolute, or relative to the current folder; `..`, `%2e` and the like have no special meaning in names
   * @throws FileAccessError see {@link FileAccessError.code}
   */
  open(path: string): Promise<OpenFile>;
  /**
   * Lists the regular files inside the roots, shallow folders first, names in order. Each file comes once under its own
   * name, and once more for every link to it.
   */
  walk(options?: WalkOptions): AsyncGenerator<WalkEntry, void, undefined>;
}

/**
 * Opens roots: finds the real path of each, once.
 * @param paths folders or files, absolute or relative to the current folder
 * @throws FileAccessError naming the root as given, if one does not exist (unless `later`) or is neither a folder nor a
 * regular file
 */
export async function openRoots(paths: readonly string[], options: OpenRootsOptions = {}): Promise<Roots> {
  const denied = denies(options.deny ?? SECRET_FILES);
  const missing = new Set<number>();
  const list: Root[] = await Promise.all(
    paths.map((given, index) =>
      openRoot(given).catch((error: unknown) => {
        if (!options.later || !isMissing(error)) throw error;
        missing.add(index);
        return { given, path: resolve(given), kind: "folder" } as const;
      }),
    ),
  );

  const look = async (): Promise<void> => {
    for (const index of missing) {
      const root = await openRoot(list[index]?.given ?? "").catch(() => undefined);
      if (root && missing.delete(index)) list[index] = root;
    }
  };

  const find = (path: string): { location?: Location; secret: boolean } => {
    let secret = false;
    if (isSystemPath(path)) return { secret };
    for (const root of list) {
      const relative = below(root.path, root.kind, path);
      if (relative === undefined) continue;
      if (!denied(relative)) return { location: { root, relative }, secret: false };
      secret = true;
    }
    return { secret };
  };

  const insist = (path: string): Location => {
    const { location, secret } = find(path);
    if (location) return location;
    throw new FileAccessError(secret ? "secret" : "outside_roots");
  };

  /** How messages name a path that is inside a root by its wording; undefined outside. Asks the disk nothing. */
  const wording = (path: string): string | undefined => {
    for (const root of list) {
      for (const base of [root.path, resolve(root.given)]) {
        const relative = below(base, root.kind, path);
        if (relative !== undefined) return relative;
      }
    }
    return undefined;
  };

  return {
    list,
    locate: (path) => find(path).location,
    async open(path) {
      if (path === "" || path.includes("\0")) throw new FileAccessError("invalid_path");
      const absolute = resolve(path);
      const shown = wording(absolute);
      if (missing.size > 0) await look();
      // Outside by its wording: refused without a look at the disk, so that answers do not tell what exists there.
      if (shown === undefined || isSystemPath(absolute)) throw new FileAccessError("outside_roots");
      return openVerified(absolute, shown, insist);
    },
    async *walk(walkOptions) {
      if (missing.size > 0) await look();
      yield* walk({ list, find }, walkOptions);
    },
  };
}

function isMissing(error: unknown): boolean {
  return error instanceof FileAccessError && error.code === "not_found";
}

async function openRoot(given: string): Promise<Root> {
  if (given === "" || given.includes("\0")) throw new FileAccessError("invalid_path");
  try {
    const path = await realpath(given);
    const found = await stat(path);
    if (isSystemPath(path)) throw new FileAccessError("outside_roots", given, "/proc, /sys and /dev hold no documents");
    if (!found.isDirectory() && !found.isFile())
      throw new FileAccessError("not_a_file", given, "a root is a folder or a file");
    return { given, path, kind: found.isDirectory() ? "folder" : "file" };
  } catch (error) {
    throw fromSystem(error, given);
  }
}
