import type { OpenFile } from "@plugboard/core/files";
import { CursorError } from "./files/cursor.ts";
import { Moved, OpenFiles } from "./files/open.ts";
import type { Listed, ListedRotated, LogFile, Source } from "./files/source.ts";
import type { FindOptions, FoundHit, Resume } from "./find.ts";
import { placesOf, resolvePlace } from "./read/place.ts";
import type { Session } from "./scan/sessions.ts";
import type { Part, SearchPart } from "./scan/types.ts";
import { partOf, SKEW_MS } from "./span.ts";

interface Segment {
  readonly listed: Listed | ListedRotated;
  readonly compressed: boolean;
}

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
  readonly #segments: readonly Segment[];
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
    const there = [...log.rotated, ...(log.live ? [log.live] : [])];
    this.#end = options.ends?.get(log.label);
    const last = there.findIndex(({ id }) => id === this.#end?.id);
    const all = last === -1 ? there : there.slice(0, last + 1);
    const readable = all.flatMap((listed): Segment[] => {
      const compression = "rotated" in listed ? (listed as ListedRotated).rotated.compression : undefined;
      // Last written before the time that is asked for.
      if (query.since !== undefined && listed.mtimeMs < query.since - SKEW_MS) return [];
      if (compression === undefined || compression === "gz") return [{ listed, compressed: compression !== undefined }];
      this.skipped.push(`${listed.relative} is compressed in a format that cannot be read.`);
      return [];
    });
    this.#segments = newestFirst ? readable.toReversed() : readable;
    this.bytes = readable.reduce((sum, { listed }) => sum + listed.size, 0);
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
    const { newestFirst, limit, signal } = this.#options;
    await using files = new Closing(this.#source);
    let start: { id: string; offset: number; given: boolean } | undefined;
    if (this.#from !== "start") {
      await using resolved = await resolvePlace(this.#source, this.#from.place, signal);
      start = { id: resolved.listed.id, offset: resolved.offset, given: this.#from.given };
    }
    let finished: Finished | undefined;
    let at = start ? this.#segments.findIndex(({ listed }) => listed.id === start?.id) : 0;
    if (at === -1) throw new CursorError("gone", "The log was rotated away since the search began. Search again.");
    for (; at < this.#segments.length; at += 1) {
      const segment = this.#segments[at];
      if (!segment) break;
      const left = until - performance.now();
      const file = await this.#open(files, segment);
      if (!file) continue;
      this.files += 1;
      const whole = await this.#part(session, file, segment, start?.offset);
      const given = start?.given === true && !newestFirst ? start.offset : undefined;
      start = undefined;
      const wanted = Math.max(0, limit - this.#hits.length);
      const part = await session.search(
        whole,
        { ...this.#options.query, reference: segment.listed.mtimeMs },
        {
          hits: wanted + (given === undefined ? 0 : 1),
          newestFirst,
          before: this.#options.context,
          after: this.#options.context,
          maxLineBytes: this.#options.maxLineBytes,
          ms: Math.max(1, left),
          bytes: Number.MAX_SAFE_INTEGER,
          count: true,
        },
        ({ scannedBytes }) => onBytes(this.scannedBytes + scannedBytes),
      );
      await this.#keep(file, segment, part, given);
      this.scannedBytes += Math.min(part.scannedBytes, segment.listed.size);
      onBytes(this.scannedBytes);
      const newer = finished;
      finished = { file, compressed: segment.compressed };
      if (part.exact) continue;
      this.exact = false;
      if (part.damaged) {
        this.skipped.push(`${segment.listed.relative} is damaged: it was searched as far as it can be read.`);
        continue;
      }
      if (segment.compressed && newestFirst) {
        // Its newest lines come last: what was read of it says nothing. Next time it gets the whole time, if it had not.
        const again = newer !== undefined && left < ms * WHOLE_TIME;
        if (!again) this.skipped.push(tooLarge(segment.listed.relative));
        this.#rest = await this.#startOf(again ? newer : finished);
      } else if (part.scannedBytes === 0 && this.files === 1) this.#rest = this.#from;
      else if (part.next !== undefined) {
        const [place] = await placesOf(this.log.label, file, segment.compressed, [part.next]);
        // Newest first it is the line that was looked at last.
        this.#rest = place === undefined ? "end" : { place, given: newestFirst };
      }
      break;
    }
    const last = this.#hits.at(-1)?.hit;
    if (last && this.#hits.length >= limit)
      this.#rest = this.exact && this.matched <= this.#hits.length ? "end" : { place: last.place, given: true };
  }

  /** Newest first, to go on before all lines of a file. */
  async #startOf({ file, compressed }: Finished): Promise<Resume> {
    const [place] = await placesOf(this.log.label, file, compressed, [0]);
    return place === undefined ? "end" : { place, given: true };
  }

  async #open(files: Closing, { listed }: Segment): Promise<OpenFile | undefined> {
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
  async #part(session: Session, file: OpenFile, segment: Segment, start: number | undefined): Promise<Part> {
    const { query, newestFirst } = this.#options;
    const { size } = await file.handle.stat();
    const end = this.#end?.id === segment.listed.id ? Math.min(this.#end.offset, size) : size;
    const part = await partOf(session, file.handle.fd, segment, end, query);
    if (start === undefined) return part;
    return newestFirst
      ? { ...part, from: Math.min(part.from, start), to: Math.min(part.to, start) }
      : { ...part, from: Math.max(part.from, start), to: Math.max(part.to, start) };
  }

  async #keep(file: OpenFile, segment: Segment, part: SearchPart, given: number | undefined): Promise<void> {
    const skipped = given !== undefined && part.hits[0]?.line.start === given ? 1 : 0;
    const hits = part.hits.slice(skipped);
    this.matched += part.matched - skipped;
    this.cutLines += part.cutLines ?? 0;
    const offsets = hits.map(({ line }) => line.start);
    const places = await placesOf(this.log.label, file, segment.compressed, offsets);
    const { newestFirst } = this.#options;
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

function tooLarge(name: string): string {
  return `${name} is too large to be searched newest first in the time: search with newest_first false.`;
}

interface Finished {
  readonly file: OpenFile;
  readonly compressed: boolean;
}

/** A file that got so much of the time is not tried again with all of it. */
const WHOLE_TIME = 0.75;

/** Open files, closed at the end. */
class Closing extends OpenFiles implements AsyncDisposable {
  constructor(source: Source) {
    super(source.roots);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
