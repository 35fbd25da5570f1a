import { constants } from "node:fs";
import type { Dirent } from "node:fs";
import { lstat, open, opendir, realpath } from "node:fs/promises";
import { basename, join } from "node:path";
import { descriptorPath } from "./descriptor.ts";
import { FileAccessError, fromSystem, systemCode } from "./error.ts";
import type { FileAccessCode } from "./error.ts";
import type { Location, Root } from "./location.ts";

/** A regular file met on a walk. It has to be opened through the roots before it may be trusted. */
export interface WalkEntry extends Location {
  /** Real path. Where the file was met as a symbolic link, the path that the link leads to. */
  readonly path: string;
  /** Whether it was met as a symbolic link; `relative` is then the link's own path. */
  readonly link: boolean;
}

/** Something that a walk left out. Dotfiles, and folders that `enter` declines, are not reported. */
export interface WalkSkip extends Location {
  /** As in an error, or `too_deep` and `too_many` at the bounds of the walk. */
  readonly code: FileAccessCode | "too_deep" | "too_many";
}

export interface WalkOptions {
  /** Folders below a root that are entered, counted from 0 at the root. Default 32. */
  readonly maxDepth?: number;
  /** Names that are looked at in all, whether or not they are wanted. Default 200,000. */
  readonly maxEntries?: number;
  /** Whether names that begin with a dot are listed and entered. Default false. */
  readonly hidden?: boolean;
  /** Whether to enter a folder. Default: every one. */
  readonly enter?: (folder: Location) => boolean;
  /** Told what was left out and why. */
  readonly onSkip?: (skip: WalkSkip) => void;
  /** Ends the walk by throwing its reason. */
  readonly signal?: AbortSignal;
}

/** What a walk needs to know of the roots. */
interface Territory {
  readonly list: readonly Root[];
  find(path: string): { location?: Location; secret: boolean };
}

interface Folder extends Location {
  readonly path: string;
  readonly depth: number;
}

const DEFAULT_DEPTH = 32;
const DEFAULT_ENTRIES = 200_000;
const MAX_BY_NAME = 200_000;
const FOLDER_FLAGS =
  constants.O_RDONLY | (constants.O_DIRECTORY ?? 0) | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

/**
 * Breadth first, so that a bound cuts off the deepest files. Linked folders are never entered: those inside a root are
 * met under their own name, those outside are not ours, and so there are no cycles.
 */
export async function* walk(
  territory: Territory,
  options: WalkOptions = {},
): AsyncGenerator<WalkEntry, void, undefined> {
  const { maxDepth = DEFAULT_DEPTH, hidden = false, enter, signal } = options;
  let left = options.maxEntries ?? DEFAULT_ENTRIES;
  const skip = (location: Location, code: WalkSkip["code"]): void => {
    options.onSkip?.({ root: location.root, relative: location.relative, code });
  };
  const met = new Set<string>();
  const once = (path: string): boolean => !met.has(path) && Boolean(met.add(path));

  for (const root of territory.list) {
    if (root.kind === "file") {
      signal?.throwIfAborted();
      const file = await visit(territory, { root, relative: basename(root.path) }, root.path, skip);
      if (file && once(file.path)) yield file;
      continue;
    }
    const queue: Folder[] = [{ root, relative: "", path: root.path, depth: 0 }];
    for (const folder of queue) {
      signal?.throwIfAborted();
      if (!once(folder.path)) continue;
      const names: Dirent[] = [];
      try {
        for await (const name of entries(folder)) {
          signal?.throwIfAborted();
          if (left-- <= 0) break;
          if (hidden || !name.name.startsWith(".")) names.push(name);
        }
      } catch (error) {
        if (signal?.aborted) throw signal.reason;
        skip(folder, fromSystem(error, folder.relative).code);
        continue;
      }
      names.sort((a, b) => (a.name < b.name ? -1 : 1));
      for (const name of names) {
        signal?.throwIfAborted();
        const path = join(folder.path, name.name);
        const location = { root, relative: folder.relative ? `${folder.relative}/${name.name}` : name.name };
        if (name.isDirectory()) {
          const { location: inside, secret } = territory.find(path);
          if (!inside) skip(location, secret ? "secret" : "outside_roots");
          else if (enter && !enter(location)) continue;
          else if (folder.depth >= maxDepth) skip(location, "too_deep");
          else queue.push({ ...location, path, depth: folder.depth + 1 });
          continue;
        }
        const file = await visit(territory, location, path, skip, name);
        if (file && (file.link || once(file.path))) yield file;
      }
      if (left < 0) {
        skip(folder, "too_many");
        return;
      }
    }
  }
}

/** The entry of one name that is not a folder, or undefined after a skip. */
async function visit(
  territory: Territory,
  location: Location,
  path: string,
  skip: (location: Location, code: WalkSkip["code"]) => void,
  name?: Dirent,
): Promise<WalkEntry | undefined> {
  try {
    const link = name?.isSymbolicLink() ?? false;
    const real = link ? await realpath(path) : path;
    // The link's own name counts too: `.env -> settings.txt` is somebody's secret by its name.
    const found = [real, path].map((each) => territory.find(each));
    if (found.some((each) => each.secret)) {
      skip(location, "secret");
    } else if (!found[0]?.location) {
      skip(location, "outside_roots");
    } else {
      const kind = name && !link ? name : await lstat(real);
      if (kind.isFile()) return { ...location, path: real, link };
      if (!link || !kind.isDirectory()) skip(location, "not_a_file");
    }
  } catch (error) {
    skip(location, fromSystem(error, location.relative).code);
  }
  return undefined;
}

/** The names in a folder that really is where it should be. */
async function* entries(folder: Folder): AsyncGenerator<Dirent, void, undefined> {
  if (process.platform !== "linux") return yield* entriesByName(folder);
  const handle = await open(folder.path, FOLDER_FLAGS);
  try {
    const opened = await handle.stat({ bigint: true });
    if ((await descriptorPath(handle, opened, folder.path)) !== folder.path) throw new FileAccessError("changed");
    // Listing through the descriptor, so that a swapped parent folder cannot show names from elsewhere.
    const names = await opendir(`/proc/self/fd/${handle.fd}`, { bufferSize: 256 }).catch((error: unknown) => {
      if (systemCode(error) === "ENOENT") return undefined;
      throw error;
    });
    yield* names ?? entriesByName(folder);
  } finally {
    await handle.close();
  }
}

/** The same where the system cannot list a descriptor: looks before and after, and shows nothing if the folder moved. */
export async function* entriesByName(folder: { readonly path: string }): AsyncGenerator<Dirent, void, undefined> {
  const check = async (): Promise<void> => {
    if ((await realpath(folder.path)) !== folder.path) throw new FileAccessError("changed");
  };
  await check();
  const names: Dirent[] = [];
  for await (const name of await opendir(folder.path)) {
    names.push(name);
    if (names.length >= MAX_BY_NAME) break;
  }
  await check();
  yield* names;
}
