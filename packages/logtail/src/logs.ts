import { stat } from "node:fs/promises";
import { basename, dirname, resolve, sep } from "node:path";
import { openRoots } from "@plugboard/core/files";
import type { Roots } from "@plugboard/core/files";
import picomatch from "picomatch";
import { keyOfCursor } from "./files/cursor.ts";
import { labelsFor } from "./files/labels.ts";
import type { Labels } from "./files/labels.ts";
import { source } from "./files/source.ts";
import type { LogFile, Source } from "./files/source.ts";
import { globMatcher, isGlob } from "./glob.ts";
import { shownName } from "./show.ts";
import { SPOOL_FILE, STREAM } from "./stream.ts";

export interface LogsOptions {
  /** Files, folders and globs. */
  readonly paths: readonly string[];
  /** Globs of the logs in a folder. */
  readonly include: readonly string[];
  readonly maxFiles: number;
}

/** Some of the logs. */
export interface Selection {
  /** The name of the log, if it is one; else the glob, or `all logs`. */
  readonly name: string;
  readonly source: Source;
  /** Logs there are now. */
  readonly count: number;
  /** Logs beyond `maxFiles`, which are left out. */
  readonly omitted: number;
  /** What the caller may have meant, where the name leaves logs out that it seems to name. */
  readonly hint?: string;
}

/** A folder and the globs in it that are logs. */
interface Place {
  readonly folder: string;
  readonly patterns: string[];
}

export const ALL = "all logs";

/** No log has that name. The message says which there are. */
export class UnknownLog extends Error {
  override readonly name = "UnknownLog";
}

/** The logs of one instance, by name. Looks at the disk on first use, and then whenever it is asked. */
export class Logs {
  readonly #options: LogsOptions;
  #spool: string | undefined;
  #opened: Promise<{ readonly roots: Roots; readonly places: readonly Place[] }> | undefined;

  constructor(options: LogsOptions) {
    this.#options = options;
  }

  /** Adds the folder of streams, whose logs are called `stream:` and their names. */
  addStreams(folder: string): void {
    this.#spool = folder;
    this.#opened = undefined;
  }

