import { stat } from "node:fs/promises";
import { basename, dirname, resolve, sep } from "node:path";
import picomatch from "picomatch";
import { labelsFor } from "./files/labels.ts";
import type { Labels } from "./files/labels.ts";
import { SPOOL_FILE, STREAM } from "./stream.ts";

/** A folder and the globs in it that are logs. */
export interface LogFolder {
  readonly folder: string;
  readonly patterns: readonly string[];
}

/**
 * What the entries of the configuration mean, each folder once.
 * @param paths files, folders and globs
 * @param include globs of the logs in a folder
 */
export async function foldersOf(paths: readonly string[], include: readonly string[]): Promise<LogFolder[]> {
  const found = new Map<string, string[]>();
  for (const path of paths) {
    const { folder, patterns } = await folderOf(path, include);
    found.set(folder, [...(found.get(folder) ?? []), ...patterns]);
  }
  return [...found].map(([folder, patterns]) => ({ folder, patterns }));
}

/** The folder of streams, each of which has a folder of its own there. */
export function streamsIn(folder: string): LogFolder {
  return { folder, patterns: [`*/${SPOOL_FILE}`] };
}

const SPECIAL = /[*?[\]{}()!+@\\]/g;

/** What does not exist yet is a file if its name has a dot, else a folder. */
async function folderOf(path: string, include: readonly string[]): Promise<LogFolder> {
  const absolute = resolve(path);
  const found = await stat(absolute).catch(() => undefined);
  if (!found && picomatch.scan(path).isGlob) {
    const { base, glob } = picomatch.scan(absolute.split(sep).join("/"));
    return { folder: base === "" ? "/" : resolve(base), patterns: [glob] };
  }
  const isFolder = found ? found.isDirectory() : /[/\\]$/.test(path) || !basename(absolute).slice(1).includes(".");
  if (isFolder) return { folder: absolute, patterns: include };
  return { folder: dirname(absolute), patterns: [basename(absolute).replace(SPECIAL, "\\$&")] };
}

/**
 * How the logs are called: streams `stream:` and their names; files by their paths, with their folder's name before where
 * there are several.
 * @param streams the folder of streams
 */
export function labelsOf(list: readonly LogFolder[], streams: string | undefined): Labels {
  const ofFiles = list.flatMap(({ folder }) => (folder === streams ? [] : [folder]));
  const files = labelsFor(ofFiles.map((path) => ({ given: path, path, kind: "folder" })));
  return {
    of(root, relative) {
      if (list[root]?.folder === streams) return STREAM + dirname(relative);
      const label = files.of(root, relative);
      return label.startsWith(STREAM) ? `./${label}` : label;
    },
    parse(label) {
      const root = label.startsWith(STREAM) ? list.findIndex(({ folder }) => folder === streams) : -1;
      return root === -1
        ? files.parse(label.replace(/^\.\/(?=stream:)/, ""))
        : { root, relative: `${label.slice(STREAM.length)}/${SPOOL_FILE}` };
    },
  };
}

/** Whether a log is named by the configuration itself, so that it may appear though there is none now. */
export function isNamed(label: string, list: readonly LogFolder[], labels: Labels): boolean {
  return list.some(({ patterns }, root) =>
    patterns.some(
      (pattern) => !picomatch.scan(pattern).isGlob && labels.of(root, pattern.replace(/\\(.)/g, "$1")) === label,
    ),
  );
}
