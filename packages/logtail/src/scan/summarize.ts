import { isAscii } from "node:buffer";
import type { LineParser } from "../format/parser.ts";
import { QuickReader } from "../format/quick.ts";
import type { Summary } from "../summary/summary.ts";
import type { Block } from "./blocks.ts";
import { BlockReader, encodingAt } from "./blocks.ts";
import type { ByteSource } from "./bytes.ts";
import { Claims } from "./claims.ts";
import type { Control } from "./control.ts";
import { RISKY_STEPS } from "./control.ts";
import type { Finder } from "./find.ts";
import { finderOf } from "./find.ts";
import type { Head } from "./heads.ts";
import { headAbove, Heads, MAX_LOOK_BACK } from "./heads.ts";
import type { Pattern } from "./pattern.ts";
import { compilePattern, isHeavy } from "./pattern.ts";
import type { Query } from "./query.ts";
import { hasHeadFilter, parserOf, timesOf, wants } from "./query.ts";
import { MIN_NEW_BYTES, reach } from "./reach.ts";
import { lineTest } from "./secrets.ts";
import { eventStart, isIndented } from "./start.ts";
import type { LineRules } from "./text.ts";
import { headBytes, linesOf, rulesOf, textsOf } from "./text.ts";
import type { Part, SummarizeLimits, SummarizePart } from "./types.ts";

/** Positions of different parts lie so far from each other: `index * PART_SPAN + offset`. */
export const PART_SPAN = 2 ** 45;
const RANGE = 262_144;
const HEAVY_RANGE = 65_536;
/** What was counted is told at least so often, in milliseconds, while that is of use. */
const KEEP_MS = 500;
const ESCAPE = 27;
/** How much later than the last change of its file a time may be: by the zones that clocks can differ. */
const AHEAD_MS = 86_400_000;

/** What lines are counted into. */
export interface Summaries {
  /** Since the split. */
  readonly recent: Summary;
  readonly before: Summary;
}

/** With whom the work is done, and who hears of it. */
export interface SummarizeHelp {
  /** Shared by the threads that summarize the part together, each with a part of its lines. Default: all is done here. */
  readonly claims?: Claims | undefined;
  /** Told now and then what the summaries hold, all of it covered as the result says; not with `claims`. */
  readonly keep?: (covered: SummarizePart) => void;
}

/**
 * Counts the wanted lines of a part by their templates, as `Session.summarize` does.
 *
 * Lines that go with the one before are one event with it, which is counted by its first line: lines without a time at most
 * 200 below one that has a time, and at most 200 lines that begin with white space. A time more than a day after
 * `query.reference` is taken for none, but its line begins an event.
 */
export async function summarize(
  source: ByteSource,
  part: Part,
  query: Query,
  limits: SummarizeLimits,
  summaries: Summaries,
  control: Control,
  help: SummarizeHelp = {},
): Promise<SummarizePart> {
  const rules = rulesOf(await encodingAt(source), limits.maxLineBytes);
  const summarizer = new Summarizer(source, part, query, limits, summaries, rules, control, help);
  return part.compressed ? summarizer.stream() : summarizer.run();
}

class Summarizer {
  readonly #source: ByteSource;
  readonly #part: Part;
  readonly #query: Query;
  readonly #limits: SummarizeLimits;
  readonly #summaries: Summaries;
  readonly #rules: LineRules;
  readonly #control: Control;
  readonly #claims: Claims;
  readonly #keep: ((covered: SummarizePart) => void) | undefined;
  readonly #pattern: Pattern | undefined;
  readonly #test: ((text: string) => boolean) | undefined;
  readonly #find: Finder;
  readonly #parser: LineParser;
  readonly #quick: QuickReader;
  readonly #heads: Heads;
  readonly #byHead: boolean;
  readonly #base: number;
  /** Ms since the epoch: later times are mistakes. */
  readonly #latest: number;
  #lines = 0;
  #events = 0;
  #scanned = 0;
  #first = Infinity;
  #last = -Infinity;
  /** Offset after the last event's last line, and its lines but the first. */
  #eventEnd = -1;
  #eventLines = 0;
  #kept = performance.now();
  /** What was covered when it was told last. */
  #keptScanned = 0;
  /** Whether all that was counted is of ranges that are covered. */
  #whole = true;

