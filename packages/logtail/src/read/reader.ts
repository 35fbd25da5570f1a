import type { OpenFile } from "@plugboard/core/files";
import { backward } from "../lines/backward.ts";
import { decodeCursor, encodeCursor } from "../files/cursor.ts";
import type { CursorState, Position } from "../files/cursor.ts";
import { forward } from "../lines/forward.ts";
import { evidenceOf } from "../files/identity.ts";
import type { Line } from "../lines/line.ts";
import { CLOCK_MS, Moved, openListed, plan } from "../files/segments.ts";
import type { Gap, Plan, Segment } from "../files/segments.ts";
import { inodeOf } from "../files/source.ts";
import type { Listing, LogFile, Source } from "../files/source.ts";
import { sizeOf } from "../lines/bytes.ts";

/** A line and the label of its log. */
export interface SourceLine extends Line {
  readonly file: string;
}

export interface ReadOptions {
  /** Default 1,000. */
  readonly maxLines?: number;
  /** Bytes of text; the first line is given even if it is longer. Default 1 MiB. */
  readonly maxBytes?: number;
  /** Longest text of a line in bytes. Default 65,536. */
  readonly maxLineBytes?: number;
  /** How long a file has to be quiet until its last line is given without a line end, in milliseconds. Default 500. */
  readonly quietMs?: number;
  readonly signal?: AbortSignal;
}

export interface ReadAnswer {
  /** Of one log in the order of writing; several logs one after the other. */
  readonly lines: SourceLine[];
  /** Gives what comes after these lines. */
  readonly cursor: string;
  /** Whether there was more to read when a limit was reached. */
  readonly more: boolean;
  /** Whether a log was found rotated, truncated or replaced. */
  readonly rotated: boolean;
  readonly gaps: Gap[];
  /** Whether a last line without a line end is held back until its file is quiet. */
  readonly held: boolean;
}

const MAX_LINES = 1000;
const MAX_BYTES = 1_048_576;
const QUIET_MS = 500;
/** How long a file that was rotated away is still looked at for a writer that has not noticed, and how many of them. */
const LINGER_MS = 600_000;
const MAX_LINGERING = 4;
const ATTEMPTS = 20;

/**
 * Reads what is new in a source.
 *
 * Without a cursor: its last lines. With one: what was written since, first the rest of files that were rotated away, then
 * the files between, then the file under the log's own name. Wherever the bytes still exist a line comes once.
 * @throws CursorError
 */
export async function read(source: Source, cursor: string | undefined, options: ReadOptions = {}): Promise<ReadAnswer> {
  const state = cursor === undefined ? undefined : decodeCursor(cursor, source.key);
  const { state: after, ...answer } = await new Reader(source).read(state, options);
  return { ...answer, cursor: encodeCursor(source.key, after) };
}

/** Reads a source step by step. With `hold`, keeps the files open that it reads, so that they can vanish. */
export class Reader {
  readonly #source: Source;
  readonly #hold: boolean;
  readonly #held = new Map<string, OpenFile>();
  /** What was looked at last. */
  listing: Listing | undefined;

  constructor(source: Source, hold = false) {
    this.#source = source;
    this.#hold = hold;
  }

  async read(
    state: CursorState | undefined,
    options: ReadOptions = {},
  ): Promise<Omit<ReadAnswer, "cursor"> & { state: CursorState }> {
    const step = new Step(this.#source, options, this.#hold ? this.#held : undefined);
    try {
      const positions = state ? await step.since(state) : await step.last();
      await this.#release(positions);
      const { lines, more, rotated, gaps, held } = step;
      return { lines, more, rotated, gaps, held, state: { time: step.time, positions } };
    } finally {
      this.listing = step.listing ?? this.listing;
    }
  }

  /** Closes what is held. */
  async close(): Promise<void> {
    await this.#release([]);
  }

  async #release(positions: readonly Position[]): Promise<void> {
    const wanted = new Set(positions.map((at) => `${at.dev}:${at.ino}`));
    for (const [key, file] of this.#held) {
      if (wanted.has(key)) continue;
      this.#held.delete(key);
      await file.close();
    }
  }
}

/** One read. */
class Step {
  readonly lines: SourceLine[] = [];
  readonly gaps: Gap[] = [];
  /** A little early, since the times of files come from a coarser clock. */
  time = Date.now() - CLOCK_MS;
  more = false;
  rotated = false;
  held = false;
  listing: Listing | undefined;
  readonly #source: Source;
  readonly #options: ReadOptions;
  readonly #open: Map<string, OpenFile> | undefined;
  #maxLines: number;
  #maxBytes: number;

