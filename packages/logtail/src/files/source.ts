import type { BigIntStats } from "node:fs";
import { stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import type { Roots } from "@plugboard/core/files";
import picomatch from "picomatch";
import { byAge, rotatedOf } from "./rotation.ts";
import type { Rotated } from "./rotation.ts";

export interface SourceOptions {
  readonly roots: Roots;
  /** Globs of paths inside the roots, `/` between their parts. Default `*`: the files right in the roots. */
  readonly patterns?: readonly string[];
  /** Files of the source looked at in all; the first by name. Default 500. */
  readonly maxFiles?: number;
}

/** A file as it was when the folders were listed. */
export interface Listed {
  /** Index of its root. */
  readonly root: number;
  /** Its path inside the root. */
  readonly relative: string;
  /** To be opened through the roots. */
  readonly path: string;
  /** See {@link inodeOf}. */
  readonly dev: string;
  readonly ino: string;
  readonly size: number;
  readonly mtimeMs: number;
}

export interface ListedRotated extends Listed {
  readonly rotated: Rotated;
}

/** One log: the file under its own name, and what it was rotated to. */
export interface LogFile {
  readonly root: number;
  /** Its path inside the root. */
  readonly name: string;
  /** How results call it: the name, after its root's where there are several. */
  readonly label: string;
  /** Undefined between a rename and the creation of the new file, and after a deletion. */
  readonly live: Listed | undefined;
  /** Oldest first. */
  readonly rotated: readonly ListedRotated[];
}

export interface Listing {
  readonly logs: readonly LogFile[];
  /** The folders that were looked into. */
  readonly folders: readonly string[];
}

/** A set of logs inside roots. Files and folders may appear later; only the roots have to exist. */
export interface Source {
  readonly roots: Roots;
  /** What tells this source from others. */
  readonly key: string;
  /** Whether a change of a file with this name, without its folders, may concern the source. */
  concerns(name: string): boolean;
  /** @param known further logs to list although no file has their name now; they have to match the patterns */
  list(known?: readonly { readonly root: number; readonly name: string }[], signal?: AbortSignal): Promise<Listing>;
}

/**
 * Which file it is, under any name: its device, and its inode with the time of its birth where the file system knows it,
 * because the inode of a deleted file is given to the next one.
 */
export function inodeOf(found: BigIntStats): { readonly dev: string; readonly ino: string } {
  const birth = found.birthtimeNs / 1_000_000n;
  return { dev: found.dev.toString(36), ino: `${found.ino.toString(36)}.${birth.toString(36)}` };
}

/** Describes a source. Looks at nothing before it is asked. */
export function source(options: SourceOptions): Source {
  const { roots, patterns = ["*"], maxFiles = 500 } = options;
  const match = picomatch([...patterns], { dot: true });
  const depths = patterns.map((pattern) => pattern.split("/").slice(0, -1));
  const inside = (folder: string): boolean => {
    const parts = folder.split("/");
    return depths.some((wanted) =>
      parts.every((part, index) => {
        const glob = wanted.indexOf("**");
        if (glob !== -1 && index >= glob) return true;
        const one = wanted[index];
        return one !== undefined && picomatch.isMatch(part, one, { dot: true });
      }),
    );
  };
  const isFile = roots.list.map((root) => root.kind === "file");
  const owns = (root: number, name: string): boolean =>
    isFile[root] === true ? name === basename(roots.list[root]?.path ?? "") : isFile[root] === false && match(name);

  const last = patterns.map((pattern) => pattern.split("/").at(-1) ?? pattern);
  const matchName = picomatch(last, { dot: true });
  const parents = depths.some((folders) => folders.length > 0);

  return {
    roots,
    // In a folder above, the name may be one of a folder that appears.
    concerns: (name) =>
      parents || matchName(name) || roots.list.some((root) => root.kind === "file" && basename(root.path) === name),
    key: JSON.stringify([roots.list.map((root) => root.path), patterns]),
    async list(known = [], signal) {
      const folders = roots.list.map((root) => (root.kind === "file" ? dirname(root.path) : root.path));
      const met = new Map<string, Map<string, Listed>>();
      const walk = roots.walk({
        ...(signal && { signal }),
        enter: (folder) => {
          if (!inside(folder.relative)) return false;
          folders.push(join(folder.root.path, folder.relative));
          return true;
        },
      });
      for await (const entry of walk) {
        const root = roots.list.indexOf(entry.root);
        const path = entry.root.kind === "file" ? entry.root.path : join(entry.root.path, entry.relative);
        const found = await stat(path, { bigint: true }).catch(() => undefined);
        if (!found?.isFile()) continue;
        const folder = `${root}/${dirname(entry.relative)}`;
        let names = met.get(folder);
        if (!names) met.set(folder, (names = new Map()));
        names.set(basename(entry.relative), {
          root,
          relative: entry.relative,
          path,
          ...inodeOf(found),
          size: Number(found.size),
          mtimeMs: Number(found.mtimeNs) / 1e6,
        });
      }
      return {
        logs: group(
          met,
          known.filter((one) => owns(one.root, one.name)),
        ),
        folders,
      };
    },
  };

  function group(
    met: ReadonlyMap<string, ReadonlyMap<string, Listed>>,
    known: readonly { readonly root: number; readonly name: string }[],
  ): LogFile[] {
    const logs: LogFile[] = [];
    const places = new Set([...met.keys(), ...known.map((one) => `${one.root}/${dirname(one.name)}`)]);
    for (const place of places) {
      const files = met.get(place) ?? new Map<string, Listed>();
      const root = Number(place.slice(0, place.indexOf("/")));
      const folder = place.slice(place.indexOf("/") + 1);
      const full = (name: string): string => (folder === "." ? name : `${folder}/${name}`);
      const expected = known.filter((one) => one.root === root && dirname(one.name) === folder);
      const names = new Set([...files.keys()].filter((name) => owns(root, full(name))));
      for (const one of expected) names.add(basename(one.name));
      const all = [...names].toSorted();
      for (const name of all) {
        // `app.log.1` beside `app.log` is no log of its own, though a pattern may name both.
        if (all.some((base) => rotatedOf(base, name) !== undefined)) continue;
        const rotated: ListedRotated[] = [];
        for (const [other, file] of files) {
          const as = rotatedOf(name, other);
          // A compressed file beside its original is still being written.
          const pending = as?.compression !== undefined && files.has(other.slice(0, -as.compression.length - 1));
          if (as && !(pending && other.slice(0, -(as.compression?.length ?? 0) - 1) !== name))
            rotated.push({ ...file, rotated: as });
        }
        rotated.sort(byAge);
        logs.push({ root, name: full(name), label: label(root, full(name)), live: files.get(name), rotated });
      }
    }
    return logs.toSorted((a, b) => (a.label < b.label ? -1 : 1)).slice(0, maxFiles);
  }

  function label(root: number, name: string): string {
    return roots.list.length < 2 ? name : `${basename(roots.list[root]?.path ?? "")}/${name}`;
  }
}
