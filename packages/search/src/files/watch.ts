import { watch } from "node:fs";
import type { FSWatcher } from "node:fs";
import { basename, join, sep } from "node:path";
import { Pacer } from "../pacer.ts";

/** What has happened below the folders that are watched. */
export interface Touched {
  /** Paths of what was changed, added, renamed or removed. */
  readonly paths: ReadonlySet<string>;
  /** Whether there was more than that, or nobody knows. */
  readonly more: boolean;
}

export interface WatchOptions {
  /** Events are gathered until there is none for so long, in milliseconds. Default 100. */
  readonly quietMs?: number;
  /** But no longer than this. Default 1,000. */
  readonly maxWaitMs?: number;
  /** Further folders are not watched. Default 4,000. */
  readonly maxFolders?: number;
  /** More paths than this are not named. Default 500. */
  readonly maxPaths?: number;
}

/**
 * Watches folders, each without those below it, and gathers what happens in them. Never keeps the process alive. It may miss
 * things: who uses it has to look from time to time as well.
 */
export class Watcher {
  readonly #onQuiet: () => void;
  readonly #warn: (message: string) => void;
  readonly #options: Required<WatchOptions>;
  readonly #watchers = new Map<string, FSWatcher>();
  #paths = new Set<string>();
  #more = false;
  #since = 0;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  /**
   * @param onQuiet called after something has happened, when it has been quiet for a moment
   * @param warn told if the system refuses to watch; then nothing is watched any more
   */
  constructor(onQuiet: () => void, warn: (message: string) => void, options: WatchOptions = {}) {
    this.#onQuiet = onQuiet;
    this.#warn = warn;
    this.#options = { quietMs: 100, maxWaitMs: 1_000, maxFolders: 4_000, maxPaths: 500, ...options };
  }

  /** How many folders are watched. */
  get folders(): number {
    return this.#watchers.size;
  }

  /** Whether there is anything to take. */
  get pending(): boolean {
    return this.#more || this.#paths.size > 0;
  }

  /** What has happened since the last time. */
  take(): Touched {
    const touched = { paths: this.#paths, more: this.#more };
    this.#paths = new Set();
    this.#more = false;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    return touched;
  }

  /** Watches these folders and no others. One call at a time. */
  async follow(folders: ReadonlySet<string>): Promise<void> {
    const pacer = new Pacer();
    for (const folder of this.#watchers.keys()) {
      if (!folders.has(folder)) this.#drop(folder);
      if (pacer.due) await pacer.pause();
    }
    for (const folder of folders) {
      if (this.#closed || this.#watchers.size >= this.#options.maxFolders) return;
      if (!this.#watchers.has(folder)) this.#add(folder);
      if (pacer.due) await pacer.pause();
    }
  }

  /** Lets go of everything. Idempotent. */
  close(): void {
    this.#closed = true;
    this.take();
    for (const folder of this.#watchers.keys()) this.#drop(folder);
  }

  #add(folder: string): void {
    try {
      const watcher = watch(folder, { persistent: false });
      watcher.on("change", (_, name) => this.#note(folder, typeof name === "string" ? name : undefined));
      watcher.on("error", (error) => {
        this.#drop(folder);
        this.#fail(error);
      });
      this.#watchers.set(folder, watcher);
    } catch (error) {
      this.#fail(error);
    }
  }

  #drop(folder: string): void {
    this.#watchers.get(folder)?.close();
    this.#watchers.delete(folder);
  }

  #fail(error: unknown): void {
    const code = (error as { code?: unknown } | null)?.code;
    if (code === "ENOSPC" || code === "EMFILE" || code === "ENFILE" || code === "ENOMEM") {
      if (this.#closed) return;
      this.close();
      this.#warn(`the system cannot watch more folders (${code}): changes are found by looking at the files only`);
    } else {
      // Mostly a folder that has just gone.
      this.#note(undefined, undefined);
    }
  }

  #note(folder: string | undefined, name: string | undefined): void {
    if (this.#closed) return;
    if (folder === undefined || name === undefined || this.#paths.size >= this.#options.maxPaths) {
      this.#more = true;
    } else {
      const path = join(folder, name);
      this.#paths.add(path);
      // A folder that is gone or another one: what watches it, and all below it, watches nothing any more. A folder that
      // is itself moved tells its own name.
      for (const gone of [path, ...(name === basename(folder) ? [folder] : [])]) this.#forget(gone);
    }
    this.#wait();
  }

  #forget(folder: string): void {
    if (!this.#watchers.has(folder)) return;
    this.#more = true;
    for (const each of this.#watchers.keys())
      if (each === folder || each.startsWith(`${folder}${sep}`)) this.#drop(each);
  }

  #wait(): void {
    const now = performance.now();
    if (this.#timer === undefined) this.#since = now;
    clearTimeout(this.#timer);
    const { quietMs, maxWaitMs } = this.#options;
    const left = Math.max(0, Math.min(quietMs, this.#since + maxWaitMs - now));
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#onQuiet();
    }, left);
    this.#timer.unref();
  }
}
