import type { Block } from "./blocks.ts";
import { BlockReader, encodingAt } from "./blocks.ts";
import type { ByteSource } from "./bytes.ts";
import type { Control } from "./control.ts";
import { Matcher } from "./matcher.ts";
import { hasHeadFilter } from "./query.ts";
import { MIN_NEW_BYTES, reach } from "./reach.ts";
import type { Scan } from "./scan.ts";
import type { LineRules } from "./text.ts";
import { headBytes, lineAt, linesAfter, linesBefore, rulesOf } from "./text.ts";
import type { Ended, Hit, Part, SearchLimits, SearchPart } from "./types.ts";
import type { Found } from "./wanted.ts";
import { WantedLines } from "./wanted.ts";

/** Lines between two looks at the clock. */
const LINES_PER_LOOK = 64;
const MAX_CONTEXT = 1000;

/** Searches a part of a file, as `Session.search` does; in the thread that calls it. @throws PatternError */
export async function search(scan: Scan<SearchLimits>): Promise<SearchPart> {
  const rules = rulesOf(await encodingAt(scan.source), scan.limits.maxLineBytes);
  const searcher = new Searcher(scan, rules);
  const backwards = scan.part.compressed && scan.limits.newestFirst === true;
  return backwards ? searcher.newestOfStream() : searcher.run();
}

class Searcher {
  readonly #source: ByteSource;
  readonly #part: Part;
  readonly #limits: SearchLimits;
  readonly #control: Control;
  readonly #rules: LineRules;
  readonly #matcher: Matcher;
  readonly #wanted: WantedLines;
  readonly #byHead: boolean;
  readonly #newest: boolean;
  /** Up to where, in the direction of the search, all is scanned. */
  #position: number;
  #hits = 0;
  #matched = 0;
  #afterLastHit: number;
  #ended: Ended = "end";

  constructor(scan: Scan<SearchLimits>, rules: LineRules) {
    const { source, part, query, limits, control } = scan;
    this.#source = source;
    this.#part = part;
    this.#limits = limits;
    this.#control = control;
    this.#rules = rules;
    this.#matcher = new Matcher(query, rules);
    this.#wanted = new WantedLines(scan, rules, this.#matcher);
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
      const found = await this.#wanted.of(block, this.#matcher.candidates(block), this.#scannedBytes);
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
    const maxBytes = blockBytes ?? (this.#matcher.isHeavy ? 65_536 : 524_288);
    return new BlockReader(this.#source, this.#rules.encoding, {
      maxBytes,
      headBytes: headBytes(this.#rules),
      ...(firstBlockBytes !== undefined && { firstBytes: firstBlockBytes }),
    });
  }

  /** @returns whether the search is over */
  async #scan(block: Block): Promise<boolean> {
    const spans = this.#matcher.candidates(block);
    if (this.#byHead) {
      const found = await this.#wanted.of(block, spans, this.#scannedBytes);
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
      if (this.#wanted.matches(line, this.#scannedBytes) && (await this.#take({ line, head: undefined }))) return true;
    }
    return false;
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
    const known = head ?? (await this.#wanted.headOf(line));
    return {
      line,
      ...(known.time !== undefined && { time: known.time }),
      ...(known.level !== undefined && { level: known.level }),
      before: await linesBefore(this.#source, line.start, Math.min(before, MAX_CONTEXT), this.#rules),
      after: await linesAfter(this.#source, line.end, Math.min(after, MAX_CONTEXT), this.#rules),
    };
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
      ...(this.#wanted.cutLines > 0 && { cutLines: this.#wanted.cutLines }),
    };
  }
}

/** Where to go on, newest first, when nothing is known of a part. */
export function ownEnd({ to }: Part): number {
  return Math.min(to, Number.MAX_SAFE_INTEGER);
}
