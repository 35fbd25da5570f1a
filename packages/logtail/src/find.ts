import type { OpenFile } from "@plugboard/core/files";
import { CursorError } from "./files/cursor.ts";
import { Moved, OpenFiles } from "./files/open.ts";
import type { Listed, ListedRotated, LogFile, Source } from "./files/source.ts";
import { placesOf, resolvePlace } from "./read/place.ts";
import type { Query } from "./scan/query.ts";
import type { Scanners, Session } from "./scan/sessions.ts";
import type { Hit, Part, SearchPart } from "./scan/types.ts";
import { partOf, SKEW_MS } from "./span.ts";

export interface FindOptions {
  readonly query: Query;
  /** Hits in all. */
  readonly limit: number;
  readonly newestFirst: boolean;
  /** Lines of context before and after each hit. */
  readonly context: number;
  readonly maxLineBytes: number;
  /** Time for all of it, in milliseconds. */
  readonly ms: number;
  /** Whether the caller takes one more hit; it is asked in the order of the hits, and after a no all that is left is for the next page. */
  readonly take: (hit: FoundHit) => boolean;
  /** Where an earlier search stopped, by label. Logs that are not in it have appeared since, and are left out. */
  readonly from?: ReadonlyMap<string, Resume>;
  readonly signal: AbortSignal;
  /** Told how many bytes were searched, and of how many. */
  readonly onProgress?: (done: number, total: number) => void;
}

/** Where to go on in one log: at its beginning or end, or at a place, whose own line was given already or not. */
export type Resume = "start" | "end" | { readonly place: string; readonly given: boolean };

export interface FoundHit extends Hit {
  /** The label of its log. */
  readonly file: string;
  /** See `read/place.ts`. */
  readonly place: string;
}

export interface Found {
  readonly hits: readonly FoundHit[];
  /** Matching lines seen. */
  readonly matched: number;
  /** Whether all was searched, so that these are all. */
  readonly exact: boolean;
  readonly scannedBytes: number;
  /** Bytes there were to search, as stored. */
  readonly ofBytes: number;
  readonly files: number;
  /** Where to go on; undefined when there is nothing left. */
  readonly next: ReadonlyMap<string, Resume> | undefined;
  /** Files that could not be searched, each with the reason. */
  readonly skipped: readonly string[];
}

interface Segment {
  readonly listed: Listed | ListedRotated;
  readonly compressed: boolean;
}

/**
 * Finds lines in logs and the files that they were rotated to. Of several logs the hits are merged by time; a log whose
 * search ran out of time takes its turn on the next page.
 * @throws CursorError for a place to resume from that is gone
 */
export async function find(
  source: Source,
  logs: readonly LogFile[],
  scanners: Scanners,
  options: FindOptions,
): Promise<Found> {
  const hunts = logs.flatMap((log) => {
    const from = options.from ? options.from.get(log.label) : "start";
    return from === undefined || from === "end" ? [] : [new Hunt(source, log, from, options)];
  });
  const until = performance.now() + options.ms;
  await using session = await scanners.session(options.signal);
  const total = hunts.reduce((sum, hunt) => sum + hunt.bytes, 0);
  let done = 0;
  for (const [index, hunt] of hunts.entries()) {
    // A log that takes long leaves time for those after it.
    const share = (until - performance.now()) / Math.min(hunts.length - index, 4);
    await hunt.run(session, Math.max(0, share), (bytes) => options.onProgress?.(done + bytes, total));
    done += hunt.scannedBytes;
  }
  const hits = await merge(hunts, options);
  const next = new Map(hunts.map((hunt) => [hunt.log.label, hunt.resume()]));
  const isLeft = [...next.values()].some((resume) => resume !== "end");
  return {
    hits,
    matched: hunts.reduce((sum, hunt) => sum + hunt.matched, 0),
    exact: hunts.every((hunt) => hunt.exact),
    scannedBytes: done,
    ofBytes: total,
    files: hunts.reduce((sum, hunt) => sum + hunt.files, 0),
    next: isLeft ? next : undefined,
    skipped: hunts.flatMap((hunt) => hunt.skipped),
  };
}

