import type { Zone } from "./zone.ts";
import { zoneOf } from "./zone.ts";

/** A time as found in a text. */
export interface Stamp {
  /** Ms since the epoch, UTC. */
  readonly time: number;
  /** The offset as written (`Z`, `+01:00`, `UTC`); undefined when the text has none, and the reader's zone was taken. */
  readonly zone: string | undefined;
  /** Index after the time. */
  readonly end: number;
}

export interface TimeOptions {
  /** For times that name no zone: `local` (default), `UTC`, `+02:00`, or a name such as `Europe/Berlin`. */
  readonly zone?: string;
  /**
   * Ms since the epoch (default: now): a time without a year is the latest one that is at most a day after this.
   * The last change of the file is a good one.
   */
  readonly reference?: number;
}

const MONTHS = new Map(
  ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"].map((name, at) => [
    name,
    at + 1,
  ]),
);
const DAY = 86_400_000;

/** Reads the times of log lines; never throws on a text. */
export class TimeReader {
  readonly #zone: Zone;
  readonly #reference: number;

  /** @throws RangeError for a zone that nobody knows */
  constructor(options: TimeOptions = {}) {
    this.#zone = zoneOf(options.zone ?? "local");
    this.#reference = options.reference ?? Date.now();
  }

  /** The time that starts at index `at`, in any of the forms below; else undefined. */
  read(text: string, at: number): Stamp | undefined {
    const first = text.charCodeAt(at);
    if (first >= 48 && first <= 57) return this.iso(text, at) ?? this.#apache(text, at);
    return first >= 65 && first <= 87 ? this.named(text, at) : undefined;
  }

  /** `2026-11-22T10:11:12.123Z`, `2026-11-22 10:11:12,123 +0100`, `2026/11/22 10:11:12`; seconds may be missing. */
  iso(text: string, at: number): Stamp | undefined {
    const separator = text.charCodeAt(at + 4);
    if ((separator !== 45 && separator !== 47) || text.charCodeAt(at + 7) !== separator) return undefined;
    const year = digits(text, at, 4);
    const month = digits(text, at + 5, 2);
    const day = digits(text, at + 8, 2);
    const middle = text.charCodeAt(at + 10);
    if (middle !== 84 && middle !== 32 && middle !== 116 && middle !== 95) return undefined;
    return this.#clock(text, at + 11, year, month, day, true);
  }

  /** `Nov 22 10:11:12.123`, `Nov 22 2026 10:11:12`, and `Sun Nov 22 10:11:12.123 2026`. */
  named(text: string, at: number): Stamp | undefined {
    const month = MONTHS.get(text.slice(at, at + 3));
    if (month === undefined) {
      const named = MONTHS.has(text.slice(at + 4, at + 7)) && text.charCodeAt(at + 3) === 32;
      return named ? this.named(text, at + 4) : undefined;
    }
    if (text.charCodeAt(at + 3) !== 32) return undefined;
    const padded = text.charCodeAt(at + 4) === 32;
    const single = !padded && text.charCodeAt(at + 5) === 32;
    const day = padded ? digits(text, at + 5, 1) : digits(text, at + 4, single ? 1 : 2);
    const clock = at + (single ? 6 : 7);
    if (text.charCodeAt(clock - 1) !== 32) return undefined;
    const year = digits(text, clock, 4);
    if (year > 1900 && text.charCodeAt(clock + 4) === 32) return this.#clock(text, clock + 5, year, month, day, true);
    const yearless = this.#clock(text, clock, undefined, month, day, true);
    if (yearless === undefined || text.charCodeAt(yearless.end) !== 32) return yearless;
    const after = digits(text, yearless.end + 1, 4);
    if (!(after > 1900) || isDigit(text.charCodeAt(yearless.end + 5))) return yearless;
    const dated = this.#clock(text, clock, after, month, day, false);
    return dated && { ...dated, end: yearless.end + 5 };
  }

  /** `1122 10:11:12.123456`, month and day as klog writes them. */
  klog(text: string, at: number): Stamp | undefined {
    if (text.charCodeAt(at + 4) !== 32) return undefined;
    return this.#clock(text, at + 5, undefined, digits(text, at, 2), digits(text, at + 2, 2), false);
  }

  /** A number since the epoch in seconds, ms, µs or ns, told apart by its size: 2001 to 2200 for each. */
  epoch(value: number): number | undefined {
    if (!(value >= 1e9)) return undefined;
    if (value < 7.3e9) return value * 1000;
    if (value >= 1e12 && value < 7.3e12) return value;
    if (value >= 1e15 && value < 7.3e15) return value / 1000;
    return value >= 1e18 && value < 7.3e18 ? value / 1e6 : undefined;
  }

