import { isIn, readClass } from "./character-class.ts";
import type { CharacterClass } from "./character-class.ts";

/**
 * One pattern of an ignore file, as https://git-scm.com/docs/gitignore has them, except that `?` and classes stand for a
 * character where git takes a byte, and that a class never holds a slash. Matching never goes back further than to
 * the last `*`, so that no pattern takes more than the product of its length and the name's.
 */
export interface IgnorePattern {
  /** Whether it takes back what patterns above it ignore. */
  readonly negated: boolean;
  /** Whether it is about folders alone. */
  readonly folders: boolean;
  /** Parts of a path below the pattern's folder; undefined for a pattern that is compared with names at any depth. */
  readonly path: readonly Part[] | undefined;
  /** What a name is compared with, where there is no path. */
  readonly name: Part;
}

/** A part of a path between slashes; `**` stands for any number of them, also none. */
type Part = "**" | readonly Sign[];
/** One character, any one, any number of them, or one of a class. */
type Sign = string | typeof ONE | typeof MANY | CharacterClass;

const ONE = Symbol("?");
const MANY = Symbol("*");
const ANY_NAME: Part = [MANY];
const MAX_PATTERN = 4_096;

/** Reads a line of an ignore file; undefined for comments, empty lines and what can never match. */
export function readPattern(line: string): IgnorePattern | undefined {
  let rest = line.replace(/\r$/, "");
  if (rest === "" || rest.startsWith("#") || rest.length > MAX_PATTERN) return undefined;
  const negated = rest.startsWith("!");
  if (negated) rest = rest.slice(1);
  rest = withoutTrailingSpaces(rest);
  const folders = rest.endsWith("/");
  if (folders) rest = rest.slice(0, -1);
  if (rest === "") return undefined;
  const parts = rest.split("/");
  const anchored = parts.length > 1;
  if (parts[0] === "") parts.shift();
  const signs = parts.map((part) => (part === "**" && anchored ? "**" : readPart(part)));
  if (!signs.every((part) => part !== undefined)) return undefined;
  // At the end it stands for what is inside, and not for the folder itself.
  if (signs.at(-1) === "**") signs.push(ANY_NAME);
  return { negated, folders, path: anchored ? signs : undefined, name: signs.at(-1) ?? ANY_NAME };
}

/** The name that a pattern is about, if it is one name without wildcards. */
export function literalName({ path, name }: IgnorePattern): string | undefined {
  if (path !== undefined || name === "**") return undefined;
  const characters = name.filter((sign) => typeof sign === "string");
  return characters.length === name.length ? characters.join("") : undefined;
}

/** UTF-16 units of an end that matter. */
const MAX_END = 16;

/** What every name ends with that the pattern matches: what stands behind its last wildcard. */
export function literalEnd({ name }: IgnorePattern): string {
  const signs = name === "**" ? [] : name;
  let end = "";
  for (let at = signs.length - 1; at >= 0; at -= 1) {
    const sign = signs[at];
    if (typeof sign !== "string") break;
    end = sign + end;
  }
  return end.slice(-MAX_END);
}

/** @param segments of the path below the pattern's folder */
export function matchesPattern(pattern: IgnorePattern, segments: readonly string[], folder: boolean): boolean {
  if (pattern.folders && !folder) return false;
  if (pattern.path) return matchesPath(pattern.path, segments);
  return matchesName(pattern.name, segments.at(-1) ?? "");
}

function matchesPath(parts: readonly Part[], segments: readonly string[]): boolean {
  return glob(
    parts.length,
    segments.length,
    (at) => parts[at] === "**",
    (part, segment) => matchesName(parts[part] ?? "**", segments[segment] ?? ""),
  );
}

function matchesName(part: Part, name: string): boolean {
  if (part === "**") return true;
  const characters = charactersOf(name);
  return glob(
    part.length,
    characters.length,
    (at) => part[at] === MANY,
    (sign, at) => matchesSign(part[sign] ?? ONE, characters[at] ?? ""),
  );
}

let split: { readonly name: string; readonly characters: readonly string[] } = { name: "", characters: [] };

/** Of the name that many patterns are compared with one after the other. */
function charactersOf(name: string): readonly string[] {
  if (split.name !== name) split = { name, characters: Array.from(name) };
  return split.characters;
}

function matchesSign(sign: Sign, character: string): boolean {
  if (typeof sign === "string") return sign === character;
  if (typeof sign === "symbol") return true;
  return isIn(sign, character);
}

/** Matches a row of things against a pattern in which some stand for any number of them. */
function glob(
  patterns: number,
  things: number,
  isMany: (pattern: number) => boolean,
  matches: (pattern: number, thing: number) => boolean,
): boolean {
  let pattern = 0;
  let thing = 0;
  let many = -1;
  let from = 0;
  while (thing < things) {
    if (pattern < patterns && isMany(pattern)) {
      many = pattern;
      from = thing;
      pattern += 1;
    } else if (pattern < patterns && matches(pattern, thing)) {
      pattern += 1;
      thing += 1;
    } else if (many !== -1) {
      pattern = many + 1;
      thing = from += 1;
    } else {
      return false;
    }
  }
  while (pattern < patterns && isMany(pattern)) pattern += 1;
  return pattern === patterns;
}

function withoutTrailingSpaces(text: string): string {
  let end = text.length;
  while (end > 0 && text[end - 1] === " ") {
    let slashes = 0;
    while (text[end - 2 - slashes] === "\\") slashes += 1;
    if (slashes % 2 === 1) break;
    end -= 1;
  }
  return text.slice(0, end);
}

/** Undefined for what can never match. */
function readPart(text: string): Part | undefined {
  const signs: Sign[] = [];
  const characters = Array.from(text);
  for (let at = 0; at < characters.length; at += 1) {
    const character = characters[at] ?? "";
    if (character === "*") {
      if (signs.at(-1) !== MANY) signs.push(MANY);
    } else if (character === "?") {
      signs.push(ONE);
    } else if (character === "\\") {
      const next = characters[(at += 1)];
      if (next === undefined) return undefined;
      signs.push(next);
    } else if (character === "[") {
      const found = readClass(characters, at + 1);
      if (!found) return undefined;
      signs.push(found.sign);
      at = found.end;
    } else {
      signs.push(character);
    }
  }
  return signs;
}
