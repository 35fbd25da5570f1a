import type { OpenFile } from "@plugboard/core/files";
import { CursorError } from "./files/cursor.ts";
import { Moved, OpenFiles } from "./files/open.ts";
import type { LogFile, Source } from "./files/source.ts";
import type { FindOptions, FoundHit, Resume } from "./find.ts";
import { placeOf, placesOf } from "./read/place.ts";
import { resolvePlace } from "./read/resolve.ts";
import type { Session } from "./scan/sessions.ts";
import type { Part, SearchPart } from "./scan/types.ts";
import { partOf, segmentsIn } from "./span.ts";
import type { SpanSegment } from "./span.ts";

/** The line from which on an earlier search is continued. */
interface Start {
  /** Which file it stands in. */
  readonly id: string;
  readonly offset: number;
  /** Whether the line itself was given already. */
  readonly given: boolean;
}

/** A file that was searched, to its end or not. */
interface Searched {
  readonly file: OpenFile;
  readonly segment: SpanSegment;
}

/** A file that got so much of the time is not tried again with all of it. */
const WHOLE_TIME = 0.75;

/** The search of one log. */
export class Hunt {
  readonly log: LogFile;
  matched = 0;
  exact = true;
  /** Lines of which only the start was searched. */
  cutLines = 0;
  scannedBytes = 0;
  files = 0;
  readonly skipped: string[] = [];
  readonly bytes: number;
  readonly #source: Source;
  readonly #from: Exclude<Resume, "end">;
  readonly #options: FindOptions;
  /** In the order in which they are searched. */
  readonly #segments: readonly SpanSegment[];
  readonly #end: { readonly id: string; readonly offset: number } | undefined;
  readonly #hits: { readonly hit: FoundHit; readonly time: number }[] = [];
  #consumed = 0;
  /** Where to go on when all hits are consumed. */
  #rest: Resume = "end";

