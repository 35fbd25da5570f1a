import { isAscii } from "node:buffer";
import type { LineParser } from "../format/parser.ts";
import type { Summary } from "../summary/summary.ts";
import type { Block } from "./blocks.ts";
import { BlockReader, encodingAt } from "./blocks.ts";
import type { ByteSource } from "./bytes.ts";
import type { Control } from "./control.ts";
import type { Finder } from "./find.ts";
import { finderOf } from "./find.ts";
import { headAbove, Heads, MAX_LOOK_BACK } from "./heads.ts";
import type { Pattern } from "./pattern.ts";
import { compilePattern, searchText } from "./pattern.ts";
import type { Query } from "./query.ts";
import { hasHeadFilter, parserOf, wants } from "./query.ts";
import { lineStart } from "./seek.ts";
import type { LineRules } from "./text.ts";
import { headBytes, lineAt, linesOf, rulesOf } from "./text.ts";
import type { Part, SummarizeLimits, SummarizePart } from "./types.ts";

/** Positions of different parts lie so far from each other: `index * PART_SPAN + offset`. */
export const PART_SPAN = 2 ** 45;
const FIRST_RANGE = 4_194_304;
const RANGE = 33_554_432;
/** Beyond its time a range is given up. */
const GRACE_MS = 150;

/** What lines are counted into. */
export interface Summaries {
  /** Since the split. */
  readonly recent: Summary;
  readonly before: Summary;
}

/**
 * Counts the wanted lines of a part by their templates, as `Session.summarize` does.
 *
 * Lines that go with the one before are one event with it, which is counted by its first line: lines without a time where
 * others have one, at most 200 below it, and lines that begin with white space.
 */
export async function summarize(
  source: ByteSource,
  part: Part,
  query: Query,
  limits: SummarizeLimits,
  summaries: Summaries,
  control: Control,
): Promise<SummarizePart> {
  const rules = rulesOf(await encodingAt(source), limits.maxLineBytes);
  return new Summarizer(source, part, query, limits, summaries, rules, control).run();
}

class Summarizer {
  readonly #source: ByteSource;
  readonly #part: Part;
  readonly #query: Query;
  readonly #limits: SummarizeLimits;
  readonly #summaries: Summaries;
  readonly #rules: LineRules;
  readonly #control: Control;
  readonly #pattern: Pattern | undefined;
  readonly #find: Finder;
  readonly #parser: LineParser;
  readonly #heads: Heads;
  readonly #byHead: boolean;
  readonly #base: number;
  #lines = 0;
  #events = 0;
  #scanned = 0;
  #first = Infinity;
  #last = -Infinity;
  /** Whether some line had a time, so that one without goes with another. */
  #timed = false;
  /** Offset after the last event's last line. */
  #eventEnd = -1;
  #eventLines = 0;

  constructor(
    source: ByteSource,
    part: Part,
    query: Query,
    limits: SummarizeLimits,
    summaries: Summaries,
    rules: LineRules,
    control: Control,
  ) {
    this.#source = source;
    this.#part = part;
    this.#query = query;
    this.#limits = limits;
    this.#summaries = summaries;
    this.#rules = rules;
    this.#control = control;
    this.#pattern = query.pattern && compilePattern(query.pattern);
    this.#find = finderOf(this.#pattern, rules.maxLineBytes);
    this.#parser = parserOf(query);
    this.#heads = new Heads(this.#parser);
    this.#byHead = hasHeadFilter(query);
    this.#base = (limits.index ?? 0) * PART_SPAN;
  }

