import { basename, resolve } from "node:path";
import { openRoots } from "@plugboard/core/files";
import type { Roots } from "@plugboard/core/files";
import { keyOfCursor } from "./files/cursor.ts";
import type { Labels } from "./files/labels.ts";
import { source, withoutAliases } from "./files/source.ts";
import type { Listing, Source } from "./files/source.ts";
import { globMatcher, isGlob } from "./glob.ts";
import { foldersOf, isNamed, labelsOf, streamsIn } from "./paths.ts";
import type { LogFolder } from "./paths.ts";
import { shownName } from "./show.ts";

export interface LogsOptions {
  /** Files, folders and globs. */
  readonly paths: readonly string[];
  /** Globs of the logs in a folder. */
  readonly include: readonly string[];
  readonly maxFiles: number;
  readonly highestNumber: "oldest" | "newest";
}

/** Some of the logs. */
export interface Selection {
  /** The name of the log, if it is one; else the glob, or `all logs`. */
  readonly name: string;
  readonly source: Source;
  /** What there was when they were selected. */
  readonly listing: Listing;
  /** How many logs that is, without links from one to another. */
  readonly count: number;
  /** What the caller may have meant, where the name leaves logs out that it seems to name. */
  readonly hint?: string;
  /** What to say where nothing is found, if no log has a name that fits the glob. */
  readonly none?: string;
}

/** The configuration, as it was understood at the first use. */
interface Opened {
  readonly roots: Roots;
  readonly folders: readonly LogFolder[];
  readonly labels: Labels;
}

const ALL = "all logs";

/** No log has that name. The message says which there are. */
export class UnknownLog extends Error {
  override readonly name = "UnknownLog";
}

/** The logs of one instance, by name. Looks at the disk on first use, and then whenever it is asked. */
export class Logs {
  readonly #options: LogsOptions;
  #streams: string | undefined;
  #opened: Promise<Opened> | undefined;

  constructor(options: LogsOptions) {
    this.#options = options;
  }

  /** Adds the folder of streams, whose logs are called `stream:` and their names. */
  addStreams(folder: string): void {
    this.#streams = folder;
    this.#opened = undefined;
  }

  /**
   * The logs with that name, or those that fit a glob; all without one.
   * @throws UnknownLog
   */
  async select(asked: string | undefined, signal?: AbortSignal): Promise<Selection> {
    const name = asked === undefined || asked === "*" || asked === "**" ? ALL : asked;
    if (name === ALL) return this.#selection(ALL, undefined, signal);
    const exact = await this.#selection(name, (label) => label === name, signal);
    if (exact.count > 0) return exact;
    if (isGlob(name)) return this.#glob(name, signal);
    const labels = (await this.#selection(ALL, undefined, signal)).listing.logs.map(({ label }) => label);
    const same = labels.filter((label) => label.endsWith(`/${name}`));
    if (same.length === 1 && same[0] !== undefined) return this.select(same[0], signal);
    // Between a rename and the creation of the new file there is none of that name, but its cursor is good.
    const opened = await this.#open();
    if (isNamed(name, opened.folders, opened.labels)) return exact;
    throw new UnknownLog(unknown(name, labels));
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

  async #glob(name: string, signal: AbortSignal | undefined): Promise<Selection> {
    const found = await this.#selection(name, globMatcher(name), signal);
    const none = found.count === 0 ? await this.#none(name, signal) : undefined;
    const hint = name.includes("/") ? undefined : await this.#deeper(name, found.count, signal);
    if (none !== undefined) return { ...found, none: hint === undefined ? none : `${none} ${hint}` };
    return hint === undefined ? found : { ...found, hint };
  }

  async #deeper(name: string, found: number, signal: AbortSignal | undefined): Promise<string | undefined> {
    const deep = `**/${name}`;
    const { count } = await this.#selection(deep, globMatcher(deep), signal);
    return count === found ? undefined : `${count - found} more logs lie in folders: "${deep}" names them too.`;
  }

  async #none(glob: string, signal: AbortSignal | undefined): Promise<string> {
    const { logs, omitted } = (await this.#selection(ALL, undefined, signal)).listing;
    const labels = logs.map(({ label }) => label);
    return noneLike(glob, labels, omitted);
  }

  async #selection(
    name: string,
    select: ((label: string) => boolean) | undefined,
    signal: AbortSignal | undefined,
  ): Promise<Selection> {
    const { roots, folders, labels } = await this.#open();
    const found = source({
      roots,
      patterns: folders.map(({ patterns }) => patterns),
      labels,
      ...(select && { select }),
      key: this.#key(name),
      maxFiles: this.#options.maxFiles,
      highestNumber: this.#options.highestNumber,
    });
    const listing = await found.list([], signal);
    const logs = withoutAliases(listing.logs);
    const [first] = logs;
    return { name: logs.length === 1 && first ? first.label : name, source: found, listing, count: logs.length };
  }

  #key(name: string): string {
    return JSON.stringify([this.#options.paths.map((path) => resolve(path)), name]);
  }

  #open(): Promise<Opened> {
    this.#opened ??= this.#openAnew(this.#streams).catch((error: unknown) => {
      this.#opened = undefined;
      throw error;
    });
    return this.#opened;
  }

  async #openAnew(streams: string | undefined): Promise<Opened> {
    const folders = await foldersOf(this.#options.paths, this.#options.include);
    if (streams !== undefined) folders.push(streamsIn(streams));
    const roots = await openRoots(
      folders.map(({ folder }) => folder),
      { later: true },
    );
    return { roots, folders, labels: labelsOf(folders, streams) };
  }
}

/** Names of logs in an error. */
const SHOWN = 20;

function unknown(name: string, labels: readonly string[]): string {
  const asked = quoted(name);
  if (labels.length === 0) return `There is no log ${asked}; there are none at all yet.`;
  const wanted = basename(name)
    .toLowerCase()
    .replace(/\.[^.]*$/, "");
  const near = labels.filter((label) => wanted.length > 2 && label.toLowerCase().includes(wanted));
  return `There is no log ${asked}. There are: ${enumerated([...new Set([...near, ...labels])])}. A glob such as "**/*.log" names several.`;
}

function noneLike(glob: string, labels: readonly string[], omitted: number): string {
  if (labels.length === 0) return `No log has a name like ${quoted(glob)}; there are none at all yet.`;
  const all = labels.length + omitted;
  const none = all === 1 ? "The only log does not have" : `None of the ${all} logs has`;
  return `${none} a name like ${quoted(glob)}. There ${all === 1 ? "is" : "are"}: ${enumerated(labels, omitted)}.`;
}

function quoted(name: string): string {
  return `"${shownName(name.slice(0, 200))}"`;
}

function enumerated(labels: readonly string[], omitted = 0): string {
  const shown = labels.slice(0, SHOWN).map(shownName);
  const left = labels.length + omitted - shown.length;
  return `${shown.join(", ")}${left > 0 ? `, and ${left} more` : ""}`;
}
