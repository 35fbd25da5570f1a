import { basename, join, sep } from "node:path";
import type { Location, Root } from "@plugboard/core/files";
import picomatch from "picomatch";

/** Which paths below some roots are logs, by globs. */
export interface Territory {
  /** For each root its globs. */
  readonly patterns: readonly (readonly string[])[];
  /** The first root whose patterns name a path, so that a path in two roots is one log; undefined if none does. */
  ownerOf(path: string): { readonly root: number; readonly relative: string } | undefined;
  /** Whether a folder may hold logs, or what they were rotated to. */
  enter(folder: Location): boolean;
  /** Whether a file or folder with this name may be a log, or lead to one. */
  concerns(name: string): boolean;
}

/**
 * @param given for each root its globs, `/` between their parts; default `*`
 * @param rotatedIn folders, relative to a log's own, into which it is rotated too
 */
export function territory(
  list: readonly Root[],
  given: readonly (readonly string[] | undefined)[] | undefined,
  rotatedIn: readonly string[],
): Territory {
  const patterns = list.map((_, index) => given?.[index] ?? ["*"]);
  const match = patterns.map((globs) => picomatch([...globs], { dot: true }));
  const folderGlobs = patterns.map((globs) => globs.map((glob) => glob.split("/").slice(0, -1)));

  /** The first root whose patterns name a path, so that a path in two roots is one log. */
  const ownerOf = (path: string): { root: number; relative: string } | undefined => {
    for (const [root, { path: base, kind }] of list.entries()) {
      const relative = kind === "file" ? (path === base ? basename(base) : undefined) : inside(base, path);
      if (relative !== undefined && (kind === "file" || match[root]?.(relative) === true)) return { root, relative };
    }
    return undefined;
  };
  const mayHold = (path: string): boolean =>
    list.some(({ path: base, kind }, root) => {
      const relative = kind === "folder" ? inside(base, path) : undefined;
      return (
        relative !== undefined && (relative === "" || folderGlobs[root]?.some((globs) => leadsTo(globs, relative)))
      );
    });
  const enter = ({ root, relative }: Location): boolean => {
    const path = join(root.path, relative);
    return (
      mayHold(path) ||
      rotatedIn.some((folder) => {
        const depth = folder.split("/").length;
        const parts = path.split(sep);
        for (let up = 1; up <= depth; up += 1) {
          const tail = parts.slice(-up).join("/");
          if (`${folder}/`.startsWith(`${tail}/`) && mayHold(parts.slice(0, -up).join(sep))) return true;
        }
        return false;
      })
    );
  };
  const matchName = picomatch(
    patterns.flatMap((globs) => globs.map((glob) => glob.split("/").at(-1) ?? glob)),
    { dot: true },
  );
  const anyName = folderGlobs.some((globs) => globs.some((parts) => parts.length > 0)) || rotatedIn.length > 0;

  return {
    patterns,
    ownerOf,
    enter,
    // In a folder above, the name may be one of a folder that appears; and a link's target may have any name.
    concerns: (name) =>
      anyName || matchName(name) || list.some((root) => root.kind === "file" && basename(root.path) === name),
  };
}

/** The path of `path` inside the folder `base`, with `/` between its parts; `""` for itself, undefined outside. */
function inside(base: string, path: string): string | undefined {
  if (path === base) return "";
  const start = base.endsWith(sep) ? base : base + sep;
  return path.startsWith(start) ? path.slice(start.length).split(sep).join("/") : undefined;
}

/** Whether a folder lies on the way of a glob, given by the parts before its last. */
function leadsTo(globs: readonly string[], folder: string): boolean {
  return folder.split("/").every((part, index) => {
    const any = globs.indexOf("**");
    if (any !== -1 && index >= any) return true;
    const glob = globs[index];
    return glob !== undefined && picomatch.isMatch(part, glob, { dot: true });
  });
}
