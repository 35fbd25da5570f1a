/** Longest code in a line, in UTF-16 units, and the end of the paragraph that it has to be in. */
const MAX_SPAN = 2_000;
const PARAGRAPH = /\n[ \t]*\n/;
/** Back-ticks around code in a line; more of them are a fence that is not found to be one, such as one in a quotation. */
const MAX_RUN = 2;
/** What stands before a fence in its line, at most, and is looked at: white space, and of one that begins a block signs of a list. */
const MAX_INDENT = 24;
const BLANK = /^[ \t]*$/;
const ITEM = /^[ \t]*(?:(?:[-*+]|\d{1,9}[.)])[ \t]+)*$/;
const TICK = 0x60;
const TILDES = "~~~";
/** What stands for code while the text around it is changed: part of no word, and no mark. */
const HELD = /\0(\d+)\0/g;
const ANY = /(?:)/;
const NONE = Infinity;

/**
 * Changes Markdown but for the code in it, which loses its back-ticks; the lines of fences are not part of the code.
 * @param signs what `change` changes: code without that may be given to it as well, with its back-ticks. Default: any code is held.
 */
export function aroundCode(text: string, change: (prose: string) => string, signs: RegExp = ANY): string {
  if (text.includes("\0")) return change(text);
  const codes: string[] = [];
  let prose = "";
  let done = 0;
  let ticks = -1;
  let tildes = -1;
  for (let next = 0; ;) {
    if (ticks < next) ticks = nextOf(text, "`", next);
    if (tildes < next) tildes = nextOf(text, TILDES, next);
    const at = Math.min(ticks, tildes);
    if (at === NONE) break;
    const mark = runAt(text, at);
    const found = blockAt(text, at, mark) ?? spanAt(text, at, mark);
    if (found && signs.test(found.code)) {
      prose += `${text.slice(done, found.from)}\0${codes.push(found.code) - 1}\0`;
      done = found.to;
    }
    next = found?.next ?? at + mark.length;
  }
  if (codes.length === 0) return change(text);
  return change(prose + text.slice(done)).replace(HELD, (_, index: string) => codes[Number(index)] ?? "");
}

interface Code {
  readonly from: number;
  readonly to: number;
  readonly code: string;
  /** Behind the run that ends it. */
  readonly next: number;
}

function nextOf(text: string, signs: string, from: number): number {
  const at = text.indexOf(signs, from);
  return at === -1 ? NONE : at;
}

function runAt(text: string, at: number): string {
  const sign = text.charCodeAt(at);
  let end = at + 1;
  while (text.charCodeAt(end) === sign) end += 1;
  return text.slice(at, end);
}

/** The lines between a fence that begins here and the one that ends it. */
function blockAt(text: string, at: number, mark: string): Code | undefined {
  if (mark.length < 3 || !ITEM.test(lineBefore(text, at))) return undefined;
  const from = text.indexOf("\n", at) + 1;
  if (from === 0 || (mark.startsWith("`") && text.slice(at + mark.length, from).includes("`"))) return undefined;
  let close = text.indexOf(mark, from);
  while (close !== -1 && !isClosing(text, close)) close = text.indexOf(mark, close + runAt(text, close).length);
  if (close === -1) return { from, to: text.length, code: text.slice(from), next: text.length };
  const to = Math.max(from, text.lastIndexOf("\n", close));
  return { from, to, code: text.slice(from, to), next: close + mark.length };
}

/** Whether nothing else is in the line of a run: with more white space than three spaces in lists. */
function isClosing(text: string, at: number): boolean {
  const behind = at + runAt(text, at).length;
  const end = text.indexOf("\n", behind);
  return BLANK.test(text.slice(behind, end === -1 ? text.length : end)) && BLANK.test(lineBefore(text, at));
}

/** What stands in the line before a place in it, if that is little; else some of it, with a letter at its start. */
function lineBefore(text: string, at: number): string {
  const window = text.slice(Math.max(0, at - MAX_INDENT), at);
  const newline = window.lastIndexOf("\n");
  return newline === -1 && at > MAX_INDENT ? `x${window}` : window.slice(newline + 1);
}

/** Whether a backslash takes its meaning from a sign: an even number of them means themselves. */
function isEscaped(text: string, at: number): boolean {
  let first = at;
  while (text[first - 1] === "\\") first -= 1;
  return (at - first) % 2 === 1;
}

/** What stands between a run of back-ticks and the next one of its length in the paragraph, with the runs. */
function spanAt(text: string, at: number, mark: string): Code | undefined {
  if (text.charCodeAt(at) !== TICK || mark.length > MAX_RUN || isEscaped(text, at)) return undefined;
  const from = at + mark.length;
  const limit = Math.min(text.length, from + MAX_SPAN);
  for (let close = text.indexOf(mark, from); close !== -1 && close < limit;) {
    let behind = close;
    while (text.charCodeAt(behind) === TICK) behind += 1;
    if (behind - close === mark.length) {
      const code = text.slice(from, close);
      return PARAGRAPH.test(code) ? undefined : { from: at, to: behind, code, next: behind };
    }
    close = text.indexOf(mark, behind);
  }
  return undefined;
}
