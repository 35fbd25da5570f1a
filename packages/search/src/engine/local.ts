import { Pacer } from "../pacer.ts";
import { LANGUAGES } from "../analysis/languages.ts";
import type { Language } from "../analysis/types.ts";
import { DamagedError } from "./blocks.ts";
import { SegmentBuilder } from "./builder.ts";
import type { BuiltSegment } from "./builder.ts";
import { Disk } from "./disk.ts";
import type { StoredSegment } from "./disk.ts";
import { Holdings } from "./holdings.ts";
import { mergeable } from "./merge.ts";
import type { Found } from "./rank.ts";
import { Searcher } from "./search.ts";
import type { SearchOutcome, Snapshot } from "./search.ts";
import { Segment, textsInMemory } from "./segment.ts";
import { BuildThreads, charsOf, CLOSED } from "./thread.ts";
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
const ANALYSIS = 1;

export interface LocalEngineOptions {
  /** Where the index is kept between two runs. Default: nowhere. */
  readonly folder?: string | undefined;
  /**
   * The languages whose words are stemmed; the first is that of documents which are too short to tell. Default: all that
   * there are, English first.
   */
  readonly languages?: readonly Language[] | undefined;
  /** Distinct words of a query that count. Default 64. */
  readonly maxQueryTerms?: number | undefined;
  /** Told what went wrong with the folder; the index goes on in memory. */
  readonly warn?: ((message: string) => void) | undefined;
  /** Told that a document was not as it had been kept, and is gone: it should be put again. */
  readonly onLost?: (() => void) | undefined;
}

/** Units of text in one segment. */
const SEGMENT_CHARS = 16 * 1024 * 1024;
/** Documents in one segment: all of them are put in at once, which other work waits for. */
const SEGMENT_DOCUMENTS = 4_096;
/** From so many units on, threads share the work. */
const SHARED_CHARS = 4 * 1024 * 1024;
/** Up to so many units are indexed at once, without a thread. */
const INLINE_CHARS = 64 * 1024;
const ALL: readonly Language[] = ["en", ...LANGUAGES.filter((language) => language !== "en")];
/** Searches for one answer: where changes come all the time, the last one counts. */
const MAX_TRIES = 3;

/**
 * Opens an engine of our own: an inverted index in segments of typed arrays, in memory, and in a folder if there is one.
 * Documents are indexed in a thread; searching takes well under a millisecond for most queries.
 */
export async function localEngine(options: LocalEngineOptions = {}): Promise<Engine> {
  const engine = new LocalEngine(options);
  await engine.open();
  return engine;
}

class LocalEngine implements Engine {
  readonly #holdings = new Holdings();
  readonly #languages: readonly Language[];
  readonly #warn: (message: string) => void;
  readonly #onLost: () => void;
  readonly #searcher: Searcher;
  readonly #threads: BuildThreads;
  #disk: Disk | undefined;
  #files = new WeakMap<Segment, string>();
  /** Changes, in the order in which they were asked for. */
  #changes: Promise<unknown> = Promise.resolve();
  #merging: Promise<void> | undefined;
  #committing: Promise<unknown> = Promise.resolve();
  #changed = false;
  #warned = "";
  #closed = false;

  constructor({ folder, languages = ALL, maxQueryTerms = 64, ...told }: LocalEngineOptions) {
    this.#languages = languages.length > 0 ? languages : ALL;
    this.#warn = told.warn ?? (() => undefined);
    this.#onLost = told.onLost ?? (() => undefined);
    this.#searcher = new Searcher(maxQueryTerms);
    this.#threads = new BuildThreads({ languages: this.#languages });
    if (folder !== undefined)
      this.#disk = new Disk(folder, `plugboard-search 2 ${ANALYSIS} ${this.#languages.join(",")}`);
  }

