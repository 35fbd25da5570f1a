import { cleanLine } from "./clean.ts";
import { MetadataWriter } from "./metadata.ts";
import type { Metadata } from "./metadata.ts";

/** What stands at the top of a Markdown file, and the rest. */
export interface FrontMatter {
  readonly title: string | undefined;
  readonly metadata: Metadata;
  readonly body: string;
}

const MAX_FRONT_MATTER = 64 * 1024;
const YAML_KEY = /^(?:"([^"\\]{1,64})"|'([^']{1,64})'|([A-Za-z_][\w.-]{0,63}))[ \t]*:(?:[ \t]+(.*))?$/;
const TOML_KEY = /^(?:"([^"\\]{1,64})"|'([^']{1,64})'|([A-Za-z_][\w.-]{0,63}))[ \t]*=[ \t]*(.*)$/;
/** Anchors, aliases, tags and maps of YAML, and inline tables of TOML: no scalars. */
const STRUCTURE = /^[&*!{]/;
const EMPTY = new Set(["", "~", "null"]);

/**
 * Separates YAML (`---`) or TOML (`+++`) front matter. Scalars and lists of scalars at the top level become metadata;
 * maps, tables, anchors and aliases are passed over, so that nothing multiplies. What has another form is text.
 */
export function readFrontMatter(source: string): FrontMatter {
  const none = { title: undefined, metadata: {}, body: source };
  const mark = /^(---|\+\+\+)[ \t]*\n/.exec(source)?.[1];
  if (mark === undefined) return none;
  const end = source.slice(0, MAX_FRONT_MATTER).indexOf(`\n${mark}`, 3);
  const after = /^[ \t]*(?:\n|$)/.exec(source.slice(end + 4, end + 100));
  if (end === -1 || !after) return none;
  const pairs = read(source.slice(source.indexOf("\n") + 1, end + 1).split("\n"), mark === "+++");
  if (!pairs) return none;
  const metadata = new MetadataWriter();
  let title: string | undefined;
  for (const [key, value] of pairs) {
    if (key.toLowerCase() === "title" && typeof value === "string") title ??= cleanLine(value.slice(0, 1_000));
    else metadata.add(key, value);
  }
  return { title: title || undefined, metadata: metadata.finish(), body: source.slice(end + 4 + after[0].length) };
}

type Value = string | readonly string[];

/** Undefined for what is no front matter. */
function read(lines: readonly string[], toml: boolean): [string, Value][] | undefined {
  const pairs: [string, Value][] = [];
  let table = false;
  for (let at = 0; at < lines.length;) {
    const line = lines[at] ?? "";
    at += 1;
    if (/^[ \t]*(?:#|$)/.test(line)) continue;
    if (toml && line.startsWith("[")) {
      table = true;
      continue;
    }
    const key = (toml ? TOML_KEY : YAML_KEY).exec(line);
    if (!key) return undefined;
    const first = (key[4] ?? "").trim();
    const from = at;
    at = valueEnd(lines, at, first, toml);
    if (!table) {
      const value = valueOf(first, lines.slice(from, at), toml);
      if (value !== undefined) pairs.push([key[1] ?? key[2] ?? key[3] ?? "", value]);
    }
  }
  return pairs;
}

/** The line behind a value that goes on over lines. */
function valueEnd(lines: readonly string[], from: number, first: string, toml: boolean): number {
  let at = from;
  const quotes = toml ? /^("""|''')/.exec(first)?.[1] : undefined;
  if (quotes !== undefined) {
    if (first.includes(quotes, 3)) return at;
    while (at < lines.length && !lines[at]?.includes(quotes)) at += 1;
    return at + 1;
  }
  if (first.startsWith("[")) {
    let last = first;
    while (at < lines.length && !/\][ \t]*(?:#.*)?$/.test(last)) last = lines[at++] ?? "";
    return at;
  }
  const goesOn = first === "" || first.startsWith("#") ? /^(?:[ \t]|-(?:[ \t]|$)|$)/ : /^(?:[ \t]|$)/;
  while (!toml && at < lines.length && goesOn.test(lines[at] ?? "")) at += 1;
  return at;
}

function valueOf(first: string, rest: readonly string[], toml: boolean): Value | undefined {
  if (STRUCTURE.test(first)) return undefined;
  if (first.startsWith("[")) return items([first, ...rest].join(" "));
  if (toml)
    return /^(?:"""|''')/.test(first) ? [first, ...rest].join(" ").slice(3).split(first.slice(0, 3))[0] : scalar(first);
  if (/^[|>][+-]?[1-9]?[+-]?[ \t]*(?:#.*)?$/.test(first))
    return rest
      .map((line) => line.trim())
      .join(" ")
      .trim();
  if (first !== "" && !first.startsWith("#"))
    return scalar([first, ...rest.map((line) => line.trim())].join(" ").trim());
  const list = rest.map((line) => /^[ \t]*-[ \t]+(.*)$/.exec(line)?.[1]?.trim() ?? "").filter((item) => item !== "");
  const scalars = list.filter((item) => !STRUCTURE.test(item) && !/^[\w-]+:(?:[ \t]|$)/.test(item)).map(scalar);
  return scalars.filter((item) => item !== undefined);
}

/** A value on one line: quoted, or plain up to a comment. Undefined for null. */
function scalar(text: string): string | undefined {
  if (text.startsWith("'")) return /^'((?:[^']|'')*)'/.exec(text)?.[1]?.replaceAll("''", "'") ?? text;
  if (text.startsWith('"')) {
    const quoted = /^"(?:[^"\\]|\\.)*"/.exec(text)?.[0];
    return quoted === undefined ? text : unescaped(quoted);
  }
  const plain = text.replace(/(?:^|[ \t])#.*$/, "").trim();
  return EMPTY.has(plain) ? undefined : plain;
}

function unescaped(quoted: string): string {
  try {
    return JSON.parse(quoted.replaceAll("\t", " ")) as string;
  } catch {
    return quoted.slice(1, -1).replace(/\\(.)/g, "$1");
  }
}

/** The scalars of `[a, "b, c"]`. */
function items(list: string): string[] {
  const found: string[] = [];
  for (const [item] of list.slice(1).matchAll(/"(?:[^"\\]|\\.)*"|'(?:[^']|'')*'|[^,[\]{}"']+|[[\]{}"']/g)) {
    if (item === "]") break;
    const value = /^[[\]{}"']$/.test(item) ? undefined : scalar(item.trim());
    if (value !== undefined) found.push(value);
  }
  return found;
}
