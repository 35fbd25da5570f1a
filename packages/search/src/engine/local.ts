import { LANGUAGES } from "../analysis/languages.ts";
import type { Language } from "../analysis/types.ts";
import { Pacer } from "../pacer.ts";
import { Turns } from "../turns.ts";
import { DamagedError } from "./blocks.ts";
import { SegmentFactory } from "./factory.ts";
import { Holdings } from "./holdings.ts";
import { Merger } from "./merger.ts";
import type { Found } from "./rank.ts";
import { Searcher } from "./search.ts";
import type { SearchOutcome, Snapshot } from "./search.ts";
import type { Segment } from "./segment.ts";
import { Store } from "./store.ts";
import { CLOSED } from "./thread.ts";
import type {
  Answer,
  DocumentState,
  Engine,
  IndexDocument,
  SearchRequest,
  StoredDocument,
  StoredSection,
} from "./types.ts";

/** Raised whenever the same documents would be indexed in another way. */
const ANALYSIS = 2;

/** What `localEngine` may be told. */
export interface LocalEngineOptions {
  /** Folder in which the index is kept between two runs; made if it is missing. Default: nowhere. */
  readonly folder?: string | undefined;
  /**
   * The languages whose words are stemmed; the first is that of documents which are too short to tell. Default: all that
   * there are, English first. Codes that are not among `LANGUAGES` have no stems: their words are found as they are written.
   */
  readonly languages?: readonly Language[] | undefined;
  /** Distinct words of a query that count, 1 or more. Default 64. */
  readonly maxQueryTerms?: number | undefined;
  /** Told what went wrong with the folder; the index goes on in memory. */
  readonly warn?: ((message: string) => void) | undefined;
  /** Told that a document was not as it had been kept, and is gone: it should be put again. */
  readonly onLost?: (() => void) | undefined;
}

const ALL: readonly Language[] = ["en", ...LANGUAGES.filter((language) => language !== "en")];
/** Searches for one answer: where changes come all the time, the last one counts. */
const MAX_TRIES = 3;

/**
 * Opens an engine of our own: an inverted index in segments of typed arrays, in memory, and in a folder if there is one.
 * Documents are indexed in threads, few at once without; searching takes well under a millisecond for most queries. Never
 * rejects: what is wrong with the folder is told to `warn`.
 */
export async function localEngine(options: LocalEngineOptions = {}): Promise<Engine> {
  const engine = new LocalEngine(options);
  await engine.open();
  return engine;
}

class LocalEngine implements Engine {
  readonly #holdings = new Holdings();
  readonly #warn: (message: string) => void;
  readonly #onLost: () => void;
  readonly #searcher: Searcher;
  readonly #factory: SegmentFactory;
  readonly #merger: Merger;
  readonly #store: Store | undefined;
  /** Changes, in the order in which they were asked for. */
  readonly #changes = new Turns();
  #closed = false;

  constructor({ folder, languages = ALL, maxQueryTerms = 64, ...told }: LocalEngineOptions) {
    const used = languages.length > 0 ? languages : ALL;
    const [holdings, warn, onLost] = [this.#holdings, told.warn ?? (() => {}), told.onLost ?? (() => {})];
    this.#warn = warn;
    this.#onLost = onLost;
    this.#searcher = new Searcher(maxQueryTerms);
    const factory = new SegmentFactory(used);
    this.#factory = factory;
    this.#merger = new Merger({ holdings, factory, warn, onLost });
    const kind = `plugboard-search 2 ${ANALYSIS} ${used.join(",")}`;
    this.#store = folder === undefined ? undefined : new Store(folder, kind, holdings, warn);
  }

  async open(): Promise<void> {
    await this.#store?.load();
  }

  get documents(): number {
    return this.#holdings.documents;
  }

  get sections(): number {
    return this.#holdings.sections;
  }

  get bytes(): number {
    return this.#holdings.bytes;
  }

  get generation(): string {
    return this.#holdings.generation;
  }

  ids(): IterableIterator<string> {
    return this.#holdings.ids();
  }

  state(id: string): DocumentState | undefined {
    const place = this.#holdings.place(id);
    if (!place) return undefined;
    const { version, path, origin, stamp, bytes, cut } = place.segment.record(place.document);
    return { version, path, origin, stamp, bytes, cut };
  }

  fields(): ReadonlySet<string> {
    return this.#holdings.fields();
  }

  put(documents: readonly IndexDocument[], signal?: AbortSignal): Promise<void> {
    return this.#change(async () => {
      for await (const segment of this.#factory.segments(documents, signal)) await this.#take(segment);
      this.#merger.start();
    });
  }

