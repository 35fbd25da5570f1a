import { lstat } from "node:fs/promises";
import type { Roots, WalkEntry, WalkSkip } from "@plugboard/core/files";
import { Pacer } from "../pacer.ts";
import { globMatcher } from "../query/glob.ts";
import { IgnoreFiles, isIgnoreFile } from "./ignore.ts";

export interface ScanOptions {
  /** Globs of files that are documents. Without a `/` they are compared with the name alone. */
  readonly include: readonly string[];
  /** Globs of files and folders that are left out. */
  readonly exclude: readonly string[];
  /** Whether `.gitignore` and `.plugboardignore` files leave out files and folders; see `IgnoreFiles`. */
  readonly ignoreFiles: boolean;
  readonly dotfiles: boolean;
  readonly maxDepth: number;
  readonly maxFiles: number;
}

export interface ScanResult {
  /** Each real file once, under its own name if it was met under it. Shallow ones first. */
  readonly files: readonly WalkEntry[];
  /** How many more files there are than `maxFiles`. */
  readonly beyond: number;
}

/** Finds the files inside the roots that are to be documents. A file that is itself a root is one whatever its name. */
export async function scan(
  roots: Roots,
  options: ScanOptions,
  onSkip: (skip: WalkSkip) => void,
  signal?: AbortSignal,
): Promise<ScanResult> {
  const included = matcher(options.include);
  const excluded = matcher(options.exclude);
  const wanted = (relative: string): boolean => included(relative) && !excluded(relative);
  const shown = (relative: string): boolean => options.dotfiles || !HIDDEN.test(relative);
  const ignored = options.ignoreFiles ? new IgnoreFiles(roots, onSkip) : undefined;
  await ignored?.begin(signal);

  // A root may lie inside another, and is met in that first.
  const given = new Set(roots.list.filter(({ kind }) => kind === "file").map(({ path }) => path));
  const found = new Map<string, WalkEntry>();
  let beyond = 0;
  const settle = (entry: WalkEntry): void => {
    if (!given.has(entry.path) && ignored?.ignores(entry.root, entry.relative, false)) return;
    const known = found.get(entry.path);
    if (known === undefined && found.size >= options.maxFiles) beyond += 1;
    else if (known === undefined || (known.link && !entry.link)) found.set(entry.path, entry);
  };

  // Some names come before `.gitignore`, so the files of a folder wait until the walk has left it.
  let waiting: WalkEntry[] = [];
  const pacer = new Pacer(signal);
  const settleAll = async (): Promise<void> => {
    const [first] = waiting;
    if (first) await ignored?.ready(first.root, first.relative, signal);
    for (const entry of waiting) {
      if (pacer.due) await pacer.pause();
      settle(entry);
    }
    waiting = [];
  };
  const walk = roots.walk({
    hidden: options.dotfiles || ignored !== undefined,
    maxDepth: options.maxDepth,
    enter: ({ root, relative }) => {
      if (!shown(relative) || excluded(relative) || ignored?.ignores(root, relative, true)) return false;
      ignored?.enter(root, relative);
      return true;
    },
    onSkip: (skip) => {
      const code = skip.code === "not_found" && skip.relative.includes(NOT_UTF8) ? "invalid_path" : skip.code;
      // What would not have been a document is not missed; what hides documents is.
      const file = code === "not_a_file" || code === "not_found" || code === "io";
      // Whoever names a file wants it, and has to be told why it is not read.
      if (skip.root.kind === "file") {
        onSkip({ ...skip, code });
        return;
      }
      if (code === "secret" || (file && skip.relative !== "" && !wanted(skip.relative))) return;
      if (skip.relative !== "" && (!shown(skip.relative) || ignored?.ignores(skip.root, skip.relative, !file))) return;
      onSkip({ ...skip, code });
    },
    ...(signal && { signal }),
  });
  for await (const entry of walk) {
    const { root, relative } = entry;
    if (pacer.due) await pacer.pause();
    if (waiting[0] && (waiting[0].root !== root || folderOf(waiting[0].relative) !== folderOf(relative)))
      await settleAll();
    if (ignored && !entry.link && isIgnoreFile(nameOf(relative))) await ignored.add(root, relative, signal);
    if (!given.has(entry.path) && (!shown(relative) || !wanted(relative))) continue;
    // Under another name it is still a file that somebody hides.
    if (entry.link && !shown(roots.locate(entry.path)?.relative ?? "")) continue;
    if (relative.includes(NOT_UTF8) && !(await exists(entry.path))) onSkip({ root, relative, code: "invalid_path" });
    else waiting.push(entry);
  }
  await settleAll();
  return { files: [...found.values()], beyond };
}

/** A name with a dot at its beginning, anywhere in a path. */
const HIDDEN = /(?:^|\/)\./;
/** What stands in a name for bytes that are no UTF-8: such files cannot be opened by it. */
const NOT_UTF8 = "\ufffd";

async function exists(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  );
}

function nameOf(relative: string): string {
  return relative.slice(relative.lastIndexOf("/") + 1);
}

function folderOf(relative: string): string {
  return relative.slice(0, relative.lastIndexOf("/") + 1);
}

/** Matches paths below a root; a glob without a `/` matches names at any depth. Takes linear time, whatever the globs. */
function matcher(globs: readonly string[]): (path: string) => boolean {
  const matchers = globs.map((glob) => globMatcher(glob.replace(/(.)\/$/, "$1")));
  return (path) => matchers.some((matches) => matches(path));
}
