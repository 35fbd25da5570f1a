import { isDigit } from "./characters.ts";
import { levelOfStatus } from "./level.ts";
import type { Draft, LogRecord } from "./record.ts";
import { newFields } from "./record.ts";
import type { TimeReader } from "./time.ts";

/** The time of an access log starts within so many characters. */
const MAX_HEAD = 512;

/**
 * A line of a web server's access log in the common or combined form, with or without the virtual host before it.
 * The message is method, path and status; the level follows the status.
 * @param full whether `fields` are wanted
 */
export function parseAccess(text: string, times: TimeReader, full: boolean): LogRecord | undefined {
  const open = text.indexOf(" [");
  if (open < 0 || open > MAX_HEAD || text.charCodeAt(open + 4) !== 47) return undefined;
  const stamp = times.read(text, open + 2);
  if (stamp === undefined || !text.startsWith('] "', stamp.end)) return undefined;
  let blanks = 0;
  for (let at = text.indexOf(" "); at < open; at = text.indexOf(" ", at + 1)) blanks++;
  if (blanks < 2 || blanks > 4) return undefined;
  const request = stamp.end + 3;
  const requestEnd = quoteEnd(text, request);
  const sizeEnd = statusAndSizeEnd(text, requestEnd + 1);
  if (sizeEnd < 0) return undefined;
  const status = Number(text.slice(requestEnd + 2, requestEnd + 5));
  const method = text.indexOf(" ", request);
  const path = text.lastIndexOf(" ", requestEnd - 1);
  const asked = text.slice(request, method >= 0 && path > method && path < requestEnd ? path : requestEnd);
  const draft: Draft = {
    time: stamp.time,
    level: levelOfStatus(status),
    message: `${asked} ${status}`,
    format: "access",
  };
  if (!full) return draft;
  if (stamp.zone !== undefined) draft.zone = stamp.zone;
  const fields = newFields();
  draft.fields = fields;
  const head = text.slice(0, open).split(" ");
  const client = head.length > 3 ? 1 : 0;
  if (client === 1) fields["vhost"] = head[0];
  fields["client"] = head[client];
  const user = head.slice(client + 2).join(" ");
  if (user !== "-") fields["user"] = user;
  const line = text.slice(request, requestEnd);
  const words = asked.indexOf(" ");
  if (line.indexOf(" ") > 0) {
    fields["method"] = line.slice(0, line.indexOf(" "));
    fields["path"] = words < 0 ? "" : asked.slice(words + 1);
  }
  if (asked.length < line.length) fields["protocol"] = line.slice(asked.length + 1);
  fields["status"] = status;
  const size = text.slice(requestEnd + 6, sizeEnd);
  if (size !== "-") fields["bytes"] = Number(size);
  let at = sizeEnd + 1;
  for (const name of ["referer", "agent"]) {
    if (text.charCodeAt(at) !== 34) break;
    const end = quoteEnd(text, at + 1);
    const value = text.slice(at + 1, end);
    if (value !== "-") fields[name] = value;
    at = end + 2;
  }
  return draft;
}

/** Index after ` 200 1234` at `at`; -1 when there is no such thing. */
function statusAndSizeEnd(text: string, at: number): number {
  if (text.charCodeAt(at) !== 32 || text.charCodeAt(at + 4) !== 32) return -1;
  for (let digit = at + 1; digit < at + 4; digit++) if (!isDigit(text.charCodeAt(digit))) return -1;
  let end = at + 5;
  if (text.charCodeAt(end) === 45) end++;
  else while (end < at + 40 && isDigit(text.charCodeAt(end))) end++;
  return end > at + 5 && (end === text.length || text.charCodeAt(end) === 32) ? end : -1;
}

/** Index of the quote that ends what starts at `at`, or the text's length. */
function quoteEnd(text: string, at: number): number {
  const first = text.indexOf('"', at);
  if (first < 0) return text.length;
  if (text.charCodeAt(first - 1) !== 92) return first;
  for (let index = at; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code === 92) index++;
    else if (code === 34) return index;
  }
  return text.length;
}
