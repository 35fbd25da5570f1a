import type { Block } from "./blocks.ts";
import type { Finder, Spans } from "./find.ts";
import { finderOf } from "./find.ts";
import type { Pattern } from "./pattern.ts";
import { compilePattern, isHeavy } from "./pattern.ts";
import type { Query } from "./query.ts";
import { lineTest } from "./secrets.ts";
import type { LineRules } from "./text.ts";
import { linesOf } from "./text.ts";

/** The pattern of a query, ready for the blocks and lines of one file; without a pattern every line matches. */
export class Matcher {
  /** Whether there is no pattern. */
  readonly matchesAll: boolean;
  /** Whether so much work is in the pattern that blocks are to be short, so that the clock is looked at often. */
  readonly isHeavy: boolean;
  /** Whether a text matches. */
  readonly test: (text: string) => boolean;
  readonly #pattern: Pattern | undefined;
  readonly #find: Finder;
  readonly #rules: LineRules;

  /** @throws PatternError */
  constructor({ pattern: spec, secrets }: Query, rules: LineRules) {
    const pattern = spec && compilePattern(spec);
    this.matchesAll = pattern === undefined;
    this.isHeavy = pattern !== undefined && isHeavy(pattern);
    this.test = pattern === undefined ? () => true : lineTest(pattern, secrets);
    this.#pattern = pattern;
    this.#find = finderOf(pattern, rules.maxLineBytes, secrets !== undefined);
    this.#rules = rules;
  }

  /** The steps that `test` takes at most. */
  stepsFor(text: string): number {
    return (this.#pattern?.weight ?? 1) * text.length;
  }

  /** Lines of a block that may match: all that do, and some that do not. */
  candidates(block: Block): Spans {
    const { bytes, offset, long } = block;
    if (this.matchesAll || this.#rules.encoding !== "utf8" || long !== undefined) return linesOf(block, this.#rules);
    const marked = offset === 0 && bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
    if (!marked) return this.#find(bytes);
    // The first line's text begins behind the mark: it is looked at alone.
    const first = bytes.indexOf(10) + 1 || bytes.length;
    return [0, first, ...this.#find(bytes.subarray(first)).map((at) => at + first)];
  }
}