  /** `22/Nov/2026:10:11:12 +0000`, and `22 Nov 2026 10:11:12.123`. */
  #apache(text: string, at: number): Stamp | undefined {
    const separator = text.charCodeAt(at + 2);
    if ((separator !== 47 && separator !== 32 && separator !== 45) || text.charCodeAt(at + 6) !== separator)
      return undefined;
    const month = MONTHS.get(text.slice(at + 3, at + 6));
    const after = text.charCodeAt(at + 11);
    if (month === undefined || (after !== 58 && after !== 32)) return undefined;
    return this.#clock(text, at + 12, digits(text, at + 7, 4), month, digits(text, at, 2), true);
  }

  #clock(
    text: string,
    at: number,
    year: number | undefined,
    month: number,
    day: number,
    zoned: boolean,
  ): Stamp | undefined {
    const hour = digits(text, at, 2);
    const minute = digits(text, at + 3, 2);
    if (text.charCodeAt(at + 2) !== 58) return undefined;
    if (!(month >= 1 && month <= 12 && day >= 1 && day <= 31 && hour <= 24 && minute < 60)) return undefined;
    let end = at + 5;
    let second = 0;
    let fraction = 0;
    if (text.charCodeAt(end) === 58) {
      second = digits(text, end + 1, 2);
      if (!(second <= 60)) return undefined;
      end += 3;
      const point = text.charCodeAt(end);
      if ((point === 46 || point === 44) && isDigit(text.charCodeAt(end + 1))) {
        let scale = 100;
        end++;
        for (let code = text.charCodeAt(end); isDigit(code); code = text.charCodeAt(++end)) {
          fraction += (code - 48) * scale;
          scale /= 10;
        }
      }
    }
    const clock = ((hour * 60 + minute) * 60 + second) * 1000 + fraction;
    if (year === undefined) return { time: this.#withoutYear(month, day, clock), zone: undefined, end };
    if (!(year >= 1)) return undefined;
    const wall = dayNumber(year, month, day) * DAY + Math.round(clock * 1000) / 1000;
    const zone = zoned ? zoneAt(text, end) : undefined;
    if (zone === undefined) return { time: Math.floor(this.#zone(wall)), zone, end };
    return { time: Math.floor(wall - offsetOf(zone.name)), zone: zone.name, end: zone.end };
  }

  #withoutYear(month: number, day: number, clock: number): number {
    const year = new Date(this.#reference).getUTCFullYear();
    for (let tried = year + 1; ; tried--) {
      const time = Math.floor(this.#zone(dayNumber(tried, month, day) * DAY + clock));
      if (time <= this.#reference + DAY || tried <= year - 1) return time;
    }
  }
}

/** Days since the epoch in the Gregorian calendar; `month` from 1. */
function dayNumber(year: number, month: number, day: number): number {
  const shifted = month <= 2 ? year - 1 : year;
  const era = Math.floor(shifted / 400);
  const ofEra = shifted - era * 400;
  const ofYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  return era * 146_097 + ofEra * 365 + Math.floor(ofEra / 4) - Math.floor(ofEra / 100) + ofYear - 719_468;
}

function zoneAt(text: string, end: number): { readonly name: string; readonly end: number } | undefined {
  const at = text.charCodeAt(end) === 32 ? end + 1 : end;
  const code = text.charCodeAt(at);
  if (code === 90 || code === 122) return isWord(text.charCodeAt(at + 1)) ? undefined : { name: "Z", end: at + 1 };
  if (code === 85 || code === 71) {
    const name = text.slice(at, at + 3);
    return (name === "UTC" || name === "GMT") && !isWord(text.charCodeAt(at + 3)) ? { name, end: at + 3 } : undefined;
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
  const minutes = zone.length === 3 ? 0 : digits(zone, zone.length - 2, 2);
  return (digits(zone, 1, 2) * 60 + minutes) * 60_000 * (zone.charCodeAt(0) === 45 ? -1 : 1);
}

/** The number in `count` digits at `at`; NaN when they are not digits. */
function digits(text: string, at: number, count: number): number {
  let value = 0;
  for (let index = at; index < at + count; index++) {
    const code = text.charCodeAt(index);
    if (!isDigit(code)) return Number.NaN;
    value = value * 10 + code - 48;
  }
  return value;
}

function isDigit(code: number): boolean {
  return code >= 48 && code <= 57;
}

function isWord(code: number): boolean {
  return isDigit(code) || (code >= 65 && code <= 90) || (code >= 97 && code <= 122) || code === 95;
}
