import { boundary } from "./clean.ts";
import { closesFence, fenceMark } from "./fences.ts";

/** Cuts a text into pieces of at most `max` UTF-16 units, without white space at their ends. Takes linear time. */
export type Split = (text: string, max: number) => Generator<string, void, undefined>;

/** Cuts at a blank line if there is one near the end of a piece, else at a line, else at a space, else anywhere. */
export function* splitText(text: string, max: number): Generator<string, void, undefined> {
  const end = text.trimEnd().length;
  let at = skipBlank(text, 0, max);
  while (end - at > max) {
    const cut = at + textCut(text.slice(at, at + max + 2), max);
    const piece = text.slice(at, cut).trimEnd();
    if (piece !== "") yield piece;
    at = skipBlank(text, cut, max);
    if (text[at] === " ") at += 1;
  }
  if (at < end) yield text.slice(at, end);
}

/** Where to cut a window that is longer than `max`. */
function textCut(window: string, max: number): number {
  const half = Math.floor(max / 2);
  const near = ["\n\n", "\n", " "].map((mark) => window.lastIndexOf(mark, max)).find((at) => at >= half);
  return near ?? boundary(window, max);
}

/** The first place behind blank lines, and behind white space that would fill a piece by itself. */
function skipBlank(text: string, from: number, max: number): number {
  let start = from;
  let at = from;
  for (; at < text.length && isSpace(text.charCodeAt(at)); at += 1) {
    if (text.charCodeAt(at) === 10) start = at + 1;
  }
  return at - start > max / 4 ? at : start;
}

function isSpace(unit: number): boolean {
  return unit === 32 || (unit >= 9 && unit <= 13) || (unit >= 0xa0 && /\s/.test(String.fromCharCode(unit)));
}

/** What holds at the beginning of a line of Markdown. */
interface State {
  /** The mark that closes the code block that it is in; empty outside of code. */
  readonly fence: string;
  /** The two lines that head the table that it is in; empty outside of tables. */
  readonly header: string;
}

const OUTSIDE: State = { fence: "", header: "" };
const DELIMITERS = /^[ \t]{0,3}\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t:|-]*)?$/;
const MAX_HEADER = 1_000;

/**
 * The same for Markdown: a code block that fits in a piece stays whole, and where a table is cut, its rows stay whole
 * and its header is repeated.
 */
export function* splitMarkdown(text: string, max: number): Generator<string, void, undefined> {
  const end = text.trimEnd().length;
  let at = skipBlank(text, 0, max);
  let state = OUTSIDE;
  for (;;) {
    const { header } = state;
    const room = max - header.length;
    if (end - at <= room) {
      if (at < end) yield header + text.slice(at, end);
      return;
    }
    const cut = markdownCut(text.slice(at, at + room + 2), room, state);
    const piece = text.slice(at, at + cut.at).trimEnd();
    if (piece !== "") yield header + piece;
    at = skipBlank(text, at + cut.at, max);
    if (cut.at > 0 && text[at] === " " && text[at - 1] !== "\n") at += 1;
    state = cut.state;
  }
}

function markdownCut(window: string, max: number, before: State): { at: number; state: State } {
  const half = max / 2;
  let paragraph: { at: number; state: State } | undefined;
  let code: { at: number; state: State } | undefined;
  let line: { at: number; state: State } | undefined;
  let state = before;
  let last = "";
  for (let at = 0; at <= max;) {
    const here = { at, state };
    if (at > 0) {
      if (state.fence === "" && last.trim() === "") paragraph = here;
      line = here;
    }
    const newline = window.indexOf("\n", at);
    if (newline === -1) {
      if (state.fence === "" && fenceMark(window.slice(at, at + 80)) !== undefined) code = here;
      break;
    }
    const current = window.slice(at, newline);
    const next = after(current, last, state, max);
    if (state.fence === "" && next.fence !== "") code = here;
    else if (next.fence === "") code = undefined;
    state = next;
    last = current;
    at = newline + 1;
  }
  if (paragraph && paragraph.at >= half) return paragraph;
  if (code && code.at >= max / 4) return code;
  if (line && line.at >= half) return line;
  return { at: textCut(window, max), state: { fence: state.fence, header: "" } };
}

/** What holds behind a line. */
function after(line: string, above: string, state: State, max: number): State {
  const mark = fenceMark(line.slice(0, 80));
  if (state.fence !== "") return closesFence(mark, state.fence) ? OUTSIDE : state;
  if (mark !== undefined) return { fence: mark, header: "" };
  if (state.header !== "") return line.includes("|") ? state : OUTSIDE;
  if (line.length > MAX_HEADER || above.length > MAX_HEADER || !above.includes("|") || !line.includes("|"))
    return OUTSIDE;
  const header = `${above}\n${line}\n`;
  return DELIMITERS.test(line) && header.length <= max / 4 ? { fence: "", header } : OUTSIDE;
}
