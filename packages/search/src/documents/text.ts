import type { Pacer } from "../pacer.ts";
import { SectionWriter } from "./sections.ts";
import type { Parsed, SectionBounds } from "./sections.ts";

/** Reads plain text: no headings, sections by length. */
export function parseText(source: string, bounds: SectionBounds): Parsed {
  const writer = new SectionWriter(bounds);
  writer.text(source);
  return { title: undefined, ...writer.finish() };
}

/** A line of one sign repeated, as reStructuredText puts under (and over) headings. */
const RULE = /^([=\-~^"'`#*+.:_])\1{2,199}[ \t]*$/;
const MAX_HEADING_LINE = 200;

/**
 * Reads reStructuredText into sections by its underlined headings. Their levels are in the order in which their signs
 * first appear; anchors are as docutils makes them.
 */
export async function parseRst(source: string, bounds: SectionBounds, pacer: Pacer): Promise<Parsed> {
  const writer = new SectionWriter(bounds);
  const levels: string[] = [];
  let waiting: string | undefined;
  let over = "";
  for (let at = 0; at < source.length;) {
    const newline = source.indexOf("\n", at);
    const next = newline === -1 ? source.length : newline + 1;
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
  return { title: writer.firstHeading, sections, cut };
}
