import type { Level } from "./level.ts";

/** What a line of a log means. */
export interface LogRecord {
  /** Ms since the epoch, UTC; absent when the line has no time. */
  readonly time?: number;
  /** The offset as written; absent when the text has none, and the time was taken to be in the reader's zone. */
  readonly zone?: string;
  readonly level?: Level;
  /** The text without time, level and what went into `fields`. */
  readonly message: string;
  readonly fields?: Record<string, unknown>;
  readonly format: "json" | "logfmt" | "syslog" | "access" | "plain";
}

/** The part of a record that most readers need. Undefined is what a record does not have. */
export interface LineHead {
  time: number | undefined;
  level: Level | undefined;
  message: string;
}

/** A record on its way. */
export type Draft = { -readonly [Key in keyof LogRecord]: LogRecord[Key] };

/** An object for fields with names that others chose: without a prototype, `__proto__` is a name like any other. */
export function newFields(): Record<string, unknown> {
  return Object.create(null) as Record<string, unknown>;
}
