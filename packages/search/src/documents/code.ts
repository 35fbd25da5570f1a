import { ANY_LANGUAGE, languageOf } from "./declarations.ts";
import type { Language } from "./declarations.ts";
import { newlinesIn, nextLine } from "./lines.ts";
import type { Pacer } from "../pacer.ts";
import { SectionWriter } from "./sections.ts";
import type { Parsed, SectionBounds } from "./sections.ts";

/** A longer declaration is divided at its members. UTF-16 units. */
const LONG = 2_000;
/** What is shorter than this shares a section with what follows. */
const SHORT = 80;
const HEAD = 200;
/** What ends a declaration, or goes on with it, and so begins nothing. */
const CLOSING = /^(?:[)\]}]|end\b|else\b|elif\b|except\b|finally\b|catch\b|#(?:if|ifdef|ifndef|else|elif|endif)\b)/;
const CLOSED = /^(?:[)\]}]|end\b)/;

/**
 * Reads source code into sections by what it declares at the left margin, comments above included, and long ones by their
 * members. The name is the heading; the anchor is the line, as in `#L10`. The rules are light: what they do not
 * understand is text without a heading.
 * @param name of the file, which tells the language
 */
export async function parseCode(source: string, bounds: SectionBounds, pacer: Pacer, name: string): Promise<Parsed> {
  const language = languageOf(name) ?? ANY_LANGUAGE;
  const writer = new SectionWriter(bounds);
  const { maxSectionChars } = bounds;
  for (const part of topParts(source, language)) {
    if (writer.full) break;
    if (pacer.due) await pacer.pause();
    if (!part) continue;
    if (part.end - part.start <= LONG || !language.member) {
      await write(source, part, 1, writer, maxSectionChars, pacer);
      continue;
    }
    // What stands before the first member is under the outer name alone.
    let level = 1;
    for (const member of memberParts(source, part, language)) {
      if (pacer.due) await pacer.pause();
      if (!member) continue;
      await write(source, member, level, writer, maxSectionChars, pacer);
      level = part.name === undefined ? 1 : 2;
    }
  }
  return { title: undefined, metadata: {}, ...writer.finish() };
}

interface Part {
  readonly start: number;
  readonly end: number;
  /** Of its beginning, from 1. */
  readonly line: number;
  readonly name: string | undefined;
}

/** Writes a part, cut at lines where it is too long. */
async function write(
  source: string,
  { start, end, line, name }: Part,
  level: number,
  writer: SectionWriter,
  max: number,
  pacer: Pacer,
): Promise<void> {
  let number = line;
  for (let at = start; at < end;) {
    if (pacer.due) await pacer.pause();
    let stop = end;
    if (end - at > max) {
      const newline = source.slice(at, at + max).lastIndexOf("\n");
      const next = source.indexOf("\n", at);
      // A line that is longer than a section is cut by the writer.
      stop = newline === -1 ? (next === -1 || next >= end ? end : next + 1) : at + newline + 1;
    }
    const anchor = `L${number}`;
    writer.part(level, name ?? "", anchor, anchor);
    const text = source.slice(at, stop);
    writer.text(text);
    number += newlinesIn(text);
    at = stop;
  }
}

/** Lines between two chances for other work. */
const BREATH = 1_000;

/** Divides a source at what it declares at the left margin. Now and then undefined, to let other work run. */
function* topParts(
  source: string,
  { declares, dense = false }: Language,
): Generator<Part | undefined, void, undefined> {
  let part: { start: number; line: number; name: string | undefined } = { start: 0, line: 1, name: undefined };
  let block = { at: 0, line: 1 };
  let above = "";
  let line = 0;
  for (let at = 0; at < source.length;) {
    const end = nextLine(source, at);
    const head = source.slice(at, Math.min(end, at + HEAD)).trimEnd();
    line += 1;
    if (line % BREATH === 0) yield undefined;
    if (head !== "" && head.charCodeAt(0) > 32 && !CLOSING.test(head)) {
      const name = nameIn(declares, head);
      const opens = above === "" || CLOSED.test(above) || (dense && name !== undefined);
      if (opens) block = { at, line };
      const room = dense ? 1 : SHORT;
      if (block.at - part.start >= room && (name !== undefined || (opens && part.name !== undefined))) {
        yield { ...part, end: block.at };
        part = { start: block.at, line: block.line, name: undefined };
      }
      part.name ??= name;
    }
    above = head;
    at = end;
  }
  if (part.start < source.length) yield { ...part, end: source.length };
}

/** Divides a declaration at its members, which are the least indented lines in it that look like some. */
function* memberParts(source: string, whole: Part, { member }: Language): Generator<Part | undefined, void, undefined> {
  let part: { start: number; line: number; name: string | undefined } = { ...whole };
  let indent: number | undefined;
  let lead = -1;
  let leadLine = 0;
  let line = whole.line - 1;
  for (let at = whole.start; at < whole.end;) {
    const end = Math.min(whole.end, nextLine(source, at));
    const head = source.slice(at, Math.min(end, at + HEAD)).trimEnd();
    line += 1;
    if (line % BREATH === 0) yield undefined;
    const own = head.length - head.trimStart().length;
    const name = member && own > 0 && (indent === undefined || own === indent) ? nameIn(member, head) : undefined;
    if (name !== undefined) {
      indent = own;
      const start = lead === -1 ? at : lead;
      if (start > part.start) {
        yield { ...part, end: start };
        part = { start, line: lead === -1 ? line : leadLine, name };
      }
      lead = -1;
    } else if (/^\s+(?:\/\/|\/\*|\*|#|@|--|\[)/.test(head)) {
      if (lead === -1) [lead, leadLine] = [at, line];
    } else {
      lead = -1;
    }
    at = end;
  }
  yield { ...part, end: whole.end };
}

function nameIn(pattern: RegExp, line: string): string | undefined {
  return pattern
    .exec(line)
    ?.slice(1)
    .find((group) => group !== undefined)
    ?.trim();
}
