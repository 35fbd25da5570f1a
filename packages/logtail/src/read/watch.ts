import { watch } from "node:fs";
import type { FSWatcher } from "node:fs";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { isLocal } from "../lines/local.ts";
import { ABSENT, glance, glanceNow, isSame, isSameFile } from "./glance.ts";
import type { Glance } from "./glance.ts";

/** Hears of changes in folders and files. */
export interface Subscription {
  /** Sets what is looked at. */
  look(folders: readonly string[], files: readonly string[]): void;
  close(): void;
}

export interface SubscribeOptions {
  /**
   * Called for every change, many times for one; has to be cheap.
   * @param written the path of a file, where the system says that it was written to and nothing else
   */
  readonly onChange: (written?: string) => void;
  /** Whether a change of a file with this name matters, although it is not looked at. Default: every one. */
  readonly concerns?: (name: string) => boolean;
  /** Whether somebody waits: then the safety net is looked at every 250 ms and not every second. Default false. */
  readonly eager?: boolean;
}

const POLL_MS = 1000;
const EAGER_POLL_MS = 250;
/** Folders that one subscription watches; further ones are looked at like files. */
const MAX_WATCHED = 256;
/** Paths looked at between two turns of the event loop. */
const SLICE = 1000;

interface Entry extends SubscribeOptions {
  paths: ReadonlySet<string>;
}

/** A path that somebody looks at. */
interface Looked {
  readonly path: string;
  /** Whether it is a folder that is watched. */
  isWatched: boolean;
  readonly entries: Set<Entry>;
  /** Where watching works. */
  watcher: FSWatcher | undefined;
  /** Undefined before the first look. */
  seen: Glance | undefined;
  /** Undefined: not asked yet. */
  isLocal: boolean | undefined;
}

type Watch = typeof watch;

/**
 * Watches folders, each once for all who ask, and looks at them with one timer for all where watching fails: on network
 * and overlay file systems, and at the system's limit of watches. Nothing here keeps the process alive.
 */
export class Watches {
  readonly #looked = new Map<string, Looked>();
  readonly #entries = new Set<Entry>();
  /** Those that look at something which may have changed before they did. */
  readonly #fresh = new Set<Entry>();
  readonly #watch: Watch;
  #timer: NodeJS.Timeout | undefined;
  #due = 0;
  #isAway = false;

  /** @param watchFolder default `fs.watch` */
  constructor(watchFolder: Watch = watch) {
    this.#watch = watchFolder;
  }

  /** Folders watched, and subscriptions. */
  get size(): { readonly folders: number; readonly subscriptions: number } {
    const folders = [...this.#looked.values()].filter(({ isWatched }) => isWatched).length;
    return { folders, subscriptions: this.#entries.size };
  }

  subscribe(options: SubscribeOptions): Subscription {
    const entry: Entry = { ...options, paths: new Set() };
    this.#entries.add(entry);
    this.#schedule();
    return {
      look: (folders, files) => {
        if (!this.#entries.has(entry)) return;
        const wanted = new Set([...folders, ...files]);
        for (const path of entry.paths) if (!wanted.has(path)) this.#leave(path, entry);
        for (const [index, path] of folders.entries()) this.#join(path, index < MAX_WATCHED, entry);
        for (const path of files) this.#join(path, false, entry);
        entry.paths = wanted;
      },
      close: () => {
        if (!this.#entries.delete(entry)) return;
        this.#fresh.delete(entry);
        for (const path of entry.paths) this.#leave(path, entry);
        this.#schedule();
      },
    };
  }

  #join(path: string, isWatched: boolean, entry: Entry): void {
    let looked = this.#looked.get(path);
    if (!looked) {
      looked = { path, isWatched, entries: new Set(), watcher: undefined, seen: undefined, isLocal: undefined };
      this.#looked.set(path, looked);
    }
    if (!looked.entries.has(entry)) this.#fresh.add(entry);
    looked.entries.add(entry);
    looked.isWatched ||= isWatched;
    if (looked.isWatched) looked.watcher ??= this.#start(looked);
  }

  #start(looked: Looked): FSWatcher | undefined {
    try {
      const watcher = this.#watch(looked.path, { persistent: false }, (event, name) => {
        const path = name === null ? undefined : join(looked.path, name);
        const written = event === "change" ? path : undefined;
        for (const entry of looked.entries) {
          const concerns = name === null || path === undefined || (entry.concerns?.(name) ?? true);
          if (concerns || entry.paths.has(path)) entry.onChange(written);
        }
      });
      watcher.on("error", () => {
        watcher.close();
        if (looked.watcher === watcher) looked.watcher = undefined;
      });
      return watcher;
    } catch {
      // The safety net is enough.
      return undefined;
    }
  }

  #leave(path: string, entry: Entry): void {
    const looked = this.#looked.get(path);
    if (!looked?.entries.delete(entry) || looked.entries.size > 0) return;
    looked.watcher?.close();
    this.#looked.delete(path);
  }

  #schedule(): void {
    if (this.#entries.size === 0) {
      clearTimeout(this.#timer);
      this.#timer = undefined;
      return;
    }
    const ms = [...this.#entries].some((entry) => entry.eager === true) ? EAGER_POLL_MS : POLL_MS;
    const due = performance.now() + ms;
    // Whoever comes and goes puts nothing off.
    if (this.#timer && this.#due <= due) return;
    clearTimeout(this.#timer);
    this.#due = due;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      void this.#poll();
    }, ms).unref();
  }

  async #poll(): Promise<void> {
    const others: Looked[] = [];
    let count = 0;
    for (const looked of this.#looked.values()) {
      const found = looked.isLocal === true ? glanceNow(looked.path) : undefined;
      if (found) this.#compare(looked, found);
      else others.push(looked);
      if ((count += 1) % SLICE === 0) await setImmediate();
    }
    const fresh = [...this.#fresh];
    this.#fresh.clear();
    for (const entry of fresh) entry.onChange();
    if (others.length > 0 && !this.#isAway) void this.#lookAway(others);
    this.#schedule();
  }

  /** One after the other, so that a file system which does not answer holds no more than one thread. */
  async #lookAway(others: readonly Looked[]): Promise<void> {
    this.#isAway = true;
    for (const looked of others) {
      if (this.#looked.get(looked.path) !== looked) continue;
      looked.isLocal ??= await isLocal(looked.path);
      this.#compare(looked, await glance(looked.path));
    }
    this.#isAway = false;
  }

  #compare(looked: Looked, found: Glance): void {
    const { seen, watcher } = looked;
    if (seen && isSame(seen, found)) return;
    looked.seen = found;
    // Another file system may be there the next time.
    if (found === ABSENT || (seen && seen.dev !== found.dev)) looked.isLocal = undefined;
    // A folder that is another one under its name is no longer the one watched.
    if (looked.isWatched && seen && !isSameFile(seen, found)) {
      watcher?.close();
      looked.watcher = found === ABSENT ? undefined : this.#start(looked);
    }
    for (const entry of looked.entries) entry.onChange();
  }
}

/** The watches of this process. */
export const watches: Watches = new Watches();
