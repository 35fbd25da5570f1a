import type { LineParser } from "../format/parser.ts";
import type { Line } from "../lines/line.ts";
import type { Block } from "./blocks.ts";
import { BlockReader, encodingAt } from "./blocks.ts";
import type { ByteSource } from "./bytes.ts";
import type { Control } from "./control.ts";
import type { Finder, Spans } from "./find.ts";
import { finderOf } from "./find.ts";
import type { Head } from "./heads.ts";
import { headAbove, Heads, inherit } from "./heads.ts";
import type { Pattern } from "./pattern.ts";
import { compilePattern, isHeavy } from "./pattern.ts";
import type { Query } from "./query.ts";
import { hasHeadFilter, parserOf, wants } from "./query.ts";
import { MIN_NEW_BYTES, reach } from "./reach.ts";
import { lineTest } from "./secrets.ts";
import type { LineRules } from "./text.ts";
import { headBytes, lineAt, linesAfter, linesBefore, linesOf, rulesOf } from "./text.ts";
import type { Ended, Hit, Part, SearchLimits, SearchPart } from "./types.ts";

/** Lines between two looks at the clock. */
const LINES_PER_LOOK = 64;
const MAX_CONTEXT = 1000;

/** A line that is wanted, and what is known of it. */
interface Found {
  readonly line: Line;
  readonly head: Head | undefined;
}

/** Searches a part of a file, as `Session.search` does; in the thread that calls it. @throws PatternError */
export async function search(
  source: ByteSource,
  part: Part,
  query: Query,
  limits: SearchLimits,
  control: Control,
): Promise<SearchPart> {
  const rules = rulesOf(await encodingAt(source), limits.maxLineBytes);
  const searcher = new Searcher(source, part, query, limits, rules, control);
  return part.compressed && limits.newestFirst === true ? searcher.newestOfStream() : searcher.run();
}

class Searcher {
  readonly #source: ByteSource;
  readonly #part: Part;
  readonly #query: Query;
  readonly #limits: SearchLimits;
  readonly #rules: LineRules;
  readonly #control: Control;
  readonly #pattern: Pattern | undefined;
  readonly #lineTest: ((text: string) => boolean) | undefined;
  readonly #find: Finder;
  readonly #parser: LineParser;
  readonly #heads: Heads;
  readonly #byHead: boolean;
  readonly #newest: boolean;
  /** Up to where, in the direction of the search, all is scanned. */
  #position: number;
  #hits = 0;
  #matched = 0;
  #cutLines = 0;
  #afterLastHit: number;
  #ended: Ended = "end";

  constructor(source: ByteSource, part: Part, query: Query, limits: SearchLimits, rules: LineRules, control: Control) {
    this.#source = source;
    this.#part = part;
    this.#query = query;
    this.#limits = limits;
    this.#rules = rules;
    this.#control = control;
    this.#pattern = query.pattern && compilePattern(query.pattern);
    this.#lineTest = this.#pattern && lineTest(this.#pattern, query.secrets);
    this.#find = finderOf(this.#pattern, rules.maxLineBytes, query.secrets !== undefined);
    this.#parser = parserOf(query);
    this.#heads = new Heads(this.#parser);
    this.#byHead = hasHeadFilter(query);
    this.#newest = limits.newestFirst === true;
    this.#position = this.#newest ? part.to : part.from;
    this.#afterLastHit = this.#position;
  }

