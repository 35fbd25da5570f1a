import { isLetter, isName } from "./characters.ts";
import { parseHead, phpHead } from "./heads.ts";
import type { Level } from "./level.ts";
import { levelAt } from "./level.ts";
import type { Draft, LogRecord } from "./record.ts";
import { newFields } from "./record.ts";
import type { TimeReader } from "./time.ts";

/** The level stands within so many words and characters after the time. */
const MAX_WORDS = 8;
const FIRST_WORDS = 2;
const MAX_HEAD = 160;

/**
 * Any line: its time at the start (bare or in brackets), then its level among the first words, as Log4j, Logback,
 * Python's logging, nginx, Apache, PostgreSQL, MySQL, Redis, klog, .NET and many others write them.
 * What stands between time and level goes into `fields.context`, a name before the message into `fields.logger`.
 * @param full whether `fields` are wanted
 */
export function parsePlain(text: string, times: TimeReader, full: boolean): LogRecord {
  const known = parseHead(text, times, full);
  if (known !== undefined) return known;
  const draft: Draft = { message: text, format: "plain" };
  // Ruby's logger writes `E, [time #process] ERROR -- : text`.
  const open = text.startsWith(", [", 1) ? 3 : 0;
  const bracketed = text.charCodeAt(open) === 91;
  let stamp = times.read(text, open + (bracketed ? 1 : 0));
  let at = 0;
  // What is in the brackets beside the time: env_logger's level and module, Ruby's process.
  let inside = false;
  if (stamp !== undefined) {
    const after = text.charCodeAt(stamp.end);
    inside = bracketed && after === 32;
    if (!bracketed || inside || after === 93) at = skipMarks(text, stamp.end + (bracketed && !inside ? 1 : 0));
    else stamp = undefined;
  }
  const php = stamp && phpHead(text, at);
  const found = php === undefined ? findLevel(text, at, stamp !== undefined) : { ...php, start: at, python: false };
  if (inside && found === undefined) {
    at = 0;
    stamp = undefined;
  }
  let start = found === undefined ? at : skipMarks(text, found.end);
  if (stamp === undefined && found !== undefined && found.start <= 1) {
    stamp = times.read(text, start);
    if (stamp !== undefined) start = skipMarks(text, stamp.end);
  }
  if (stamp !== undefined) {
    draft.time = stamp.time;
    if (full && stamp.zone !== undefined) draft.zone = stamp.zone;
  }
  if (found === undefined) {
    draft.message = at === 0 ? text : text.slice(at);
    const level = errorIn(text, at);
    if (level !== undefined) draft.level = level;
    return draft;
  }
  draft.level = found.level;
  const close = inside ? text.indexOf("] ", found.end) : -1;
  const logger =
    close >= 0 && close - found.end < MAX_HEAD && text.indexOf("]", at) === close
      ? { name: text.slice(start, close), end: close + 2 }
      : loggerAt(text, start, found.python);
  draft.message = text.slice(logger?.end ?? start);
  if (!full) return draft;
  const context = text.slice(at, skipBack(text, at, found.start));
  if (context !== "" || logger !== undefined) {
    draft.fields = newFields();
    if (context !== "") draft.fields["context"] = context;
    if (logger !== undefined) draft.fields["logger"] = logger.name;
  }
  return draft;
}

/** The level that the start of a message names; else undefined. */
export function levelIn(text: string): Level | undefined {
  return findLevel(text, 0, false)?.level ?? errorIn(text, 0);
}

/** What PostgreSQL and MySQL call information, after a time only. */
const OWN_WORDS = new Map<string, Level>([
  ["LOG", "info"],
  ["System", "info"],
]);

/** A word in capitals or enclosed. */
const MARKED = /\b[A-Za-z][A-Z][A-Za-z]|[[|<(:][A-Za-z]{3,13}[\])|>]/;

interface Found {
  readonly level: Level;
  readonly start: number;
  readonly end: number;
  /** Whether it is written `LEVEL:logger:text`. */
  readonly python: boolean;
}

/**
 * The level among the first words: in capitals, in brackets or between bars anywhere; in small letters only with a
 * colon, or as the first word after a time.
 */
