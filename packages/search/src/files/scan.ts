import type { Roots, WalkEntry, WalkSkip } from "@plugboard/core/files";
import picomatch from "picomatch";

export interface ScanOptions {
  /** Globs of files that are documents. Without a `/` they are compared with the name alone. */
  readonly include: readonly string[];
  /** Globs of files and folders that are left out. */
  readonly exclude: readonly string[];
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

  const found = new Map<string, WalkEntry>();
  let beyond = 0;
  const walk = roots.walk({
    hidden: options.dotfiles,
    maxDepth: options.maxDepth,
    enter: ({ relative }) => !excluded(relative),
    onSkip: (skip) => {
      // What would not have been a document is not missed; what hides documents is.
      const file = skip.code === "not_a_file" || skip.code === "not_found" || skip.code === "io";
      if (skip.code !== "secret" && (!file || skip.relative === "" || wanted(skip.relative))) onSkip(skip);
    },
    ...(signal && { signal }),
  });
  for await (const entry of walk) {
    if (entry.root.kind === "folder" && !wanted(entry.relative)) continue;
    const known = found.get(entry.path);
    if (known === undefined && found.size >= options.maxFiles) beyond += 1;
    else if (known === undefined || (known.link && !entry.link)) found.set(entry.path, entry);
  }
  return { files: [...found.values()], beyond };
}

/** Matches paths below a root; a glob without a `/` matches names at any depth. */
function matcher(globs: readonly string[]): (path: string) => boolean {
  const paths = globs.map((glob) => {
    const plain = glob.replace(/\/$/, "");
    return plain.includes("/") ? plain.replace(/^\.?\//, "") : `**/${plain}`;
  });
  return paths.length > 0 ? picomatch(paths, { dot: true, nocase: true }) : () => false;
}
