import { ToolError } from "@plugboard/core";
import { CursorError } from "./files/cursor.ts";
import { isPlace, parsePlace } from "./read/place.ts";
import { Logs, UnknownLog } from "./logs.ts";
import type { Selection } from "./logs.ts";
import { Masker, secretMatcher } from "./mask/masker.ts";
import { startMatcher } from "./options.ts";
import type { LogtailOptions } from "./options.ts";
import { ScanError } from "./scan/error.ts";
import { Scanners } from "./scan/sessions.ts";
import { Show } from "./show.ts";
import { Spools } from "./stream.ts";

/** What the tools of one instance share. */
export class Logtail {
  readonly options: LogtailOptions;
  readonly show: Show;
  readonly masker: Masker;
  readonly logs: Logs;
  readonly scanners: Scanners;
  readonly spools: Spools;
  /** How the first line of an event looks; undefined: by indentation. */
  readonly eventStart: ((text: string) => boolean) | undefined;
  readonly counts = { reads: 0, searches: 0, summaries: 0, waits: 0, lines: 0, gaps: 0 };

  constructor(options: LogtailOptions) {
    this.options = options;
    this.masker = new Masker({ enabled: options.mask, patterns: options.maskPatterns.map(secretMatcher) });
    this.show = new Show({ colors: options.colors, masker: this.masker });
    this.logs = new Logs(options);
    this.scanners = new Scanners({ max: options.workers });
    this.spools = new Spools(options, (folder) => this.logs.addStreams(folder));
    this.eventStart = options.eventStart === undefined ? undefined : startMatcher(options.eventStart);
  }

  /** The logs of that name. @throws ToolError */
  select(name: string | undefined, signal?: AbortSignal): Promise<Selection> {
    return worded(() => this.logs.select(name, signal));
  }

  /** The logs that a cursor is for. One of a line names its log; the others do where nothing else is said. @throws ToolError */
  async selectFor(cursor: string | undefined, name: string | undefined, signal?: AbortSignal): Promise<Selection> {
    if (cursor === undefined) return this.select(name, signal);
    if (isPlace(cursor)) return this.select((await worded(async () => parsePlace(cursor))).label, signal);
    return this.select(name ?? (await worded(async () => this.logs.nameFor(cursor))), signal);
  }

  /** Runs `wait` as one of a bounded number of waits. @throws ToolError */
  async waiting<T>(wait: () => Promise<T>): Promise<T> {
    if (this.counts.waits >= this.options.maxWaits)
      throw new ToolError(
        `${this.options.maxWaits} calls wait for news already. Ask again without wait_ms and until, or later.`,
      );
    this.counts.waits += 1;
    try {
      return await wait();
    } finally {
      this.counts.waits -= 1;
    }
  }

  async close(): Promise<void> {
    await Promise.all([this.scanners.close(), this.spools.close()]);
  }
}

/** Runs `fn`; what is wrong with a name or a cursor is for the model to read. */
export async function worded<T>(fn: () => Promise<T>): Promise<T> {
  try {
    return await fn();
  } catch (error) {
    const known = error instanceof CursorError || error instanceof UnknownLog || error instanceof ScanError;
    throw known ? new ToolError(error.message) : error;
  }
}
