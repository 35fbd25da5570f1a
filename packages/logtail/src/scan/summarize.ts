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
import type { Head } from "./heads.ts";
import { headAbove } from "./heads.ts";
import { Matcher } from "./matcher.ts";
import { parserOf, timesOf } from "./query.ts";
import { MIN_NEW_BYTES, reach } from "./reach.ts";
import type { Scan } from "./scan.ts";
import { eventStart, isIndented } from "./start.ts";
import type { Summaries } from "./tally.ts";
import { Tally } from "./tally.ts";
import type { LineRules } from "./text.ts";
import { headBytes, rulesOf, textsOf } from "./text.ts";
import type { Part, SummarizeLimits, SummarizePart } from "./types.ts";
import { PART_SPAN } from "./types.ts";

const RANGE = 262_144;
const HEAVY_RANGE = 65_536;
/** What was counted is told at least so often, in milliseconds, while that is of use. */
const KEEP_MS = 500;
const ESCAPE = 27;

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
  scan: Scan<SummarizeLimits>,
  summaries: Summaries,
  help: SummarizeHelp = {},
): Promise<SummarizePart> {
  const rules = rulesOf(await encodingAt(scan.source), scan.limits.maxLineBytes);
  const summarizer = new Summarizer(scan, summaries, rules, help);
  return scan.part.compressed ? summarizer.stream() : summarizer.run();
}

class Summarizer {
  readonly #source: ByteSource;
  readonly #part: Part;
  readonly #limits: SummarizeLimits;
  readonly #control: Control;
  readonly #rules: LineRules;
  readonly #matcher: Matcher;
  readonly #parser: LineParser;
  readonly #quick: QuickReader;
  readonly #tally: Tally;
  readonly #claims: Claims;
  readonly #keep: ((covered: SummarizePart) => void) | undefined;
  /** Of the part's positions. */
  readonly #base: number;
  #scanned = 0;
  #kept = performance.now();
  /** What was covered when it was told last. */
  #keptScanned = 0;
  /** The lines that were counted when the last range, or block, was covered. */
  #coveredLines = 0;

  constructor(
    { source, part, query, limits, control }: Scan<SummarizeLimits>,
    summaries: Summaries,
    rules: LineRules,
    { claims, keep }: SummarizeHelp,
  ) {
    this.#source = source;
    this.#part = part;
    this.#limits = limits;
    this.#control = control;
    this.#rules = rules;
    this.#matcher = new Matcher(query, rules);
    this.#parser = parserOf(query);
    this.#quick = new QuickReader(timesOf(query));
    this.#tally = new Tally(query, summaries, limits.split, this.#parser);
    this.#claims = claims ?? Claims.until(part.to);
    this.#keep = claims === undefined ? keep : undefined;
    this.#base = (limits.index ?? 0) * PART_SPAN;
  }

  /** The ranges of a part, from its end. */
  async run(): Promise<SummarizePart> {
    const { from, to } = this.#part;
    const { rangeBytes = this.#matcher.isHeavy ? HEAVY_RANGE : RANGE, bytes = Infinity } = this.#limits;
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
      this.#coveredLines = this.#tally.lines;
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
      this.#coveredLines = this.#tally.lines;
      this.#control.report(this.#scanned, position);
      if (performance.now() - this.#kept >= KEEP_MS) this.#tell(from, position);
    }
    return this.#result(from, position, "end");
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
    const { lines, events, first, last } = this.#tally;
    return {
      lines,
      events,
      scannedBytes: this.#scanned,
      exact: ended === "end" && !this.#source.damaged,
      ...(this.#source.damaged && { damaged: true }),
      from,
      to,
      ...(last >= first && { first, last }),
      ended,
    };
  }

  #tell(from: number, to: number): void {
    if (this.#keep === undefined || this.#scanned === this.#keptScanned) return;
    // What was counted of a range that is not yet covered cannot be told apart.
    if (this.#tally.lines > this.#coveredLines) return;
    this.#keep(this.#result(from, to, "killed"));
    this.#kept = performance.now();
    this.#keptScanned = this.#scanned;
  }

  /** @param covered where what was covered before this block begins; of a compressed part, where it ends */
  async #scan(block: Block, covered: number): Promise<void> {
    const { bytes, offset, long } = block;
    const spans = this.#matcher.candidates(block);
    const texts = textsOf(block, this.#rules);
    const plain = this.#rules.encoding === "utf8" && long === undefined && isAscii(bytes) && bytes.indexOf(ESCAPE) < 0;
    const quick = plain && this.#matcher.matchesAll ? this.#quick : undefined;
    for (let at = 0; at < spans.length; at += 2) {
      const start = spans[at] ?? 0;
      const end = spans[at + 1] ?? 0;
      if (quick?.read(bytes, start, lineEnd(bytes, start, end)) === true) {
        if (end - start <= this.#rules.maxLineBytes && this.#tally.isPossible(quick.time)) {
          const summary = this.#take(quick, false, offset + start, offset + end);
          summary?.addBytes(bytes, quick.start, lineEnd(bytes, start, end), quick, this.#base + offset + start);
          continue;
        }
      }
      const text = texts(start, end);
      if (!this.#matches(text, offset + start, offset + end, covered)) continue;
      const counted = this.#count(text, offset + start, long === undefined ? offset + end : block.end);
      if (counted !== undefined) await counted;
    }
  }

  #matches(text: string, from: number, to: number, covered: number): boolean {
    if (this.#matcher.matchesAll) return true;
    const steps = this.#matcher.stepsFor(text);
    if (steps >= RISKY_STEPS)
      this.#tell(this.#part.compressed ? this.#part.from : covered, this.#part.compressed ? covered : this.#part.to);
    return this.#control.guard(steps, from, to, this.#scanned, () => this.#matcher.test(text));
  }

  #count(text: string, start: number, end: number): Promise<void> | undefined {
    const line = this.#parser.head(text);
    const { time, level, message } = line;
    if (time === undefined && !this.#tally.follows(start)) {
      return headAbove(this.#source, start, this.#parser, this.#rules).then((above) => {
        this.#tally.reset(above?.head, above?.distance);
        this.#add({ time, level }, message, text, start, end);
      });
    }
    this.#add(line, message, text, start, end);
    return undefined;
  }

  #add(own: Head, message: string, text: string, start: number, end: number): void {
    const summary = this.#take(own, isIndented(text), start, end);
    const { time, level } = this.#tally.head;
    summary?.add({ message, time, level }, this.#base + start);
  }

  #take(own: Head, indented: boolean, start: number, end: number): Summary | undefined {
    const summary = this.#tally.take(own, indented, start, end);
    if (summary !== undefined) this.#control.found();
    return summary;
  }
}

/** Where a line ends without its line end. */
function lineEnd(bytes: Buffer, start: number, end: number): number {
  const last = bytes[end - 1] === 10 ? end - 1 : end;
  return bytes[last - 1] === 13 && last > start ? last - 1 : last;
}
