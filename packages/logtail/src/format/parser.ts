import { parseAccess } from "./access.ts";
import { stripEscapes } from "./ansi.ts";
import { parseJson } from "./json.ts";
import { parseLogfmt } from "./logfmt.ts";
import { parsePlain } from "./plain.ts";
import type { LineHead, LogRecord } from "./record.ts";
import { parseSyslog } from "./syslog.ts";
import type { TimeOptions } from "./time.ts";
import { TimeReader } from "./time.ts";

type Parse = (text: string, times: TimeReader, full: boolean) => LogRecord | undefined;
const FORMATS: readonly Parse[] = [parseJson, parseAccess, parseSyslog, parseLogfmt];
/** What the container runtime interface (CRI) writes between time and text. */
const CRI = /^(?:stdout|stderr) [FP] /;

/**
 * Says what the lines of one source mean. It tries first what the last line was; the forms exclude each other, so
 * that the answer for a line does not depend on the lines before it.
 */
export class LineParser {
  readonly #times: TimeReader;
  readonly #head: LineHead = { time: undefined, level: undefined, message: "" };
  #last: Parse | undefined;

  /** @throws RangeError for a zone that nobody knows */
  constructor(options: TimeOptions = {}) {
    this.#times = new TimeReader(options);
  }

  /** What a line means; a line of no known form is `plain`, and all of it is message. Never throws. */
  parse(line: string): LogRecord {
    return this.#read(plainText(line), true);
  }

  /** Time, level and message as `parse` finds them, at a part of the cost. The next call overwrites what it returns. */
  head(line: string): Readonly<LineHead> {
    const { time, level, message } = this.#read(plainText(line), false);
    const head = this.#head;
    head.time = time;
    head.level = level;
    head.message = message;
    return head;
  }

  #read(text: string, full: boolean): LogRecord {
    this.#times.next();
    const record = this.#recognise(text, full) ?? parsePlain(text, this.#times, full);
    const wrapped = record.level === undefined && (record.format === "json" || record.format === "plain");
    return wrapped ? this.#unwrap(record, full) : record;
  }

  #recognise(text: string, full: boolean): LogRecord | undefined {
    const last = this.#last;
    const again = last?.(text, this.#times, full);
    if (again !== undefined) return again;
    for (const parse of FORMATS) {
      if (parse === last) continue;
      const record = parse(text, this.#times, full);
      if (record === undefined) continue;
      this.#last = parse;
      return record;
    }
    return undefined;
  }

  /** What containers wrap: Docker's JSON with `log` and `stream`, and the `stdout F ` of CRI. */
  #unwrap(record: LogRecord, full: boolean): LogRecord {
    const fields = record.fields;
    const docker = record.format === "json" && typeof fields?.["stream"] === "string";
    const cri = record.format === "plain" && CRI.test(record.message);
    if (!docker && !cri) return record;
    const text = plainText(cri ? record.message.slice(9) : record.message);
    const inner = this.#recognise(text, full) ?? parsePlain(text, this.#times, full);
    const outer: LogRecord = { ...record, ...inner };
    if (!full) return outer;
    const stream = cri ? record.message.slice(0, 6) : fields?.["stream"];
    return { ...outer, fields: Object.assign(inner.fields ?? {}, { stream }) };
  }
}

/** Colours are what programs write to a terminal: the 8-bit forms of escapes no log has. */
function plainText(line: string): string {
  return line.includes("\u001b") ? stripEscapes(line) : line;
}
