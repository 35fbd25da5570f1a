import { watch } from "node:fs";
import type { FSWatcher } from "node:fs";
import { stat } from "node:fs/promises";

/** Hears of changes in folders and files. */
export interface Subscription {
  /** Sets what is looked at. */
  look(folders: readonly string[], files: readonly string[]): void;
  close(): void;
}

export interface SubscribeOptions {
  /** Called for every change, many times for one; has to be cheap. */
  readonly onChange: () => void;
  /** Whether a change of a file with this name matters. Default: every one. */
  readonly concerns?: (name: string) => boolean;
  /** Whether somebody waits: then the safety net is looked at every 250 ms and not every second. Default false. */
  readonly eager?: boolean;
}

const POLL_MS = 1000;
const EAGER_POLL_MS = 250;
const MAX_FOLDERS = 256;

interface Entry extends SubscribeOptions {
  folders: readonly string[];
  files: readonly string[];
  seen: Map<string, string>;
}

interface Watched {
  watcher: FSWatcher | undefined;
  readonly entries: Set<Entry>;
}

type Watch = typeof watch;

/**
 * Watches folders, each once for all who ask, and looks at them with one timer for all where watching fails: on network
 * and overlay file systems, and at the system's limit of watches. Nothing here keeps the process alive.
 */
export class Watches {
  readonly #folders = new Map<string, Watched>();
  readonly #entries = new Set<Entry>();
  readonly #watch: Watch;
  #timer: NodeJS.Timeout | undefined;
  #looking = false;

  /** @param watchFolder default `fs.watch` */
  constructor(watchFolder: Watch = watch) {
    this.#watch = watchFolder;
  }

  /** Folders watched, and subscriptions. */
  get size(): { readonly folders: number; readonly subscriptions: number } {
    return { folders: this.#folders.size, subscriptions: this.#entries.size };
  }

  subscribe(options: SubscribeOptions): Subscription {
    const entry: Entry = { ...options, folders: [], files: [], seen: new Map() };
    this.#entries.add(entry);
    this.#schedule();
    return {
      look: (folders, files) => {
        if (!this.#entries.has(entry)) return;
        const wanted = folders.slice(0, MAX_FOLDERS);
        for (const one of entry.folders) if (!wanted.includes(one)) this.#leave(one, entry);
        for (const one of wanted) this.#join(one, entry);
        entry.folders = wanted;
        entry.files = files;
      },
      close: () => {
        if (!this.#entries.delete(entry)) return;
        for (const one of entry.folders) this.#leave(one, entry);
        this.#schedule();
      },
    };
  }

  #join(folder: string, entry: Entry): void {
    let watched = this.#folders.get(folder);
    if (!watched) {
      watched = { watcher: undefined, entries: new Set() };
      this.#folders.set(folder, watched);
    }
    watched.entries.add(entry);
    watched.watcher ??= this.#start(folder, watched);
  }

  #start(folder: string, watched: Watched): FSWatcher | undefined {
    try {
      const watcher = this.#watch(folder, { persistent: false }, (_event, name) => {
        for (const entry of watched.entries) {
          if (name === null || (entry.concerns?.(name) ?? true)) entry.onChange();
        }
      });
      watcher.on("error", () => {
        watcher.close();
        if (watched.watcher === watcher) watched.watcher = undefined;
      });
      return watcher;
    } catch {
      // The safety net is enough.
      return undefined;
    }
  }

  #leave(folder: string, entry: Entry): void {
    const watched = this.#folders.get(folder);
    if (!watched?.entries.delete(entry) || watched.entries.size > 0) return;
    watched.watcher?.close();
    this.#folders.delete(folder);
  }

  #schedule(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#entries.size === 0) return;
    const eager = [...this.#entries].some((entry) => entry.eager === true);
    this.#timer = setTimeout(() => void this.#poll(), eager ? EAGER_POLL_MS : POLL_MS).unref();
  }

  async #poll(): Promise<void> {
    if (this.#looking) return;
    this.#looking = true;
    try {
      const states = new Map<string, string>();
      for (const entry of this.#entries) {
        for (const path of [...entry.folders, ...entry.files]) {
          if (!states.has(path)) states.set(path, await stateOf(path));
        }
      }
      for (const entry of this.#entries) this.#compare(entry, states);
    } finally {
      this.#looking = false;
      this.#schedule();
    }
  }

  #compare(entry: Entry, states: ReadonlyMap<string, string>): void {
    const seen = new Map<string, string>();
    let changed = false;
    for (const path of [...entry.folders, ...entry.files]) {
      const state = states.get(path);
      if (state === undefined) continue;
      const before = entry.seen.get(path);
      seen.set(path, state);
      if (before === state) continue;
      changed = true;
      // A folder that is another one under its name is no longer the one watched.
      const watched = this.#folders.get(path);
      if (before === undefined || !watched || before.split(" ")[0] === state.split(" ")[0]) continue;
      watched.watcher?.close();
      watched.watcher = state === "" ? undefined : this.#start(path, watched);
    }
    entry.seen = seen;
    if (changed) entry.onChange();
  }
}

async function stateOf(path: string): Promise<string> {
  try {
    const found = await stat(path);
    return `${found.dev}:${found.ino} ${found.size} ${found.mtimeMs}`;
  } catch {
    return "";
  }
}

/** The watches of this process. */
export const watches: Watches = new Watches();
