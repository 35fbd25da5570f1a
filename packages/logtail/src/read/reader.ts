import { FileAccessError } from "@plugboard/core/files";
import { decodeCursor, encodeCursor } from "../files/cursor.ts";
import type { CursorState, Position } from "../files/cursor.ts";
import { Moved, OpenFiles } from "../files/open.ts";
import { CLOCK_MS, plan } from "../files/plan.ts";
import type { Gap, Plan } from "../files/plan.ts";
import type { Listing, LogFile, Source } from "../files/source.ts";
import { Chain } from "./chain.ts";
import { Gatherer } from "./gather.ts";
import type { Limits } from "./gather.ts";
import { lastLines } from "./last.ts";
import type { SourceLine } from "./line.ts";
import { lastMerged, merged } from "./several.ts";

export type { SourceLine, Take } from "./line.ts";

export interface ReadOptions extends Limits {
  /** How long a file has to be quiet until its last line is given without a line end, in milliseconds. Default 500. */
  readonly quietMs?: number;
  /**
   * Bytes that every line which `take` gives contains. Without a cursor, other lines are skipped without a look where the
   * text is UTF-8.
   */
  readonly literal?: Buffer;
  /** Zone of times that name none, for the order of several logs: a name such as `Europe/Berlin`, or `+02:00`. Default the process's. */
  readonly zone?: string;
  readonly signal?: AbortSignal;
}

/** A log that is there and could not be read this time; its place is kept. */
export interface Refused {
  readonly file: string;
  /** A sentence. */
  readonly reason: string;
}

export interface ReadAnswer {
  /** Of one log in the order of writing; of several by time, see `mergeByTime`. */
  readonly lines: SourceLine[];
  /** Gives what comes after these lines. */
  readonly cursor: string;
  /** Whether there was more to read when a limit was reached, or `take` stopped. */
  readonly more: boolean;
  /** Without a cursor: whether a limit of bytes or time ended the look back before `maxLines` were found. */
  readonly cut: boolean;
  /** Whether a log was found rotated, truncated or replaced. */
  readonly rotated: boolean;
  readonly gaps: Gap[];
  readonly refused: Refused[];
  /** Whether a last line without a line end is held back until its file is quiet. */
  readonly held: boolean;
  /** Lines looked at, given or skipped; without those that `literal` ruled out. */
  readonly scannedLines: number;
  readonly scannedBytes: number;
  /** Bytes known to lie after the cursor; those of compressed files, and of files not begun, are not counted. */
  readonly left: number;
}

const ATTEMPTS = 20;

/**
 * Reads what is new in a source.
 *
 * Without a cursor: its last lines, also from what was rotated where the logs are short. With one: what was written since,
 * first the rest of files that were rotated away, then the files between, then the file under the log's own name. Wherever
 * the bytes still exist a line comes once.
 * @throws CursorError
 */
export async function read(source: Source, cursor: string | undefined, options: ReadOptions = {}): Promise<ReadAnswer> {
  const state = cursor === undefined ? undefined : decodeCursor(cursor, source.key);
  const { state: after, ...answer } = await new Reader(source).read(state, options);
  return { ...answer, cursor: encodeCursor(source.key, after) };
}

/** What one step of a {@link Reader} answers. */
export type StepAnswer = Omit<ReadAnswer, "cursor"> & { readonly state: CursorState };

/** Reads a source step by step. With `hold`, keeps the files open that it reads, so that they can vanish. */
export class Reader {
  readonly #source: Source;
  readonly #hold: boolean;
  readonly #files: OpenFiles;
  /** Logs that were read to their end, as they looked then. */
  readonly #settled = new Map<string, { signature: string; positions: readonly Position[] }>();
  /** What was looked at last. */
  listing: Listing | undefined;

  constructor(source: Source, hold = false) {
    this.#source = source;
    this.#hold = hold;
    this.#files = new OpenFiles(source.roots);
  }

