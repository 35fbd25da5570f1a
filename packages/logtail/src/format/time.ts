import { dayStart, HOUR, inLatestYear, isDate, monthAt } from "./calendar.ts";
import { digits, isDigit, pair } from "./characters.ts";
import { OffsetReader } from "./offset.ts";
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

/** Longest text of a field that is taken for a time. */
const MAX_VALUE = 64;

/** Of the ways to write a time, one: the last hour read, which most often is the next one's too. */
interface Hour {
  /** From the start to the colon after the hour; empty when there was none. */
  text: string;
  /** Its start on the clock on the wall, as if it were UTC. */
  wall: number;
  /** Whether the text has a year. */
  dated: boolean;
}

/** Reads the times of log lines; never throws on a text. */
export class TimeReader {
  readonly #zone: Zone;
  readonly #reference: number;
  readonly #isoHour: Hour = { text: "", wall: 0, dated: true };
  readonly #namedHour: Hour = { text: "", wall: 0, dated: true };
  readonly #klogHour: Hour = { text: "", wall: 0, dated: false };
  readonly #apacheHour: Hour = { text: "", wall: 0, dated: true };
  /** What `iso` was asked last, and its answer: several forms of a line begin with a time. */
  #asked: string | undefined;
  #askedAt = 0;
  #answer: Stamp | undefined;
  readonly #offsets = new OffsetReader();

  /** @throws RangeError for a zone that nobody knows */
  constructor(options: TimeOptions = {}) {
    this.#zone = zoneOf(options.zone ?? "local");
    this.#reference = options.reference ?? Date.now();
  }

  /** The time that starts at index `at`, in any of the forms below; else undefined. */
  read(text: string, at: number): Stamp | undefined {
    const first = text.charCodeAt(at);
    if (first >= 48 && first <= 57) return this.iso(text, at) ?? this.#apache(text, at) ?? this.#short(text, at);
    return first >= 65 && first <= 87 ? this.named(text, at) : undefined;
  }

  /** The time of a field with this text: in any of the forms, or as `epoch` takes it. */
  value(text: string): Pick<Stamp, "time" | "zone"> | undefined {
    if (text.length > MAX_VALUE) return undefined;
    const stamp = this.read(text, 0);
    if (stamp !== undefined) return stamp;
    const time = /^\d{10,19}(?:\.\d{1,9})?$/.test(text) ? this.epoch(Number(text)) : undefined;
    return time === undefined ? undefined : { time, zone: undefined };
  }

  /** `2026-11-22T10:11:12.123Z`, `2026-11-22 10:11:12,123 +0100`, `2026/11/22 10:11:12`; seconds may be missing. */
  iso(text: string, at: number): Stamp | undefined {
    const separator = text.charCodeAt(at + 4);
    if ((separator !== 45 && separator !== 47) || text.charCodeAt(at + 7) !== separator) return undefined;
    if (at === this.#askedAt && text === this.#asked) return this.#answer;
    this.#asked = text;
    this.#askedAt = at;
    this.#answer = this.#again(text, at, this.#isoHour) ?? this.#iso(text, at);
    return this.#answer;
  }

  /** Forgets the last text: the next one is another line. */
  next(): void {
    this.#asked = undefined;
  }

  #iso(text: string, at: number): Stamp | undefined {
    const year = digits(text, at, 4);
    const month = digits(text, at + 5, 2);
    const day = digits(text, at + 8, 2);
    const middle = text.charCodeAt(at + 10);
    if (middle !== 84 && middle !== 32 && middle !== 116 && middle !== 95) return undefined;
    return this.#clock(text, at, at + 11, year, month, day, this.#isoHour);
  }

  /** `Nov 22 10:11:12.123`, `Nov 22 2026 10:11:12`, and `Sun Nov 22 10:11:12.123 2026`. */
  named(text: string, at: number): Stamp | undefined {
    if (text.charCodeAt(at + 3) !== 32) return undefined;
    const again = this.#again(text, at, this.#namedHour);
    if (again !== undefined) return again;
    let start = at;
    let month = monthAt(text, start);
    if (month === undefined) {
      start = at + 4;
      month = monthAt(text, start);
      if (month === undefined || text.charCodeAt(start + 3) !== 32) return undefined;
    }
    const padded = text.charCodeAt(start + 4) === 32;
    const single = !padded && text.charCodeAt(start + 5) === 32;
    const day = padded ? digits(text, start + 5, 1) : digits(text, start + 4, single ? 1 : 2);
    const clock = start + (single ? 6 : 7);
    if (text.charCodeAt(clock - 1) !== 32) return undefined;
    const year = digits(text, clock, 4);
    if (year > 1900 && text.charCodeAt(clock + 4) === 32)
      return this.#clock(text, at, clock + 5, year, month, day, this.#namedHour);
    const yearless = this.#clock(text, at, clock, undefined, month, day, this.#namedHour);
    if (yearless === undefined || text.charCodeAt(yearless.end) !== 32) return yearless;
    const after = digits(text, yearless.end + 1, 4);
    if (!(after > 1900) || isDigit(text.charCodeAt(yearless.end + 5))) return yearless;
    if (!isDate(after, month, day)) return undefined;
    const wall = dayStart(after, month, day) + digits(text, clock, 2) * HOUR;
    const dated = this.#minutes(text, clock + 3, wall, false);
    return dated && { ...dated, end: yearless.end + 5 };
  }

  /** `1122 10:11:12.123456`, month and day as klog writes them. */
  klog(text: string, at: number): Stamp | undefined {
    if (text.charCodeAt(at + 4) !== 32) return undefined;
    return (
      this.#again(text, at, this.#klogHour) ??
      this.#clock(text, at, at + 5, undefined, digits(text, at, 2), digits(text, at + 2, 2), this.#klogHour)
    );
  }

