import type { Level } from "./level.ts";
import { levelOfNumber, levelOfOffset, levelOfOtel, levelOfWord } from "./level.ts";
import type { Draft, LogRecord } from "./record.ts";
import { newFields } from "./record.ts";
import type { TimeReader } from "./time.ts";

/** UTF-16 units; a longer line is not taken for JSON. */
const MAX_LENGTH = 1 << 20;
/** A value nested deeper is replaced by the text `[too deep]`, so that nobody who walks it runs out of stack. */
const MAX_DEPTH = 32;

const TIMES = [
  "time",
  "timestamp",
  "@timestamp",
  "ts",
  "t",
  "@t",
  "datetime",
  "date",
  "eventTime",
  "asctime",
  "timeMillis",
  "Timestamp",
  "timeUnixNano",
  "__REALTIME_TIMESTAMP",
];
/** Names of levels, and what a number in them means; the first that has a level counts. */
const LEVELS: readonly (readonly [name: string, ofNumber: (value: number) => Level | undefined])[] = [
  ["level", levelOfNumber],
  ["lvl", levelOfNumber],
  ["severity", levelOfNumber],
  ["levelname", levelOfNumber],
  ["log.level", levelOfNumber],
  ["loglevel", levelOfNumber],
  ["log_level", levelOfNumber],
  ["level_name", levelOfNumber],
  ["@l", levelOfNumber],
  ["severity_number", levelOfOtel],
  ["severityNumber", levelOfOtel],
  ["SeverityNumber", levelOfOtel],
  ["PRIORITY", levelOfNumber],
  ["level_value", levelOfNumber],
  ["severity_text", levelOfNumber],
  ["severityText", levelOfNumber],
  ["SeverityText", levelOfNumber],
];
const MESSAGES = [
  "msg",
  "message",
  "@m",
  "@mt",
  "event",
  "short_message",
  "MESSAGE",
  "textPayload",
  "body",
  "Body",
  "log",
];

/**
 * A line that is a JSON object, by the names that pino, bunyan, winston, zap, Logback, Logstash, structlog, Serilog,
 * GELF, OpenTelemetry, journald and Docker give to time, level and message. All else goes into `fields`; without a
 * message the whole text is the message.
 * @param full whether `fields` are wanted; of what containers write, `stream` is there all the same
 */
export function parseJson(text: string, times: TimeReader, full: boolean): LogRecord | undefined {
  if (text.charCodeAt(0) !== 123 || text.length > MAX_LENGTH) return undefined;
  let value: Record<string, unknown>;
  try {
    value = JSON.parse(text) as Record<string, unknown>;
  } catch {
    return undefined;
  }
  const draft: Draft = { message: text, format: "json" };
  const taken = [takeTime(draft, value, times), takeLevel(draft, value), takeMessage(draft, value)];
  if (!full) {
    const stream = draft.level === undefined ? value["stream"] : undefined;
    if (typeof stream === "string") draft.fields = { stream };
    return draft;
  }
  let fields: Record<string, unknown> | undefined;
  for (const name of Object.keys(value)) {
    if (taken.includes(name)) continue;
    const field = value[name];
    (fields ??= newFields())[name] = tooDeep(field, MAX_DEPTH) ? "[too deep]" : field;
  }
  if (fields !== undefined) draft.fields = fields;
  return draft;
}

function takeTime(draft: Draft, value: Record<string, unknown>, times: TimeReader): string | undefined {
  for (const name of TIMES) {
    let found = value[name];
    if (found === undefined || !Object.hasOwn(value, name)) continue;
    // MongoDB's.
    if (typeof found === "object" && found !== null) found = (found as Record<string, unknown>)["$date"];
    if (typeof found === "number") {
      const time = times.epoch(found);
      if (time === undefined) continue;
      draft.time = time;
      return name;
    }
    const stamp = typeof found === "string" ? times.value(found) : undefined;
    if (stamp === undefined) continue;
    draft.time = stamp.time;
    if (stamp.zone !== undefined) draft.zone = stamp.zone;
    return name;
  }
  return undefined;
}

function takeLevel(draft: Draft, value: Record<string, unknown>): string | undefined {
  for (const [name, ofNumber] of LEVELS) {
    const level = levelOf(value[name], ofNumber);
    if (level === undefined) continue;
    draft.level = level;
    return name;
  }
  const letter = value["s"];
  if (typeof letter === "string" && typeof value["ctx"] === "string") {
    const level = MONGO[letter.charAt(0)];
    if (level === undefined) return undefined;
    draft.level = level;
    return "s";
  }
  const log = value["log"];
  if (typeof log === "object" && log !== null) {
    const level = levelOf((log as Record<string, unknown>)["level"], levelOfNumber);
    if (level !== undefined) draft.level = level;
  }
  return undefined;
}

const MONGO: Readonly<Record<string, Level>> = { F: "critical", E: "error", W: "warning", I: "info", D: "debug" };

function levelOf(value: unknown, ofNumber: (value: number) => Level | undefined): Level | undefined {
  if (typeof value === "number") return ofNumber(value);
  if (typeof value !== "string") return undefined;
  return levelOfWord(value) ?? levelOfOffset(value) ?? (/^\d{1,5}$/.test(value) ? ofNumber(Number(value)) : undefined);
}

function takeMessage(draft: Draft, value: Record<string, unknown>): string | undefined {
  for (const name of MESSAGES) {
    const message = value[name];
    if (typeof message !== "string") continue;
    draft.message = message.endsWith("\n") ? message.slice(0, -1) : message;
    return name;
  }
  const error = value["err"] ?? value["error"];
  // Rust's tracing puts it into `fields`.
  const message = textIn(value["fields"]) ?? textIn(error) ?? error;
  if (typeof message === "string") draft.message = message;
  return undefined;
}

/** The text `message` of an object; undefined when there is none. */
function textIn(value: unknown): string | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const { message } = value as Record<string, unknown>;
  return typeof message === "string" ? message : undefined;
}

function tooDeep(value: unknown, left: number): boolean {
  if (typeof value !== "object" || value === null) return false;
  if (left === 0) return true;
  for (const inner of Object.values(value)) if (tooDeep(inner, left - 1)) return true;
  return false;
}
