import { closesFence, fenceMark } from "./fences.ts";
import { nextLine } from "./lines.ts";
import { plainMarkdown } from "./plain.ts";

const MODULE = /^(?:import|export)\b/;

/** MDX without what it imports and exports before its text begins. */
export function withoutModules(source: string): string {
  let at = 0;
  while (at < source.length) {
    const end = nextLine(source, at);
    const head = source.slice(at, Math.min(end, at + 80));
    if (MODULE.test(head)) at = moduleEnd(source, at);
    else if (head.trim() === "" && source.slice(at, end).trim() === "") at = end;
    else break;
  }
  return source.slice(at);
}

/** MDX as it reads: as Markdown does, without imports, exports, tags of components and expressions in braces. */
export function plainMdx(text: string): string {
  const kept: string[] = [];
  let fence = "";
  let blank = true;
  for (let at = 0; at < text.length;) {
    const end = nextLine(text, at);
    const head = text.slice(at, Math.min(end, at + 80));
    const mark = fenceMark(head);
    if (fence === "" && blank && MODULE.test(head)) {
      at = moduleEnd(text, at);
      continue;
    }
    if (fence !== "" || mark) {
      kept.push(text.slice(at, end));
      if (fence === "") fence = mark ?? "";
      else if (closesFence(mark, fence)) fence = "";
    } else {
      // Tags may go on over lines, so they are looked for up to the next code block.
      const stop = proseEnd(text, end, head.trim() === "");
      kept.push(withoutTags(text.slice(at, stop)));
      blank = text.slice(text.lastIndexOf("\n", stop - 2) + 1, stop).trim() === "";
      at = stop;
      continue;
    }
    blank = head.trim() === "";
    at = end;
  }
  return plainMarkdown(kept.join(""));
}

/** The end of the block of imports and exports that begins here: the next blank line. */
function moduleEnd(text: string, from: number): number {
  let at = nextLine(text, from);
  while (at < text.length) {
    const end = nextLine(text, at);
    if (text.charCodeAt(at) <= 32 && text.slice(at, end).trim() === "") break;
    at = end;
  }
  return at;
}

/** Where prose ends that goes on at the beginning of a line: at a fence, or at a module after a blank line. */
function proseEnd(text: string, from: number, afterBlank: boolean): number {
  let blank = afterBlank;
  for (let at = from; at < text.length;) {
    const end = nextLine(text, at);
    const head = text.slice(at, Math.min(end, at + 80));
    if (fenceMark(head) !== undefined || (blank && MODULE.test(head))) return at;
    blank = head.trim() === "";
    at = end;
  }
  return text.length;
}

const MAX_TAG = 2_000;

function withoutTags(text: string): string {
  if (!text.includes("<") && !text.includes("{")) return text;
  const braces = closingBraces(text);
  let plain = "";
  let done = 0;
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charCodeAt(at);
    let end = -1;
    if (unit === 96) end = codeEnd(text, at);
    else if (unit === 123) end = expressionEnd(braces, at);
    else if (unit === 60 && /^<(?:\/?[A-Za-z][\w.:-]*|\/?>)/.test(text.slice(at, at + 100)))
      end = tagEnd(text, at, braces);
    if (end === -1) continue;
    if (unit !== 96) {
      plain += `${text.slice(done, at)} `;
      done = end;
    }
    at = end - 1;
  }
  return plain + text.slice(done);
}

/** Behind the code that a run of back-ticks begins; behind the run itself if nothing closes it near. */
function codeEnd(text: string, from: number): number {
  let open = from;
  while (text.charCodeAt(open) === 96) open += 1;
  const close = text.slice(open, open + MAX_TAG).indexOf(text.slice(from, Math.min(open, from + 10)));
  return close === -1 ? open : open + close + (open - from);
}

/** Where each brace that opens is closed. */
function closingBraces(text: string): ReadonlyMap<number, number> {
  const closing = new Map<number, number>();
  const open: number[] = [];
  for (let at = text.indexOf("{"); at !== -1 && at < text.length; at += 1) {
    const unit = text.charCodeAt(at);
    if (unit === 123) open.push(at);
    else if (unit === 125) {
      const begin = open.pop();
      if (begin !== undefined) closing.set(begin, at);
    }
  }
  return closing;
}

/** Behind the brace that closes the one here; -1 if that is not near. */
function expressionEnd(braces: ReadonlyMap<number, number>, from: number): number {
  const close = braces.get(from);
  return close === undefined || close - from > MAX_TAG ? -1 : close + 1;
}

/** Behind the `>` of the tag here, over values in quotes and braces; -1 if that is not near. */
function tagEnd(text: string, from: number, braces: ReadonlyMap<number, number>): number {
  const limit = Math.min(text.length, from + MAX_TAG);
  for (let at = from + 1; at < limit; at += 1) {
    const unit = text.charCodeAt(at);
    if (unit === 62) return at + 1;
    if (unit === 60) return -1;
    if (unit === 34 || unit === 39) {
      const close = text.indexOf(unit === 34 ? '"' : "'", at + 1);
      if (close === -1 || close >= limit) return -1;
      at = close;
    } else if (unit === 123) {
      const close = expressionEnd(braces, at);
      if (close === -1) return -1;
      at = close - 1;
    }
  }
  return -1;
}
