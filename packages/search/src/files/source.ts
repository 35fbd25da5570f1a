import { runOutside } from "@plugboard/core/flight";
import { Batch } from "./batch.ts";
import type { OnChanged } from "./batch.ts";
import { documentId, resourceUrl } from "../documents/ids.ts";
import type { Engine } from "../engine/types.ts";
import { errorOf } from "../errors.ts";
import { checkGiven, InvalidDocument, makeGiven } from "./given.ts";
import type { GivenBounds, SourceDocument } from "./given.ts";
import { idsWhere, originOf } from "./origins.ts";
import { Pacer } from "../pacer.ts";
import { Skips } from "./skips.ts";
import { stoppable } from "./stoppable.ts";

/** Documents from anywhere but files: a wiki, a database, a ticket system. */
export interface Source {
  /** Goes before the ids of its documents, with a `/`; no two sources have the same. */
  readonly name: string;
  /**
   * Gives all documents that there are; those that it does not give any more are removed. What it throws is told to the
   * operator, nothing is removed then, and it is called again after `refreshMs`.
   * @param signal aborts when nobody needs the documents any more, and after ten minutes
   */
  load(signal: AbortSignal): SourceDocuments | Promise<SourceDocuments>;
  /** How old what was loaded may be, in milliseconds, before a search loads it again. From 0 to 30 days; default 300,000. */
  readonly refreshMs?: number | undefined;
}

export type SourceDocuments = AsyncIterable<SourceDocument> | Iterable<SourceDocument>;

export interface SourceOptions extends GivenBounds {
  /** Of one source. */
  readonly maxFiles: number;
  readonly maxTotalBytes: number;
  /** The scheme of the addresses of documents that have none. */
  readonly scheme: string;
}

const REFRESH_MS = 300_000;
const MAX_REFRESH_MS = 30 * 24 * 3_600_000;
const MAX_LOAD_MS = 600_000;
const MAX_MESSAGE = 300;