  constructor(source: Source, log: LogFile, from: Exclude<Resume, "end">, options: FindOptions) {
    this.log = log;
    this.#source = source;
    this.#from = from;
    this.#options = options;
    const { newestFirst, query } = options;
    this.#end = options.ends?.get(log.label);
    const { segments, skipped } = segmentsIn(log, query.since, this.#end?.id);
    this.skipped.push(...skipped);
    this.#segments = newestFirst ? segments.toReversed() : segments;
    this.bytes = segments.reduce((sum, { listed }) => sum + listed.size, 0);
  }

  /** The next hit, and the time by which it is merged; undefined when there is none. */
  get head(): FoundHit | undefined {
    return this.#hits[this.#consumed]?.hit;
  }

  get headTime(): number | undefined {
    return this.#hits[this.#consumed]?.time;
  }

  consume(): void {
    this.#consumed += 1;
  }

  resume(): Resume {
    if (this.#consumed === this.#hits.length) return this.#rest;
    const last = this.#hits[this.#consumed - 1];
    return last ? { place: last.hit.place, given: true } : this.#from;
  }

  async run(session: Session, ms: number, onBytes: (bytes: number) => void): Promise<void> {
    const until = performance.now() + ms;
    await using files = new OpenFiles(this.#source.roots);
    const start = await this.#start();
    const first = start ? this.#segments.findIndex(({ listed }) => listed.id === start.id) : 0;
    if (first === -1) throw new CursorError("gone", "The log was rotated away since the search began. Search again.");
    let before: Searched | undefined;
    for (const segment of this.#segments.slice(first)) {
      const left = until - performance.now();
      const file = await this.#open(files, segment);
      if (!file) continue;
      this.files += 1;
      const from = start?.id === segment.listed.id ? start : undefined;
      const part = await this.#search(session, { file, segment }, from, left, onBytes);
      if (!part.exact) {
        this.exact = false;
        if (!part.damaged) {
          this.#rest = await this.#restOf(part, { file, segment }, left < ms * WHOLE_TIME ? before : undefined);
          break;
        }
        this.skipped.push(`${segment.listed.relative} is damaged: it was searched as far as it can be read.`);
      }
      before = { file, segment };
    }
    const last = this.#hits.at(-1)?.hit;
    if (last && this.#hits.length >= this.#options.limit)
      this.#rest = this.exact && this.matched <= this.#hits.length ? "end" : { place: last.place, given: true };
  }

  async #start(): Promise<Start | undefined> {
    if (this.#from === "start") return undefined;
    const { place, given } = this.#from;
    await using at = await resolvePlace(this.#source, place, { signal: this.#options.signal });
    return { id: at.listed.id, offset: at.offset, given };
  }

  async #search(
    session: Session,
    { file, segment }: Searched,
    start: Start | undefined,
    ms: number,
    onBytes: (bytes: number) => void,
  ): Promise<SearchPart> {
    const { newestFirst, limit, context, maxLineBytes, query } = this.#options;
    // Oldest first it is the first line of what is left.
    const given = start?.given === true && !newestFirst ? start.offset : undefined;
    const part = await session.search(
      await this.#part(session, file, segment, start?.offset),
      { ...query, reference: segment.listed.mtimeMs },
      {
        hits: Math.max(0, limit - this.#hits.length) + (given === undefined ? 0 : 1),
        newestFirst,
        before: context,
        after: context,
        maxLineBytes,
        ms: Math.max(1, ms),
        count: true,
      },
      ({ scannedBytes }) => onBytes(this.scannedBytes + scannedBytes),
    );
    await this.#keep(file, segment, part, given);
    this.scannedBytes += Math.min(part.scannedBytes, segment.listed.size);
    onBytes(this.scannedBytes);
    return part;
  }

  /**
   * Where to go on after a file that was not searched to its end.
   * @param before what was searched before it, if it is to be tried again, with the whole time
   */
  async #restOf(part: SearchPart, searched: Searched, before: Searched | undefined): Promise<Resume> {
    const { newestFirst } = this.#options;
    const { compressed, listed } = searched.segment;
    if (compressed && newestFirst) {
      // Its newest lines come last: what was read of it says nothing.
      if (!before)
        this.skipped.push(
          `${listed.relative} is too large to be searched newest first in the time: search with newest_first false.`,
        );
      // All before the first line of a file is in the files that are older.
      return { place: await this.#placeIn(before ?? searched, 0), given: true };
    }
    if (part.scannedBytes === 0 && this.files === 1) return this.#from;
    // Newest first it is the line that was looked at last.
    return part.next === undefined ? "end" : { place: await this.#placeIn(searched, part.next), given: newestFirst };
  }

  #placeIn({ file, segment }: Searched, offset: number): Promise<string> {
    return placeOf(this.log.label, file, segment.compressed, offset, { signal: this.#options.signal });
  }

  async #open(files: OpenFiles, { listed }: SpanSegment): Promise<OpenFile | undefined> {
    try {
      return await files.open(listed);
    } catch (error) {
      if (this.#options.signal.aborted) throw error;
      this.exact = false;
      const why = error instanceof Moved ? "was rotated away meanwhile" : "could not be opened";
      this.skipped.push(`${listed.relative} ${why}.`);
      return undefined;
    }
  }

  /** What of a file is searched: from where the last page stopped, and around the time that is asked for. */
  async #part(session: Session, file: OpenFile, segment: SpanSegment, start: number | undefined): Promise<Part> {
    const { query, newestFirst } = this.#options;
    const { size } = await file.handle.stat();
    const end = this.#end?.id === segment.listed.id ? Math.min(this.#end.offset, size) : size;
    const part = await partOf(session, file.handle.fd, segment, end, query);
    if (start === undefined) return part;
    return newestFirst
      ? { ...part, from: Math.min(part.from, start), to: Math.min(part.to, start) }
      : { ...part, from: Math.max(part.from, start), to: Math.max(part.to, start) };
  }

  async #keep(file: OpenFile, segment: SpanSegment, part: SearchPart, given: number | undefined): Promise<void> {
    const skipped = given !== undefined && part.hits[0]?.line.start === given ? 1 : 0;
    const hits = part.hits.slice(skipped);
    this.matched += part.matched - skipped;
    this.cutLines += part.cutLines ?? 0;
    const { newestFirst, signal } = this.#options;
    const offsets = hits.map(({ line }) => line.start);
    const places = await placesOf(this.log.label, file, segment.compressed, offsets, { signal });
    const { id } = segment.listed;
    for (const [index, hit] of hits.entries()) {
      const before = this.#hits.at(-1)?.time;
      const none = newestFirst ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY;
      this.#hits.push({
        hit: { ...hit, file: this.log.label, place: places[index] ?? "", id, compressed: segment.compressed },
        // What has no time goes with what was before it.
        time: hit.time ?? before ?? none,
      });
    }
  }
}
