import { levelOfSeverity, levelOfWord } from "./level.ts";
import { levelIn } from "./plain.ts";
import type { Draft, LogRecord } from "./record.ts";
import { newFields } from "./record.ts";
import type { Stamp, TimeReader } from "./time.ts";

/** Host names and tags are not longer. */
const MAX_WORD = 255;

/**
 * A line of syslog: RFC 5424, RFC 3164 with or without its priority, and the files of rsyslog with ISO times.
 * The level is the severity of the priority; without one, what the message starts with.
 */
export function parseSyslog(text: string, times: TimeReader): LogRecord | undefined {
  let at = 0;
  let priority: number | undefined;
  if (text.charCodeAt(0) === 60) {
    const end = text.indexOf(">");
    if (end < 2 || end > 4) return undefined;
    priority = Number(text.slice(1, end));
    if (!(priority >= 0 && priority <= 191)) return undefined;
    at = end + 1;
    if (text.charCodeAt(at) === 49 && text.charCodeAt(at + 1) === 32) return rfc5424(text, at + 2, priority, times);
  }
  const first = text.charCodeAt(at);
  const iso = first >= 48 && first <= 57;
  const stamp = iso ? (text.charCodeAt(at + 10) === 84 ? times.iso(text, at) : undefined) : times.named(text, at);
  if (stamp === undefined || text.charCodeAt(stamp.end) !== 32 || (iso && stamp.zone === undefined)) return undefined;
  return rfc3164(text, stamp, priority);
}

function rfc3164(text: string, stamp: Stamp, priority: number | undefined): LogRecord | undefined {
  const hostEnd = text.indexOf(" ", stamp.end + 1);
  if (hostEnd < 0 || hostEnd === stamp.end + 1 || hostEnd - stamp.end > MAX_WORD) return undefined;
  const host = text.slice(stamp.end + 1, hostEnd);
  if (!/^[\w.:-]+$/.test(host) || levelOfWord(host) !== undefined || host.endsWith(":")) return undefined;
  const fields = newFields();
  fields["host"] = host;
  const tag = /^([\w./@() -]{1,100}?)(?:\[([^\]]{1,40})\])?:(?: |$)/.exec(
    text.slice(hostEnd + 1, hostEnd + 1 + MAX_WORD),
  );
  if (tag === null || tag[1] === undefined || levelOfWord(tag[1]) !== undefined) {
    if (priority === undefined) return undefined;
  } else {
    if (priority === undefined && tag[1].includes(" ")) return undefined;
    fields["app"] = tag[1];
    if (tag[2] !== undefined) fields["pid"] = tag[2];
  }
  const message = text.slice(hostEnd + 1 + (fields["app"] === undefined ? 0 : (tag?.[0].length ?? 0)));
  const draft: Draft = { time: stamp.time, message, fields, format: "syslog" };
  if (stamp.zone !== undefined) draft.zone = stamp.zone;
  return withLevel(draft, fields, priority);
}

function rfc5424(text: string, start: number, priority: number, times: TimeReader): LogRecord | undefined {
  const fields = newFields();
  const draft: Draft = { message: "", fields, format: "syslog" };
  let at = start;
  for (const name of ["time", "host", "app", "pid", "msgid"]) {
    const end = text.indexOf(" ", at);
    if (end < 0 || end - at > MAX_WORD) return undefined;
    const word = text.slice(at, end);
    at = end + 1;
    if (word === "-") continue;
    if (name !== "time") fields[name] = word;
    else {
      const stamp = times.iso(word, 0);
      if (stamp === undefined) return undefined;
      draft.time = stamp.time;
      if (stamp.zone !== undefined) draft.zone = stamp.zone;
    }
  }
  if (text.charCodeAt(at) === 45) at++;
  else {
    while (text.charCodeAt(at) === 91) {
      const end = elementEnd(text, at);
      if (end === undefined) return undefined;
      readElement(text.slice(at + 1, end - 1), fields);
      at = end;
    }
  }
  if (at < text.length && text.charCodeAt(at) !== 32) return undefined;
  draft.message = text.slice(text.charCodeAt(at + 1) === 0xfeff ? at + 2 : at + 1);
  return withLevel(draft, fields, priority);
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

function withLevel(draft: Draft, fields: Record<string, unknown>, priority: number | undefined): LogRecord {
  const level = priority === undefined ? levelIn(draft.message) : levelOfSeverity(priority & 7);
  if (level !== undefined) draft.level = level;
  if (priority !== undefined) fields["facility"] = priority >> 3;
  return draft;
}
