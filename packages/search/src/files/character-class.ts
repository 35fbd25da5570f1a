/** A class of characters in a pattern of an ignore file: `[a-z]`, `[!abc]`, `[[:alpha:]]`. */
export interface CharacterClass {
  readonly negated: boolean;
  readonly ranges: readonly (readonly [string, string])[];
}

/** Whether a character is one of a class. */
export function isIn({ ranges, negated }: CharacterClass, character: string): boolean {
  return ranges.some(([from, to]) => character >= from && character <= to) !== negated;
}

/** POSIX classes, for ASCII. */
const NAMED: Readonly<Record<string, readonly (readonly [string, string])[]>> = {
  alpha: [
    ["a", "z"],
    ["A", "Z"],
  ],
  digit: [["0", "9"]],
  alnum: [
    ["a", "z"],
    ["A", "Z"],
    ["0", "9"],
  ],
  lower: [["a", "z"]],
  upper: [["A", "Z"]],
  space: [
    ["\t", "\r"],
    [" ", " "],
  ],
  blank: [
    ["\t", "\t"],
    [" ", " "],
  ],
  punct: [
    ["!", "/"],
    [":", "@"],
    ["[", "`"],
    ["{", "~"],
  ],
  xdigit: [
    ["0", "9"],
    ["a", "f"],
    ["A", "F"],
  ],
  cntrl: [
    ["\0", "\u001f"],
    ["\u007f", "\u007f"],
  ],
  graph: [["!", "~"]],
  print: [[" ", "~"]],
};

/** The class whose `[` stands before `from`, and the place of its `]`; undefined if it does not end. */
export function readClass(
  characters: readonly string[],
  from: number,
): { sign: CharacterClass; end: number } | undefined {
  let at = from;
  const negated = characters[at] === "!" || characters[at] === "^";
  if (negated) at += 1;
  const ranges: (readonly [string, string])[] = [];
  for (let first = true; first || characters[at] !== "]"; first = false) {
    if (at >= characters.length) return undefined;
    if (characters[at] === "[" && characters[at + 1] === ":") {
      const close = characters.indexOf("]", at + 2);
      const named =
        close > at + 2 && characters[close - 1] === ":"
          ? NAMED[characters.slice(at + 2, close - 1).join("")]
          : undefined;
      if (named) {
        ranges.push(...named);
        at = close + 1;
        continue;
      }
    }
    if (characters[at] === "\\") at += 1;
    const low = characters[at];
    at += 1;
    let high = low;
    if (characters[at] === "-" && characters[at + 1] !== "]" && characters[at + 1] !== undefined) {
      at += 1;
      if (characters[at] === "\\") at += 1;
      high = characters[at];
      at += 1;
    }
    if (low === undefined || high === undefined) return undefined;
    ranges.push([low, high]);
  }
  return { sign: { negated, ranges }, end: at };
}
