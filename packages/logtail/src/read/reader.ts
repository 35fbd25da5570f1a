import { decodeCursor, encodeCursor } from "../files/cursor.ts";
import type { CursorState } from "../files/cursor.ts";
import { ATTEMPTS, Moved, OpenFiles, pause } from "../files/open.ts";
import { CLOCK_MS } from "../files/plan.ts";
import type { Plan } from "../files/plan.ts";
import type { Listing, Source } from "../files/source.ts";
import type { ReadAnswer, ReadOptions, Refused, StepAnswer } from "./answer.ts";
import { Chain } from "./chain.ts";
import { Gatherer } from "./gather.ts";
import type { Limits } from "./gather.ts";
import { lastLines } from "./last.ts";
import type { SourceLine } from "./line.ts";
import { Planner, refusalOf } from "./planner.ts";
import type { Plans } from "./planner.ts";
import { lastMerged, merged } from "./several.ts";

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

/** Reads a source step by step. With `hold`, keeps the files open that it reads, so that they can vanish. */
export class Reader {
  readonly #hold: boolean;
  readonly #files: OpenFiles;
  readonly #planner: Planner;

  constructor(source: Source, hold = false) {
    this.#hold = hold;
    this.#files = new OpenFiles(source.roots);
    this.#planner = new Planner(source, this.#files);
  }

  /** What was looked at last. */
  get listing(): Listing | undefined {
    return this.#planner.listing;
  }

  /** @param written see {@link Planner.plans} */
  async read(
    state: CursorState | undefined,
    options: ReadOptions = {},
    written?: ReadonlySet<string>,
  ): Promise<StepAnswer> {
    const wanted = new Set<string>();
    try {
      const answer = state ? await this.#since(state, options, written) : await this.#last(options);
      if (this.#hold) for (const { id } of answer.state.positions) wanted.add(id);
      return answer;
    } finally {
      await this.#files.keep(wanted);
    }
  }

  /** The paths of files that are held open. */
  holds(): string[] {
    return this.#planner.memory.holds();
  }

  /** Closes what is held. */
  async close(): Promise<void> {
    await this.#files.close();
  }

  async #last(options: ReadOptions): Promise<StepAnswer> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.#lastOnce(options);
      } catch (error) {
        if (!(error instanceof Moved) || attempt >= ATTEMPTS) throw error;
        await pause(attempt);
      }
    }
  }

  async #lastOnce(options: ReadOptions): Promise<StepAnswer> {
    const time = Date.now() - CLOCK_MS;
    const logs = await this.#planner.list([], options.signal);
    const until = performance.now() + (options.maxMs ?? Infinity);
    const found = [];
    const refused: Refused[] = [];
    for (const log of logs) {
      try {
        const last = await lastLines(this.#files, log, { ...options, maxMs: until - performance.now() });
        found.push(last);
        for (const reason of last.damaged) refused.push({ file: log.label, reason });
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
    if (this.#hold) this.#planner.memory.leave(logs, positions, new Set(), false);
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

  async #since(state: CursorState, options: ReadOptions, written?: ReadonlySet<string>): Promise<StepAnswer> {
    const now = Date.now() - CLOCK_MS;
    const gatherer = new Gatherer(options);
    const { maxLineBytes, quietMs, signal, maxMs } = options;
    const found = await this.#planner.plans(state, signal, written);
    const { plans } = found;
    const isCurrent = (one: Plan): Promise<boolean> => this.#planner.isCurrent(one, signal);
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
    const stuck = found.moved || chains.some((chain) => chain.moved || chain.late);
    const more = gatherer.full || gatherer.stopped || stuck;
    const isBehind = more || found.refused.length > 0 || !found.listed;
    // Until all is read, what was written to since the last time that all was read is what may be new.
    const time = isBehind ? Math.min(now, state.time) : now;
    const { positions, refused } = await this.#leave(chains, found, more, time);
    return {
      lines,
      more,
      cut: false,
      rotated: plans.some((one) => one.rotated),
      gaps: [...plans.flatMap((one) => one.gaps), ...chains.flatMap((one) => one.gaps)],
      refused,
      held: chains.some((chain) => chain.held),
      scannedLines: gatherer.scannedLines,
      scannedBytes: gatherer.scannedBytes,
      left: sum(positions.map((one) => one.left)),
      state: { time: refused.length > 0 ? Math.min(now, state.time) : time, positions },
    };
  }

  async #leave(chains: readonly Chain[], found: Plans, more: boolean, time: number) {
    const positions = [...found.kept];
    const refused = [...found.refused];
    const done = new Set(found.quiet);
    for (const chain of chains) {
      positions.push(...(await chain.positions(time)));
      const { log } = chain.plan;
      if (chain.refused) refused.push(refusalOf(log, chain.refused));
      else if (!more && !chain.held && !chain.moved) done.add(log.label);
    }
    if (this.#hold) {
      const { memory } = this.#planner;
      const logs = found.listed ? (this.listing?.logs ?? []) : chains.map(({ plan }) => plan.log);
      memory.leave(logs, positions, done, !found.listed);
      if (refused.length > 0 || found.moved || chains.some(({ moved }) => moved)) memory.forget();
    }
    return { positions, refused };
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

/** As many of the last lines as the limit of bytes allows, and at least one. */
function newest(lines: SourceLine[], options: Limits): SourceLine[] {
  const counter = new Gatherer({ ...options, take: () => "give", maxScanBytes: Infinity, maxMs: Infinity });
  const over = lines.findLastIndex((line) => counter.offer(line) === "end");
  return over === -1 ? lines : lines.slice(over + 1);
}

function sum(counts: readonly number[]): number {
  return counts.reduce((total, count) => total + count, 0);
}