  /**
   * The logs with that name, or those that fit a glob; all without one.
   * @throws UnknownLog
   */
  async select(asked: string | undefined, signal?: AbortSignal): Promise<Selection> {
    const name = asked === undefined || asked === "*" || asked === "**" ? ALL : asked;
    const all = await this.#source(ALL);
    if (name === ALL) return selection(name, all, signal);
    const exact = await selection(name, await this.#source(name, (label) => label === name), signal);
    if (exact.count > 0) return exact;
    if (isGlob(name)) {
      const found = await selection(name, await this.#source(name, globMatcher(name)), signal);
      if (name.includes("/")) return found;
      const deep = `**/${name}`;
      const { count } = await selection(deep, await this.#source(deep, globMatcher(deep)), signal);
      if (count === found.count) return found;
      return { ...found, hint: `${count - found.count} more logs lie in folders: "${deep}" names them too.` };
    }
    const labels = (await all.list([], signal)).logs.map(({ label }) => label);
    const same = labels.filter((label) => label.endsWith(`/${name}`));
    if (same.length === 1 && same[0] !== undefined) return this.select(same[0], signal);
    // Between a rename and the creation of the new file there is none of that name, but its cursor is good.
    if (await this.#mayAppear(name)) return exact;
    throw new UnknownLog(unknown(name, labels));
  }

  /** All logs there are now. */
  async list(signal?: AbortSignal): Promise<readonly LogFile[]> {
    return (await (await this.#source(ALL)).list([], signal)).logs;
  }

  /**
   * What the cursor of a read was for, if that was all logs or one of them: what `select` takes.
   * @throws CursorError
   */
  nameFor(cursor: string): string | undefined {
    const names = new Map<string, string>();
    const key = keyOfCursor(cursor, (labels) => {
      for (const label of labels) names.set(this.#key(label), label);
      return [...names.keys()];
    });
    return key === undefined ? undefined : names.get(key);
  }

  #key(name: string): string {
    return JSON.stringify([this.#options.paths.map((path) => resolve(path)), name]);
  }

  async #source(name: string, select?: (label: string) => boolean): Promise<Source> {
    const { roots, places } = await (this.#opened ??= this.#open().catch((error: unknown) => {
      this.#opened = undefined;
      throw error;
    }));
    return source({
      roots,
      patterns: places.map(({ patterns }) => patterns),
      labels: labelsOf(places, this.#spool),
      ...(select && { select }),
      key: this.#key(name),
      maxFiles: this.#options.maxFiles,
    });
  }

  async #open(): Promise<{ roots: Roots; places: Place[] }> {
    const places: Place[] = [];
    for (const path of this.#options.paths) {
      const { folder, patterns } = await placeOf(path, this.#options.include);
      const known = places.find((place) => place.folder === folder);
      if (known) known.patterns.push(...patterns);
      else places.push({ folder, patterns: [...patterns] });
    }
    if (this.#spool !== undefined) places.push({ folder: this.#spool, patterns: [`*/${SPOOL_FILE}`] });
    const roots = await openRoots(
      places.map(({ folder }) => folder),
      { later: true },
    );
    return { roots, places };
  }

  async #mayAppear(name: string): Promise<boolean> {
    const { places } = await (this.#opened ?? this.#open());
    const labels = labelsOf(places, this.#spool);
    return places.some(({ patterns }, root) =>
      patterns.some((pattern) => !picomatch.scan(pattern).isGlob && labels.of(root, unescaped(pattern)) === name),
    );
  }
}

async function selection(asked: string, found: Source, signal: AbortSignal | undefined): Promise<Selection> {
  const listing = await found.list([], signal);
  const logs = listing.logs.filter(({ alias }) => alias === undefined);
  const { omitted } = listing;
  const [first] = logs;
  return { name: logs.length === 1 && first ? first.label : asked, source: found, count: logs.length, omitted };
}

const SPECIAL = /[*?[\]{}()!+@\\]/g;

/** What one entry of the configuration means. What does not exist yet is a file if its name has a dot, else a folder. */
async function placeOf(path: string, include: readonly string[]): Promise<Place> {
  const absolute = resolve(path);
  const found = await stat(absolute).catch(() => undefined);
  const { isGlob } = picomatch.scan(path);
  if (!found && isGlob) {
    const { base, glob } = picomatch.scan(absolute.split(sep).join("/"));
    return { folder: base === "" ? "/" : resolve(base), patterns: [glob] };
  }
  const folder = found ? found.isDirectory() : /[/\\]$/.test(path) || !basename(absolute).slice(1).includes(".");
  if (folder) return { folder: absolute, patterns: [...include] };
  return { folder: dirname(absolute), patterns: [basename(absolute).replace(SPECIAL, "\\$&")] };
}

function unescaped(pattern: string): string {
  return pattern.replace(/\\(.)/g, "$1");
}

/** Streams are called `stream:` and their names; files by their paths, with their folder's name before where there are several. */
function labelsOf(places: readonly Place[], spool: string | undefined): Labels {
  const folders = places.flatMap(({ folder }) => (folder === spool ? [] : [folder]));
  const files = labelsFor(folders.map((path) => ({ given: path, path, kind: "folder" })));
  return {
    of(root, relative) {
      if (places[root]?.folder === spool) return STREAM + dirname(relative);
      const label = files.of(root, relative);
      return label.startsWith(STREAM) ? `./${label}` : label;
    },
    parse(label) {
      const root = label.startsWith(STREAM) ? places.findIndex(({ folder }) => folder === spool) : -1;
      return root === -1
        ? files.parse(label.replace(/^\.\/(?=stream:)/, ""))
        : { root, relative: `${label.slice(STREAM.length)}/${SPOOL_FILE}` };
    },
  };
}

const SHOWN = 20;

function unknown(name: string, labels: readonly string[]): string {
  const asked = `"${shownName(name.slice(0, 200))}"`;
  if (labels.length === 0) return `There is no log ${asked}; there are none at all yet.`;
  const wanted = basename(name)
    .toLowerCase()
    .replace(/\.[^.]*$/, "");
  const near = labels.filter((label) => wanted.length > 2 && label.toLowerCase().includes(wanted));
  const shown = [...new Set([...near, ...labels])].slice(0, SHOWN).map(shownName);
  const more = labels.length > shown.length ? `, and ${labels.length - shown.length} more` : "";
  return `There is no log ${asked}. There are: ${shown.join(", ")}${more}. A glob such as "**/*.log" names several.`;
}
