import { dirname, join } from "node:path";
import { FileAccessError } from "@plugboard/core/files";
import type { FileAccessCode, Location, Roots } from "@plugboard/core/files";
import { ahead } from "./ahead.ts";
import { Batch } from "./batch.ts";
import type { OnChanged } from "./batch.ts";
import { documentId, Names } from "../documents/ids.ts";
import type { Engine } from "../engine/types.ts";
import { FileIndexer } from "./indexer.ts";
import type { IndexerOptions, NamedFile } from "./indexer.ts";
import { Pacer } from "../pacer.ts";
import type { SkipReason } from "./read.ts";
import { openEach } from "./roots.ts";
import type { OpenedRoots } from "./roots.ts";
import { scan } from "./scan.ts";
import type { ScanOptions } from "./scan.ts";
import type { WorkProgress } from "../shared.ts";
import type { Skips } from "./skips.ts";

export interface FeedOptions extends ScanOptions, IndexerOptions {
  readonly roots: readonly string[];
  /** Whether files that usually hold secrets are documents too. */
  readonly secrets: boolean;
  readonly maxTotalBytes: number;
  /** The real path of a folder that is never entered. */
  readonly closed: string | undefined;
}

/** Files that are looked at ahead of the one being indexed: as many as the thread pool has threads; more was not faster. */
const LOOK_AHEAD = 4;
/** Why something is left out that could be read. */
const BOUNDS: ReadonlySet<SkipReason> = new Set(["too_deep", "too_many", "too_large"]);
/** More folders are not named to who watches. */
const MAX_FOLDERS = 4_000;

/** Keeps an engine in step with the files below the roots, and reads only what has changed. One call at a time. */
export class FileFeed {
  /** Why a root has nothing to give, as of the last look: one sentence each. */
  lost: readonly string[] = [];
  /** Real paths of the folders that the last look met, at most 4,000. */
  folders: ReadonlySet<string> = new Set();
  readonly #options: FeedOptions;
  readonly #skips: Skips;
  readonly #indexer: FileIndexer;
  readonly #batch: () => Batch;
  #opened: OpenedRoots | undefined;
  #names = new Names([]);
  #total = 0;

  constructor(options: FeedOptions, engine: Engine, skips: Skips, onChanged: OnChanged) {
    this.#options = options;
    this.#skips = skips;
    this.#indexer = new FileIndexer(options, engine, skips);
    this.#batch = () => new Batch(engine, onChanged);
  }

  /** Looks at all files. @throws the signal's reason; what was read until then is kept */
  async look(signal: AbortSignal, report: (progress: WorkProgress) => void): Promise<void> {
    const { roots, lost } = await this.#open();
    const folders = new Set<string>();
    this.#skips.begin();
    const { files, beyond } = await scan(
      this.#entered(roots, folders),
      this.#options,
      ({ root, relative, code }) => {
        const whole = relative === "" || root.kind === "file";
        if (whole && !BOUNDS.has(code)) lost.push(new FileAccessError(code as FileAccessCode, root.given));
        this.#skips.add(whole ? root.given : this.#path({ root, relative }), code);
      },
      signal,
    );
    if (beyond > 0) this.#skips.add("", "too_many", beyond);
    const here = new Map<string, NamedFile>();
    const pacer = new Pacer(signal);
    for (const entry of files) {
      if (pacer.due) await pacer.pause();
      const file = this.#file(entry);
      here.set(file.id, file);
    }
    const batch = this.#batch();
    try {
      await this.#indexer.forget(here, batch, pacer);
      this.#total = 0;
      let done = 0;
      const looks = ahead(here.values(), LOOK_AHEAD, (file) => this.#indexer.look(roots, file, signal));
      for await (const { entry: file, look } of looks) {
        signal.throwIfAborted();
        const room = this.#options.maxTotalBytes - this.#total;
        const again = "reason" in look && look.bytes !== undefined && look.bytes <= room;
        if (again) this.#indexer.pardon(file);
        const found = again ? await this.#indexer.look(roots, file, signal) : look;
        this.#total += await this.#indexer.settle(file, found, room, batch, pacer);
        done += 1;
        report({ done, total: here.size });
        if (pacer.due) await pacer.pause();
      }
    } finally {
      await batch.flush();
    }
    this.#skips.end();
    this.lost = lost.map(({ message }) => `The root ${message}`);
    this.folders = folders;
  }

  /**
   * Looks at files that are documents, and at no others.
   * @param paths real ones
   * @returns false if that was not enough, so that all have to be looked at
   */
  async touch(paths: Iterable<string>, signal: AbortSignal): Promise<boolean> {
    const roots = this.#opened?.roots;
    if (!roots) return false;
    const batch = this.#batch();
    const pacer = new Pacer(signal);
    try {
      for (const path of paths) {
        const location = roots.locate(path);
        if (!location) continue;
        const file = this.#file({ ...location, path });
        const old = this.#indexer.state(file.id);
        if (!old) return false;
        const look = await this.#indexer.look(roots, file, signal);
        signal.throwIfAborted();
        const others = this.#total - old.bytes;
        const room = this.#options.maxTotalBytes - others;
        // What is skipped has to be counted, and what is gone may leave room for others.
        if ("reason" in look || ("file" in look && look.file.bytes > room)) return false;
        this.#total = others + (await this.#indexer.settle(file, look, room, batch, pacer));
        if (pacer.due) await pacer.pause();
      }
    } finally {
      await batch.flush();
    }
    return true;
  }

  /** Whether a file, by its real path, is a document. */
  knows(path: string): boolean {
    const location = this.#opened?.roots.locate(path);
    return location !== undefined && this.#indexer.state(documentId(this.#path(location))) !== undefined;
  }

  /** Whether one of some files, by their paths, may become a document. */
  async wants(paths: readonly string[], signal: AbortSignal): Promise<boolean> {
    const roots = this.#opened?.roots;
    if (!roots) return true;
    const entries = paths.flatMap((path) => {
      const location = roots.locate(path);
      return location ? [{ ...location, path, link: false }] : [];
    });
    // The same rules as for all, over these alone.
    const these: Roots = {
      ...roots,
      async *walk() {
        yield* entries;
      },
    };
    return entries.length > 0 && (await scan(these, this.#options, () => {}, signal)).files.length > 0;
  }

  async #open(): Promise<{ roots: Roots; lost: FileAccessError[] }> {
    if (!this.#opened || this.#opened.failed.length > 0)
      this.#opened = await openEach(this.#options.roots, this.#options.secrets);
    const { roots, failed } = this.#opened;
    return { roots, lost: [...failed] };
  }

  /** The same roots, whose walk notes the folders that it enters and enters none but the closed one. */
  #entered(roots: Roots, folders: Set<string>): Roots {
    const { closed } = this.#options;
    for (const { path, kind } of roots.list) folders.add(kind === "folder" ? path : dirname(path));
    return {
      ...roots,
      walk: (options = {}) =>
        roots.walk({
          ...options,
          enter: (folder) => {
            const path = join(folder.root.path, folder.relative);
            if (path === closed || options.enter?.(folder) === false) return false;
            if (folders.size < MAX_FOLDERS) folders.add(path);
            return true;
          },
        }),
    };
  }

  #file(entry: Location & { readonly path: string }): NamedFile {
    const name = this.#path(entry);
    return { path: entry.path, name, id: documentId(name) };
  }

  /** The path that people see. */
  #path(location: Location): string {
    // A root that was missing is another one once it has come.
    if (!this.#names.has(location.root))
      this.#names = new Names(this.#opened?.roots.list ?? [], this.#options.roots.length > 1);
    return this.#names.path(location);
  }
}