  async read(state: CursorState | undefined, options: ReadOptions = {}): Promise<StepAnswer> {
    const wanted = new Set<string>();
    try {
      const answer = state ? await this.#since(state, options) : await this.#last(options);
      if (this.#hold) for (const { id } of answer.state.positions) wanted.add(id);
      return answer;
    } finally {
      await this.#files.keep(wanted);
    }
  }

  /** Closes what is held. */
  async close(): Promise<void> {
    await this.#files.close();
  }

  async #list(known: readonly string[], signal: AbortSignal | undefined): Promise<LogFile[]> {
    this.listing = await this.#source.list(known, signal);
    // A link to a log of the source gives nothing of its own.
    return this.listing.logs.filter((log) => log.alias === undefined);
  }

  async #last(options: ReadOptions): Promise<StepAnswer> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.#lastOnce(options);
      } catch (error) {
        if (!(error instanceof Moved) || attempt >= ATTEMPTS) throw error;
      }
    }
  }

  async #lastOnce(options: ReadOptions): Promise<StepAnswer> {
    const time = Date.now() - CLOCK_MS;
    const logs = await this.#list([], options.signal);
    const until = performance.now() + (options.maxMs ?? Infinity);
    const found = [];
    const refused: Refused[] = [];
    for (const log of logs) {
      try {
        found.push(await lastLines(this.#files, log, { ...options, maxMs: until - performance.now() }));
      } catch (error) {
        refused.push(refusalOf(log, error));
      }
      if (!this.#hold) await this.#files.close();
    }
    const maxLines = new Gatherer(options).maxLines;
    const lines =
      found.length === 1
        ? (found[0]?.lines ?? [])
        : await lastMerged(
            found.map((one) => one.lines),
            maxLines,
            options.zone,
          );
    const positions = found.flatMap((one) => one.positions);
    return {
      lines: newest(lines, options),
      more: false,
      cut: found.some((one) => one.cut),
      rotated: false,
      gaps: [],
      refused,
      held: found.some((one) => one.held),
      scannedLines: sum(found.map((one) => one.scannedLines)),
      scannedBytes: sum(found.map((one) => one.scannedBytes)),
      left: sum(positions.map((one) => one.left)),
      state: { time, positions },
    };
  }

  async #since(state: CursorState, options: ReadOptions): Promise<StepAnswer> {
    const now = Date.now() - CLOCK_MS;
    const gatherer = new Gatherer(options);
    const { plans, quiet, refused } = await this.#plans(state, options.signal);
    const { maxLineBytes, quietMs, signal, maxMs } = options;
    const isCurrent = (one: Plan): Promise<boolean> => this.#isCurrent(one, signal);
    const chains = plans.map((one) => new Chain(this.#files, one, { maxLineBytes, quietMs, signal, maxMs, isCurrent }));
    const lines: SourceLine[] = [];
    const [only] = chains;
    if (chains.length === 1 && only) await gatherOne(only, gatherer, lines);
    else if (chains.length > 1) {
      for await (const { line, progress } of merged(chains, options.zone)) {
        const verdict = gatherer.offer(line);
        if (verdict === "end") break;
        progress.offset = line.end;
        if (verdict === "give") lines.push(line);
      }
    }
    const positions: Position[] = [...quiet];
    const stuck = chains.some((chain) => chain.moved || chain.late);
    const more = gatherer.full || gatherer.stopped || stuck;
    this.#settled.clear();
    for (const chain of chains) {
      const own = await chain.positions();
      positions.push(...own);
      const { log } = chain.plan;
      if (chain.refused) refused.push(refusalOf(log, chain.refused));
      else if (!more && !chain.held && !chain.moved) this.#settle(log, own);
    }
    for (const log of this.listing?.logs ?? []) {
      const own = quiet.filter((at) => at.label === log.label);
      if (own.length > 0) this.#settle(log, own);
    }
    return {
      lines,
      more: more || chains.some((chain) => chain.moved),
      cut: false,
      rotated: plans.some((one) => one.rotated),
      gaps: plans.flatMap((one) => one.gaps),
      refused,
      held: chains.some((chain) => chain.held),
      scannedLines: gatherer.scannedLines,
      scannedBytes: gatherer.scannedBytes,
      left: sum(positions.map((one) => one.left)),
      // Until all is read, what was written to since the last time that all was read is what may be new.
      state: { time: more || refused.length > 0 ? Math.min(now, state.time) : now, positions },
    };
  }

  /** The plans of all logs in which something may have changed, made while no file changed its name. */
  async #plans(state: CursorState, signal: AbortSignal | undefined) {
    let before: string | undefined;
    for (let attempt = 1; ; attempt += 1) {
      const logs = await this.#list([...new Set(state.positions.map((at) => at.label))], signal);
      const plans: Plan[] = [];
      const quiet: Position[] = [];
      const refused: Refused[] = [];
      let moved = false;
      for (const log of logs) {
        const known = state.positions.filter((at) => at.label === log.label);
        if (this.#isQuiet(log, known)) {
          quiet.push(...known);
          continue;
        }
        try {
          plans.push(await plan(this.#files, log, known, state.time));
        } catch (error) {
          if (error instanceof Moved && attempt < ATTEMPTS) {
            moved = true;
            break;
          }
          refused.push(refusalOf(log, error));
          quiet.push(...known);
        }
      }
      // What was rotated is believed when a second look shows the same.
      const names = JSON.stringify(logs.map((log) => [log.label, log.live?.id, log.rotated.map((one) => one.id)]));
      const settled = plans.every((one) => !one.rotated && one.gaps.length === 0) || names === before;
      if (!moved && (settled || attempt >= ATTEMPTS)) return { plans, quiet, refused };
      before = moved ? undefined : names;
    }
  }

  async #isCurrent({ log, segments }: Plan, signal: AbortSignal | undefined): Promise<boolean> {
    const { logs } = await this.#source.list([log.label], signal);
    const now = logs.find((one) => one.label === log.label);
    const read = new Set(segments.flatMap(({ id, position }) => (position ? [id] : [])));
    // A file that was renamed keeps its content.
    return now?.live?.id !== log.live?.id || copiesOf(now, read) === copiesOf(log, read);
  }

  #settle(log: LogFile, positions: readonly Position[]): void {
    if (this.#hold) this.#settled.set(log.label, { signature: signatureOf(log), positions });
  }

  #isQuiet(log: LogFile, known: readonly Position[]): boolean {
    const settled = this.#settled.get(log.label);
    return (
      settled !== undefined &&
      settled.positions.length === known.length &&
      settled.positions.every((one, index) => one === known[index]) &&
      settled.signature === signatureOf(log)
    );
  }
}

/** One log: no times have to be known. */
async function gatherOne(chain: Chain, gatherer: Gatherer, lines: SourceLine[]): Promise<void> {
  for await (const batch of chain.batches()) {
    for (const line of batch.lines) {
      const verdict = gatherer.offer(line);
      if (verdict === "end") return;
      batch.progress.offset = line.end;
      if (verdict === "give") lines.push(line);
    }
  }
}

/** The rotated files that may be new copies, as they are now: one that is listed while it is being made grows. */
function copiesOf(log: LogFile | undefined, read: ReadonlySet<string>): string | undefined {
  return log?.rotated.flatMap(({ id, size }) => (read.has(id) ? [] : [`${id} ${size}`])).join();
}

function signatureOf(log: LogFile): string {
  return [log.live, ...log.rotated].map((one) => one && `${one.id} ${one.size} ${one.mtimeMs}`).join();
}

function refusalOf(log: LogFile, error: unknown): Refused {
  if (!(error instanceof FileAccessError)) throw error;
  return { file: log.label, reason: `${error.message}.` };
}

/** As many of the last lines as the limit of bytes allows, and at least one. */
function newest(lines: SourceLine[], options: Limits): SourceLine[] {
  const counter = new Gatherer({ ...options, take: () => "give", maxScanBytes: Infinity, maxMs: Infinity });
  const over = lines.findLastIndex((line) => counter.offer(line) === "end");
  return over === -1 ? lines : lines.slice(over + 1);
}

function sum(counts: readonly number[]): number {
  return counts.reduce((total, count) => total + count, 0);
}
