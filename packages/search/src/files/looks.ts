import { lstat } from "node:fs/promises";
import { basename } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import { errorOf } from "../errors.ts";
import type { FileFeed } from "./feed.ts";
import { isIgnoreFile } from "./ignore.ts";
import { SharedWork } from "../shared.ts";
import type { WorkProgress } from "../shared.ts";
import { Turns } from "../turns.ts";
import { Watcher } from "./watch.ts";

export interface LooksOptions {
  /** How old a look may be, in milliseconds, before another one is needed. */
  readonly refreshMs: number;
  /** Whether to watch the folders. */
  readonly watch: boolean;
}

/** Where looking takes long, between two looks passes at least this many times as long. */
const LOOK_SHARE = 4;

/**
 * Decides when to look at the files: at all of them when somebody asks and the last look is too old, or when there is
 * something new; and only at those that have changed when the system tells which.
 */
export class Looks {
  readonly feed: FileFeed;
  /** Complete looks. */
  count = 0;
  /** When the last one was over, in milliseconds since the epoch. */
  updatedAt: number | undefined;
  /** Why the last one failed, one sentence. */
  problem: string | undefined;
  readonly #refreshMs: number;
  readonly #warn: (message: string) => void;
  readonly #indexed: () => number;
  readonly #lifetime: AbortSignal;
  readonly #watcher: Watcher | undefined;
  readonly #turns = new Turns();
  readonly #looking: SharedWork;
  readonly #touching: SharedWork;
  #failure: Error | undefined;
  /** Whether something has changed that only a look can find. */
  #needed = true;
  #checked = Number.NEGATIVE_INFINITY;
  #lookMs = 0;
  #later: NodeJS.Timeout | undefined;

  /**
   * @param warn told once of each thing that goes wrong
   * @param indexed how many documents were ever put in
   * @param lifetime ends all work
   */
  constructor(
    { refreshMs, watch }: LooksOptions,
    feed: FileFeed,
    warn: (message: string) => void,
    indexed: () => number,
    lifetime: AbortSignal,
  ) {
    this.feed = feed;
    this.#refreshMs = refreshMs;
    this.#warn = warn;
    this.#indexed = indexed;
    this.#lifetime = lifetime;
    this.#looking = new SharedWork((signal, report) => this.#turns.run(() => this.#look(signal, report)), lifetime);
    this.#touching = new SharedWork((signal) => this.#touch(signal), lifetime);
    this.#watcher = watch ? new Watcher(() => this.#inBackground(this.#touching), warn) : undefined;
  }

  /**
   * Looks, if it is time, or at what the system says has changed before this was called.
   * @returns what the last look failed with; undefined if all is well
   * @throws the signal's reason, or that of the lifetime
   */
  async ready(signal?: AbortSignal, onProgress?: (progress: WorkProgress) => void): Promise<Error | undefined> {
    try {
      if (this.#watcher) await this.#heard();
      if (this.#due) await this.#looking.join(signal, onProgress);
      // What is under way may have begun before the newest change.
      if (this.#touching.running) await this.#touching.join(signal, onProgress);
      if (this.#watcher?.pending) await this.#touching.join(signal, onProgress);
    } catch (error) {
      if (signal?.aborted || this.#lifetime.aborted) throw error;
      this.#failure ??= errorOf(error);
    }
    return this.#failure;
  }

  /** When the work that is under way has ended. Never rejects. */
  async idle(): Promise<void> {
    await this.#turns.idle();
  }

  /** The next look is needed, whatever the age of the last one. */
  renew(): void {
    this.#needed = true;
    this.#checked = Number.NEGATIVE_INFINITY;
  }

  /** Watches nothing any more. Idempotent. */
  close(): void {
    clearTimeout(this.#later);
    this.#watcher?.close();
  }

  /** When the system has been heard: what it has to tell comes with the next turn of the event loop, after whoever asks. */
  async #heard(): Promise<void> {
    await nextTurn();
    await nextTurn();
  }

  get #due(): boolean {
    if (this.#refreshMs === 0) return true;
    return (
      performance.now() - this.#checked >=
      Math.max(this.#needed || this.feed.lost.length > 0 ? 0 : this.#refreshMs, this.#share)
    );
  }

  /** How long nobody looks after a look, in milliseconds. */
  get #share(): number {
    return LOOK_SHARE * this.#lookMs;
  }

  async #look(signal: AbortSignal, report: (progress: WorkProgress) => void): Promise<void> {
    signal.throwIfAborted();
    const began = performance.now();
    const indexed = this.#indexed();
    // Whatever has happened until now will be found.
    this.#watcher?.take();
    this.#needed = true;
    try {
      await this.feed.look(signal, report);
    } catch (error) {
      if (signal.aborted) throw error;
      this.#fail(error);
      throw error;
    } finally {
      if (!signal.aborted) this.#checked = performance.now();
    }
    this.#needed = false;
    this.#failure = this.problem = undefined;
    this.count += 1;
    this.updatedAt = Date.now();
    // Of a look that found nothing new.
    if (this.#indexed() === indexed) this.#lookMs = this.#checked - began;
    await this.#watcher?.follow(this.feed.folders);
  }

  #fail(error: unknown): void {
    // Tried again when it is time, not at once.
    this.#needed = false;
    this.#failure = errorOf(error);
    const problem = `The files could not be looked at: ${this.#failure.message}`;
    if (problem !== this.problem) this.#warn(problem);
    this.problem = problem;
  }

  async #touch(signal: AbortSignal): Promise<void> {
    if (await this.#turns.run(() => this.#touched(signal))) return;
    const wait = this.#checked + this.#share - performance.now();
    if (wait <= 0) return this.#looking.join(signal);
    clearTimeout(this.#later);
    this.#later = setTimeout(() => this.#inBackground(this.#looking), wait);
    this.#later.unref();
  }

  /** Looks at what has changed. Returns false if a look at all files is needed. */
  async #touched(signal: AbortSignal): Promise<boolean> {
    signal.throwIfAborted();
    const { paths, more } = this.#watcher?.take() ?? { paths: [], more: false };
    const needed = this.#needed;
    this.#needed = true;
    if (more || needed) return false;
    const known = new Set([...paths].filter((path) => this.feed.knows(path)));
    const others = [...paths].filter((path) => !known.has(path));
    if ((await this.#concerned(others, signal)) || !(await this.feed.touch(known, signal))) return false;
    this.#needed = false;
    return true;
  }

  /** Whether what has happened to paths of no documents may have to do with documents. */
  async #concerned(paths: readonly string[], signal: AbortSignal): Promise<boolean> {
    const files: string[] = [];
    for (const path of paths) {
      if (isIgnoreFile(basename(path))) return true;
      // What is gone before anybody knew it does not matter.
      const stat = await lstat(path).catch(() => undefined);
      if (stat?.isFile()) files.push(path);
      else if (stat?.isDirectory() || stat?.isSymbolicLink()) return true;
    }
    return files.length > 0 && this.feed.wants(files, signal);
  }

  #inBackground(work: SharedWork): void {
    if (this.#lifetime.aborted) return;
    // What goes wrong is told by `problem`, and to who asks next.
    work.join().catch(() => undefined);
  }
}
