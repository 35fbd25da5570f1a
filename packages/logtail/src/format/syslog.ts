import { isWord } from "./characters.ts";
import { levelAt, levelOfSeverity } from "./level.ts";
import { levelIn } from "./plain.ts";
import type { Draft, LogRecord } from "./record.ts";
import { newFields } from "./record.ts";
import type { Stamp, TimeReader } from "./time.ts";

/** Host names and tags are not longer. */
const MAX_WORD = 255;

/**
 * A line of syslog: RFC 5424, RFC 3164 with or without its priority, and the files of rsyslog with ISO times.
 * The level is the severity of the priority; without one, what the message starts with.
 * @param full whether `fields` are wanted
 */
export function parseSyslog(text: string, times: TimeReader, full: boolean): LogRecord | undefined {
  let at = 0;
  let priority: number | undefined;
  if (text.charCodeAt(0) === 60) {
    const end = text.indexOf(">");
    if (end < 2 || end > 4) return undefined;
    priority = Number(text.slice(1, end));
    if (!(priority >= 0 && priority <= 191)) return undefined;
    at = end + 1;
    if (text.charCodeAt(at) === 49 && text.charCodeAt(at + 1) === 32)
      return rfc5424(text, at + 2, priority, times, full);
  }
  const first = text.charCodeAt(at);
  const iso = first >= 48 && first <= 57;
  const stamp = iso ? (text.charCodeAt(at + 10) === 84 ? times.iso(text, at) : undefined) : times.named(text, at);
  if (stamp === undefined || text.charCodeAt(stamp.end) !== 32 || (iso && stamp.zone === undefined)) return undefined;
  return rfc3164(text, stamp, priority, full);
}

function rfc3164(text: string, stamp: Stamp, priority: number | undefined, full: boolean): LogRecord | undefined {
  const hostStart = stamp.end + 1;
  let hostEnd = hostStart;
  while (hostEnd - hostStart < MAX_WORD && isHost(text.charCodeAt(hostEnd))) hostEnd++;
  if (hostEnd === hostStart || text.charCodeAt(hostEnd) !== 32 || text.charCodeAt(hostEnd - 1) === 58) return undefined;
  if (levelAt(text, hostStart, hostEnd) !== undefined) return undefined;
  const start = hostEnd + 1;
  const tag = tagAt(text, start);
  const named = tag !== undefined && levelAt(text, start, tag.nameEnd) === undefined;
  if (!named && priority === undefined) return undefined;
  if (named && priority === undefined && tag.blank) return undefined;
  const draft: Draft = { time: stamp.time, message: text.slice(named ? tag.end : start), format: "syslog" };
  const level = priority === undefined ? levelIn(draft.message) : levelOfSeverity(priority & 7);
  if (level !== undefined) draft.level = level;
  if (!full) return draft;
  if (stamp.zone !== undefined) draft.zone = stamp.zone;
  const fields = newFields();
  fields["host"] = text.slice(hostStart, hostEnd);
  if (named) {
    fields["app"] = text.slice(start, tag.nameEnd);
    if (tag.pidEnd > tag.nameEnd) fields["pid"] = text.slice(tag.nameEnd + 1, tag.pidEnd);
  }
  if (priority !== undefined) fields["facility"] = priority >> 3;
  draft.fields = fields;
  return draft;
}

interface Tag {
  readonly nameEnd: number;
  /** Index of the bracket that closes the process's id; `nameEnd` when there is none. */
  readonly pidEnd: number;
  readonly end: number;
  /** Whether there is a blank in the name. */
  readonly blank: boolean;
}

/** `name: ` or `name[id]: ` at `at`: a name of at most 100 units, and an id of at most 40. */
function tagAt(text: string, at: number): Tag | undefined {
  let nameEnd = at;
  let blank = false;
  for (; nameEnd - at < 100; nameEnd++) {
    const code = text.charCodeAt(nameEnd);
    if (code === 32) blank = true;
    else if (!isTag(code)) break;
  }
  if (nameEnd === at) return undefined;
  let end = nameEnd;
  if (text.charCodeAt(nameEnd) === 91) {
    end = text.indexOf("]", nameEnd);
    if (end < nameEnd + 2 || end > nameEnd + 41) return undefined;
  }
  const pidEnd = end;
  if (end > nameEnd) end++;
  if (text.charCodeAt(end) !== 58) return undefined;
  if (end + 1 === text.length) return { nameEnd, pidEnd, end: end + 1, blank };
  return text.charCodeAt(end + 1) === 32 ? { nameEnd, pidEnd, end: end + 2, blank } : undefined;
}

/** Letters, digits, and `_ . : -`. */
function isHost(code: number): boolean {
  return isWord(code) || code === 45 || code === 46 || code === 58;
}

/** Letters, digits, and `_ . / @ ( ) -`. */
function isTag(code: number): boolean {
  return isWord(code) || (code >= 45 && code <= 47) || code === 40 || code === 41 || code === 64;
}

function rfc5424(
  text: string,
  start: number,
  priority: number,
  times: TimeReader,
  full: boolean,
): LogRecord | undefined {
  const fields = newFields();
  const draft: Draft = { message: "", format: "syslog" };
  let at = start;
  for (const name of ["time", "host", "app", "pid", "msgid"]) {
    const end = text.indexOf(" ", at);
    if (end < 0 || end - at > MAX_WORD) return undefined;
    const start = at;
    at = end + 1;
    if (end - start === 1 && text.charCodeAt(start) === 45) continue;
    if (name !== "time") {
      if (full) fields[name] = text.slice(start, end);
      continue;
    }
    const stamp = times.iso(text, start);
    if (stamp === undefined) return undefined;
    draft.time = stamp.time;
    if (full && stamp.zone !== undefined) draft.zone = stamp.zone;
  }
  if (text.charCodeAt(at) === 45) at++;
  else {
    while (text.charCodeAt(at) === 91) {
      const end = elementEnd(text, at);
      if (end === undefined) return undefined;
      if (full) readElement(text.slice(at + 1, end - 1), fields);
      at = end;
    }
  }
  if (at < text.length && text.charCodeAt(at) !== 32) return undefined;
  draft.message = text.slice(text.charCodeAt(at + 1) === 0xfeff ? at + 2 : at + 1);
  const level = levelOfSeverity(priority & 7);
  if (level !== undefined) draft.level = level;
  fields["facility"] = priority >> 3;
  if (full) draft.fields = fields;
  return draft;
}

/** Index after the `]` of the structured data that starts at `at`. */
function elementEnd(text: string, at: number): number | undefined {
  let quoted = false;
  for (let index = at + 1; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code === 92 && quoted) index++;
    else if (code === 34) quoted = !quoted;
    else if (code === 93 && !quoted) return index + 1;
  }
  return undefined;
}

function readElement(text: string, fields: Record<string, unknown>): void {
  const idEnd = text.indexOf(" ");
  const values = newFields();
  fields[idEnd < 0 ? text : text.slice(0, idEnd)] = values;
  if (idEnd < 0) return;
  for (const [, name, value] of text.slice(idEnd).matchAll(/ ([^\s="\]]{1,64})="((?:[^"\\]|\\.)*)"/g)) {
    values[name ?? ""] = (value ?? "").replace(/\\(["\\\]])/g, "$1");
  }
}
