import { SectionWriter } from "./sections.ts";
import type { Parsed, SectionBounds } from "./sections.ts";

/** Reads plain text: no headings, sections by length. */
export function parseText(source: string, bounds: SectionBounds): Parsed {
  const writer = new SectionWriter(bounds);
  writer.text(source);
  return { title: undefined, metadata: {}, ...writer.finish() };
}
