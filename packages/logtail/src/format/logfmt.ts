import { levelOfWord } from "./level.ts";
import type { Draft, LogRecord } from "./record.ts";
import { newFields } from "./record.ts";
import type { TimeReader } from "./time.ts";

/** Further pairs of a line are left out. */
const MAX_PAIRS = 500;
const TIMES = new Set(["time", "ts", "timestamp", "t", "date"]);
const LEVELS = new Set(["level", "lvl", "severity", "loglevel", "at"]);
const MESSAGES = new Set(["msg", "message", "event"]);

/** A line of `key=value` and `key="quoted value"` pairs, as logfmt: two or more, and at most as many bare words. */
export function parseLogfmt(text: string, times: TimeReader): LogRecord | undefined {
  if (!isKey(text.charCodeAt(0)) || text.charCodeAt(0) < 65 || !startsWithPair(text)) return undefined;
  const draft: Draft = { message: text, format: "logfmt" };
  const fields = newFields();
  let pairs = 0;
  let bare = 0;
  let messaged = false;
  for (let at = 0; at < text.length && pairs < MAX_PAIRS;) {
    if (text.charCodeAt(at) <= 32) {
      at++;
      continue;
    }
    const start = at;
    while (isKey(text.charCodeAt(at))) at++;
    if (text.charCodeAt(at) !== 61 || at === start) {
      while (at < text.length && text.charCodeAt(at) > 32) at++;
      if (++bare > pairs) return undefined;
      continue;
    }
    const key = text.slice(start, at);
    const end = valueEnd(text, ++at);
    const value =
      text.charCodeAt(at) === 34 && end > at + 1 ? unquote(text.slice(at + 1, end - 1)) : text.slice(at, end);
    at = end;
    pairs++;
    if (draft.time === undefined && TIMES.has(key)) {
      const stamp = value.length > 64 ? undefined : times.read(value, 0);
      const time = stamp?.time ?? (/^\d{10,19}(?:\.\d{1,9})?$/.test(value) ? times.epoch(Number(value)) : undefined);
      if (time !== undefined) {
        draft.time = time;
        if (stamp?.zone !== undefined) draft.zone = stamp.zone;
        continue;
      }
    }
    if (draft.level === undefined && LEVELS.has(key)) {
      const level = levelOfWord(value);
      if (level !== undefined) {
        draft.level = level;
        continue;
      }
    }
    if (!messaged && MESSAGES.has(key)) {
      messaged = true;
      draft.message = value;
    } else fields[key] = value;
  }
  if (pairs < 2) return undefined;
  for (const _ in fields) {
    draft.fields = fields;
    break;
  }
  return draft;
}

function startsWithPair(text: string): boolean {
  let at = 1;
  while (at < 64 && isKey(text.charCodeAt(at))) at++;
  return text.charCodeAt(at) === 61;
}

/** Index after the value that starts at `at`; a quote that nobody closes ends with the line. */
function valueEnd(text: string, at: number): number {
  let end = at;
  if (text.charCodeAt(at) !== 34) {
    while (end < text.length && text.charCodeAt(end) > 32) end++;
    return end;
  }
  for (end = at + 1; end < text.length; end++) {
    const code = text.charCodeAt(end);
    if (code === 92) end++;
    else if (code === 34) return end + 1;
  }
  return text.length;
}

function unquote(value: string): string {
  if (!value.includes("\\")) return value;
  return value.replace(/\\(.)/g, (_, character: string) =>
    character === "n" ? "\n" : character === "t" ? "\t" : character === "r" ? "\r" : character,
  );
}

/** Letters, digits, and `_ . - / @`. */
function isKey(code: number): boolean {
  return (
    (code >= 97 && code <= 122) ||
    (code >= 65 && code <= 90) ||
    (code >= 45 && code <= 57) ||
    code === 95 ||
    code === 64
  );
}