const NAME = /^[^\p{C}/#]{1,100}$/u;

/** @throws TypeError that names the source, if a name or `refreshMs` is not as it has to be */
export function checkSources(sources: readonly Source[]): void {
  const names = new Set<string>();
  for (const { name, refreshMs = 0 } of sources) {
    const shown = JSON.stringify(name.slice(0, 200));
    if (!NAME.test(name))
      throw new TypeError(`a source cannot be called ${shown}: a name has 1 to 100 characters, no / and no #`);
    if (names.has(name)) throw new TypeError(`two sources are called ${shown}`);
    if (!(refreshMs >= 0 && refreshMs <= MAX_REFRESH_MS))
      throw new TypeError(`refreshMs of the source ${shown} must be from 0 to ${MAX_REFRESH_MS}`);
    names.add(name);
  }
}

/** Keeps an engine in step with one source. */
export class SourceFeed {
  readonly name: string;
  readonly skips: Skips;
  /** Why the last loading failed, one sentence. */
  problem: string | undefined;
  /** Whether it has been loaded to its end. */
  loaded = false;
  /** The last loading; never rejects. */
  loading: Promise<void> = Promise.resolve();
  /** Whether that is under way. */
  busy = false;
  readonly #source: Source;
  readonly #origin: string;
  readonly #options: SourceOptions;
  readonly #engine: Engine;
  readonly #onChanged: OnChanged;
  readonly #warn: (message: string) => void;
  readonly #lifetime: AbortSignal;
  #tried = Number.NEGATIVE_INFINITY;
  #slow = false;

  constructor(
    source: Source,
    options: SourceOptions,
    engine: Engine,
    onChanged: OnChanged,
    warn: (message: string) => void,
    lifetime: AbortSignal,
  ) {
    this.name = source.name;
    this.skips = new Skips(warn);
    this.#source = source;
    this.#origin = originOf(source.name);
    this.#options = options;
    this.#engine = engine;
    this.#onChanged = onChanged;
    this.#warn = warn;
    this.#lifetime = lifetime;
  }

  /** Whether a search should wait for the loading that is under way: as long as there has never been one to its end. */
  get isAwaited(): boolean {
    return this.busy && !this.loaded && this.problem === undefined && !this.#slow;
  }

  /** Nobody waits for this source any more: answers come without it until it has been loaded. */
  giveUpWaiting(): void {
    this.#slow = true;
  }

  /** What was loaded is too old, whatever its age. */
  renew(): void {
    this.#tried = Number.NEGATIVE_INFINITY;
  }

  /** Begins to load if what is there is too old, one loading at a time, on nobody's behalf. */
  refresh(): void {
    const { refreshMs = REFRESH_MS } = this.#source;
    if (this.busy || this.#lifetime.aborted || performance.now() - this.#tried < refreshMs) return;
    this.busy = true;
    this.loading = runOutside(() => this.#try());
  }

  async #try(): Promise<void> {
    const signal = AbortSignal.any([this.#lifetime, AbortSignal.timeout(MAX_LOAD_MS)]);
    try {
      this.skips.begin();
      await this.#load(signal);
      this.skips.end();
      this.loaded = true;
      this.problem = undefined;
    } catch (error) {
      if (this.#lifetime.aborted) return;
      const source = `The source ${JSON.stringify(this.name)}`;
      // What it says may name addresses and secrets: it is for the operator alone.
      if (this.problem === undefined) this.#warn(`${source} failed: ${errorOf(error).message.slice(0, MAX_MESSAGE)}`);
      this.problem = `${source} could not be loaded; the details are in the server's log`;
    } finally {
      this.#tried = performance.now();
      this.busy = false;
    }
  }

  async #load(signal: AbortSignal): Promise<void> {
    const pacer = new Pacer(signal);
    const batch = new Batch(this.#engine, this.#onChanged);
    const given = new Set<string>();
    const { maxFiles, maxTotalBytes } = this.#options;
    let total = 0;
    let seen = 0;
    try {
      for await (const value of stoppable(async () => this.#source.load(signal), signal)) {
        seen += 1;
        if (seen > 2 * maxFiles) break;
        if (seen <= maxFiles) total += await this.#take(value, given, maxTotalBytes - total, batch, pacer);
        if (pacer.due) await pacer.pause();
      }
      const gone = (id: string, origin: string): boolean => origin === this.#origin && !given.has(id);
      for (const id of await idsWhere(this.#engine, gone, pacer)) {
        await batch.remove(id);
        if (pacer.due) await pacer.pause();
      }
    } finally {
      await batch.flush();
    }
    const beyond = seen - maxFiles;
    if (beyond > 0)
      this.skips.tell(`skipped what the source ${JSON.stringify(this.name)} gives beyond maxFiles documents`, beyond);
  }

  /** Puts one document. Returns how many bytes it takes. */
  async #take(value: unknown, given: Set<string>, room: number, batch: Batch, pacer: Pacer): Promise<number> {
    try {
      const checked = checkGiven(value, this.#options);
      const path = `${this.name}/${checked.document.id}`;
      const id = documentId(path);
      const old = this.#engine.state(id);
      const origin = this.#origin;
      if (given.has(id) || (old && old.origin !== origin)) throw new InvalidDocument("another document has its id");
      if (checked.bytes > room) throw new InvalidDocument("its documents together are larger than maxTotalBytes");
      if (old?.version !== checked.version) {
        const url = resourceUrl(this.#options.scheme, id);
        await batch.put(await makeGiven(checked, { id, path, url, origin }, this.#options, pacer));
      }
      given.add(id);
      return checked.bytes;
    } catch (error) {
      if (!(error instanceof InvalidDocument)) throw error;
      const id = (value as { id?: unknown } | null)?.id;
      const named = typeof id === "string" ? JSON.stringify(id.slice(0, MAX_MESSAGE)) : "without an id";
      this.skips.tell(`skipped the document ${named} of the source ${JSON.stringify(this.name)}: ${error.message}`, 1);
      return 0;
    }
  }
}
