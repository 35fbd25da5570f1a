import { parseAccess } from "./access.ts";
import { stripEscapes } from "./ansi.ts";
import { parseJson } from "./json.ts";
import { parseLogfmt } from "./logfmt.ts";
import { parsePlain } from "./plain.ts";
import type { LogRecord } from "./record.ts";
import { parseSyslog } from "./syslog.ts";
import type { TimeOptions } from "./time.ts";
import { TimeReader } from "./time.ts";

type Parse = (text: string, times: TimeReader) => LogRecord | undefined;
const FORMATS: readonly Parse[] = [parseJson, parseAccess, parseSyslog, parseLogfmt];
/** What the container runtime interface (CRI) writes between time and text. */
const CRI = /^(?:stdout|stderr) [FP] /;

/**
 * Says what the lines of one source mean. It tries first what the last line was; the forms exclude each other, so
 * that the answer for a line does not depend on the lines before it.
 */
export class LineParser {
  readonly #times: TimeReader;
  #last: Parse | undefined;

  /** @throws RangeError for a zone that nobody knows */
  constructor(options: TimeOptions = {}) {
    this.#times = new TimeReader(options);
  }

  /** What a line means; a line of no known form is `plain`, and all of it is message. Never throws. */
  parse(line: string): LogRecord {
    const text = stripEscapes(line);
    const record = this.#recognise(text) ?? parsePlain(text, this.#times);
    return this.#unwrap(record);
  }

  #recognise(text: string): LogRecord | undefined {
    const last = this.#last;
    const again = last?.(text, this.#times);
    if (again !== undefined) return again;
    for (const parse of FORMATS) {
      if (parse === last) continue;
      const record = parse(text, this.#times);
      if (record === undefined) continue;
      this.#last = parse;
      return record;
    }
    return undefined;
  }

  /** What containers wrap: Docker's JSON with `log` and `stream`, and the `stdout F ` of CRI. */
  #unwrap(record: LogRecord): LogRecord {
    const fields = record.fields;
    const docker = record.format === "json" && record.level === undefined && typeof fields?.["stream"] === "string";
    const cri = record.format === "plain" && record.level === undefined && CRI.test(record.message);
    if (!docker && !cri) return record;
    const text = stripEscapes(cri ? record.message.slice(9) : record.message);
    const inner = this.#recognise(text) ?? parsePlain(text, this.#times);
    const stream = cri ? record.message.slice(0, 6) : fields?.["stream"];
    const outer: LogRecord = { ...record, ...inner };
    return { ...outer, fields: Object.assign(inner.fields ?? {}, { stream }) };
  }
}