  async open(): Promise<void> {
    if (!this.#disk) return;
    const pacer = new Pacer();
    try {
      const stored = await this.#disk.load((reason) => {
        this.#changed = true;
        this.#warn(`a part of the kept index is built anew: ${reason}`);
      });
      for (const { file, segment } of stored) {
        this.#files.set(segment, file);
        this.#holdings.take(segment, await this.#holdings.idsOf(segment, pacer));
      }
    } catch (error) {
      this.#disk = undefined;
      this.#warn(`the index cannot be kept on disk and goes on in memory: ${String(error)}`);
    }
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
      const building: Promise<BuiltSegment>[] = [];
      try {
        for await (const chunk of chunks(documents, this.#threads.width, new Pacer(signal))) {
          signal?.throwIfAborted();
          const built = this.#build(chunk, signal);
          // Another of them may fail before this one is waited for.
          built.catch(() => undefined);
          building.push(built);
          if (building.length >= this.#threads.width) await this.#add(building.shift() as Promise<BuiltSegment>);
        }
        while (building.length > 0) await this.#add(building.shift() as Promise<BuiltSegment>);
      } finally {
        await Promise.allSettled(building);
      }
      this.#merge();
    });
  }

  remove(ids: readonly string[], signal?: AbortSignal): Promise<void> {
    return this.#change(async () => {
      signal?.throwIfAborted();
      for (const id of ids) this.#drop(id);
      this.#merge();
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
      const text = segment.text(at);
      return { id: `${id}#${anchor}`, anchor, fragment, headings, text, position, document: segment.record(document) };
    } catch (error) {
      if (!(error instanceof DamagedError)) throw error;
      // What is not here any more is read again from where it came from.
      this.#warn(`a document of the kept index is damaged and is read again: ${error.message}`);
      this.#drop(id);
      this.#onLost();
      return undefined;
    }
  }

  commit(): Promise<void> {
    const run = this.#committing.then(() => this.#commit());
    this.#committing = run.catch(() => undefined);
    return run;
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#threads.close();
    await Promise.allSettled([this.#changes, this.#merging, this.#committing]);
    this.#holdings.close();
  }

  #insistOpen(): void {
    if (this.#closed) throw new Error(CLOSED);
  }

  #change(work: () => Promise<void>): Promise<void> {
    const run = this.#changes.then(async () => {
      this.#insistOpen();
      await work();
    });
    this.#changes = run.catch(() => undefined);
    return run;
  }

  async #build(documents: readonly IndexDocument[], signal?: AbortSignal): Promise<BuiltSegment> {
    const chars = documents.reduce((sum, each) => sum + charsOf(each), 0);
    if (chars > INLINE_CHARS) return this.#threads.build(documents, signal);
    const builder = new SegmentBuilder({ languages: this.#languages });
    const pacer = new Pacer(signal);
    for (const document of documents) {
      builder.add(document);
      if (pacer.due) await pacer.pause();
    }
    return builder.finish();
  }

  /** Puts a new segment in, and what it replaces out: at once, so that nobody sees a half. */
  async #add(building: Promise<BuiltSegment>): Promise<void> {
    const built = await building;
    const pacer = new Pacer();
    const segment = new Segment(built.index, textsInMemory(built.texts), true);
    if (pacer.due) await pacer.pause();
    this.#holdings.take(segment, await this.#holdings.idsOf(segment, pacer));
    this.#changed = true;
  }

  #drop(id: string): void {
    if (this.#holdings.drop(id)) this.#changed = true;
  }

  /** Starts to put small segments together, and to rewrite those that have lost much, if that is due. */
  #merge(): void {
    if (this.#merging || this.#closed) return;
    const chosen = mergeable(this.#holdings.segments);
    if (chosen.length === 0) return;
    this.#merging = this.#mergeSegments(new Set(chosen))
      .catch((error: unknown) => {
        if (!this.#closed) this.#warn(`the parts of the index could not be put together: ${String(error)}`);
        return false;
      })
      .then((done) => {
        this.#merging = undefined;
        if (done) this.#merge();
      });
  }

  async #mergeSegments(chosen: ReadonlySet<Segment>): Promise<boolean> {
    const documents: IndexDocument[] = [];
    const pacer = new Pacer();
    await pacer.pause();
    for (const segment of chosen) {
      for (let document = 0; document < segment.documents; document += 1) {
        if (pacer.due) await pacer.pause();
        if (this.#closed) return false;
        if (!segment.isLive(document)) continue;
        const whole = segment.wholeOrNothing(document);
        if (whole) documents.push(whole);
        else {
          this.#drop(segment.id(document));
          this.#onLost();
        }
      }
    }
    const built = await this.#build(documents);
    if (this.#closed) return false;
    const merged = new Segment(built.index, textsInMemory(built.texts), true);
    await pacer.pause();
    const ids = await this.#holdings.idsOf(merged, pacer);
    if (this.#closed) return false;
    // What was changed or removed meanwhile is newer than what was merged.
    for (const [document, id] of ids.entries()) {
      const place = this.#holdings.place(id);
      if (!place || !chosen.has(place.segment)) merged.drop(document);
    }
    this.#holdings.take(merged, ids);
    this.#changed = true;
    return true;
  }

  async #commit(): Promise<void> {
    const disk = this.#disk;
    if (!disk || !this.#changed || this.#closed) return;
    this.#changed = false;
    try {
      const outcome = await this.#write(disk);
      // Whoever removed the files has not removed what is in memory, and open files can still be read.
      if (outcome === "lost") this.#files = new WeakMap();
      if ((outcome === "lost" ? await this.#write(disk) : outcome) !== "taken") return;
      this.#disk = undefined;
      this.#warn("another process keeps the index in the same folder now; this one goes on in memory");
    } catch (error) {
      // What is on disk is as it was. The next commit tries again.
      this.#changed = true;
      const reason = (error as NodeJS.ErrnoException).code ?? String(error);
      this.#warnOnce(`the index could not be written to disk and is tried again with the next change: ${reason}`);
    }
  }

  async #write(disk: Disk): Promise<"done" | "taken" | "lost"> {
    for (let next = this.#unwritten(); next && !this.#closed; next = this.#unwritten())
      this.#files.set(next, await disk.write(next));
    return this.#closed ? "done" : disk.commit(this.#stored());
  }

  #unwritten(): Segment | undefined {
    return this.#holdings.segments.find((segment) => !this.#files.has(segment));
  }

  #stored(): StoredSegment[] {
    return this.#holdings.segments.map((segment) => ({ file: this.#files.get(segment) ?? "", segment }));
  }

  #warnOnce(message: string): void {
    if (message !== this.#warned) this.#warn(message);
    this.#warned = message;
  }
}

function answer({ total, found, forms, corrections, terms }: SearchOutcome): Answer {
  return { total, hits: found.map((each) => ({ id: idOf(each), score: each.score })), forms, corrections, terms };
}

function idOf({ segment, section }: Found): string {
  return `${segment.id(segment.documentOf[section] as number)}#${segment.section(section).anchor}`;
}

/**
 * Documents in parts that make a segment each: so many that all builders have the same to do. Of those with the same id the
 * last counts.
 */
async function* chunks(
  documents: readonly IndexDocument[],
  builders: number,
  pacer: Pacer,
): AsyncGenerator<readonly IndexDocument[], void, undefined> {
  const byId = new Map<string, { document: IndexDocument; size: number }>();
  let total = 0;
  for (const document of documents) {
    if (pacer.due) await pacer.pause();
    const size = charsOf(document);
    total += size - (byId.get(document.id)?.size ?? 0);
    byId.set(document.id, { document, size });
  }
  const shares = total < SHARED_CHARS ? 1 : Math.ceil(total / SEGMENT_CHARS / builders) * builders;
  let part: IndexDocument[] = [];
  let chars = 0;
  for (const { document, size } of byId.values()) {
    part.push(document);
    chars += size;
    if (chars < total / shares && part.length < SEGMENT_DOCUMENTS) continue;
    yield part;
    [part, chars] = [[], 0];
  }
  if (part.length > 0) yield part;
}
