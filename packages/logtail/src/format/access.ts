import { levelOfStatus } from "./level.ts";
import type { LogRecord } from "./record.ts";
import { newFields } from "./record.ts";
import type { TimeReader } from "./time.ts";

/** The time of an access log starts within so many characters. */
const MAX_HEAD = 512;

/**
 * A line of a web server's access log in the common or combined form, with or without the virtual host before it.
 * The message is method, path and status; the level follows the status.
 */
export function parseAccess(text: string, times: TimeReader): LogRecord | undefined {
  const open = text.indexOf(" [");
  if (open < 0 || open > MAX_HEAD || text.charCodeAt(open + 4) !== 47) return undefined;
  const stamp = times.read(text, open + 2);
  if (stamp === undefined || !text.startsWith('] "', stamp.end)) return undefined;
  const head = text.slice(0, open).split(" ");
  if (head.length < 3 || head.length > 5) return undefined;
  const request = stamp.end + 3;
  const requestEnd = quoteEnd(text, request);
  const rest = /^ (\d{3}) (\d+|-)(?: |$)/.exec(text.slice(requestEnd + 1, requestEnd + 40));
  if (requestEnd === text.length || rest === null) return undefined;
  const status = Number(rest[1]);
  const fields = newFields();
  const client = head.length > 3 ? 1 : 0;
  if (client === 1) fields["vhost"] = head[0];
  fields["client"] = head[client];
  const user = head.slice(client + 2).join(" ");
  if (user !== "-") fields["user"] = user;
  const line = text.slice(request, requestEnd);
  const method = line.indexOf(" ");
  const path = line.lastIndexOf(" ");
  if (method > 0) fields["method"] = line.slice(0, method);
  if (path > method) fields["protocol"] = line.slice(path + 1);
  const asked = path > method ? line.slice(0, path) : line;
  if (method > 0) fields["path"] = asked.slice(method + 1);
  fields["status"] = status;
  if (rest[2] !== "-") fields["bytes"] = Number(rest[2]);
  let at = requestEnd + 1 + rest[0].length;
  for (const name of ["referer", "agent"]) {
    if (text.charCodeAt(at) !== 34) break;
    const end = quoteEnd(text, at + 1);
    const value = text.slice(at + 1, end);
    if (value !== "-") fields[name] = value;
    at = end + 2;
  }
  return {
    time: stamp.time,
    ...(stamp.zone !== undefined && { zone: stamp.zone }),
    level: levelOfStatus(status),
    message: `${asked} ${status}`,
    fields,
    format: "access",
  };
}

/** Index of the quote that ends what starts at `at`, or the text's length. */
function quoteEnd(text: string, at: number): number {
  for (let index = at; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code === 92) index++;
    else if (code === 34) return index;
  }
  return text.length;
}
