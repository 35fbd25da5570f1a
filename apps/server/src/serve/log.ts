import { format } from "node:util";
import { type Logger, pino } from "pino";
import type { LogLevel } from "../config/settings.ts";

const NAMES: Readonly<Record<number, string>> = { 20: "debug", 30: "info", 40: "warning", 50: "error", 60: "fatal" };

/**
 * The program's log, on stderr and written at once: lines for people on a terminal, else a JSON object per line.
 * @param stream for tests
 */
export function createLog(level: LogLevel, stream: { write(line: string): unknown } = destination()): Logger {
  return pino(
    { level, base: null, timestamp: pino.stdTimeFunctions.isoTime, serializers: { err: pino.stdSerializers.err } },
    stream,
  );
}

function destination(): { write(line: string): unknown } {
  // Nobody may be reading any more: that is no reason to stop.
  process.stderr.on("error", () => undefined);
  if (!process.stderr.isTTY) return pino.destination({ dest: 2, sync: true }).on("error", () => undefined);
  return { write: (line) => process.stderr.write(readable(line)) };
}

/** A line of JSON as a line for people: time, level unless it is info, message, the rest. */
export function readable(line: string): string {
  const { time, level, msg = "", err, ...rest } = JSON.parse(line) as Record<string, unknown>;
  const name = NAMES[Number(level)] ?? String(level);
  const more = Object.entries(rest).map(
    ([key, value]) => ` ${key}=${typeof value === "string" ? value : JSON.stringify(value)}`,
  );
  const stack = typeof err === "object" && err !== null && "stack" in err ? `\n${String(err.stack)}` : "";
  return `${String(time).slice(11, 19)} ${name === "info" ? "" : `${name}: `}${String(msg)}${more.join("")}${stack}\n`;
}

/** Sends what plugins and libraries say on the console to the log: stdout may belong to the protocol. */
export function takeConsole(log: Logger): void {
  const to =
    (level: "debug" | "info" | "warn" | "error") =>
    (...args: unknown[]) =>
      log[level](format(...args));
  Object.assign(console, {
    log: to("info"),
    info: to("info"),
    debug: to("debug"),
    trace: to("debug"),
    warn: to("warn"),
    error: to("error"),
  });
}
