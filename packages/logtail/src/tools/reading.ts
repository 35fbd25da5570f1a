import { setTimeout as delay } from "node:timers/promises";
import type { Call } from "@plugboard/core";
import { decodeCursor } from "../files/cursor.ts";
import type { Gap } from "../files/plan.ts";
import type { Source } from "../files/source.ts";
import { find } from "../find.ts";
import { MAX_LINE_BYTES } from "../lines/split.ts";
import { worded } from "../logtail.ts";
import type { Logtail } from "../logtail.ts";
import { waitForChange } from "../read/follow.ts";
import type { Take } from "../read/line.ts";
import { cursorAt, linesBefore } from "../read/resolve.ts";
import { read } from "../read/reader.ts";
import type { ReadAnswer } from "../read/answer.ts";
import type { Query } from "../scan/query.ts";
import { cutLine } from "../show.ts";
import { lineFilter } from "./filter.ts";
import type { Page } from "./page.ts";
import { isOpen } from "./query.ts";

/** Between two looks at a log that is written all the time, in milliseconds. */
const PACE_MS = 25;
const REPORT_MS = 5_000;
/** What is read of the last lines at most. */
const MAX_BYTES = 16 * 1024 * 1024;
/** What one step looks at before others get a turn. */
const MAX_STEP_MS = 15_000;
const STEP = { maxScanBytes: 8 * 1024 * 1024, maxMs: 200, maxLines: 10_000 };

export interface ReadingOptions {
  readonly source: Source;
  /** Which lines go on the page. */
  readonly query: Query;
  /** What a line is like that is waited for. */
  readonly until: Query | undefined;
  readonly page: Page;
  readonly signal: AbortSignal;
}

/** One call of the read tool: where it is, and what it found. */
export class Reading {
  cursor = "";
  more = false;
  rotated = false;
  readonly gaps: Gap[] = [];
  /** What has to be said of logs, or of parts of them, that were left out. */
  notes: readonly string[] = [];
  /** Lines looked at, where they were counted. */
  scanned: number | undefined = 0;
  /** Bytes known to lie behind the cursor. */
  left: number | undefined;
  /** The line that was waited for, as it is shown, once it came. */
  met: string | undefined;
  /** Whether there is nothing to wait for any more. */
  satisfied = false;
  /** Whether a line had no room on the page. */
  #full = false;
  readonly #logtail: Logtail;
  readonly #options: ReadingOptions;
  readonly #fits: ReturnType<typeof lineFilter>;
  readonly #ends: ReturnType<typeof lineFilter>;

  constructor(logtail: Logtail, options: ReadingOptions) {
    this.#logtail = logtail;
    this.#options = options;
    this.#fits = lineFilter(options.query);
    this.#ends = options.until ? lineFilter(options.until) : () => false;
  }

  /** The last lines that there are; none where new ones are waited for. */
  async last(lines: number): Promise<void> {
    const { source, query, until, page, signal } = this.#options;
    const { maxResultChars, searchMs, zone } = this.#logtail.options;
    const all = isOpen(query) && !until;
    // Long lines are cut when they are shown.
    const maxBytes = Math.min(MAX_BYTES, Math.max(4 * maxResultChars, lines * MAX_LINE_BYTES));
    const limits = { maxLines: all ? lines : 0, maxBytes, maxMs: searchMs };
    const answer = await worded(() => read(source, undefined, { ...limits, zone, signal }));
    this.#note(answer);
    this.more = false;
    this.satisfied = !until;
    if (all) {
      for (const line of answer.lines) page.add(line);
      this.scanned = answer.lines.length;
      if (answer.cut)
        this.notes = [
          ...this.notes,
          `Only the last ${answer.lines.length}: read back with cursor \`start\` and \`before\`.`,
        ];
    } else if (!until && lines > 0) await this.#lastThatFit(lines);
  }

