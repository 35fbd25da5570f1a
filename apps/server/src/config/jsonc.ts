import { findNodeAtLocation, type Node, type ParseError, parseTree, printParseErrorCode } from "jsonc-parser";
import { Failure } from "./failure.ts";
import type { Path } from "./layers.ts";

export interface Position {
  /** From 1. */
  readonly line: number;
  /** From 1, in UTF-16 units. */
  readonly column: number;
}

const WRONG: Readonly<Record<string, string>> = {
  InvalidSymbol:
    "keys and texts stand in double quotes, and values are numbers, texts, true, false, null, lists and objects",
  InvalidNumberFormat: "this is not a number",
  PropertyNameExpected: "a key in double quotes is expected here",
  ValueExpected: "a value is expected here",
  ColonExpected: "a colon is expected here",
  CommaExpected: "a comma is expected here",
  CloseBraceExpected: "the closing } is missing",
  CloseBracketExpected: "the closing ] is missing",
  EndOfFileExpected: "the file should end here",
  UnexpectedEndOfComment: "the comment does not end",
  UnexpectedEndOfString: "the text does not end: its closing quote is missing",
  UnexpectedEndOfNumber: "the number does not end",
  InvalidUnicode: "\\u is followed by four hexadecimal digits",
  InvalidEscapeCharacter: "there is no such escape; a backslash is written \\\\",
  InvalidCharacter: "this character has to be escaped",
};

/** JSON with comments and trailing commas, with the place of each of its values. */
export class Jsonc {
  readonly #text: string;
  readonly #label: string;
  readonly #root: Node;

  /**
   * @param label names the text in messages
   * @throws Failure with line and column
   */
  constructor(text: string, label: string) {
    this.#text = text;
    this.#label = label;
    const errors: ParseError[] = [];
    const root = parseTree(text, errors, { allowTrailingComma: true });
    const [first] = errors;
    if (first || !root) {
      const why =
        text.trim() === "" ? "the file is empty" : WRONG[first ? printParseErrorCode(first.error) : "ValueExpected"];
      throw new Failure(`${this.#at(first?.offset ?? 0)}: this is not JSON: ${why ?? "it cannot be read"}.`);
    }
    this.#root = root;
  }

  /**
   * The value, each of its strings as `change` gives it.
   * @throws Failure where an object has a key twice: JSON would silently keep the last
   */
  value(change: (text: string, path: Path) => string): unknown {
    return this.#value(this.#root, [], change);
  }

  /** Where the value at `path` begins, or its key; where there is none, what is around it. */
  position(path: Path, part?: "key"): Position {
    for (let length = path.length; length > 0; length--) {
      const node = findNodeAtLocation(this.#root, path.slice(0, length).map(segment));
      if (!node) continue;
      const key = node.parent?.type === "property" ? node.parent.children?.[0] : undefined;
      // What is missing in an object is looked for at the object's key.
      return this.#position((part === "key" || length < path.length ? (key ?? node) : node).offset);
    }
    return this.#position(this.#root.offset);
  }

  #value(node: Node, path: Path, change: (text: string, path: Path) => string): unknown {
    if (node.type === "array")
      return (node.children ?? []).map((child, at) => this.#value(child, [...path, at], change));
    if (node.type === "string") return change(node.value as string, path);
    if (node.type !== "object") return node.value as unknown;
    const object: Record<string, unknown> = {};
    for (const { children: [name, value] = [] } of node.children ?? []) {
      if (!name || !value) continue;
      const key = name.value as string;
      if (Object.hasOwn(object, key)) {
        const hint =
          path.length === 1 && path[0] === "plugins"
            ? ' To run a plugin twice, give one a name of its own: `"docs": {"plugin": "search", …}`.'
            : " Remove one of them.";
        throw new Failure(`${this.#at(name.offset)}: the key ${JSON.stringify(key)} is there twice.${hint}`);
      }
      Object.defineProperty(object, key, {
        value: this.#value(value, [...path, key], change),
        enumerable: true,
        configurable: true,
        writable: true,
      });
    }
    return object;
  }

  #at(offset: number): string {
    const { line, column } = this.#position(offset);
    return `${this.#label}:${line}:${column}`;
  }

  #position(offset: number): Position {
    const lines = this.#text.slice(0, offset).split("\n");
    return { line: lines.length, column: (lines.at(-1)?.length ?? 0) + 1 };
  }
}

const segment = (part: PropertyKey): string | number => (typeof part === "number" ? part : String(part));
