import { nextLine } from "./lines.ts";
import { MetadataWriter } from "./metadata.ts";
import type { Metadata } from "./metadata.ts";
import type { Pacer } from "../pacer.ts";
import { SectionWriter } from "./sections.ts";
import type { Parsed, SectionBounds } from "./sections.ts";

/** A line of one sign repeated, as reStructuredText puts under (and over) headings. */
const RULE = /^([=\-~^"'`#*+.:_])\1{2,199}[ \t]*$/;
const MAX_HEADING_LINE = 200;

/**
 * Reads reStructuredText into sections by its underlined headings. Their levels are in the order in which their signs
 * first appear; anchors are as docutils makes them.
 */
export async function parseRst(source: string, bounds: SectionBounds, pacer: Pacer): Promise<Parsed> {
  const writer = new SectionWriter(bounds);
  const metadata = fieldList(source.slice(0, MAX_PREFACE));
  const levels: string[] = [];
  let waiting: string | undefined;
  let over = "";
  for (let at = 0; at < source.length && !writer.full;) {
    const next = nextLine(source, at);
    const line = source.slice(at, next);
    at = next;
    const sign = line.length <= MAX_HEADING_LINE + 2 ? RULE.exec(line.trimEnd())?.[1] : undefined;
    const title = waiting?.trim() ?? "";
    if (sign === undefined || title === "" || title.length > line.trimEnd().length + 1) {
      // A rule may also be the line above a heading.
      const above = sign !== undefined && title === "";
      if (waiting !== undefined || above) {
        writer.text(over + (waiting ?? ""));
        over = "";
      }
      if (above) over = line;
      waiting = above ? undefined : line;
    } else {
      const style = over === "" ? sign : `${sign}${sign}`;
      if (!levels.includes(style)) levels.push(style);
      const id = title
        .toLowerCase()
        .replace(/[^a-z0-9]+/g, "-")
        .replace(/^[-0-9]+|-+$/g, "");
      writer.heading(levels.indexOf(style) + 1, title, over + (waiting ?? "") + line, id || null);
      waiting = undefined;
      over = "";
    }
    if (pacer.due) await pacer.pause();
  }
  writer.text(over + (waiting ?? ""));
  const { sections, cut } = writer.finish();
  return { title: writer.firstHeading, metadata, sections, cut };
}

/** How much of a document is looked at for a field list. */
const MAX_PREFACE = 16 * 1024;
const FIELD = /^:([A-Za-z][\w -]{0,62}):(?:[ \t]+(.*))?$/;

/** The fields (`:Author: name`) at the top of a document, or right under its title. */
function fieldList(preface: string): Metadata {
  const metadata = new MetadataWriter();
  let field: { name: string; value: string } | undefined;
  const put = (): void => {
    if (field) metadata.add(field.name.trim().replaceAll(" ", "-"), listed(field.name, field.value));
    field = undefined;
  };
  let fields = false;
  let title = 0;
  for (const line of preface.split("\n")) {
    const [, name, value = ""] = FIELD.exec(line.slice(0, 2_000)) ?? [];
    if (name !== undefined) {
      put();
      field = { name, value };
      fields = true;
    } else if (field && /^[ \t]+\S/.test(line)) field.value += ` ${line.trim()}`;
    else if (line.trim() === "" || (!fields && (/^\.\.(?:[ \t]|$)/.test(line) || (title += 1) <= 3))) put();
    else break;
  }
  put();
  return metadata.finish();
}

/** Only keywords and tags are lists. */
function listed(name: string, value: string): string | readonly string[] {
  return /^(?:keywords|tags|authors)$/i.test(name.trim()) ? value.split(/[,;]/) : value;
}

const DIRECTIVE = /^[ \t]*\.\.[ \t]+(?:\|[^|\n]{1,100}\|[ \t]+)?[A-Za-z][\w:.+-]{0,60}::/gm;
const TARGET = /^[ \t]*\.\.[ \t]+_[^\n]{1,300}$/gm;
const OPTION = /^[ \t]+:[A-Za-z][\w-]{0,40}:/gm;
const RULES = /^[ \t]*([=\-~^"'`#*+.:_])\1{2,}[ \t]*$/gm;
const ROLE = /:[A-Za-z][\w:.+-]{0,60}:(?=`)/g;
const LITERAL = /``([^`\n]{1,500})``/g;
const INTERPRETED = /`~?([^`<>]{0,500}?)(?:[ \n]?<[^`<>]{1,500}>)?`_{0,2}/g;
const STRONG = /(?<![\w*\\])\*{1,2}(?=[^\s*])|(?<=[^\s*\\])\*{1,2}(?![\w*])/g;

/** reStructuredText as it reads: without names of directives and roles, targets of links, rules and emphasis. */
export function plainRst(text: string): string {
  let plain = text.replace(RULES, "");
  if (plain.includes("..")) plain = plain.replace(TARGET, "").replace(DIRECTIVE, "").replace(OPTION, "");
  if (plain.includes("`")) plain = plain.replace(ROLE, "").replace(LITERAL, "$1").replace(INTERPRETED, "$1");
  return plain.includes("*") ? plain.replace(STRONG, "") : plain;
}
