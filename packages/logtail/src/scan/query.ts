import type { Level } from "../format/level.ts";
import { LEVELS } from "../format/level.ts";
import { LineParser } from "../format/parser.ts";
import type { TimeOptions } from "../format/time.ts";
import type { Head } from "./heads.ts";
import { Heads } from "./heads.ts";
import type { PatternSpec } from "./pattern.ts";
import { compilePattern } from "./pattern.ts";
import type { Secrets } from "./secrets.ts";
import { lineTest } from "./secrets.ts";

/** Which lines are wanted: plain data, all conditions at once. */
export interface Query {
  readonly pattern?: PatternSpec;
  /** At least as serious. Lines without a level are not wanted then. */
  readonly level?: Level;
  /** Ms since the epoch: `since <= time < until`. Lines without a time are not wanted then. */
  readonly since?: number;
  readonly until?: number;
  /**
   * Whether lines are left out that go with a line above: those without a time of their own, at most 200 below one that has
   * one, such as the lines of a stack trace. Default false. A summary takes no note of it: it counts events as it is.
   */
  readonly heads?: boolean;
  /** For times in lines that name no zone; see `ZoneName`. Default `local`. */
  readonly zone?: string;
  /**
   * For times without a year, ms since the epoch; default now. The last change of the file is a good one. A summary takes
   * times that are more than a day later for none, if it is given.
   */
  readonly reference?: number;
  /** What the caller may not see: lines are wanted as if a secret in them were unknown. Default: nothing is secret. */
  readonly secrets?: Secrets;
}

/** @throws PatternError for a pattern that cannot be searched for */
export function checkPattern(spec: PatternSpec): void {
  compilePattern(spec);
}

/** Whether the query asks for more than a pattern. */
export function hasHeadFilter({ level, since, until, heads }: Query): boolean {
  return level !== undefined || since !== undefined || until !== undefined || heads === true;
}

/** Whether a line with that time and level is wanted, as far as they are concerned. */
export function wants(query: Query, head: Head): boolean {
  const { level, since, until } = query;
  if (level !== undefined && (head.level === undefined || LEVELS.indexOf(head.level) < LEVELS.indexOf(level)))
    return false;
  if (since === undefined && until === undefined) return true;
  return head.time !== undefined && head.time >= (since ?? -Infinity) && head.time < (until ?? Infinity);
}

/**
 * Whether a line is wanted, for a few lines of one source, given in their order: a line without a time goes with the
 * nearest line before it that has one.
 * @throws PatternError; RE2JS's errors for an expression of `secrets`
 */
export function matcher(query: Query): (text: string) => boolean {
  const test = query.pattern && lineTest(compilePattern(query.pattern), query.secrets);
  const heads = hasHeadFilter(query) ? new Heads(parserOf(query)) : undefined;
  return (text) => {
    const head = heads?.next(text);
    if (test !== undefined && !test(text)) return false;
    if (head === undefined) return true;
    return !(query.heads === true && heads?.inherits === true) && wants(query, head);
  };
}

/** @throws RangeError for a zone that nobody knows */
export function parserOf(query: Query): LineParser {
  return new LineParser(timesOf(query));
}

/** How times are to be read. */
export function timesOf({ zone, reference }: Query): TimeOptions {
  return { ...(zone !== undefined && { zone }), ...(reference !== undefined && { reference }) };
}