  async run(): Promise<SummarizePart> {
    const { from, to, compressed } = this.#part;
    const maxBytes = this.#limits.bytes ?? Infinity;
    if (compressed) {
      const end = await this.#range(from, to, 0, maxBytes);
      const ended = end.whole ? "end" : this.#scanned >= maxBytes ? "bytes" : "time";
      return this.#result(from, end.position, ended);
    }
    let covered = to;
    let rangeBytes = Math.min(FIRST_RANGE, this.#limits.rangeBytes ?? RANGE);
    const began = this.#control.left;
    while (covered > from) {
      if (covered < to && this.#control.expired) return this.#result(covered, to, "time");
      if (this.#scanned >= maxBytes) return this.#result(covered, to, "bytes");
      const room = Math.max(65_536, Math.min(rangeBytes, maxBytes - this.#scanned));
      const start = await lineStart(this.#source, covered - room, from, this.#rules);
      const { whole } = await this.#range(start, covered, GRACE_MS, Infinity);
      if (!whole && covered < to) return this.#result(covered, to, "time");
      covered = start;
      // No range is begun that does not fit into the time.
      const rate = this.#scanned / Math.max(1, began - this.#control.left);
      rangeBytes = Math.min(
        this.#limits.rangeBytes ?? RANGE,
        rangeBytes * 2,
        Math.max(65_536, rate * this.#control.left),
      );
    }
    return this.#result(from, to, "end");
  }

  #result(from: number, to: number, ended: SummarizePart["ended"]): SummarizePart {
    return {
      lines: this.#lines,
      events: this.#events,
      scannedBytes: this.#scanned,
      exact: ended === "end",
      from,
      to,
      ...(this.#last >= this.#first && { first: this.#first, last: this.#last }),
      ended,
    };
  }

  async #range(
    from: number,
    to: number,
    graceMs: number,
    maxBytes: number,
  ): Promise<{ whole: boolean; position: number }> {
    const { blockBytes } = this.#limits;
    const size = blockBytes ?? ((this.#pattern?.weight ?? 1) > 32 ? 65_536 : 524_288);
    const reader = new BlockReader(this.#source, this.#rules.encoding, {
      firstBytes: size,
      maxBytes: size,
      headBytes: headBytes(this.#rules),
    });
    let position = from;
    for await (const block of reader.forwards(from, to)) {
      const late = this.#control.aborted || this.#control.left < -graceMs;
      if (position > from && (late || this.#scanned >= maxBytes)) return { whole: false, position };
      await this.#scan(block);
      this.#scanned += block.end - block.offset;
      position = block.end;
      this.#control.report(this.#scanned, this.#part.from);
    }
    return { whole: true, position };
  }

  async #scan(block: Block): Promise<void> {
    const { bytes, long } = block;
    const plain = this.#rules.encoding === "utf8" && long === undefined;
    const spans = plain && this.#pattern !== undefined ? this.#find(bytes) : linesOf(block, this.#rules);
    const texts = textsOf(block, this.#rules);
    for (let at = 0; at < spans.length; at += 2) {
      const start = spans[at] ?? 0;
      const end = spans[at + 1] ?? 0;
      const text = texts(start, end);
      if (this.#pattern !== undefined && !this.#test(text, block.offset + start, block.offset + end)) continue;
      const offset = block.offset + start;
      await this.#count(text, offset, long === undefined ? block.offset + end : block.end);
    }
  }

  #test(text: string, from: number, to: number): boolean {
    const pattern = this.#pattern;
    if (pattern === undefined) return true;
    const searched = searchText(text);
    return this.#control.guard(pattern.weight * searched.length, from, to, this.#scanned, () => pattern.test(searched));
  }

  #count(text: string, start: number, end: number): Promise<void> | void {
    const record = this.#parser.parse(text);
    if (record.time === undefined && start !== this.#eventEnd && start > 0) {
      return headAbove(this.#source, start, this.#parser, this.#rules).then((above) => {
        this.#heads.reset(above?.head, above?.distance);
        this.#take(record, text, start, end);
      });
    }
    this.#take(record, text, start, end);
  }

  #take(record: ReturnType<LineParser["parse"]>, text: string, start: number, end: number): void {
    const head = this.#heads.take(record);
    if (record.time !== undefined) this.#timed = true;
    const follows = start === this.#eventEnd && record.time === undefined;
    if (this.#byHead && !wants(this.#query, head)) return;
    this.#lines++;
    const code = text.charCodeAt(0);
    if (follows && this.#eventLines < MAX_LOOK_BACK && (this.#timed || !(code > 32))) {
      this.#eventEnd = end;
      this.#eventLines++;
      return;
    }
    this.#eventEnd = end;
    this.#eventLines = 0;
    this.#events++;
    this.#control.found();
    const { time, level } = head;
    if (time !== undefined) {
      if (time < this.#first) this.#first = time;
      if (time > this.#last) this.#last = time;
    }
    const { split } = this.#limits;
    const summary =
      split !== undefined && time !== undefined && time < split ? this.#summaries.before : this.#summaries.recent;
    summary.add({ message: record.message, time, level }, this.#base + start);
  }
}

/** The texts of a block's lines. One decoding for all is much faster than one for each. */
function textsOf(block: Block, rules: LineRules): (start: number, end: number) => string {
  const { bytes, long } = block;
  const each = (start: number, end: number): string => lineAt(block, start, end, rules).text;
  if (rules.encoding !== "utf8" || long !== undefined || !isAscii(bytes)) return each;
  const all = bytes.toString("latin1");
  return (start, end) => {
    let last = end;
    if (bytes[last - 1] === 10) last--;
    if (bytes[last - 1] === 13 && last > start) last--;
    return last - start > rules.maxLineBytes ? each(start, end) : all.slice(start, last);
  };
}