  /** The last lines before the cursor that fit the query: they may lie far back, so a scanner looks for them. */
  async #lastThatFit(lines: number): Promise<void> {
    const { source, query, page, signal } = this.#options;
    const { positions } = decodeCursor(this.cursor, source.key);
    const { logs } = await source.list([], signal);
    const found = await worded(() =>
      find(source, logs, this.#logtail.scanners, {
        query,
        limit: lines,
        newestFirst: true,
        context: 0,
        maxLineBytes: MAX_LINE_BYTES,
        ms: this.#logtail.options.searchMs,
        // Of one log the position in the newest file is the last.
        ends: new Map(positions.map(({ label, id, offset }) => [label, { id, offset }])),
        take: () => true,
        signal,
      }),
    );
    for (const { line, file, id, compressed } of found.hits.toReversed()) page.add({ ...line, file, id, compressed });
    this.scanned = undefined;
    if (!found.exact && found.hits.length < lines)
      this.notes = [...this.notes, "The time to look for earlier lines was over: search for them.", ...found.skipped];
  }

  /** The lines from the one of a place on. */
  async from(place: string, before: number): Promise<void> {
    const { source, page, signal } = this.#options;
    const earlier = before > 0 ? await worded(() => linesBefore(source, place, before, { signal })) : [];
    page.addBefore(earlier);
    await this.since(await worded(() => cursorAt(source, place, { signal })));
  }

  /** What came since a cursor, as far as there is room. */
  async since(cursor: string): Promise<void> {
    const { source, until, page, signal } = this.#options;
    const { zone } = this.#logtail.options;
    this.cursor = cursor;
    let { maxMs } = STEP;
    do {
      const options = { ...STEP, maxMs, take: this.#take, zone, signal };
      const answer = await worded(() => read(source, this.cursor, options));
      this.#note(answer);
      this.scanned = (this.scanned ?? 0) + answer.scannedLines;
      // The place in a compressed file is found by inflating all before it.
      if (answer.more && answer.scannedLines === 0) maxMs *= 4;
    } while (this.more && !this.#full && this.met === undefined && maxMs <= MAX_STEP_MS);
    this.satisfied = this.#full || (until ? this.met !== undefined : page.lines.length > 0 || this.gaps.length > 0);
  }

  /** Waits until it is satisfied, or the time is over. */
  async wait(call: Call, waitMs: number, what: string): Promise<void> {
    const { source, signal } = this.#options;
    const began = performance.now();
    let reported = -REPORT_MS;
    while (!this.satisfied) {
      const passed = performance.now() - began;
      if (passed >= waitMs) return;
      if (passed - reported >= REPORT_MS) {
        reported = passed;
        const lines = `${this.scanned ?? 0} new ${this.scanned === 1 ? "line" : "lines"} so far`;
        await call.report({
          progress: Math.round(passed),
          total: waitMs,
          message: `waiting for ${what}: ${lines}`,
        });
      }
      const maxMs = Math.min(waitMs - passed, REPORT_MS);
      const news = await worded(() => waitForChange(source, { maxMs, signal, cursor: this.cursor }));
      if (!news) continue;
      await this.since(this.cursor);
      if (!this.satisfied) await delay(PACE_MS, undefined, { signal });
    }
  }

  readonly #take: Take = (line) => {
    const { page } = this.#options;
    if (this.met !== undefined) return "stop";
    const fits = this.#fits(line);
    if (fits && !page.hasRoom(line)) {
      this.#full = true;
      return "stop";
    }
    if (this.#ends(line)) {
      const { show, options } = this.#logtail;
      this.met = cutLine(show.one(line.text), options.maxLineChars, line).text;
    }
    if (fits) page.add(line);
    return "skip";
  };

  #note({ cursor, more, left, rotated, gaps, refused }: ReadAnswer): void {
    this.cursor = cursor;
    this.more = more;
    this.left = left;
    this.rotated ||= rotated;
    this.gaps.push(...gaps);
    this.notes = refused.map(({ reason }) => `Left out: ${reason}`);
  }
}