  remove(ids: readonly string[], signal?: AbortSignal): Promise<void> {
    return this.#change(async () => {
      signal?.throwIfAborted();
      for (const id of ids) this.#holdings.drop(id);
      this.#merger.start();
    });
  }

  async search(request: SearchRequest, signal?: AbortSignal): Promise<Answer> {
    this.#insistOpen();
    signal?.throwIfAborted();
    return answer(await this.#steady((snapshot) => this.#searcher.search(snapshot, request, new Pacer(signal))));
  }

  async similar(id: string, request: Omit<SearchRequest, "query">, signal?: AbortSignal): Promise<Answer | undefined> {
    this.#insistOpen();
    signal?.throwIfAborted();
    const found = await this.#steady(async (snapshot) => {
      const of = this.#holdings.range(id);
      return of && this.#searcher.similar(snapshot, of, request, new Pacer(signal));
    });
    return found && answer(found);
  }

  /** What was found while nothing changed: again, if something did, a few times. */
  async #steady<T>(find: (snapshot: Snapshot) => Promise<T>): Promise<T> {
    for (let tries = 1; ; tries += 1) {
      const snapshot = this.#holdings.snapshot();
      const found = await find(snapshot);
      if (this.#holdings.isCurrent(snapshot) || tries === MAX_TRIES) return found;
    }
  }

  async document(id: string): Promise<StoredDocument | undefined> {
    const place = this.#holdings.place(id);
    return place && place.segment.record(place.document);
  }

  async section(id: string): Promise<StoredSection | undefined> {
    const found = this.#holdings.position(id);
    return found && this.sectionAt(found.document, found.position);
  }

  async sectionAt(id: string, position: number): Promise<StoredSection | undefined> {
    const place = this.#holdings.place(id);
    if (!place) return undefined;
    const { segment, document } = place;
    const at = (segment.first[document] as number) + position;
    if (position < 0 || !Number.isInteger(position) || at >= (segment.first[document + 1] as number)) return undefined;
    try {
      const { anchor, fragment, headings } = segment.section(at);
      const text = segment.texts.at(at);
      return { id: `${id}#${anchor}`, anchor, fragment, headings, text, position, document: segment.record(document) };
    } catch (error) {
      if (!(error instanceof DamagedError)) throw error;
      // What is not here any more is read again from where it came from.
      this.#warn(`a document of the kept index is damaged and is read again: ${error.message}`);
      this.#holdings.drop(id);
      this.#onLost();
      return undefined;
    }
  }

  async commit(): Promise<void> {
    await this.#store?.commit();
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await Promise.all([this.#factory.close(), this.#merger.close(), this.#store?.close()]);
    await this.#changes.idle();
    this.#holdings.close();
  }

  #insistOpen(): void {
    if (this.#closed) throw new Error(CLOSED);
  }

  #change(work: () => Promise<void>): Promise<void> {
    return this.#changes.run(async () => {
      this.#insistOpen();
      await work();
    });
  }

  /** Puts a new segment in, and what it replaces out. */
  async #take(segment: Segment): Promise<void> {
    const pacer = new Pacer();
    this.#holdings.take(segment, await this.#holdings.idsOf(segment, pacer));
  }
}

function answer({ total, found, forms, corrections, terms }: SearchOutcome): Answer {
  return { total, hits: found.map((each) => ({ id: idOf(each), score: each.score })), forms, corrections, terms };
}

function idOf({ segment, section }: Found): string {
  return `${segment.id(segment.documentOf[section] as number)}#${segment.section(section).anchor}`;
}
