import { DIGIT, isProperty, LIKE_ASCII, posixClass, SPACE, WORD } from "./classes.ts";
import type { Reader } from "./reader.ts";
import type { CharSet, Range } from "./sets.ts";
import { complement, MAX_CODE, setOfRanges, union } from "./sets.ts";

const SETS = new Map([
  ["d", DIGIT],
  ["w", WORD],
  ["s", SPACE],
]);
const CONTROLS = new Map([
  ["t", 9],
  ["n", 10],
  ["v", 11],
  ["f", 12],
  ["r", 13],
  ["a", 7],
  ["e", 27],
]);
const BACKSPACE = 8;

/**
 * `\d`, `\W`, `\p{L}` and the like, behind the backslash; undefined when it is a character's escape.
 * @param start index of the backslash, as in the functions below
 */
export function setEscape(reader: Reader, start: number): CharSet | undefined {
  const { letter } = reader;
  const lower = letter.toLowerCase();
  const ranges = SETS.get(lower);
  if (ranges !== undefined) {
    reader.at++;
    return { ranges, properties: [], negated: letter !== lower };
  }
  if (lower !== "p") return undefined;
  const found = reader.match(/^[pP](?:\{(\^?)([A-Za-z_=]{1,60})\}|([A-Z]))/, 70);
  if (found === undefined) reader.fail("syntax", "write Unicode properties as \\p{L} or \\p{Greek}", start);
  const name = (found[2] ?? found[3] ?? "").replace(/^(?:Script|sc|General_Category|gc)=/, "");
  if (!isProperty(name)) reader.fail("syntax", `no Unicode property is named ${name}`, start);
  return { ranges: [], properties: [{ name, negated: (letter === "P") !== (found[1] === "^") }], negated: false };
}

/** The character that an escape stands for, behind the backslash. */
export function charEscape(reader: Reader, start: number): number {
  const hex = reader.match(/^(?:x([\da-fA-F]{2})|x\{([\da-fA-F]{1,6})\}|u([\da-fA-F]{4})|u\{([\da-fA-F]{1,6})\})/, 10);
  if (hex !== undefined) {
    const code = Number.parseInt(hex.slice(1).join(""), 16);
    if (code > MAX_CODE || (code >= 0xd800 && code <= 0xdfff)) reader.fail("syntax", "this is no character", start);
    return code;
  }
  const code = reader.next();
  const letter = String.fromCodePoint(code);
  const control = CONTROLS.get(letter);
  if (control !== undefined) return control;
  if (letter === "0") return 0;
  if (/[A-Za-z]/.test(letter))
    reader.fail("syntax", `\\${letter} has no meaning: for the letter leave the backslash away`, start);
  return code;
}

/** What stands between brackets, behind the first. */
export function bracketed(reader: Reader, start: number): CharSet {
  const negated = reader.take("^");
  const ranges: Range[] = [];
  const properties: CharSet["properties"][number][] = [];
  for (let first = true; ; first = false) {
    if (reader.ended) reader.fail("syntax", "this [ is never closed: add ] or write \\[ for the character", start);
    if (!first && reader.take("]")) break;
    const item = bracketItem(reader);
    if (typeof item !== "number") {
      if (item.negated) ranges.push(...complement([...item.ranges, ...LIKE_ASCII]));
      else ranges.push(...item.ranges);
      properties.push(...item.properties);
      continue;
    }
    ranges.push([item, rangeEnd(reader, item)]);
  }
  return { ranges: union(ranges), properties, negated };
}

/** The last character of a range that begins with `from`; `from` itself when it begins none. */
function rangeEnd(reader: Reader, from: number): number {
  const { at, source } = reader;
  if (!reader.sees("-") || source.charAt(at + 1) === "]" || at + 1 >= source.length) return from;
  reader.at++;
  const to = bracketItem(reader);
  if (typeof to !== "number") reader.fail("syntax", "a range ends in a character: write \\- for the character -", at);
  if (to < from) reader.fail("syntax", "this range runs backwards: swap its ends", at);
  return to;
}

function bracketItem(reader: Reader): number | CharSet {
  const start = reader.at;
  const posix = reader.match(/^\[:(\^?)([a-z]{1,10}):\]/, 16);
  if (posix !== undefined) {
    const ranges = posixClass(posix[2] ?? "");
    if (ranges === undefined) reader.fail("syntax", `no class is named ${posix[0]}`, start);
    return { ...setOfRanges(ranges), negated: posix[1] === "^" };
  }
  const code = reader.next();
  if (code !== 0x5c) return code;
  if (reader.take("b")) return BACKSPACE;
  if (reader.ended) reader.fail("syntax", "the pattern ends in a backslash", start);
  return setEscape(reader, start) ?? charEscape(reader, start);
}
