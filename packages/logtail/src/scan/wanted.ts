import type { LineParser } from "../format/parser.ts";
import type { Line } from "../lines/line.ts";
import type { Block } from "./blocks.ts";
import type { ByteSource } from "./bytes.ts";
import type { Control } from "./control.ts";
import type { Spans } from "./find.ts";
import type { Head } from "./heads.ts";
import { headAbove, Heads, inherit } from "./heads.ts";
import type { Matcher } from "./matcher.ts";
import type { Query } from "./query.ts";
import { parserOf, wants } from "./query.ts";
import type { Scan } from "./scan.ts";
import type { LineRules } from "./text.ts";
import { lineAt } from "./text.ts";
import type { SearchLimits } from "./types.ts";

/** A line that is wanted, and what is known of it. */
export interface Found {
  readonly line: Line;
  readonly head: Head | undefined;
}

/** Says which lines of a file are wanted. */
export class WantedLines {
  /** Lines that were cut, and might match in what was left out. */
  cutLines = 0;
  readonly #source: ByteSource;
  readonly #query: Query;
  readonly #control: Control;
  readonly #rules: LineRules;
  readonly #matcher: Matcher;
  readonly #parser: LineParser;
  readonly #heads: Heads;

  constructor({ source, query, control }: Scan<SearchLimits>, rules: LineRules, matcher: Matcher) {
    this.#source = source;
    this.#query = query;
    this.#control = control;
    this.#rules = rules;
    this.#matcher = matcher;
    this.#parser = parserOf(query);
    this.#heads = new Heads(this.#parser);
  }

  /** Whether the text of a line matches. */
  matches(line: Line, scannedBytes: number): boolean {
    const { text, start, end, cut } = line;
    if (this.#matcher.matchesAll) return true;
    const steps = this.#matcher.stepsFor(text);
    const matches = this.#control.guard(steps, start, end, scannedBytes, () => this.#matcher.test(text));
    if (!matches && cut) this.cutLines++;
    return matches;
  }

  /** The lines of a block that are wanted for their text, time and level, in the order of the file. */
  async of(block: Block, spans: Spans, scannedBytes: number): Promise<Found[]> {
    const found: Found[] = [];
    let last = -1;
    for (let at = 0; at < spans.length; at += 2) {
      const line = lineAt(block, spans[at] ?? 0, spans[at + 1] ?? 0, this.#rules);
      if (!this.matches(line, scannedBytes)) continue;
      let own: Head = this.#parser.head(line.text);
      if (own.time === undefined && line.start !== last) {
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

  /** The time and level of a line, its own or those from above. */
  async headOf(line: Line): Promise<Head> {
    const { time, level } = this.#parser.head(line.text);
    const own = { time, level };
    if (time !== undefined) return own;
    const above = await headAbove(this.#source, line.start, this.#parser, this.#rules);
    return above === undefined ? own : inherit(own, above.head);
  }
}
