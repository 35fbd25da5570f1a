import { propertyName } from "./classes.ts";
import type { Node } from "./node.ts";
import type { CharSet } from "./sets.ts";
import { union } from "./sets.ts";

/**
 * For whom a pattern is written: `line` is JavaScript on the text of one line, `block` is JavaScript on many lines, and
 * `re2` is RE2 on the text of one line.
 *
 * In a block a match lies inside one line, and every line that matches alone has one: `$` also stands before `\r\n`.
 * The reverse does not hold (`\r$`), so what was found in a block has to be tested again as a line.
 */
export type Dialect = "line" | "block" | "re2";

/** The source of a pattern; for JavaScript with the flag `u`, and without `m` and `s`. */
export function emit(node: Node, dialect: Dialect): string {
  switch (node.type) {
    case "char":
      return character(node.code, dialect);
    case "set":
      return setSource(node.set, dialect);
    case "assert":
      return ASSERTIONS[dialect][node.kind];
    case "concat":
      return node.parts
        .map((part) => (part.type === "alternation" ? group(part, dialect) : emit(part, dialect)))
        .join("");
    case "alternation":
      return node.options.map((option) => emit(option, dialect)).join("|");
    case "repeat": {
      const { body, min, max, lazy } = node;
      const atom = body.type === "char" || body.type === "set" ? emit(body, dialect) : group(body, dialect);
      return `${atom}${quantifier(min, max)}${lazy ? "?" : ""}`;
    }
  }
}

const ASSERTIONS = {
  line: { start: "^", end: "$", word: "\\b", notWord: "\\B" },
  block: { start: "(?<![^\\n])", end: "(?=\\r?(?:\\n|(?![^])))", word: "\\b", notWord: "\\B" },
  re2: { start: "^", end: "\\z", word: "\\b", notWord: "\\B" },
} as const;

function group(node: Node, dialect: Dialect): string {
  return `(?:${emit(node, dialect)})`;
}

function quantifier(min: number, max: number): string {
  if (max === Infinity) return min === 0 ? "*" : min === 1 ? "+" : `{${min},}`;
  if (min === 0 && max === 1) return "?";
  return min === max ? `{${min}}` : `{${min},${max}}`;
}

function character(code: number, dialect: Dialect): string {
  const plain = (code >= 48 && code <= 57) || (code >= 65 && code <= 90) || (code >= 97 && code <= 122);
  if (plain || code === 32 || code === 95) return String.fromCharCode(code);
  return dialect === "re2" ? `\\x{${code.toString(16)}}` : `\\u{${code.toString(16)}}`;
}

/** Written without the line end, which is in no line; a negated set as such, since case is ignored before it is negated. */
function setSource({ ranges, properties, negated }: CharSet, dialect: Dialect): string {
  const own = negated ? union([...ranges, [10, 10]]) : without(ranges);
  const parts = own.map(([low, high]) =>
    low === high ? character(low, dialect) : `${character(low, dialect)}-${character(high, dialect)}`,
  );
  const named = properties.map(
    ({ name, negated: not }) => `\\${not ? "P" : "p"}{${dialect === "re2" ? name : propertyName(name)}}`,
  );
  const inner = parts.join("") + named.join("");
  if (negated) return `[^${inner}]`;
  if (inner === "") return NEVER[dialect];
  const mayEnd = dialect === "block" && properties.some((one) => one.negated || one.name.startsWith("C"));
  return mayEnd ? `(?:(?!\\n)[${inner}])` : `[${inner}]`;
}

const NEVER = { line: "[]", block: "[]", re2: "[^\\x{0}-\\x{10ffff}]" } as const;

function without(ranges: CharSet["ranges"]): CharSet["ranges"] {
  return ranges.flatMap(([low, high]) =>
    low > 10 || high < 10
      ? [[low, high] as const]
      : [...(low < 10 ? [[low, 9] as const] : []), ...(high > 10 ? [[11, high] as const] : [])],
  );
}