  constructor(
    source: ByteSource,
    part: Part,
    query: Query,
    limits: SummarizeLimits,
    summaries: Summaries,
    rules: LineRules,
    control: Control,
    { claims, keep }: SummarizeHelp,
  ) {
    this.#source = source;
    this.#part = part;
    this.#query = query;
    this.#limits = limits;
    this.#summaries = summaries;
    this.#rules = rules;
    this.#control = control;
    this.#claims = claims ?? Claims.until(part.to);
    this.#keep = claims === undefined ? keep : undefined;
    this.#pattern = query.pattern && compilePattern(query.pattern);
    this.#test = this.#pattern && lineTest(this.#pattern, query.secrets);
    this.#find = finderOf(this.#pattern, rules.maxLineBytes, query.secrets !== undefined);
    this.#parser = parserOf(query);
    this.#quick = new QuickReader(timesOf(query));
    this.#heads = new Heads(this.#parser);
    this.#byHead = hasHeadFilter(query);
    this.#latest = query.reference === undefined ? Infinity : query.reference + AHEAD_MS;
    this.#base = (limits.index ?? 0) * PART_SPAN;
  }

  /** The ranges of a part, from its end. */
  async run(): Promise<SummarizePart> {
    const { from, to } = this.#part;
    const { rangeBytes = this.#isHeavy ? HEAVY_RANGE : RANGE, bytes = Infinity } = this.#limits;
    const reader = this.#reader(2 * rangeBytes);
    const startOf = (end: number): Promise<number> =>
      eventStart(this.#source, end - rangeBytes, from, this.#parser, this.#rules);
    for (let first = true; ; first = false) {
      if (!first && this.#control.expired) return this.#result(this.#claims.start, to, "time");
      if (!first && this.#scanned >= bytes) return this.#result(this.#claims.start, to, "bytes");
      const range = await this.#claims.next(from, startOf, () => this.#control.expired);
      if (range === undefined) return this.#result(this.#claims.start, to, this.#claims.start > from ? "time" : "end");
      for await (const block of reader.forwards(range.from, range.to)) await this.#scan(block, range.to);
      this.#scanned += range.to - range.from;
      this.#whole = true;
      this.#control.report(this.#scanned, range.from);
      if (performance.now() - this.#kept >= KEEP_MS) this.#tell(range.from, to);
    }
  }

  /** What can only be read forwards. */
  async stream(): Promise<SummarizePart> {
    const { from, to } = this.#part;
    const { bytes = Infinity } = this.#limits;
    let position = from;
    if (!(await reach(this.#source, this.#part, this.#control))) return this.#result(from, from, "time");
    for await (const block of this.#reader(2 * RANGE).forwards(from, to)) {
      const over = this.#control.aborted || (this.#control.expired && this.#scanned >= MIN_NEW_BYTES);
      if (position > from && over) return this.#result(from, position, "time");
      if (position > from && this.#scanned >= bytes) return this.#result(from, position, "bytes");
      await this.#scan(block, position);
      position = block.end;
      this.#scanned = position - from;
      this.#whole = true;
      this.#control.report(this.#scanned, position);
      if (performance.now() - this.#kept >= KEEP_MS) this.#tell(from, position);
    }
    return this.#result(from, position, "end");
  }

  get #isHeavy(): boolean {
    return this.#pattern !== undefined && isHeavy(this.#pattern);
  }

  #reader(bytes: number): BlockReader {
    const size = this.#limits.blockBytes ?? bytes;
    return new BlockReader(this.#source, this.#rules.encoding, {
      firstBytes: size,
      maxBytes: size,
      headBytes: headBytes(this.#rules),
    });
  }

  #result(from: number, to: number, ended: SummarizePart["ended"]): SummarizePart {
    return {
      lines: this.#lines,
      events: this.#events,
      scannedBytes: this.#scanned,
      exact: ended === "end" && !this.#source.damaged,
      ...(this.#source.damaged && { damaged: true }),
      from,
      to,
      ...(this.#last >= this.#first && { first: this.#first, last: this.#last }),
      ended,
    };
  }

  #tell(from: number, to: number): void {
    if (this.#keep === undefined || !this.#whole || this.#scanned === this.#keptScanned) return;
    this.#keep(this.#result(from, to, "killed"));
    this.#kept = performance.now();
    this.#keptScanned = this.#scanned;
  }

  /** @param covered where what was covered before this block begins; of a compressed part, where it ends */
  async #scan(block: Block, covered: number): Promise<void> {
    const { bytes, long } = block;
    const plain = this.#rules.encoding === "utf8" && long === undefined;
    const spans = plain && this.#pattern !== undefined ? this.#find(bytes) : linesOf(block, this.#rules);
    const texts = textsOf(block, this.#rules);
    const quick = plain && isAscii(bytes) && bytes.indexOf(ESCAPE) < 0 ? this.#quick : undefined;
    for (let at = 0; at < spans.length; at += 2) {
      const start = spans[at] ?? 0;
      const end = spans[at + 1] ?? 0;
      if (this.#test === undefined && quick?.read(bytes, start, lineEnd(bytes, start, end)) === true) {
        if (end - start <= this.#rules.maxLineBytes && (quick.time ?? 0) <= this.#latest) {
          const summary = this.#take(quick, false, block.offset + start, block.offset + end);
          summary?.addBytes(bytes, quick.start, lineEnd(bytes, start, end), quick, this.#base + block.offset + start);
          continue;
        }
      }
      const text = texts(start, end);
      if (this.#test !== undefined && !this.#matches(text, block.offset + start, block.offset + end, covered)) continue;
      const offset = block.offset + start;
      const counted = this.#count(text, offset, long === undefined ? block.offset + end : block.end);
      if (counted !== undefined) await counted;
    }
  }

  #matches(text: string, from: number, to: number, covered: number): boolean {
    const test = this.#test;
    if (test === undefined) return true;
    const steps = (this.#pattern?.weight ?? 1) * text.length;
    if (steps >= RISKY_STEPS)
      this.#tell(this.#part.compressed ? this.#part.from : covered, this.#part.compressed ? covered : this.#part.to);
    return this.#control.guard(steps, from, to, this.#scanned, () => test(text));
  }

  #count(text: string, start: number, end: number): Promise<void> | undefined {
    const line = this.#parser.head(text);
    const { time, level, message } = line;
    if (time === undefined && start !== this.#eventEnd) {
      return headAbove(this.#source, start, this.#parser, this.#rules).then((above) => {
        this.#heads.reset(above?.head, above?.distance);
        this.#add({ time, level }, message, text, start, end);
      });
    }
    this.#add(line, message, text, start, end);
    return undefined;
  }

  #add(own: Head, message: string, text: string, start: number, end: number): void {
    const summary = this.#take(own, isIndented(text), start, end);
    if (summary === undefined) return;
    const { time, level } = this.#trusted(this.#heads.last);
    summary.add({ message, time, level }, this.#base + start);
  }

  /** A time later than the file can have is none. */
  #trusted(head: Head): Head {
    return head.time !== undefined && head.time > this.#latest ? { level: head.level } : head;
  }

  /** Takes note of a line; returns the summary to which its message is to be added, if it is wanted and begins an event. */
  #take(own: Head, indented: boolean, start: number, end: number): Summary | undefined {
    const head = this.#trusted(this.#heads.take(own));
    const follows = start === this.#eventEnd && own.time === undefined;
    if (this.#byHead && !wants(this.#query, head)) return undefined;
    this.#lines++;
    this.#whole = false;
    const goesOn = follows && this.#eventLines < MAX_LOOK_BACK && (this.#heads.inherits || indented);
    this.#eventEnd = end;
    this.#eventLines = goesOn ? this.#eventLines + 1 : 0;
    if (goesOn) return undefined;
    this.#events++;
    this.#control.found();
    const { time } = head;
    if (time !== undefined) {
      if (time < this.#first) this.#first = time;
      if (time > this.#last) this.#last = time;
    }
    const { split } = this.#limits;
    return split !== undefined && time !== undefined && time < split ? this.#summaries.before : this.#summaries.recent;
  }
}

/** Where a line ends without its line end. */
function lineEnd(bytes: Buffer, start: number, end: number): number {
  const last = bytes[end - 1] === 10 ? end - 1 : end;
  return bytes[last - 1] === 13 && last > start ? last - 1 : last;
}
