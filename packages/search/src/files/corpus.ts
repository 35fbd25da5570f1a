import { Added } from "./added.ts";
import { Commits } from "./commits.ts";
import { FileFeed } from "./feed.ts";
import type { FeedOptions } from "./feed.ts";
import type { SourceDocument } from "./given.ts";
import { LateEngine } from "./late.ts";
import { Looks } from "./looks.ts";
import { openEngine } from "./open.ts";
import type { KeptOptions } from "./open.ts";
import { Skips } from "./skips.ts";
import { checkSources, SourceFeed } from "./source.ts";
import type { SourceOptions } from "./source.ts";
import { statesFolder } from "./state.ts";
import { atMost, unlessAborted } from "./waits.ts";
import type { Engine } from "../engine/types.ts";
import { errorOf } from "../errors.ts";
import type { WorkProgress } from "../shared.ts";
import { Turns } from "../turns.ts";

export interface CorpusOptions extends KeptOptions, Omit<FeedOptions, "closed">, Omit<SourceOptions, "scheme"> {
  /** How old a look at the files may be, in milliseconds, before a search looks again. */
  readonly refreshMs: number;
  /** Whether to watch the folders, so that changes are found before anybody asks. */
  readonly watch: boolean;
}

export interface CorpusStatus {
  /** When all files were last looked at, in milliseconds since the epoch. */
  readonly updatedAt: number | undefined;
  /** Whether the index could not be brought up to date: a root is missing, a look or a source failed. */
  readonly stale: boolean;
  /** Why it is stale, one sentence. */
  readonly reason: string | undefined;
  /** Files, folders and documents that are left out. */
  readonly skipped: number;
}

/** A root is missing or may not be read, and there is nothing else. The message names it as it was given. */
export class RootError extends Error {
  override readonly name = "RootError";
}

/** How long the first search waits for a source. */
const SOURCE_WAIT_MS = 30_000;
const CLOSE_MS = 5_000;

/**
 * Keeps an engine in step with the files below the roots, with the sources, and with what a program adds. Opens on first
 * use; later uses look at the files again when the last look is too old, and read only what has changed.
 */
export class Corpus {
  readonly skips: { readonly count: number };
  /** Documents that were ever put in. */
  indexed = 0;
  readonly #options: CorpusOptions;
  readonly #engine: LateEngine;
  readonly #warn: (message: string) => void;
  readonly #end = new AbortController();
  readonly #listeners = new Set<(ids: readonly string[]) => void>();
  readonly #fileSkips: Skips;
  readonly #added: Added;
  readonly #sources: readonly SourceFeed[];
  readonly #commits: Commits;
  /** What a program adds and removes takes effect in the order of its calls. */
  readonly #turns = new Turns();
  #looks: Looks | undefined;
  /** Whether all roots have been there in this process. */
  #seen = false;
  #closing: Promise<void> | undefined;

