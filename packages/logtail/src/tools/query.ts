import { ToolError } from "@plugboard/core";
import type { Level } from "../format/level.ts";
import type { LogtailOptions } from "../options.ts";
import { PatternError } from "../scan/error.ts";
import { checkPattern } from "../scan/query.ts";
import type { Query } from "../scan/query.ts";
import { whenOf } from "./when.ts";

/** What a caller wants lines to be like. */
export interface Filter {
  readonly text?: string | undefined;
  readonly pattern?: string | undefined;
  readonly case_sensitive: boolean;
  readonly level?: Level | undefined;
  readonly since?: string | undefined;
  readonly until?: string | undefined;
}

/**
 * The query of a filter. Secrets that are masked are not seen by it either, so that nobody finds them out by searching.
 * @param now milliseconds since the epoch
 * @param prefix of the fields in errors, such as `until.`
 * @throws ToolError
 */
export function queryOf(
  filter: Filter,
  { zone, mask, maskPatterns }: Pick<LogtailOptions, "zone" | "mask" | "maskPatterns">,
  now: number,
  prefix = "",
): Query {
  const { text, pattern, case_sensitive, level } = filter;
  if (text !== undefined && pattern !== undefined)
    throw new ToolError(
      `Give either \`${prefix}text\` (taken literally) or \`${prefix}pattern\` (a regular expression), not both.`,
    );
  const since = filter.since === undefined ? undefined : whenOf("since", filter.since, zone, now);
  const until = filter.until === undefined ? undefined : whenOf("until", filter.until, zone, now);
  if (since !== undefined && until !== undefined && since >= until)
    throw new ToolError(
      `\`since\` (${new Date(since).toISOString()}) is not before \`until\` (${new Date(until).toISOString()}): give an earlier \`since\` or a later \`until\`.`,
    );
  const source = text ?? pattern;
  const spec =
    source === undefined
      ? undefined
      : { kind: text === undefined ? ("regex" as const) : ("text" as const), source, ignoreCase: !case_sensitive };
  if (spec) {
    try {
      checkPattern(spec);
    } catch (error) {
      if (!(error instanceof PatternError)) throw error;
      throw new ToolError(`\`${prefix}${text === undefined ? "pattern" : "text"}\`: ${error.message}`);
    }
  }
  return {
    zone,
    ...(mask && { secrets: { patterns: maskPatterns } }),
    ...(spec && { pattern: spec }),
    ...(level !== undefined && { level }),
    ...(since !== undefined && { since }),
    ...(until !== undefined && { until }),
  };
}

/** Whether every line fits. */
export function isOpen({ pattern, level, since, until }: Query): boolean {
  return pattern === undefined && level === undefined && since === undefined && until === undefined;
}

/** A query in words, for results and progress: `lines with "timeout", error or worse`. */
export function inWords({ pattern, level }: Query): string {
  const parts = [
    pattern && (pattern.kind === "text" ? `with ${JSON.stringify(pattern.source)}` : `matching /${pattern.source}/`),
    level && (level === "critical" ? "critical" : `${level} or worse`),
  ].filter((part) => part !== undefined);
  return parts.length === 0 ? "lines" : `lines ${parts.join(", ")}`;
}
