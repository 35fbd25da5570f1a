import type { Level } from "./level.ts";
import type { Draft, LogRecord } from "./record.ts";
import { newFields } from "./record.ts";
import type { Stamp, TimeReader } from "./time.ts";

/** A head is not longer. */
const MAX_HEAD = 160;

/** The letters of klog, glog and logcat. */
const LETTERS: Readonly<Record<string, Level>> = {
  V: "trace",
  D: "debug",
  I: "info",
  W: "warning",
  E: "error",
  F: "critical",
};
const REDIS: Readonly<Record<string, Level>> = { ".": "debug", "-": "info", "*": "notice", "#": "warning" };
const PHP: readonly (readonly [start: string, level: Level])[] = [
  ["PHP Fatal error:  ", "critical"],
  ["PHP Parse error:  ", "critical"],
  ["PHP Recoverable fatal error:  ", "error"],
  ["PHP Warning:  ", "warning"],
  ["PHP Notice:  ", "notice"],
  ["PHP Deprecated:  ", "notice"],
];

/** Lines whose head has a form that no other program's has: those of klog and glog, Android's logcat, and Redis. */
export function parseHead(text: string, times: TimeReader, full: boolean): LogRecord | undefined {
  if (text.charCodeAt(8) === 58) {
    const klog = parseKlog(text, times, full);
    if (klog !== undefined) return klog;
  }
  const first = text.charCodeAt(0);
  if (!(first >= 48 && first <= 57)) return undefined;
  if (text.charCodeAt(2) === 45 && text.charCodeAt(8) === 58) return parseLogcat(text, times, full);
  const colon = text.indexOf(":");
  return colon > 0 && colon < 9 && text.charCodeAt(colon + 2) === 32 ? parseRedis(text, colon, times, full) : undefined;
}

/** What PHP puts before its messages, at `at`: its end and level. */
export function phpHead(text: string, at: number): { readonly end: number; readonly level: Level } | undefined {
  if (text.charCodeAt(at) !== 80) return undefined;
  const found = PHP.find(([start]) => text.startsWith(start, at));
  return found && { end: at + found[0].length, level: found[1] };
}

/** `E1122 10:11:12.123456       1 file.go:12] text` */
function parseKlog(text: string, times: TimeReader, full: boolean): LogRecord | undefined {
  const second = text.charCodeAt(1);
  if (!(second >= 48 && second <= 49)) return undefined;
  const level = LETTERS[text.charAt(0)];
  const stamp = level === undefined ? undefined : times.klog(text, 1);
  if (level === undefined || stamp === undefined) return undefined;
  const found = text.indexOf("] ", stamp.end);
  const close = found > stamp.end + MAX_HEAD ? -1 : found;
  return record(stamp, level, text, close < 0 ? blankEnd(text, stamp.end) : close + 2, full, close);
}

/** `11-22 10:11:12.123  1702  2395 E Tag: text` */
function parseLogcat(text: string, times: TimeReader, full: boolean): LogRecord | undefined {
  const stamp = times.logcat(text, 0);
  const found = stamp && /^\s{1,8}\d{1,8}\s{1,8}\d{1,8} ([VDIWEF]) /.exec(text.slice(stamp.end, stamp.end + 40));
  const level = LETTERS[found?.[1] ?? ""];
  if (stamp === undefined || !found || level === undefined) return undefined;
  const start = stamp.end + found[0].length;
  return record(stamp, level, text, start, full, start - 3);
}

/** `1:M 22 Nov 2026 10:11:12.123 * text` */
function parseRedis(text: string, colon: number, times: TimeReader, full: boolean): LogRecord | undefined {
  const stamp = times.read(text, colon + 3);
  const level = stamp && REDIS[text.charAt(stamp.end + 1)];
  if (stamp === undefined || level === undefined || text.charCodeAt(stamp.end + 2) !== 32) return undefined;
  return record(stamp, level, text, stamp.end + 3, full, -1);
}

/** @param contextEnd of what stands between time and message; -1 for nothing */
function record(stamp: Stamp, level: Level, text: string, start: number, full: boolean, contextEnd: number): LogRecord {
  const draft: Draft = { time: stamp.time, level, message: text.slice(start), format: "plain" };
  const context = full && contextEnd > stamp.end ? text.slice(stamp.end, contextEnd).trim() : "";
  if (context !== "") {
    draft.fields = newFields();
    draft.fields["context"] = context;
  }
  return draft;
}

function blankEnd(text: string, from: number): number {
  let at = from;
  while (text.charCodeAt(at) === 32) at++;
  return at;
}
