import { PatternError } from "./error.ts";

/** Code points from the first to the second, both included. */
export type Range = readonly [number, number];

/** A set of characters. */
export interface CharSet {
  /** In ascending order, without overlaps. */
  readonly ranges: readonly Range[];
  /** Unicode properties such as `L`, `Lu` or `Greek`. */
  readonly properties: readonly { readonly name: string; readonly negated: boolean }[];
  readonly negated: boolean;
}

export type Node =
  | { readonly type: "char"; readonly code: number }
  | { readonly type: "set"; readonly set: CharSet }
  | { readonly type: "assert"; readonly kind: "start" | "end" | "word" | "notWord" }
  | { readonly type: "concat"; readonly parts: readonly Node[] }
  | { readonly type: "alternation"; readonly options: readonly Node[] }
  | {
      readonly type: "repeat";
      readonly body: Node;
      readonly min: number;
      /** Infinity: no bound. */
      readonly max: number;
      readonly lazy: boolean;
    };

/** Most that `{n}` may say, as in RE2. */
const MAX_REPEAT = 1000;
/** Groups within groups. */
const MAX_DEPTH = 50;
const MAX_CODE = 0x10_ffff;
const DIGIT: readonly Range[] = [[48, 57]];
const WORD: readonly Range[] = [
  [48, 57],
  [65, 90],
  [95, 95],
  [97, 122],
];
const SPACE: readonly Range[] = [
  [9, 13],
  [32, 32],
];
const POSIX: Readonly<Record<string, readonly Range[]>> = {
  alnum: [
    [48, 57],
    [65, 90],
    [97, 122],
  ],
  alpha: [
    [65, 90],
    [97, 122],
  ],
  ascii: [[0, 127]],
  blank: [
    [9, 9],
    [32, 32],
  ],
  cntrl: [
    [0, 31],
    [127, 127],
  ],
  digit: DIGIT,
  graph: [[33, 126]],
  lower: [[97, 122]],
  print: [[32, 126]],
  punct: [
    [33, 47],
    [58, 64],
    [91, 96],
    [123, 126],
  ],
  space: SPACE,
  upper: [[65, 90]],
  word: WORD,
  xdigit: [
    [48, 57],
    [65, 70],
    [97, 102],
  ],
};
/** The long s and the sign for Kelvin, which equal s and k when case is ignored. */
const LIKE_ASCII: readonly Range[] = [
  [0x17f, 0x17f],
  [0x212a, 0x212a],
];
const CONTROLS: Readonly<Record<string, number>> = { t: 9, n: 10, v: 11, f: 12, r: 13, a: 7, e: 27 };