function findLevel(text: string, from: number, timed: boolean): Found | undefined {
  const last = Math.min(text.length, from + MAX_HEAD);
  let marked: boolean | undefined;
  let at = from;
  for (let words = 0; words < MAX_WORDS && at < last; words++) {
    // Most messages have no such word at all, and only their first words are looked at.
    if (words === FIRST_WORDS && !(marked ??= MARKED.test(text.slice(from, last + 1)))) return undefined;
    while (at < last && !isLetter(text.charCodeAt(at))) at++;
    const start = at;
    while (at < last && isLetter(text.charCodeAt(at))) at++;
    const length = at - start;
    const after = text.charCodeAt(at);
    const joined = start > from && isJoint(text.charCodeAt(start - 1));
    if (joined) words--;
    if (length >= 3 && length <= 13 && !isJoint(after)) {
      const before = start === from ? 32 : text.charCodeAt(start - 1);
      const capitals = text.charCodeAt(start + 1) < 97;
      const closed = after === 93 || after === 124 || after === 62 || after === 41;
      const opened = before === 91 || before === 124 || before === 60 || before === 40 || (before === 58 && closed);
      const colon = after === 58 && (start === from || (timed && words < 2));
      const alone = timed && words === 0 && (after === 32 || after === 9 || at === text.length);
      // Monolog writes `channel.LEVEL: text`.
      const channel = timed && before === 46 && after === 58 && capitals;
      if ((capitals || (opened && closed) || colon || alone) && (!joined || channel)) {
        const level =
          levelAt(text, start, at) ?? (timed && words < 2 ? OWN_WORDS.get(text.slice(start, at)) : undefined);
        const python = start === from && after === 58 && isLetter(text.charCodeAt(at + 1));
        if (level !== undefined) return { level, start, end: at, python };
      }
    }
    while (at < last && isJoint(text.charCodeAt(at))) at++;
  }
  return undefined;
}

/** A line that starts with the name of an exception, or with a trace's first line, is an error. */
function errorIn(text: string, at: number): Level | undefined {
  const first = text.charCodeAt(at);
  if ((first === 84 || first === 69 || first === 85) && TRACE_HEADS.some((head) => text.startsWith(head, at)))
    return "error";
  let end = at;
  while (end - at < 130 && isName(text.charCodeAt(end)) && text.charCodeAt(end) !== 45) end++;
  if (end - at < 5 || (end < text.length && text.charCodeAt(end) !== 58)) return undefined;
  return text.startsWith("Error", end - 5) || text.startsWith("Exception", Math.max(at, end - 9)) ? "error" : undefined;
}
const TRACE_HEADS = ["Traceback (most recent", "Exception in thread", "Unhandled exception", "Uncaught "];

/** A logger's name before ` - ` or ` : `, or in `LEVEL:logger:text`. */
function loggerAt(text: string, at: number, python: boolean): { name: string; end: number } | undefined {
  let end = at;
  const last = Math.min(text.length, at + 100);
  while (end < last && isName(text.charCodeAt(end))) end++;
  if (end === at) return undefined;
  if (python && text.charCodeAt(end) === 58) return { name: text.slice(at, end), end: end + 1 };
  if (text.charCodeAt(end) !== 32) return undefined;
  const mark = text.charCodeAt(end + 1);
  if ((mark !== 45 && mark !== 58) || text.charCodeAt(end + 2) !== 32) return undefined;
  return { name: text.slice(at, end), end: end + 3 };
}

/** Index after blanks and the marks that separate parts of a head: `] : - | > )` and commas. */
function skipMarks(text: string, from: number): number {
  let at = from;
  for (; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 32 || code === 9 || code === 93 || code === 58 || code === 124 || code === 62 || code === 41) continue;
    if (code === 44 && text.charCodeAt(at + 1) === 32) continue;
    if (code === 45 && text.charCodeAt(at + 1) === 32) continue;
    break;
  }
  return at;
}

/** Index after what stands before a level, without the marks between the two. */
function skipBack(text: string, from: number, at: number): number {
  let end = at;
  for (; end > from; end--) {
    const code = text.charCodeAt(end - 1);
    if (code !== 32 && code !== 9 && code !== 91 && code !== 124 && code !== 60 && code !== 40 && code !== 45) break;
  }
  return end;
}

/** What makes a longer word of the letters before it: digits, `_ - . / = $ @` and letters beyond ASCII. */
function isJoint(code: number): boolean {
  return (code >= 45 && code <= 57) || code === 95 || code === 61 || code === 36 || code === 64 || code > 127;
}
