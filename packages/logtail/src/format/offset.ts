import { HOUR } from "./calendar.ts";
import { digits, isWord } from "./characters.ts";

/** Hours of the abbreviations that mean one zone alone; others, such as `CST` and `IST`, are not read. */
const NAMED_ZONES = new Map([
  ["WET", 0],
  ["WEST", 1],
  ["CET", 1],
  ["CEST", 2],
  ["EET", 2],
  ["EEST", 3],
  ["MSK", 3],
  ["JST", 9],
  ["EDT", -4],
  ["EST", -5],
  ["CDT", -5],
  ["MDT", -6],
  ["MST", -7],
  ["PDT", -7],
  ["PST", -8],
]);

/** Reads the offsets from UTC behind times: most often the last one again. */
export class OffsetReader {
  /** The last offset as it was written, such as `Z`, `+01:00` and `CET`. */
  name = "";
  /** The same in ms. */
  ms = 0;
  /** Its text, with the blank before it; empty while there was none. */
  #text = "";

  /** Index after the offset that stands at `at`, which is then the last one; -1 when there is none. */
  read(text: string, at: number): number {
    const code = text.charCodeAt(at);
    if (code !== 32 && code !== 90 && code !== 122 && code !== 43 && code !== 45 && code !== 85 && code !== 71)
      return -1;
    const last = this.#text;
    if (last !== "" && text.startsWith(last, at)) {
      const next = text.charCodeAt(at + last.length);
      if (!isWord(next) && next !== 58) return at + last.length;
    }
    const found = offsetAt(text, at);
    if (found === undefined) return -1;
    this.#text = text.slice(at, found.end);
    this.name = found.name;
    this.ms = offsetOf(found.name);
    return found.end;
  }
}

function offsetAt(text: string, from: number): { readonly name: string; readonly end: number } | undefined {
  const at = text.charCodeAt(from) === 32 ? from + 1 : from;
  const code = text.charCodeAt(at);
  if (code === 90 || code === 122) return isWord(text.charCodeAt(at + 1)) ? undefined : { name: "Z", end: at + 1 };
  if (code === 85 || code === 71) {
    const name = text.slice(at, at + 3);
    return (name === "UTC" || name === "GMT") && !isWord(text.charCodeAt(at + 3)) ? { name, end: at + 3 } : undefined;
  }
  if (code >= 67 && code <= 87 && at > from) {
    const name = /^[A-Z]{3,4}\b/.exec(text.slice(at, at + 5))?.[0] ?? "";
    return NAMED_ZONES.has(name) ? { name, end: at + name.length } : undefined;
  }
  if (code !== 43 && code !== 45) return undefined;
  if (!(digits(text, at + 1, 2) <= 18)) return undefined;
  const colon = text.charCodeAt(at + 3) === 58;
  const minutes = digits(text, at + (colon ? 4 : 3), 2);
  const after = minutes < 60 ? at + (colon ? 6 : 5) : at + 3;
  return isWord(text.charCodeAt(after)) ? undefined : { name: text.slice(at, after), end: after };
}

/** In ms, of `Z`, `UTC`, `+01`, `+0100`, `-01:00`. */
function offsetOf(zone: string): number {
  if (zone.length < 3 || zone === "UTC" || zone === "GMT") return 0;
  const named = NAMED_ZONES.get(zone);
  if (named !== undefined) return named * HOUR;
  const minutes = zone.length === 3 ? 0 : digits(zone, zone.length - 2, 2);
  return (digits(zone, 1, 2) * 60 + minutes) * 60_000 * (zone.charCodeAt(0) === 45 ? -1 : 1);
}