/** Any character: the line end is in no line. */
export const ANY: CharSet = { ranges: [[10, 10]], properties: [], negated: true };

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
  readonly #source: string;
  #at = 0;
  #depth = 0;
  #names = new Set<string>();

  constructor(source: string) {
    this.#source = source;
  }

  parse(): Parsed {
    let ignoreCase = false;
    const flags = /^\(\?([imsu]+)\)/.exec(this.#source);
    if (flags !== null) {
      ignoreCase = flags[1]?.includes("i") ?? false;
      this.#at = flags[0].length;
    }
    const node = this.#alternation();
    if (this.#at < this.#source.length) this.#fail("syntax", "this ) closes no group: write \\) for the character");
    return { node, ignoreCase };
  }

  #fail(code: PatternError["code"], what: string, at = this.#at): never {
    throw new PatternError(code, `In the pattern, at character ${at + 1}: ${what}.`, at);
  }

  #alternation(): Node {
    const options = [this.#concat()];
    while (this.#take("|")) options.push(this.#concat());
    return options.length === 1 && options[0] !== undefined ? options[0] : { type: "alternation", options };
  }

  #concat(): Node {
    const parts: Node[] = [];
    while (this.#at < this.#source.length && !this.#sees("|") && !this.#sees(")")) parts.push(this.#quantified());
    return parts.length === 1 && parts[0] !== undefined ? parts[0] : { type: "concat", parts };
  }

  #quantified(): Node {
    const start = this.#at;
    const body = this.#atom();
    const bounds = this.#bounds();
    if (bounds === undefined) return body;
    const [min, max] = bounds;
    if (body.type === "assert" && this.#source.charAt(start) !== "(")
      this.#fail("syntax", "an anchor cannot be repeated: remove the quantifier", start);
    if (min > max) this.#fail("syntax", `{${min},${max}} asks for more than it allows: swap the numbers`, start);
    if (min > MAX_REPEAT || (max !== Infinity && max > MAX_REPEAT))
      this.#fail("too_large", `a repetition may be at most ${MAX_REPEAT}: write * or + for more`, start);
    const lazy = this.#take("?");
    if (this.#sees("+"))
      this.#fail(
        "unsupported",
        "possessive quantifiers are not supported: leave the second + away, the search is safe",
      );
    const again = this.#at;
    if (this.#sees("*") || this.#sees("?") || this.#bounds() !== undefined)
      this.#fail("syntax", "a quantifier after a quantifier: put what is repeated into a group (?:…)", again);
    return { type: "repeat", body, min, max, lazy };
  }

  /** The quantifier at hand; a `{` that starts none is a character. */
  #bounds(): readonly [number, number] | undefined {
    if (this.#take("*")) return [0, Infinity];
    if (this.#take("+")) return [1, Infinity];
    if (this.#take("?")) return [0, 1];
    const braces = /^\{(\d{1,6})(,(\d{1,6})?)?\}/.exec(this.#source.slice(this.#at, this.#at + 16));
    if (braces === null) return undefined;
    this.#at += braces[0].length;
    const min = Number(braces[1]);
    return [min, braces[2] === undefined ? min : braces[3] === undefined ? Infinity : Number(braces[3])];
  }

  #atom(): Node {
    const start = this.#at;
    const code = this.#next();
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
        return { type: "set", set: this.#class(start) };
      case 0x5c:
        return this.#escape(start);
      case 0x2a:
      case 0x2b:
      case 0x3f:
        return this.#fail(
          "syntax",
          `there is nothing to repeat before ${JSON.stringify(String.fromCodePoint(code))}: write a backslash before it for the character`,
          start,
        );
      default:
        return { type: "char", code };
    }
  }

  #group(start: number): Node {
    const rest = this.#source.slice(this.#at, this.#at + 80);
    if (/^\?(?:<?[=!])/.test(rest))
      this.#fail(
        "unsupported",
        "lookaround is not supported: search for the line, and leave out with a second search",
        start,
      );
    if (rest.startsWith("?>")) this.#fail("unsupported", "atomic groups are not supported: write (?:…)", start);
    const named = /^\?P?<([^>]*)>/.exec(rest);
    if (named !== null) {
      const name = named[1] ?? "";
      if (!/^[A-Za-z_]\w*$/.test(name)) this.#fail("syntax", "a group's name is made of letters, digits and _", start);
      if (this.#names.has(name)) this.#fail("syntax", `two groups are named ${name}: rename one`, start);
      this.#names.add(name);
      this.#at += named[0].length;
    } else if (rest.startsWith("?:")) this.#at += 2;
    else if (rest.startsWith("?"))
      this.#fail(
        "unsupported",
        "only (?:…), (?<name>…), and (?i) at the very start of the pattern are supported",
        start,
      );
    if (++this.#depth > MAX_DEPTH) this.#fail("too_large", `groups are nested over ${MAX_DEPTH} deep`, start);
    const node = this.#alternation();
    this.#depth--;
    if (!this.#take(")")) this.#fail("syntax", "this ( is never closed: add ) or write \\( for the character", start);
    return node;
  }

  #escape(start: number): Node {
    const letter = this.#source.charAt(this.#at);
    if (letter === "") this.#fail("syntax", "the pattern ends in a backslash: write \\\\ for the character", start);
    if (letter >= "1" && letter <= "9")
      this.#fail("unsupported", `backreferences such as \\${letter} are not supported: write out what is meant`, start);
    if (letter === "k") this.#fail("unsupported", "backreferences such as \\k<name> are not supported", start);
    const assert = { b: "word", B: "notWord", A: "start", z: "end", Z: "end" } as const;
    if (letter in assert) {
      this.#at++;
      return { type: "assert", kind: assert[letter as keyof typeof assert] };
    }
    const set = this.#setEscape(start);
    return set === undefined ? { type: "char", code: this.#charEscape(start) } : { type: "set", set };
  }

  /** `\d`, `\W`, `\p{L}` and the like after the backslash; undefined when it is a character's escape. */
  #setEscape(start: number): CharSet | undefined {
    const letter = this.#source.charAt(this.#at);
    const lower = letter.toLowerCase();
    const ranges = { d: DIGIT, w: WORD, s: SPACE }[lower];
    if (ranges !== undefined) {
      this.#at++;
      return { ranges, properties: [], negated: letter !== lower };
    }
    if (lower !== "p") return undefined;
    const found = /^[pP](?:\{(\^?)([A-Za-z_=]{1,60})\}|([A-Z]))/.exec(this.#source.slice(this.#at, this.#at + 70));
    if (found === null) this.#fail("syntax", "write Unicode properties as \\p{L} or \\p{Greek}", start);
    const name = (found[2] ?? found[3] ?? "").replace(/^(?:Script|sc|General_Category|gc)=/, "");
    if (!isProperty(name)) this.#fail("syntax", `no Unicode property is named ${name}`, start);
    this.#at += found[0].length;
    return { ranges: [], properties: [{ name, negated: (letter === "P") !== (found[1] === "^") }], negated: false };
  }

  #charEscape(start: number): number {
    const hex = /^(?:x([0-9a-fA-F]{2})|x\{([0-9a-fA-F]{1,6})\}|u([0-9a-fA-F]{4})|u\{([0-9a-fA-F]{1,6})\})/.exec(
      this.#source.slice(this.#at, this.#at + 10),
    );
    if (hex !== null) {
      const code = Number.parseInt(hex[1] ?? hex[2] ?? hex[3] ?? hex[4] ?? "", 16);
      if (code > MAX_CODE || (code >= 0xd800 && code <= 0xdfff)) this.#fail("syntax", "this is no character", start);
      this.#at += hex[0].length;
      return code;
    }
    const code = this.#next();
    const letter = String.fromCodePoint(code);
    const control = CONTROLS[letter];
    if (control !== undefined) return control;
    if (letter === "0") return 0;
    if (/[A-Za-z]/.test(letter))
      this.#fail("syntax", `\\${letter} has no meaning: for the letter leave the backslash away`, start);
    return code;
  }

  #class(start: number): CharSet {
    const negated = this.#take("^");
    const ranges: Range[] = [];
    const properties: CharSet["properties"][number][] = [];
    for (let first = true; ; first = false) {
      if (this.#at >= this.#source.length)
        this.#fail("syntax", "this [ is never closed: add ] or write \\[ for the character", start);
      if (!first && this.#take("]")) break;
      const item = this.#classItem();
      if (typeof item !== "number") {
        if (item.negated) ranges.push(...complement([...item.ranges, ...LIKE_ASCII]));
        else ranges.push(...item.ranges);
        properties.push(...item.properties);
        continue;
      }
      const at = this.#at;
      if (this.#sees("-") && this.#source.charAt(at + 1) !== "]" && at + 1 < this.#source.length) {
        this.#at++;
        const to = this.#classItem();
        if (typeof to !== "number")
          this.#fail("syntax", "a range ends in a character: write \\- for the character -", at);
        if (to < item) this.#fail("syntax", "this range runs backwards: swap its ends", at);
        ranges.push([item, to]);
      } else ranges.push([item, item]);
    }
    return { ranges: union(ranges), properties, negated };
  }

  #classItem(): number | CharSet {
    const start = this.#at;
    const posix = /^\[:(\^?)([a-z]{1,10}):\]/.exec(this.#source.slice(start, start + 16));
    if (posix !== null) {
      const ranges = Object.hasOwn(POSIX, posix[2] ?? "") ? POSIX[posix[2] ?? ""] : undefined;
      if (ranges === undefined) this.#fail("syntax", `no class is named ${posix[0]}`, start);
      this.#at += posix[0].length;
      return { ranges, properties: [], negated: posix[1] === "^" };
    }
    const code = this.#next();
    if (code !== 0x5c) return code;
    if (this.#source.charAt(this.#at) === "b") {
      this.#at++;
      return 8;
    }
    if (this.#at >= this.#source.length) this.#fail("syntax", "the pattern ends in a backslash", start);
    return this.#setEscape(start) ?? this.#charEscape(start);
  }

  #next(): number {
    const code = this.#source.codePointAt(this.#at) ?? 0;
    this.#at += code > 0xffff ? 2 : 1;
    return code;
  }

  #sees(text: string): boolean {
    return this.#source.startsWith(text, this.#at);
  }

  #take(text: string): boolean {
    const seen = this.#sees(text);
    if (seen) this.#at += text.length;
    return seen;
  }
}

/** How JavaScript writes the property: a general category bare, a script with `Script=`. */
export function propertyName(name: string): string | undefined {
  for (const written of [name, `Script=${name}`]) {
    try {
      RegExp(`\\p{${written}}`, "u");
      return written;
    } catch {
      // The next form.
    }
  }
  return undefined;
}

/** Only general categories (a letter, or two) and scripts: what both engines know. */
function isProperty(name: string): boolean {
  return propertyName(name) !== undefined && (/^[A-Z][a-z]?$/.test(name) || propertyName(name) === `Script=${name}`);
}

/** In order and without overlaps. */
export function union(ranges: readonly Range[]): Range[] {
  const result: [number, number][] = [];
  for (const [low, high] of ranges.toSorted((a, b) => a[0] - b[0])) {
    const last = result.at(-1);
    if (last !== undefined && low <= last[1] + 1) last[1] = Math.max(last[1], high);
    else result.push([low, high]);
  }
  return result;
}

/** All code points that are in none of the ranges. */
export function complement(ranges: readonly Range[]): Range[] {
  const result: Range[] = [];
  let from = 0;
  for (const [low, high] of union(ranges)) {
    if (low > from) result.push([from, low - 1]);
    from = high + 1;
  }
  if (from <= MAX_CODE) result.push([from, MAX_CODE]);
  return result;
}
