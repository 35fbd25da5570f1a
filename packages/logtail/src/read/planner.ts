import { FileAccessError } from "@plugboard/core/files";
import type { CursorState, Position } from "../files/cursor.ts";
import { ATTEMPTS, Moved, pause } from "../files/open.ts";
import type { OpenFiles } from "../files/open.ts";
import { plan } from "../files/plan.ts";
import type { Plan } from "../files/plan.ts";
import { withoutAliases } from "../files/source.ts";
import type { Listing, LogFile, Source } from "../files/source.ts";
import type { Refused } from "./answer.ts";
import { Memory } from "./memory.ts";

/** What to read next, in all logs of a source. */
export interface Plans {
  readonly plans: readonly Plan[];
  /** Labels of the logs in which there is nothing new. */
  readonly quiet: ReadonlySet<string>;
  /** The positions of these, and of what was refused. */
  readonly kept: readonly Position[];
  readonly refused: Refused[];
  /** Whether the folders were listed for it; else nothing but the logs of `plans` was looked at. */
  readonly listed: boolean;
  /** Whether the files of a log changed their names for as long as it was tried; its place is kept. */
  readonly moved: boolean;
}

/** Finds in which logs of a source there may be something new, and remembers what it looked at last. */
export class Planner {
  /** What was listed last. */
  listing: Listing | undefined;
  readonly memory: Memory;
  readonly #source: Source;
  readonly #files: OpenFiles;

  constructor(source: Source, files: OpenFiles) {
    this.#source = source;
    this.#files = files;
    this.memory = new Memory(files);
  }

  /** @param known labels of logs to list although they may have no file now */
  async list(known: readonly string[], signal: AbortSignal | undefined): Promise<LogFile[]> {
    this.listing = await this.#source.list(known, signal);
    return withoutAliases(this.listing.logs);
  }

  /**
   * The plans of all logs in which something may have changed, made while no file changed its name.
   * @param written files that were written to, where nothing else is known to have changed since the last plans; they are read
   * on without listing the folders, where that is safe. Undefined: anything may have changed.
   */
  async plans(
    state: CursorState,
    signal: AbortSignal | undefined,
    written: ReadonlySet<string> | undefined,
  ): Promise<Plans> {
    const near = written && (await this.#near(state, written, signal));
    if (near) return near;
    let before: string | undefined;
    for (let attempt = 1; ; attempt += 1) {
      const logs = await this.list([...new Set(state.positions.map((at) => at.label))], signal);
      const plans: Plan[] = [];
      const quiet = new Set<string>();
      const kept: Position[] = [];
      const refused: Refused[] = [];
      let moved = false;
      for (const log of logs) {
        const known = state.positions.filter((at) => at.label === log.label);
        if (this.memory.isQuiet(log, known)) {
          quiet.add(log.label);
          kept.push(...known);
          continue;
        }
        try {
          plans.push(await plan(this.#files, log, known, state.time, signal));
        } catch (error) {
          if (error instanceof Moved) {
            moved = true;
            if (attempt < ATTEMPTS) break;
          } else refused.push(refusalOf(log, error));
          kept.push(...known);
        }
      }
      // What was rotated is believed when a second look shows the same.
      const names = JSON.stringify(logs.map((log) => [log.label, log.live?.id, log.rotated.map((one) => one.id)]));
      const settled = plans.every((one) => !one.rotated && one.gaps.length === 0) || names === before;
      if (attempt >= ATTEMPTS || (settled && !moved)) return { plans, quiet, kept, refused, listed: true, moved };
      before = moved ? undefined : names;
      if (moved) await pause(attempt);
    }
  }

  /** Plans for the logs of files that are held open, from what was listed before; undefined where that may not be enough. */
  async #near(
    state: CursorState,
    written: ReadonlySet<string>,
    signal: AbortSignal | undefined,
  ): Promise<Plans | undefined> {
    const logs = this.memory.logsOf(written);
    if (!logs) return undefined;
    const labels = new Set([...logs].map(({ label }) => label));
    const plans: Plan[] = [];
    for (const log of logs) {
      const known = state.positions.filter(({ label }) => label === log.label);
      const last = known.at(-1);
      // With content, so that it shows whether it was copied and truncated; and nothing lies between it and what was read.
      if (known.length !== 1 || !last || last.headLength === 0 || last.id !== log.live?.id) return undefined;
      if (known.some(({ id }) => !this.#files.get(id))) return undefined;
      const one = await plan(this.#files, log, known, state.time, signal).catch(elsewhere);
      if (!one || one.rotated || one.gaps.length > 0 || one.segments.length !== known.length) return undefined;
      plans.push(one);
    }
    const kept = state.positions.filter(({ label }) => !labels.has(label));
    return { plans, quiet: new Set(), kept, refused: [], listed: false, moved: false };
  }

  /** Whether no file of the log was copied and truncated since the plan was made. */
  async isCurrent({ log, segments }: Plan, signal: AbortSignal | undefined): Promise<boolean> {
    const { logs } = await this.#source.list([log.label], signal);
    const now = logs.find((one) => one.label === log.label);
    const read = new Set(segments.flatMap(({ id, position }) => (position ? [id] : [])));
    // A file that was renamed keeps its content.
    return now?.live?.id !== log.live?.id || copiesOf(now, read) === copiesOf(log, read);
  }
}

/** What was listed is not there any more, or not to be had. */
function elsewhere(error: unknown): undefined {
  if (!(error instanceof Moved) && !(error instanceof FileAccessError)) throw error;
}

/** @throws what is no refusal */
export function refusalOf(log: LogFile, error: unknown): Refused {
  if (!(error instanceof FileAccessError)) throw error;
  return { file: log.label, reason: `${error.message}.` };
}

/** The rotated files that may be new copies, as they are now: one that is listed while it is being made grows. */
function copiesOf(log: LogFile | undefined, read: ReadonlySet<string>): string | undefined {
  return log?.rotated.flatMap(({ id, size }) => (read.has(id) ? [] : [`${id} ${size}`])).join();
}
