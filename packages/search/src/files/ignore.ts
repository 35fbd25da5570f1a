import { lstat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { FileAccessError, openRoots } from "@plugboard/core/files";
import type { Root, Roots, WalkSkip } from "@plugboard/core/files";
import { IgnoreRules } from "./ignore-rules.ts";

/** Names of ignore files; the first wins over the second. */
const OWN = ".plugboardignore";
const GIT = ".gitignore";
const EXCLUDE = ".git/info/exclude";
const MAX_FILES = 10_000;
const MAX_BYTES = 1024 * 1024;
const MAX_PATTERNS = 5_000;

/** Whether a file of this name says what is to be left out. */
export function isIgnoreFile(name: string): boolean {
  return name === OWN || name === GIT;
}

/** The rules of one folder. */
interface FolderRules {
  own?: IgnoreRules;
  git?: IgnoreRules;
  /** Of `.git/info/exclude`. */
  exclude?: IgnoreRules;
}

/**
 * What the ignore files of a tree leave out: `.gitignore`, `.plugboardignore` with the same syntax, which wins, and the
 * `.git/info/exclude` of a root. Rules hold below their folder, those of deeper folders win, and nothing inside an ignored
 * folder can be taken back. All is read through the roots: folders above a root count only if they are inside another
 * root, up to the one that is a git repository, and the user's global excludes never do. At most 10,000 files of at most
 * 1 MiB and 5,000 patterns; others are skipped.
 */
export class IgnoreFiles {
  readonly #roots: Roots;
  readonly #onSkip: (skip: WalkSkip) => void;
  readonly #folders = new Map<string, FolderRules>();
  /** Folders above each root whose rules hold in it, nearest first. */
  readonly #above = new Map<Root, readonly string[]>();
  /** Whether folders are ignored, by root and path. */
  readonly #known = new Map<string, boolean>();
  /** Folders whose ignore files were met on a walk, or are going to be, or have been looked for. */
  readonly #met = new Set<string>();
  readonly #tried = new Set<string>();
  #read = 0;

  /** @param onSkip told of ignore files that cannot be used */
  constructor(roots: Roots, onSkip: (skip: WalkSkip) => void) {
    this.#roots = roots;
    this.#onSkip = onSkip;
  }

  /** Reads what holds for whole roots: their own ignore files, their excludes, and ignore files above them. */
  async begin(signal?: AbortSignal): Promise<void> {
    // What is in `.git` counts as secret, but what is excluded there is none.
    const open = await openRoots(
      this.#roots.list.map(({ path }) => path),
      { deny: [], later: true },
    );
    for (const root of this.#roots.list) {
      signal?.throwIfAborted();
      if (root.kind !== "folder") continue;
      await this.#load(root.path, "exclude", { root, relative: EXCLUDE, roots: open }, signal);
      await this.#look(root, "", signal);
      const above: string[] = [];
      for (let folder = root.path; !(await isRepository(folder));) {
        const parent = dirname(folder);
        if (parent === folder || !this.#isInside(parent)) break;
        folder = parent;
        above.push(folder);
        await this.#load(folder, "git", { root, relative: GIT, path: join(folder, GIT) }, signal);
        await this.#load(folder, "own", { root, relative: OWN, path: join(folder, OWN) }, signal);
        await this.#load(
          folder,
          "exclude",
          { root, relative: EXCLUDE, path: join(folder, EXCLUDE), roots: open },
          signal,
        );
      }
      this.#above.set(root, above);
    }
  }

  /** Tells that a walk is going to list a folder, and so to meet its ignore files before anything inside is asked about. */
  enter(root: Root, folder: string): void {
    this.#met.add(join(root.path, folder));
  }

  /** Makes sure of the ignore files of all folders that something is in, where no walk has met them. */
  async ready(root: Root, relative: string, signal?: AbortSignal): Promise<void> {
    for (let slash = relative.indexOf("/"); slash !== -1; slash = relative.indexOf("/", slash + 1))
      await this.#look(root, relative.slice(0, slash), signal);
  }

  /** Reads an ignore file that was met, before anything in its folder is asked about. */
  async add(root: Root, relative: string, signal?: AbortSignal): Promise<void> {
    const name = relative.slice(relative.lastIndexOf("/") + 1);
    const folder = join(root.path, relative.slice(0, -name.length));
    await this.#load(trimmed(folder), name === OWN ? "own" : "git", { root, relative }, signal);
  }

  /** Whether something below a root is ignored; the roots themselves never are. */
  ignores(root: Root, relative: string, folder: boolean): boolean {
    const segments = relative.split("/");
    for (let length = 1; length < segments.length; length += 1) {
      const key = `${root.path}\0${segments.slice(0, length).join("/")}`;
      let known = this.#known.get(key);
      // All ignore files above were met before what is inside a folder.
      if (known === undefined) this.#known.set(key, (known = this.#verdict(root, segments.slice(0, length), true)));
      if (known) return true;
    }
    return this.#verdict(root, segments, folder);
  }

  async #look(root: Root, relative: string, signal?: AbortSignal): Promise<void> {
    const folder = join(root.path, relative);
    if (this.#met.has(folder)) return;
    this.#met.add(folder);
    const within = relative === "" ? "" : `${relative}/`;
    await this.#load(folder, "git", { root, relative: `${within}${GIT}` }, signal);
    await this.#load(folder, "own", { root, relative: `${within}${OWN}` }, signal);
  }

  #verdict(root: Root, segments: readonly string[], folder: boolean): boolean {
    const levels: { rules: FolderRules; rest: readonly string[] }[] = [];
    for (let depth = segments.length - 1; depth >= 0; depth -= 1) {
      const rules = this.#folders.get(join(root.path, ...segments.slice(0, depth)));
      if (rules) levels.push({ rules, rest: segments.slice(depth) });
    }
    for (const above of this.#above.get(root) ?? []) {
      const rules = this.#folders.get(above);
      const between = root.path
        .slice(above.length)
        .split(/[\\/]/)
        .filter((part) => part !== "");
      if (rules) levels.push({ rules, rest: [...between, ...segments] });
    }
    for (const kind of ["own", "git", "exclude"] as const) {
      for (const { rules, rest } of levels) {
        const ignored = rules[kind]?.test(rest, folder);
        if (ignored !== undefined) return ignored;
      }
    }
    return false;
  }

  #isInside(folder: string): boolean {
    return (
      this.#roots.list.some(({ path, kind }) => kind === "folder" && path === folder) ||
      this.#roots.locate(folder) !== undefined
    );
  }

  async #load(
    folder: string,
    kind: keyof FolderRules,
    file: { root: Root; relative: string; path?: string; roots?: Roots },
    signal?: AbortSignal,
  ): Promise<void> {
    const { root, relative } = file;
    const key = `${kind} ${folder}`;
    if (this.#tried.has(key)) return;
    this.#tried.add(key);
    if (this.#read >= MAX_FILES) {
      if (this.#read++ === MAX_FILES) this.#onSkip({ root, relative, code: "too_many" });
      return;
    }
    try {
      await using opened = await (file.roots ?? this.#roots).open(file.path ?? join(root.path, relative));
      this.#read += 1;
      const { bytes, truncated } = await opened.read(MAX_BYTES, signal);
      const lines = new TextDecoder().decode(bytes).split("\n");
      if (truncated || lines.length > MAX_PATTERNS + 1) this.#onSkip({ root, relative, code: "io" });
      else this.#folders.set(folder, { ...this.#folders.get(folder), [kind]: new IgnoreRules(lines) });
    } catch (error) {
      if (!(error instanceof FileAccessError)) throw error;
      // Most folders have none.
      if (error.code !== "not_found" && error.code !== "outside_roots")
        this.#onSkip({ root, relative, code: error.code });
    }
  }
}

async function isRepository(folder: string): Promise<boolean> {
  return lstat(join(folder, ".git")).then(
    () => true,
    () => false,
  );
}

function trimmed(folder: string): string {
  return folder.length > 1 ? folder.replace(/[\\/]$/, "") : folder;
}
