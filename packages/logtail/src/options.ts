import { z } from "zod";
import { zoneOf } from "./format/zone.ts";
import { secretMatcher } from "./mask/masker.ts";
import { matcher } from "./scan/query.ts";

const MIB = 1024 * 1024;

/** Whether a line looks like the first of an event. @throws when it is no expression */
export function startMatcher(pattern: string): (text: string) => boolean {
  return matcher({ pattern: { kind: "regex", source: pattern, ignoreCase: false } });
}

function expression(compile: (pattern: string) => unknown) {
  return z
    .string()
    .min(1)
    .max(1_000)
    .refine((pattern) => compiles(() => compile(pattern)), { error: "must be a regular expression of RE2" });
}

/** Options of `logtail`. */
export const logtailOptions = z.strictObject({
  paths: z
    .array(z.string().min(1).max(4_096))
    .max(100)
    .default([])
    .describe(
      "Files, folders and globs of logs, absolute or relative to the working folder. They may appear later; their rotated files belong to them",
    ),
  include: z
    .array(z.string().min(1).max(500))
    .min(1)
    .max(100)
    .default(["**/*.log", "**/*.out", "**/*.err", "**/*log", "**/messages"])
    .describe("Globs of the logs in a folder that is named in `paths`"),
  highestNumber: z
    .enum(["oldest", "newest"])
    .default("oldest")
    .describe(
      "Which of the files `app.log.1`, `app.log.2` … has the highest number: the oldest, as with logrotate, or the newest, as with log4j (`fileIndex=max`)",
    ),
  zone: z
    .string()
    .max(64)
    .refine(isZone, { error: "must be `local`, `UTC`, an offset such as `+02:00`, or a name such as `Europe/Berlin`" })
    .default("local")
    .describe("The time zone of times in logs and questions that name none: `local`, `UTC`, `+02:00`, `Europe/Berlin`"),
  eventStart: expression(startMatcher)
    .optional()
    .describe(
      "How the first line of an event looks, as a regular expression (RE2). Without it, indented lines and parts of stack traces belong to the line before them",
    ),
  colors: z
    .enum(["strip", "show"])
    .default("strip")
    .describe("Colours and other terminal escapes in lines: left out, or written out as `\\x1b[31m`"),
  mask: z.boolean().default(true).describe("Whether secrets (tokens, keys, passwords) are replaced by `[masked]`"),
  maskPatterns: z
    .array(expression(secretMatcher))
    .max(50)
    .default([])
    .describe("Further secrets, as regular expressions (RE2); what they match is masked"),
  defaultLines: z.number().int().min(1).max(1_000).default(50).describe("Lines to read where the caller does not say"),
  maxLines: z.number().int().min(1).max(10_000).default(1_000).describe("Most lines, hits or templates in one result"),
  maxResultChars: z
    .number()
    .int()
    .min(1_000)
    .max(200_000)
    .default(16_000)
    .describe("Most characters of log in one result; the rest is behind its cursor"),
  maxLineChars: z.number().int().min(80).max(65_536).default(500).describe("Longer lines are cut, and say so"),
  maxWaitMs: z
    .number()
    .int()
    .min(0)
    .max(49_000)
    .default(45_000)
    .describe("Longest wait for news in one call, in milliseconds; clients give up after 60,000"),
  maxWaits: z.number().int().min(1).max(250).default(64).describe("Calls that wait for news at the same time"),
  searchMs: z
    .number()
    .int()
    .min(50)
    .max(45_000)
    .default(5_000)
    .describe("Time for one search, in milliseconds; then it answers with what it has, and a cursor"),
  summarizeMs: z
    .number()
    .int()
    .min(50)
    .max(45_000)
    .default(20_000)
    .describe("Time for one summary, in milliseconds; then it covers the newest part, and says from when on"),
  workers: z.number().int().min(1).max(8).default(2).describe("Threads that search and summarize; started when needed"),
  maxFiles: z.number().int().min(1).max(10_000).default(500).describe("Most logs to look at"),
  maxStreams: z.number().int().min(1).max(1_000).default(32).describe("Most streams that are kept as logs"),
  maxStreamBytes: z
    .number()
    .int()
    .min(64 * 1024)
    .max(1024 * MIB)
    .default(16 * MIB)
    .describe("What is kept of a stream, in bytes, in the system's folder for temporary files"),
});

/** Options of `logtail`, with their defaults. */
export type LogtailOptions = z.output<typeof logtailOptions>;

function isZone(name: string): boolean {
  return compiles(() => zoneOf(name));
}

function compiles(compile: () => unknown): boolean {
  try {
    compile();
    return true;
  } catch {
    return false;
  }
}
