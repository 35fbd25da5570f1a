import { parseLongJson } from "./long-json.ts";
import { MetadataWriter } from "./metadata.ts";
import type { Pacer } from "../pacer.ts";
import {
  countOf,
  isScalar,
  MAX_RECORD_DEPTH,
  memberOf,
  members,
  RecordGroups,
  RecordText,
  titleOf,
} from "./records.ts";
import { SectionWriter } from "./sections.ts";
import type { Parsed, SectionBounds } from "./sections.ts";
import { parseText } from "./text.ts";

/** UTF-16 units; longer texts are not parsed. */
const MAX_JSON = 4 * 1024 * 1024;
/** UTF-16 units of a line that is parsed, and of what is parsed in one go. */
const MAX_LINE = 1024 * 1024;
const MAX_AT_ONCE = 128 * 1024;
/** After so many lines that are no JSON none is tried any more: each costs much more than one that is. */
const MAX_BAD = 1_000;
/** Arrays with more members than this share sections. */
const MAX_ALONE = 200;
const METADATA = ["author", "category", "date", "description", "keywords", "tags"];

/**
 * Reads JSON into sections: one for the scalars of the outermost value, and one for each object or array in it, its key
 * as heading; larger ones are divided in the same way. Sections are written as `key: value` lines. What is no JSON, or
 * longer than 4,194,304 UTF-16 units, is read as text.
 */
export async function parseJson(source: string, bounds: SectionBounds, pacer: Pacer): Promise<Parsed> {
  const value = source.length <= MAX_JSON ? await jsonOf(source, pacer) : undefined;
  if (value === undefined) return parseText(source, bounds);
  const writer = new SectionWriter(bounds);
  const outline = new Outline(writer, bounds, pacer);
  await outline.write(value, 1);
  const { sections, cut } = writer.finish();
  const metadata = new MetadataWriter();
  if (!Array.isArray(value)) for (const name of METADATA) metadata.add(name, memberOf(value, name));
  return { title: titleOf(value), metadata: metadata.finish(), sections, cut: cut || outline.cut };
}

/** Reads a file with a value of JSON on each line; short records share sections. A line that is no JSON is text. */
export async function parseJsonLines(source: string, bounds: SectionBounds, pacer: Pacer): Promise<Parsed> {
  const writer = new SectionWriter(bounds);
  const groups = new RecordGroups(writer, 1, "\n\n");
  const text = new RecordText();
  let line = 0;
  let bad = 0;
  for (let at = 0; at < source.length && !writer.full;) {
    const newline = source.indexOf("\n", at);
    const end = newline === -1 ? source.length : newline;
    const record = source.slice(at, end);
    at = end + 1;
    line += 1;
    if (pacer.due) await pacer.pause();
    if (record.trim() === "") continue;
    const value = bad < MAX_BAD && record.length <= MAX_LINE ? await jsonOf(record, pacer) : undefined;
    if (value === undefined) bad += 1;
    if (value === undefined) groups.add(record, undefined, `L${line}`);
    else groups.add(text.of(value), titleOf(value), `L${line}`);
  }
  groups.flush();
  const { sections, cut } = writer.finish();
  return { title: undefined, metadata: {}, sections, cut: cut || text.cut };
}

/** Undefined for what is no JSON. @throws what the pacer throws */
async function jsonOf(source: string, pacer: Pacer): Promise<unknown> {
  try {
    if (source.length > MAX_AT_ONCE) return await parseLongJson(source, pacer);
    return JSON.parse(source) as unknown;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

class Outline {
  readonly #writer: SectionWriter;
  readonly #max: number;
  readonly #pacer: Pacer;
  readonly #text = new RecordText();
  #tooDeep = false;

  constructor(writer: SectionWriter, { maxSectionChars }: SectionBounds, pacer: Pacer) {
    this.#writer = writer;
    this.#max = maxSectionChars;
    this.#pacer = pacer;
  }

  /** Whether something was left out because it is nested too deeply. */
  get cut(): boolean {
    return this.#tooDeep || this.#text.cut;
  }

  /** Writes a value into the section that has begun, and into sections below it. */
  async write(value: unknown, level: number): Promise<void> {
    if (isScalar(value)) {
      this.#writer.text(this.#text.of(value));
      return;
    }
    if (level > MAX_RECORD_DEPTH) {
      this.#tooDeep = true;
      return;
    }
    const list = Array.isArray(value);
    const nested: [string, unknown][] = [];
    for (const [key, member] of members(value)) {
      if (this.#pacer.due) await this.#pacer.pause();
      if (isScalar(member)) this.#writer.text(`${this.#text.member(key, member, list)}\n`);
      else nested.push([key, member]);
    }
    const groups = nested.length > MAX_ALONE ? new RecordGroups(this.#writer, level, "\n\n") : undefined;
    for (const [key, member] of nested) {
      if (this.#writer.full) return;
      if (this.#pacer.due) await this.#pacer.pause();
      const text = this.#text.of(member, 0, this.#max);
      const title = list ? (titleOf(member) ?? key) : key;
      if (text !== "" && groups) {
        groups.add(list ? text : this.#text.member(key, member, false), title);
        continue;
      }
      groups?.flush();
      this.#writer.part(level, title);
      if (text !== "") this.#writer.text(text);
      else if (countOf(member) === 0) this.#writer.text(`${title}: ${Array.isArray(member) ? "[]" : "{}"}`);
      else await this.write(member, level + 1);
    }
    groups?.flush();
  }
}
