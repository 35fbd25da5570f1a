import { bracketed, charEscape, setEscape } from "./characters.ts";
import type { Node } from "./node.ts";
import { Reader } from "./reader.ts";
import { ANY } from "./sets.ts";

/** Most that `{n}` may say, as in RE2. */
const MAX_REPEAT = 1000;
/** Groups within groups. */
const MAX_DEPTH = 50;

/** What a regular expression means, and whether it began with `(?i)`. */
export interface Parsed {
  readonly node: Node;
  readonly ignoreCase: boolean;
}

/**
 * Parses a regular expression: the syntax that JavaScript and RE2 have in common. `\d`, `\w`, `\s` and `\b` know ASCII
 * only, as in RE2; `^` and `$` are the start and end of the line; `.` is any character.
 * @throws PatternError naming the position (from 0, in UTF-16 units) and what to write instead
 */
export function parsePattern(source: string): Parsed {
  return new Parser(source).parse();
}

class Parser {
  readonly #reader: Reader;
  readonly #names = new Set<string>();
  #depth = 0;

  constructor(source: string) {
    this.#reader = new Reader(source);
  }

  parse(): Parsed {
    const flags = this.#reader.match(/^\(\?([imsu]+)\)/, this.#reader.source.length);
    const ignoreCase = flags?.[1]?.includes("i") ?? false;
    const node = this.#alternation();
    if (!this.#reader.ended) this.#reader.fail("syntax", "this ) closes no group: write \\) for the character");
    return { node, ignoreCase };
  }

  #alternation(): Node {
    const options = [this.#concat()];
    while (this.#reader.take("|")) options.push(this.#concat());
    return options.length === 1 && options[0] !== undefined ? options[0] : { type: "alternation", options };
  }

  #concat(): Node {
    const parts: Node[] = [];
    while (!this.#reader.ended && !this.#reader.sees("|") && !this.#reader.sees(")")) parts.push(this.#quantified());
    return parts.length === 1 && parts[0] !== undefined ? parts[0] : { type: "concat", parts };
  }

  #quantified(): Node {
    const start = this.#reader.at;
    const body = this.#atom();
    const bounds = this.#bounds();
    if (bounds === undefined) return body;
    const [min, max] = bounds;
    if (body.type === "assert" && this.#reader.source.charAt(start) !== "(")
      this.#reader.fail("syntax", "an anchor cannot be repeated: remove the quantifier", start);
    if (min > max) this.#reader.fail("syntax", `{${min},${max}} asks for more than it allows: swap the numbers`, start);
    if (min > MAX_REPEAT || (max !== Infinity && max > MAX_REPEAT))
      this.#reader.fail("too_large", `a repetition may be at most ${MAX_REPEAT}: write * or + for more`, start);
    const lazy = this.#reader.take("?");
    if (this.#reader.sees("+"))
      this.#reader.fail(
        "unsupported",
        "possessive quantifiers are not supported: leave the second + away, the search is safe",
      );
    const again = this.#reader.at;
    if (this.#reader.sees("*") || this.#reader.sees("?") || this.#bounds() !== undefined)
      this.#reader.fail("syntax", "a quantifier after a quantifier: put what is repeated into a group (?:…)", again);
    return { type: "repeat", body, min, max, lazy };
  }

  /** The quantifier at hand; a `{` that starts none is a character. */
  #bounds(): readonly [number, number] | undefined {
    if (this.#reader.take("*")) return [0, Infinity];
    if (this.#reader.take("+")) return [1, Infinity];
    if (this.#reader.take("?")) return [0, 1];
    const braces = this.#reader.match(/^\{(\d{1,6})(,(\d{1,6})?)?\}/, 16);
    if (braces === undefined) return undefined;
    const min = Number(braces[1]);
    return [min, braces[2] === undefined ? min : braces[3] === undefined ? Infinity : Number(braces[3])];
  }

  #atom(): Node {
    const start = this.#reader.at;
    const code = this.#reader.next();
    switch (code) {
      case 0x2e:
        return { type: "set", set: ANY };
      case 0x5e:
        return { type: "assert", kind: "start" };
      case 0x24:
        return { type: "assert", kind: "end" };
      case 0x28:
        return this.#group(start);
      case 0x5b:
        return { type: "set", set: bracketed(this.#reader, start) };
      case 0x5c:
        return this.#escape(start);
      case 0x2a:
      case 0x2b:
      case 0x3f:
        return this.#reader.fail(
          "syntax",
          `there is nothing to repeat before ${JSON.stringify(String.fromCodePoint(code))}: write a backslash before it for the character`,
          start,
        );
      default:
        return { type: "char", code };
    }
  }

  #group(start: number): Node {
    const rest = this.#reader.source.slice(this.#reader.at, this.#reader.at + 80);
    if (/^\?(?:<?[=!])/.test(rest))
      this.#reader.fail(
        "unsupported",
        "lookaround is not supported: search for the line, and leave out with a second search",
        start,
      );
    if (rest.startsWith("?>")) this.#reader.fail("unsupported", "atomic groups are not supported: write (?:…)", start);
    const named = this.#reader.match(/^\?P?<([^>]*)>/, 80);
    if (named !== undefined) {
      const name = named[1] ?? "";
      if (!/^[A-Za-z_]\w*$/.test(name))
        this.#reader.fail("syntax", "a group's name is made of letters, digits and _", start);
      if (this.#names.has(name)) this.#reader.fail("syntax", `two groups are named ${name}: rename one`, start);
      this.#names.add(name);
    } else if (!this.#reader.take("?:") && rest.startsWith("?"))
      this.#reader.fail(
        "unsupported",
        "only (?:…), (?<name>…), and (?i) at the very start of the pattern are supported",
        start,
      );
    if (++this.#depth > MAX_DEPTH) this.#reader.fail("too_large", `groups are nested over ${MAX_DEPTH} deep`, start);
    const node = this.#alternation();
    this.#depth--;
    if (!this.#reader.take(")"))
      this.#reader.fail("syntax", "this ( is never closed: add ) or write \\( for the character", start);
    return node;
  }

  #escape(start: number): Node {
    const { letter } = this.#reader;
    if (letter === "")
      this.#reader.fail("syntax", "the pattern ends in a backslash: write \\\\ for the character", start);
    if (letter >= "1" && letter <= "9")
      this.#reader.fail(
        "unsupported",
        `backreferences such as \\${letter} are not supported: write out what is meant`,
        start,
      );
    if (letter === "k") this.#reader.fail("unsupported", "backreferences such as \\k<name> are not supported", start);
    const assert = { b: "word", B: "notWord", A: "start", z: "end", Z: "end" } as const;
    if (letter in assert) {
      this.#reader.at++;
      return { type: "assert", kind: assert[letter as keyof typeof assert] };
    }
    const set = setEscape(this.#reader, start);
    return set === undefined ? { type: "char", code: charEscape(this.#reader, start) } : { type: "set", set };
  }
}
