import { levelOfOffset, levelOfWord } from "./level.ts";
import type { Draft, LogRecord } from "./record.ts";
import { newFields } from "./record.ts";
import type { TimeReader } from "./time.ts";

/** Further pairs of a line are left out. */
const MAX_PAIRS = 500;
/** What a key stands for. */
const ROLES = new Map<string, "time" | "level" | "message">();
for (const key of ["time", "ts", "timestamp", "t", "date"]) ROLES.set(key, "time");
for (const key of ["level", "lvl", "severity", "loglevel", "at"]) ROLES.set(key, "level");
for (const key of ["msg", "message", "event"]) ROLES.set(key, "message");
const MAX_ROLE = 9;

/**
 * A line of `key=value` and `key="quoted value"` pairs, as logfmt: two or more, and at most as many bare words.
 * @param full whether `fields` are wanted
 */
export function parseLogfmt(text: string, times: TimeReader, full: boolean): LogRecord | undefined {
  if (!isKey(text.charCodeAt(0)) || text.charCodeAt(0) < 65 || !startsWithPair(text)) return undefined;
  const draft: Draft = { message: text, format: "logfmt" };
  let fields: Record<string, unknown> | undefined;
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
    const keyEnd = at++;
    const valueStart = at;
    at = valueEnd(text, valueStart);
    pairs++;
    const key = full || keyEnd - start <= MAX_ROLE ? text.slice(start, keyEnd) : "";
    const role = ROLES.get(key);
    if (!full && role === undefined) continue;
    const quoted = text.charCodeAt(valueStart) === 34 && at > valueStart + 1;
    const value = quoted ? unquote(text.slice(valueStart + 1, at - 1)) : text.slice(valueStart, at);
    if (role === "time" && draft.time === undefined) {
      const found = times.value(value);
      if (found !== undefined) {
        draft.time = found.time;
        if (found.zone !== undefined) draft.zone = found.zone;
        continue;
      }
    }
    if (role === "level" && draft.level === undefined) {
      const level = levelOfWord(value) ?? levelOfOffset(value);
      if (level !== undefined) {
        draft.level = level;
        continue;
      }
    }
    if (role === "message" && !messaged) {
      messaged = true;
      draft.message = value;
    } else if (full) (fields ??= newFields())[key] = value;
  }
  if (pairs < 2) return undefined;
  if (fields !== undefined) draft.fields = fields;
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
  const close = text.indexOf('"', at + 1);
  if (close < 0) return text.length;
  if (text.charCodeAt(close - 1) !== 92) return close + 1;
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