  /** `11-22 10:11:12.123`, month and day as Android writes them. */
  logcat(text: string, at: number): Stamp | undefined {
    if (text.charCodeAt(at + 2) !== 45 || text.charCodeAt(at + 5) !== 32) return undefined;
    return (
      this.#again(text, at, this.#klogHour) ??
      this.#clock(text, at, at + 6, undefined, pair(text, at), pair(text, at + 3), this.#klogHour)
    );
  }

  /** A number since the epoch in seconds, ms, µs or ns, told apart by its size: 2001 to 2200 for each. */
  epoch(value: number): number | undefined {
    if (!(value >= 1e9)) return undefined;
    // In binary, a second's thousandths are not exact.
    if (value < 7.3e9) return Math.floor(Math.round(value * 1e6) / 1000);
    if (value >= 1e12 && value < 7.3e12) return Math.floor(value);
    if (value >= 1e15 && value < 7.3e15) return Math.floor(value / 1000);
    return value >= 1e18 && value < 7.3e18 ? Math.floor(value / 1e6) : undefined;
  }

  /** `22/Nov/2026:10:11:12 +0000`, and `22 Nov 2026 10:11:12.123`. */
  #apache(text: string, at: number): Stamp | undefined {
    const separator = text.charCodeAt(at + 2);
    if ((separator !== 47 && separator !== 32 && separator !== 45) || text.charCodeAt(at + 6) !== separator)
      return undefined;
    const again = this.#again(text, at, this.#apacheHour);
    if (again !== undefined) return again;
    const month = monthAt(text, at + 3);
    const after = text.charCodeAt(at + 11);
    if (month === undefined || (after !== 58 && after !== 32)) return undefined;
    return this.#clock(text, at, at + 12, digits(text, at + 7, 4), month, digits(text, at, 2), this.#apacheHour);
  }

  /** `26/11/22 10:11:12`, the year of this century first, as Spark and Hadoop write it. */
  #short(text: string, at: number): Stamp | undefined {
    if (text.charCodeAt(at + 2) !== 47 || text.charCodeAt(at + 5) !== 47 || text.charCodeAt(at + 8) !== 32)
      return undefined;
    return (
      this.#again(text, at, this.#apacheHour) ??
      this.#clock(text, at, at + 9, 2000 + pair(text, at), pair(text, at + 3), pair(text, at + 6), this.#apacheHour)
    );
  }

  /** A time in the same hour as the last one. */
  #again(text: string, at: number, { text: known, wall, dated }: Hour): Stamp | undefined {
    if (known === "" || !text.startsWith(known, at)) return undefined;
    const stamp = this.#minutes(text, at + known.length, wall, dated);
    // A year may follow a time that has none before.
    if (stamp === undefined || dated) return stamp;
    return text.charCodeAt(stamp.end) === 32 && isDigit(text.charCodeAt(stamp.end + 1)) ? undefined : stamp;
  }

  /** @param start of the whole time, whose hour is at `at` */
  #clock(
    text: string,
    start: number,
    at: number,
    year: number | undefined,
    month: number,
    day: number,
    last: Hour,
  ): Stamp | undefined {
    const hour = digits(text, at, 2);
    if (text.charCodeAt(at + 2) !== 58 || !(hour <= 24) || !isDate(year, month, day)) return undefined;
    const clock = hour * HOUR;
    let wall = year === undefined ? this.#withoutYear(month, day, clock) : dayStart(year, month, day) + clock;
    const stamp = this.#minutes(text, at + 3, wall, year !== undefined);
    if (stamp === undefined) return undefined;
    if (year === undefined && this.#withoutYear(month, day, clock + HOUR) !== wall + HOUR) {
      // The reference, a day later, is within this hour: its minutes have years of their own.
      const minutes = stamp.time - this.#zone(wall);
      wall = this.#withoutYear(month, day, clock + minutes);
      return { ...stamp, time: this.#zone(wall) };
    }
    last.text = text.slice(start, at + 3);
    last.wall = wall;
    last.dated = year !== undefined;
    return stamp;
  }

  /**
   * From the minutes at `at` to the zone.
   * @param wall the hour's start
   * @param dated whether a zone can follow
   */
  #minutes(text: string, at: number, wall: number, dated: boolean): Stamp | undefined {
    const minute = pair(text, at);
    if (!(minute < 60)) return undefined;
    let end = at + 2;
    let ms = minute * 60_000;
    if (text.charCodeAt(end) === 58) {
      const second = pair(text, end + 1);
      if (!(second <= 60)) return undefined;
      ms += second * 1000;
      end += 3;
      const point = text.charCodeAt(end);
      if ((point === 46 || point === 44) && isDigit(text.charCodeAt(end + 1))) {
        end++;
        const thousandths = digits(text, end, 3);
        let scale = 100;
        if (thousandths >= 0) {
          ms += thousandths;
          end += 3;
          scale = 0;
        }
        for (let code = text.charCodeAt(end); isDigit(code); code = text.charCodeAt(++end)) {
          ms += Math.trunc((code - 48) * scale);
          scale = scale > 1 ? scale / 10 : 0;
        }
      }
    }
    const offsetEnd = dated ? this.#offsets.read(text, end) : -1;
    if (offsetEnd < 0) return { time: Math.floor(this.#zone(wall + ms)), zone: undefined, end };
    return { time: wall + ms - this.#offsets.ms, zone: this.#offsets.name, end: offsetEnd };
  }

  #withoutYear(month: number, day: number, clock: number): number {
    return inLatestYear(month, day, clock, this.#zone, this.#reference);
  }
}
