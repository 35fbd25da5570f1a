import { basename, isAbsolute, relative, sep } from "node:path";

/** One allowed folder or file. */
export interface Root {
  /** As it was given. */
  readonly given: string;
  /** Its real path, found once when the roots were opened. */
  readonly path: string;
  readonly kind: "folder" | "file";
}

/** Where a file lies: its root, and its path below it. */
export interface Location {
  readonly root: Root;
  /** Path below the root with `/` between its parts; the file's own name if the root is a file; `""` for the root folder. */
  readonly relative: string;
}

const SYSTEM = ["/proc", "/sys", "/dev"];

/** Whether `path` lies in a file system that holds no documents: their files have no size and reading may have effects. */
export function isSystemPath(path: string): boolean {
  return process.platform !== "win32" && SYSTEM.some((folder) => path === folder || path.startsWith(`${folder}/`));
}

/**
 * Finds `path` (absolute, normalised) in a folder or file `base`. Compares whole parts of the path: `/root-evil` is
 * not in `/root`. Case counts, because where it does not, the real path already carries the case on disk.
 */
export function below(base: string, kind: Root["kind"], path: string): string | undefined {
  if (kind === "file") return path === base ? basename(base) : undefined;
  const rest = relative(base, path);
  if (rest === ".." || rest.startsWith(`..${sep}`) || isAbsolute(rest)) return undefined;
  return sep === "/" ? rest : rest.split(sep).join("/");
}
