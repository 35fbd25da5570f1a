import { MASKED } from "./masked.ts";

/** Lines of a key at most. */
const MAX_KEY_LINES = 200;
const KEY_BEGIN = /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----/;
const KEY_END = /-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----/;
const KEY_OPEN = /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----(?:\[masked\])?\s*$/;
/** What stands inside a key block: base64, headers such as `Proc-Type: 4,ENCRYPTED`, checksums, empty lines. */
const KEY_BODY = /^\s{0,64}(?:[A-Za-z0-9+/=]{1,128}|(?:Proc-Type|DEK-Info|Version|Comment|Hash): .{0,200})?\s{0,64}$/;
/** Lines of keys are at least so long (OpenSSH writes 70, PEM 64, others 48 to 76), and tell a key whose first line was not read. */
const MIN_KEY_LINE = 40;
const KEY_LINES = /^[ \t]{0,64}([A-Za-z0-9+/]{40,128}={0,2})[ \t\r]{0,64}$/gm;
/** Names in a path are shorter on average. */
const MAX_NAME = 13;
/** Neighbours of different kinds (upper case, lower case, digits) among all: base64 of random bytes has 0.6. */
const MIN_CHANGES = 0.45;

/** Whether a line of base64 can be one of a key: no hex digest, no identifier in one case, and no path. */
function isKeyLine(line: string): boolean {
  if (!/[A-Z]/.test(line) || !/[a-z]/.test(line) || !/[0-9+/]/.test(line)) return false;
  const names = line.split("/");
  if ((names.length - 1) * MAX_NAME < line.length) return true;
  const text = names.join("");
  const changes = text.match(/[A-Z](?![A-Z])|[a-z](?![a-z])|\d(?!\d)/g)?.length ?? 0;
  return changes >= MIN_CHANGES * text.length;
}

/** Whole key blocks in one text, also with their line ends written as `\n`. */
export function maskKeyBlocks(text: string): string {
  if (!text.includes("-----BEGIN")) return text;
  let masked = "";
  let at = 0;
  for (;;) {
    const begin = KEY_BEGIN.exec(text.slice(at));
    if (begin === null) return masked + text.slice(at);
    const body = at + begin.index + begin[0].length;
    masked += text.slice(at, body);
    const end = KEY_END.exec(text.slice(body));
    // A block without an end: all that still looks like one.
    const open = /^(?:[A-Za-z0-9+/=\s]|\\[nr])*/.exec(text.slice(body));
    at = end === null ? body + (open?.[0].trimEnd().length ?? 0) : body + end.index;
    if (at > body) masked += MASKED;
    if (end === null) return masked + text.slice(at);
  }
}

/** Lines of a key that stand alone, as its first line was not read. */
export function maskKeyLines(text: string): string {
  if (text.length < MIN_KEY_LINE) return text;
  return text.replace(KEY_LINES, (line, key: string) => (isKeyLine(key) ? line.replace(key, MASKED) : line));
}

/**
 * Masks lines that follow each other, and every line of a key that reaches over several of them.
 * @param mask for lines that are not inside a key
 */
export function overKeys(mask: (line: string) => string): (line: string) => string {
  let inside = 0;
  return (line) => {
    if (inside > 0) {
      const end = KEY_END.exec(line);
      const isBody = KEY_BODY.test(line);
      inside = end === null && isBody ? inside - 1 : 0;
      if (end !== null) return MASKED + end[0] + mask(line.slice(end.index + end[0].length));
      if (isBody) return line === "" ? "" : MASKED;
    }
    const masked = mask(line);
    if (masked.includes("PRIVATE KEY") && KEY_OPEN.test(masked)) inside = MAX_KEY_LINES;
    return masked;
  };
}