  /**
   * @param engine opens the engine, which may keep itself in the folder, if there is one
   * @param warn told of each file that is skipped, once, and of what cannot be kept up to date
   * @param lifetime closes it
   * @throws TypeError for sources that cannot be told apart
   */
  constructor(
    options: CorpusOptions,
    engine: (folder: string | undefined) => Promise<Engine>,
    warn: (message: string) => void,
    lifetime: AbortSignal,
  ) {
    checkSources(options.sources);
    this.#options = options;
    this.#warn = warn;
    this.#engine = new LateEngine(() => openEngine(options, engine, warn));
    this.#fileSkips = new Skips(warn);
    this.#commits = new Commits(this.#engine, warn);
    const changed = this.#changed.bind(this);
    const bounds: SourceOptions = { ...options, scheme: options.name };
    this.#added = new Added(bounds, this.#engine, changed, this.#end.signal);
    this.#sources = options.sources.map(
      (source) => new SourceFeed(source, bounds, this.#engine, changed, warn, this.#end.signal),
    );
    const all = [this.#fileSkips, ...this.#sources.map(({ skips }) => skips)];
    this.skips = {
      get count() {
        return all.reduce((sum, { count }) => sum + count, 0);
      },
    };
    const close = (): void => void this.close();
    if (lifetime.aborted) close();
    else lifetime.addEventListener("abort", close, { once: true });
  }

  /** With nothing in it before the first use. */
  get engine(): Engine {
    return this.#engine;
  }

  /** Complete looks at the files. */
  get refreshes(): number {
    return this.#looks?.count ?? 0;
  }

  status(): CorpusStatus {
    const reason = [
      ...(this.#looks?.feed.lost ?? []),
      this.#looks?.problem,
      ...this.#sources.map(({ problem, loaded, name }) =>
        problem !== undefined || loaded
          ? problem
          : `The source ${JSON.stringify(name)} has not been loaded to its end yet`,
      ),
    ].find((each) => each !== undefined);
    const began = this.#looks !== undefined;
    return {
      updatedAt: this.#looks?.updatedAt,
      stale: began && reason !== undefined,
      reason: began ? reason : undefined,
      skipped: this.skips.count,
    };
  }

  /**
   * Makes sure that the engine is not older than `refreshMs`, or four times what a look takes, and that it has what is known
   * to have changed. What cannot be brought up to date is told by `status`, and no error, as long as there is any document.
   * Cancelling one caller does not disturb others; what was indexed before the last one left is kept.
   * @throws RootError; what a look or opening the engine throws, if there is nothing; the signal's reason
   */
  async ready(signal?: AbortSignal, onProgress?: (progress: WorkProgress) => void): Promise<void> {
    signal?.throwIfAborted();
    this.#end.signal.throwIfAborted();
    const looks = await this.#start(signal);
    const failed = await looks.ready(signal, onProgress);
    await this.#loadSources(signal);
    const [lost] = looks.feed.lost;
    if (lost === undefined && failed === undefined) this.#seen = true;
    if (this.#engine.documents > 0) return;
    if (failed !== undefined) throw failed;
    if (lost !== undefined && !this.#seen) throw new RootError(lost);
  }

  /**
   * Adds documents, each in the place of what was added under its id. They are found as soon as this has resolved.
   * @throws InvalidDocument naming the document and the field, or the signal's reason, and then adds none
   */
  async add(documents: readonly SourceDocument[], signal?: AbortSignal): Promise<void> {
    await this.#turns.run(async () => {
      this.#end.signal.throwIfAborted();
      await this.#engine.open();
      await this.#added.add(documents, signal);
    });
  }

  /** Removes documents that were added; other ids are passed over. */
  async remove(ids: readonly string[]): Promise<void> {
    await this.#turns.run(() => this.#added.remove(ids));
  }

  /** Something in the engine has got lost: the next call looks at everything again, however young the index is. */
  renew(): void {
    this.#looks?.renew();
    for (const source of this.#sources) source.renew();
  }

  /** Hears of documents that were put in or removed, by their ids. Returns what ends that. */
  onChange(listener: (ids: readonly string[]) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Ends all work, stores what there is to store, and lets go of everything, in at most ten seconds. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#end.abort(new Error("the index is closed"));
    this.#looks?.close();
    const work = Promise.all([this.#looks?.idle(), this.#turns.idle(), ...this.#sources.map(({ loading }) => loading)]);
    await atMost(
      CLOSE_MS,
      work.then(() => this.#commits.flush()),
    );
    this.#listeners.clear();
    await atMost(CLOSE_MS, this.#engine.close());
  }

  async #start(signal: AbortSignal | undefined): Promise<Looks> {
    await unlessAborted(this.#engine.open(), signal);
    if (this.#looks) return this.#looks;
    // It may lie inside a root.
    const closed = await statesFolder(this.#options.state);
    const feed = new FileFeed({ ...this.#options, closed }, this.#engine, this.#fileSkips, this.#changed.bind(this));
    this.#end.signal.throwIfAborted();
    this.#looks ??= new Looks(this.#options, feed, this.#warn, () => this.indexed, this.#end.signal);
    return this.#looks;
  }

  /** Begins to load what is too old, and waits for what has never been loaded. @throws the signal's reason */
  async #loadSources(signal: AbortSignal | undefined): Promise<void> {
    for (const source of this.#sources) source.refresh();
    const first = this.#sources.filter(({ isAwaited }) => isAwaited);
    if (first.length === 0) return;
    const loadings = Promise.all(first.map(({ loading }) => loading));
    const late = AbortSignal.timeout(SOURCE_WAIT_MS);
    try {
      await unlessAborted(loadings, signal ? AbortSignal.any([signal, late]) : late);
    } catch {
      signal?.throwIfAborted();
      for (const source of first) source.giveUpWaiting();
    }
  }

  #changed(ids: readonly string[], put: number): void {
    this.indexed += put;
    this.#commits.mark();
    for (const listener of this.#listeners) {
      try {
        listener(ids);
      } catch (error) {
        this.#warn(`a listener failed: ${errorOf(error).message}`);
      }
    }
  }
}
