import { readdir, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import type { Location, Roots } from "@plugboard/core/files";
import { byAge } from "./age.ts";
import { familiesOf } from "./families.ts";
import type { Family } from "./families.ts";
import { idOf } from "./identity.ts";
import { labelsFor } from "./labels.ts";
import type { Labels } from "./labels.ts";
import type { Rotated } from "./rotation.ts";
import { territory } from "./territory.ts";

export interface SourceOptions {
  readonly roots: Roots;
  /**
   * For each root, by its index in `roots.list`: globs of paths inside it, `/` between their parts. Default `*`: the files
   * right in the root. A root that is a file needs none.
   */
  readonly patterns?: readonly (readonly string[] | undefined)[];
  /** How the logs are called; has to give each a label of its own. Default {@link labelsFor} the roots. */
  readonly labels?: Labels;
  /** Narrows the source to some of its logs, by label; what they were rotated to stays with them. Default: all. */
  readonly select?: (label: string) => boolean;
  /** What cursors are bound to. Default: the roots and patterns. */
  readonly key?: string;
  /** Logs in all; the first by label, the others are counted in `omitted`. Default 500. */
  readonly maxFiles?: number;
  /** Folders, relative to a log's own, into which it is rotated too, such as `archive`. Default none. */
  readonly rotatedIn?: readonly string[];
  /** Whether numbers of rotated files count with age, as those of logrotate, or with time, as those of log4j may. Default `oldest`. */
  readonly highestNumber?: "oldest" | "newest";
}

/** A file as it was when the folders were listed. */
export interface Listed {
  /** Its path inside its root. */
  readonly relative: string;
  /** To be opened through the roots. Of a symbolic link: the link's own path. */
  readonly path: string;
  /** See {@link idOf}. Of a symbolic link: of the file that it leads to. */
  readonly id: string;
  readonly size: number;
  readonly mtimeMs: number;
  /** What its name says, if it is one that the log was rotated to. */
  readonly rotated: Rotated | undefined;
}

export interface ListedRotated extends Listed {
  readonly rotated: Rotated;
}

/** One log: the file under its own name, and what it was rotated to. */
export interface LogFile {
  /** Index of its root. */
  readonly root: number;
  /** Its path inside the root. */
  readonly name: string;
  /** How results call it, unique in the source. */
  readonly label: string;
  /** Undefined between a rename and the creation of the new file, and where only rotated files are left. */
  readonly live: Listed | undefined;
  /** Oldest first. For a symbolic link also what its targets before are likely to have been. */
  readonly rotated: readonly ListedRotated[];
  /** For a symbolic link: other files in the folder of its target, to know again what it led to. */
  readonly beside: readonly Listed[];
  /** For a symbolic link: the label of the log that it leads to, if that is one of the source itself. */
  readonly alias: string | undefined;
}

export interface Listing {
  /** By label. */
  readonly logs: readonly LogFile[];
  /** How many logs there are beyond `maxFiles`; the last by label. */
  readonly omitted: number;
  /** The folders that were looked into. */
  readonly folders: readonly string[];
}

/** Logs without the symbolic links that lead to another of them: these have nothing of their own. */
export function withoutAliases(logs: readonly LogFile[]): LogFile[] {
  const labels = new Set(logs.map(({ label }) => label));
  return logs.filter(({ alias }) => alias === undefined || !labels.has(alias));
}

/** A set of logs inside roots. Files and folders may appear later; only the roots have to exist. */
export interface Source {
  readonly roots: Roots;
  /** What tells this source from others. */
  readonly key: string;
  /** Whether a change of a file with this name, without its folders, may concern the source. */
  concerns(name: string): boolean;
  /** @param known labels of further logs to list although no file has their name now; they have to match the patterns */
  list(known?: readonly string[], signal?: AbortSignal): Promise<Listing>;
}

/** Logs of one source, if nothing else is said. */
const MAX_FILES = 500;
const AT_ONCE = 16;
/** How often the folders are walked while files change their names between the walk and the look at each. */
const MAX_WALKS = 5;

/** Describes a source. Looks at nothing before it is asked. */
export function source(options: SourceOptions): Source {
  const { roots, select, maxFiles = MAX_FILES, rotatedIn = [], highestNumber = "oldest" } = options;
  const labels = options.labels ?? labelsFor(roots.list);
  const { patterns, ownerOf, enter, concerns } = territory(roots.list, options.patterns, rotatedIn);

  const walk = async (signal: AbortSignal | undefined) => {
    const looked = new Set(roots.list.map((root) => (root.kind === "file" ? dirname(root.path) : root.path)));
    const folders = new Map<string, Map<string, { target: string | undefined }>>();
    const entered = (folder: Location): boolean => {
      if (!enter(folder)) return false;
      looked.add(join(folder.root.path, folder.relative));
      return true;
    };
    for await (const entry of roots.walk({ ...(signal && { signal }), enter: entered })) {
      const path = entry.root.kind === "file" ? entry.root.path : join(entry.root.path, entry.relative);
      const folder = dirname(path);
      let names = folders.get(folder);
      if (!names) folders.set(folder, (names = new Map()));
      names.set(basename(path), { target: entry.link ? entry.path : undefined });
      const far = entry.link ? dirname(entry.path) : folder;
      // Where links lead to, older targets lie too.
      if (far !== folder && !looked.has(far) && ownerOf(path)) {
        looked.add(far);
        folders.set(far, await namesIn(far));
      }
    }
    return { folders, looked };
  };

  return {
    roots,
    key: options.key ?? JSON.stringify([roots.list.map((root) => root.path), patterns]),
    concerns,
    async list(known = [], signal) {
      for (let attempt = 1; ; attempt += 1) {
        const { vanished, ...listing } = await listOnce(known, signal);
        if (!vanished || attempt >= MAX_WALKS) return listing;
      }
    },
  };

  async function listOnce(
    known: readonly string[],
    signal: AbortSignal | undefined,
  ): Promise<Listing & { readonly vanished: boolean }> {
    const { folders, looked } = await walk(signal);
    const expected = known.flatMap((label) => {
      const at = labels.parse(label);
      const root = at && roots.list[at.root];
      if (!root) return [];
      const path = root.kind === "file" ? root.path : join(root.path, at.relative);
      const owner = ownerOf(path);
      return owner && labels.of(owner.root, owner.relative) === label ? [path] : [];
    });
    const owned = (path: string): boolean => ownerOf(path) !== undefined;
    const families = familiesOf(folders, owned, expected, rotatedIn).flatMap((family) => {
      const owner = ownerOf(family.path);
      if (!owner) return [];
      const label = labels.of(owner.root, owner.relative);
      return select && !select(label) ? [] : [{ family, owner, label }];
    });
    families.sort((a, b) => (a.label < b.label ? -1 : 1));
    const own = new Map(families.map(({ family, label }) => [family.path, label]));
    const logs: LogFile[] = [];
    let vanished = false;
    for (let at = 0; at < families.length && at < maxFiles; at += AT_ONCE) {
      signal?.throwIfAborted();
      const some = families.slice(at, Math.min(at + AT_ONCE, maxFiles));
      const found = await Promise.all(some.map(({ family }) => look(family)));
      for (const [index, { family, owner, label }] of some.entries()) {
        const seen = found[index];
        if (!seen) continue;
        const alias = family.target === undefined ? undefined : own.get(family.target);
        logs.push({ root: owner.root, name: owner.relative, label, alias, ...seen });
        vanished ||= (family.present && !seen.live) || seen.rotated.length < family.rotated.length;
      }
    }
    return { logs, omitted: families.length - logs.length, folders: [...looked], vanished };
  }

  function relativeOf(path: string): string {
    return roots.locate(path)?.relative ?? basename(path);
  }

  async function look(family: Family): Promise<Pick<LogFile, "live" | "rotated" | "beside">> {
    // Of a link what it led to when the rest was looked for: should it lead on, the opening tells.
    const found = family.present ? await listed(family.target ?? family.path) : undefined;
    const live = found && { ...found, path: family.path, relative: relativeOf(family.path) };
    const rotated = await Promise.all(
      family.rotated.map(async ({ path, rotated: as }) => {
        const found = await listed(path);
        return found && { ...found, rotated: as };
      }),
    );
    const beside = await Promise.all(family.beside.map(listed));
    return {
      live,
      rotated: rotated.filter((one) => one !== undefined).toSorted(byAge(highestNumber)),
      beside: beside.filter((one) => one !== undefined),
    };
  }

  async function listed(path: string): Promise<Listed | undefined> {
    const found = await stat(path, { bigint: true }).catch(() => undefined);
    if (!found?.isFile()) return undefined;
    return {
      relative: relativeOf(path),
      path,
      id: idOf(found),
      size: Number(found.size),
      mtimeMs: Number(found.mtimeNs) / 1e6,
      rotated: undefined,
    };
  }
}

async function namesIn(folder: string): Promise<Map<string, { target: string | undefined }>> {
  const found = await readdir(folder, { withFileTypes: true }).catch(() => []);
  return new Map(found.filter((one) => one.isFile()).map((one) => [one.name, { target: undefined }]));
}