  constructor(source: Source, options: ReadOptions, open: Map<string, OpenFile> | undefined) {
    this.#source = source;
    this.#options = options;
    this.#open = open;
    this.#maxLines = options.maxLines ?? MAX_LINES;
    this.#maxBytes = options.maxBytes ?? MAX_BYTES;
  }

  async last(): Promise<Position[]> {
    for (let attempt = 1; ; attempt += 1) {
      const { logs } = (this.listing = await this.#source.list([], this.#options.signal));
      const positions: Position[] = [];
      this.lines.length = 0;
      try {
        const live = logs.filter((log) => log.live !== undefined);
        for (const [index, log] of live.entries()) {
          const share = Math.floor((this.#maxLines - this.lines.length) / (live.length - index));
          positions.push(...(await this.#lingering(log)), await this.#lastOf(log, share));
        }
        return positions;
      } catch (error) {
        if (!(error instanceof Moved) || attempt >= ATTEMPTS) throw error;
      }
    }
  }

  /** The end of the file that was rotated away last, in case that its writer has not noticed yet. */
  async #lingering(log: LogFile): Promise<Position[]> {
    const listed = log.rotated.at(-1);
    if (!listed || listed.rotated.compression !== undefined || this.time - listed.mtimeMs > LINGER_MS) return [];
    const file = await openListed(this.#source, listed);
    try {
      return [await this.#positionOf(segmentOf(log, file), file, await sizeOf(file))];
    } finally {
      if (!this.#keep(file)) await file.close();
    }
  }

  async #lastOf(log: LogFile, maxLines: number): Promise<Position> {
    if (!log.live) throw new Moved();
    const file = await openListed(this.#source, log.live);
    try {
      const { maxLineBytes, signal } = this.#options;
      const size = await sizeOf(file);
      const limits = { ...(maxLineBytes !== undefined && { maxLineBytes }), ...(signal && { signal }) };
      const { lines } = await backward(file, { maxLines: Math.max(1, maxLines), before: size, ...limits });
      let offset = size;
      const tail = lines.at(-1);
      if (tail && !tail.complete && (maxLines === 0 || !(await this.#isQuiet(file)))) {
        lines.pop();
        offset = tail.start;
        this.held = true;
      }
      if (maxLines > 0) {
        let bytes = this.#maxBytes;
        const taken = lines.toReversed().filter((line, index) => (bytes -= line.end - line.start) >= 0 || index === 0);
        const kept = bytes < 0 ? taken : lines.toReversed();
        for (const line of kept.toReversed()) this.lines.push({ ...line, file: log.label });
      }
      return await this.#positionOf(segmentOf(log, file), file, offset);
    } finally {
      if (!this.#keep(file)) await file.close();
    }
  }

  async since(state: CursorState): Promise<Position[]> {
    const positions: Position[] = [];
    const plans = await this.#plans(state);
    const lines = this.#maxLines;
    const now = this.time;
    try {
      for (const [index, one] of plans.entries()) {
        this.#maxLines = this.lines.length + Math.ceil((lines - this.lines.length) / (plans.length - index));
        const after = await this.#readLog(one);
        // Every file moved away before it could be read: the next call starts where this one did.
        if (after === undefined) this.time = Math.min(now, state.time);
        positions.push(...(after ?? one.positions));
      }
    } catch (error) {
      await this.#drop(plans);
      throw error;
    }
    return positions;
  }

  /** The plans of all logs, made while no file changed its name. */
  async #plans(state: CursorState): Promise<Plan[]> {
    let before: string | undefined;
    for (let attempt = 1; ; attempt += 1) {
      const listing = (this.listing = await this.#source.list(state.positions, this.#options.signal));
      const plans: Plan[] = [];
      let moved = false;
      try {
        for (const log of listing.logs) {
          const own = state.positions.filter((at) => at.root === log.root && at.name === log.name);
          plans.push(await plan(this.#source, log, own, state.time, this.#open));
        }
      } catch (error) {
        await this.#drop(plans);
        if (!(error instanceof Moved) || attempt >= ATTEMPTS) throw error;
        moved = true;
      }
      // What was rotated is believed when a second look shows the same.
      const names = JSON.stringify(
        listing.logs.map((log) => [log, ...log.rotated].map((one) => ("ino" in one ? one.ino : one.live?.ino))),
      );
      const settled = plans.every((one) => !one.rotated && one.gaps.length === 0) || names === before;
      if (!moved && (settled || attempt >= ATTEMPTS)) {
        this.rotated = plans.some((one) => one.rotated);
        this.gaps.push(...plans.flatMap((one) => one.gaps));
        return plans;
      }
      before = names;
      if (!moved) await this.#drop(plans);
    }
  }

  async #drop(plans: readonly Plan[]): Promise<void> {
    for (const { segments } of plans) for (const one of segments) if (one.file) await this.#letGo(one.file);
  }

  async #letGo(file: OpenFile): Promise<void> {
    if (![...(this.#open?.values() ?? [])].includes(file)) await file.close();
  }

  async #readLog({ segments }: Plan): Promise<Position[] | undefined> {
    const positions: Position[] = [];
    let stopped = false;
    let moved = false;
    for (const [index, segment] of segments.entries()) {
      const isLast = index === segments.length - 1;
      if (stopped) {
        // What was read before keeps its place in the row.
        if (segment.position) positions.push(segment.position);
        if (segment.file) await this.#letGo(segment.file);
        continue;
      }
      let file = segment.file;
      try {
        file ??= segment.listed && (await openListed(this.#source, segment.listed));
      } catch (error) {
        if (!(error instanceof Moved)) throw error;
        // Rotated while older files were read: the next call finds it.
        this.more = true;
        stopped = true;
        if (positions.length === 0) moved = true;
        continue;
      }
      if (!file) continue;
      try {
        const { offset, ended } = await this.#readSegment(segment, file);
        stopped = !ended;
        if (stopped) this.more = true;
        const unfinished = stopped || offset < (segment.compressed ? 0 : await sizeOf(file));
        const lingers = !segment.compressed && this.time - (await file.handle.stat()).mtimeMs < LINGER_MS;
        if (isLast || unfinished || lingers) positions.push(await this.#positionOf(segment, file, offset));
      } finally {
        if (segment.compressed || !this.#keep(file)) await this.#letGo(file);
      }
    }
    return moved && positions.length === 0 ? undefined : positions.slice(-MAX_LINGERING - 1);
  }

  async #readSegment(segment: Segment, file: OpenFile): Promise<{ offset: number; ended: boolean }> {
    const { maxLineBytes, signal } = this.#options;
    let offset = segment.position?.offset ?? 0;
    const parts = forward(file, {
      from: offset,
      compressed: segment.compressed,
      maxLines: this.#maxLines - this.lines.length,
      maxBytes: this.#maxBytes,
      ...(maxLineBytes !== undefined && { maxLineBytes }),
      ...(signal && { signal }),
    });
    let ended = false;
    for await (const part of parts) {
      for (const line of part.lines) this.#give(segment, line);
      offset = part.next;
      if (part.ended === "limit") {
        const size = await sizeOf(file);
        ended = !segment.compressed && offset >= size;
      } else if (part.ended === "end") {
        ended = true;
        if (part.rest && (segment.compressed || (await this.#isQuiet(file)))) {
          this.#give(segment, part.rest);
          offset = part.rest.end;
        } else if (part.rest) this.held = true;
      }
    }
    return { offset, ended };
  }

  #give(segment: Segment, line: Line): void {
    this.#maxBytes = Math.max(0, this.#maxBytes - Buffer.byteLength(line.text) - 1);
    this.lines.push({ ...line, file: segment.log.label });
  }

  async #isQuiet(file: OpenFile): Promise<boolean> {
    return Date.now() - (await file.handle.stat()).mtimeMs >= (this.#options.quietMs ?? QUIET_MS);
  }

  async #positionOf(segment: Segment, file: OpenFile, offset: number): Promise<Position> {
    const { root, name } = segment.log;
    const evidence = await evidenceOf(file, segment.compressed, offset);
    const left = segment.compressed ? 0 : Math.max(0, (await sizeOf(file)) - offset);
    return { root, name, dev: segment.dev, ino: segment.ino, ...evidence, left };
  }

  #keep(file: OpenFile): boolean {
    if (!this.#open) return false;
    const { dev, ino } = inodeOf(file.stat);
    const key = `${dev}:${ino}`;
    const now = this.#open.get(key);
    if (now === undefined) this.#open.set(key, file);
    return now === undefined || now === file;
  }
}

function segmentOf(log: LogFile, file: OpenFile): Segment {
  return {
    log,
    file,
    listed: log.live,
    ...inodeOf(file.stat),
    compressed: false,
    superseded: false,
    position: undefined,
  };
}