  async run(): Promise<SearchPart> {
    const { from, to } = this.#part;
    const reader = this.#reader();
    const maxBytes = this.#limits.bytes ?? Infinity;
    let first = true;
    if (!(await reach(this.#source, this.#part, this.#control))) {
      this.#ended = "time";
      return this.#result();
    }
    for await (const block of this.#newest ? reader.backwards(from, to) : reader.forwards(from, to)) {
      if (!first && this.#isOver) this.#ended = "time";
      else if (!first && this.#scannedBytes >= maxBytes) this.#ended = "bytes";
      if (this.#ended !== "end" || (await this.#scan(block))) break;
      first = false;
      this.#position = this.#newest ? block.offset : block.end;
      this.#control.report(this.#scannedBytes, this.#goOn);
    }
    return this.#result();
  }

  /** The last hits of what can only be read forwards: all of it is scanned. */
  async newestOfStream(): Promise<SearchPart> {
    const { from, to } = this.#part;
    this.#position = from;
    const ring: Hit[] = [];
    for await (const block of this.#reader().forwards(from, to)) {
      if (this.#position > from && this.#control.expired) {
        this.#ended = "time";
        break;
      }
      const found = await this.#wanted(block, this.#candidates(block));
      for (const _ of found) this.#control.found();
      this.#matched += found.length;
      for (const one of found.slice(Math.max(0, found.length - this.#limits.hits))) ring.push(await this.#hit(one));
      ring.splice(0, Math.max(0, ring.length - this.#limits.hits));
      this.#position = block.end;
      this.#control.report(block.end - from, from);
    }
    const whole = this.#ended === "end";
    const hits = whole ? ring.reverse() : [];
    const more = !whole || this.#matched > hits.length;
    return {
      hits,
      matched: this.#matched,
      scannedBytes: this.#position - from,
      exact: whole && !this.#source.damaged,
      next: more ? (hits.at(-1)?.line.start ?? ownEnd(this.#part)) : undefined,
      ended: this.#ended,
      ...this.#faults,
    };
  }

  get #isOver(): boolean {
    const { aborted, expired } = this.#control;
    return aborted || (expired && (!this.#part.compressed || this.#scannedBytes >= MIN_NEW_BYTES));
  }

  get #scannedBytes(): number {
    return Math.abs(this.#position - (this.#newest ? this.#part.to : this.#part.from));
  }

  /** Where further hits are. */
  get #goOn(): number {
    return this.#matched > this.#hits ? this.#afterLastHit : this.#position;
  }

  #reader(): BlockReader {
    const { firstBlockBytes, blockBytes } = this.#limits;
    // A block of a pattern that costs much is a short one, so that the clock is looked at often.
    const maxBytes = blockBytes ?? (this.#pattern !== undefined && isHeavy(this.#pattern) ? 65_536 : 524_288);
    return new BlockReader(this.#source, this.#rules.encoding, {
      maxBytes,
      headBytes: headBytes(this.#rules),
      ...(firstBlockBytes !== undefined && { firstBytes: firstBlockBytes }),
    });
  }

  #candidates(block: Block): Spans {
    const { bytes, offset, long } = block;
    if (this.#rules.encoding !== "utf8" || long !== undefined) return linesOf(block, this.#rules);
    const marked = offset === 0 && bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
    if (!marked) return this.#find(bytes);
    // The first line's text begins behind the mark: it is looked at alone.
    const first = bytes.indexOf(10) + 1 || bytes.length;
    return [0, first, ...this.#find(bytes.subarray(first)).map((at) => at + first)];
  }

  /** @returns whether the search is over */
  async #scan(block: Block): Promise<boolean> {
    const spans = this.#candidates(block);
    if (this.#byHead) {
      const found = await this.#wanted(block, spans);
      if (this.#newest) found.reverse();
      for (const one of found) if (await this.#take(one)) return true;
      return false;
    }
    const count = spans.length / 2;
    for (let index = 0; index < count; index++) {
      const at = 2 * (this.#newest ? count - 1 - index : index);
      const start = spans[at] ?? 0;
      const end = spans[at + 1] ?? 0;
      if (index % LINES_PER_LOOK === LINES_PER_LOOK - 1) {
        this.#position = block.long ? this.#position : block.offset + (this.#newest ? end : start);
        this.#control.report(this.#scannedBytes, this.#goOn);
        if (this.#isOver) {
          this.#ended = "time";
          return true;
        }
      }
      const line = lineAt(block, start, end, this.#rules);
      if (this.#test(line) && (await this.#take({ line, head: undefined }))) return true;
    }
    return false;
  }

  /** The wanted lines of a block, with time and level, in the order of the file. */
  async #wanted(block: Block, spans: Spans): Promise<Found[]> {
    const found: Found[] = [];
    let last = -1;
    for (let at = 0; at < spans.length; at += 2) {
      const start = spans[at] ?? 0;
      const line = lineAt(block, start, spans[at + 1] ?? 0, this.#rules);
      if (this.#pattern !== undefined && !this.#test(line)) continue;
      let own: Head = this.#parser.head(line.text);
      if (own.time === undefined && (last === -1 || line.start !== last)) {
        own = { level: own.level };
        const above = await headAbove(this.#source, line.start, this.#parser, this.#rules);
        this.#heads.reset(above?.head, above?.distance);
      }
      const head = this.#heads.take(own);
      last = line.end;
      if (this.#query.heads === true && this.#heads.inherits) continue;
      if (wants(this.#query, head)) found.push({ line, head: { time: head.time, level: head.level } });
    }
    return found;
  }

  #test(line: Line): boolean {
    const test = this.#lineTest;
    if (test === undefined) return true;
    const steps = (this.#pattern?.weight ?? 1) * line.text.length;
    const wanted = this.#control.guard(steps, line.start, line.end, this.#scannedBytes, () => test(line.text));
    if (!wanted && line.cut) this.#cutLines++;
    return wanted;
  }

  /** @returns whether the search is over */
  async #take(found: Found): Promise<boolean> {
    const { line } = found;
    const { hits, count } = this.#limits;
    this.#matched++;
    if (this.#hits >= hits) {
      this.#control.found();
      return false;
    }
    this.#control.found(await this.#hit(found));
    this.#hits++;
    this.#afterLastHit = this.#newest ? line.start : line.end;
    if (this.#hits < hits || count === true) return false;
    this.#position = this.#afterLastHit;
    this.#ended = "hits";
    return true;
  }

  async #hit({ line, head }: Found): Promise<Hit> {
    const { before = 0, after = 0 } = this.#limits;
    const known = head ?? (await this.#headOf(line));
    return {
      line,
      ...(known.time !== undefined && { time: known.time }),
      ...(known.level !== undefined && { level: known.level }),
      before: await linesBefore(this.#source, line.start, Math.min(before, MAX_CONTEXT), this.#rules),
      after: await linesAfter(this.#source, line.end, Math.min(after, MAX_CONTEXT), this.#rules),
    };
  }

  async #headOf(line: Line): Promise<Head> {
    const { time, level } = this.#parser.head(line.text);
    const own = { time, level };
    if (time !== undefined) return own;
    const above = await headAbove(this.#source, line.start, this.#parser, this.#rules);
    return above === undefined ? own : inherit(own, above.head);
  }

  #result(): SearchPart {
    const { from, to } = this.#part;
    const complete = this.#newest ? this.#position <= from : this.#position >= to;
    const ended = this.#ended === "end" || complete ? "end" : this.#ended;
    return {
      hits: this.#control.rest(),
      matched: this.#matched,
      scannedBytes: this.#scannedBytes,
      exact: ended === "end" && !this.#source.damaged,
      next: ended === "end" && this.#matched <= this.#hits ? undefined : this.#goOn,
      ended,
      ...this.#faults,
    };
  }

  get #faults(): Pick<SearchPart, "damaged" | "cutLines"> {
    return {
      ...(this.#source.damaged && { damaged: true }),
      ...(this.#cutLines > 0 && { cutLines: this.#cutLines }),
    };
  }
}

/** Where to go on, newest first, when nothing is known of a part. */
export function ownEnd({ to }: Part): number {
  return Math.min(to, Number.MAX_SAFE_INTEGER);
}