/** Takes the hits of all logs in order of time, until the caller has enough. */
async function merge(hunts: readonly Hunt[], { newestFirst, limit, take }: FindOptions): Promise<FoundHit[]> {
  const hits: FoundHit[] = [];
  while (hits.length < limit) {
    let best: Hunt | undefined;
    for (const hunt of hunts) {
      const time = hunt.headTime;
      if (time === undefined) continue;
      const other = best?.headTime;
      if (other === undefined || (newestFirst ? time > other : time < other)) best = hunt;
    }
    const hit = best?.head;
    if (!best || !hit || !take(hit)) break;
    best.consume();
    hits.push(hit);
  }
  return hits;
}

/** The search of one log. */
class Hunt {
  readonly log: LogFile;
  matched = 0;
  exact = true;
  scannedBytes = 0;
  files = 0;
  readonly skipped: string[] = [];
  readonly bytes: number;
  readonly #source: Source;
  readonly #from: Exclude<Resume, "end">;
  readonly #options: FindOptions;
  readonly #segments: readonly Segment[];
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
    const all = [...log.rotated, ...(log.live ? [log.live] : [])];
    const readable = all.flatMap((listed): Segment[] => {
      const compression = "rotated" in listed ? (listed as ListedRotated).rotated.compression : undefined;
      // Last written before the time that is asked for.
      if (query.since !== undefined && listed.mtimeMs < query.since - SKEW_MS) return [];
      if (compression === undefined || compression === "gz") return [{ listed, compressed: compression !== undefined }];
      this.skipped.push(`${listed.relative} is compressed in a format that cannot be read`);
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
      if (part.exact) continue;
      this.exact = false;
      if (part.scannedBytes === 0 && this.files === 1) this.#rest = this.#from;
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

  async #open(files: Closing, { listed }: Segment): Promise<OpenFile | undefined> {
    try {
      return await files.open(listed);
    } catch (error) {
      if (this.#options.signal.aborted) throw error;
      this.exact = false;
      const why = error instanceof Moved ? "was rotated away meanwhile" : "could not be opened";
      this.skipped.push(`${listed.relative} ${why}`);
      return undefined;
    }
  }

  /** What of a file is searched: from where the last page stopped, and around the time that is asked for. */
  async #part(session: Session, file: OpenFile, segment: Segment, start: number | undefined): Promise<Part> {
    const { query, newestFirst } = this.#options;
    const { size } = await file.handle.stat();
    const part = await partOf(session, file.handle.fd, segment, size, query);
    if (start === undefined) return part;
    return newestFirst
      ? { ...part, from: Math.min(part.from, start), to: Math.min(part.to, start) }
      : { ...part, from: Math.max(part.from, start), to: Math.max(part.to, start) };
  }

  async #keep(file: OpenFile, segment: Segment, part: SearchPart, given: number | undefined): Promise<void> {
    const skipped = given !== undefined && part.hits[0]?.line.start === given ? 1 : 0;
    const hits = part.hits.slice(skipped);
    this.matched += part.matched - skipped;
    const offsets = hits.map(({ line }) => line.start);
    const places = await placesOf(this.log.label, file, segment.compressed, offsets);
    const { newestFirst } = this.#options;
    for (const [index, hit] of hits.entries()) {
      const before = this.#hits.at(-1)?.time;
      const none = newestFirst ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY;
      this.#hits.push({
        hit: { ...hit, file: this.log.label, place: places[index] ?? "" },
        // A log keeps its own order: what has no time, or is out of order, goes with what was before it.
        time: clamp(hit.time ?? before ?? none, before, newestFirst),
      });
    }
  }
}

function clamp(time: number, before: number | undefined, newestFirst: boolean): number {
  if (before === undefined) return time;
  return newestFirst ? Math.min(time, before) : Math.max(time, before);
}

/** Open files, closed at the end. */
class Closing extends OpenFiles implements AsyncDisposable {
  constructor(source: Source) {
    super(source.roots);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
