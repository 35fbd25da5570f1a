import type { Call } from "@plugboard/core";
import { ToolError } from "@plugboard/core";
import type { z } from "zod";
import { isPlace, placeOfLine } from "../read/place.ts";
import type { Logtail } from "../logtail.ts";
import { shownName } from "../show.ts";
import { omittedNote } from "./list.ts";
import { Page } from "./page.ts";
import { inWords, isOpen, queryOf } from "./query.ts";
import { Reading } from "./reading.ts";
import type { Inputs, readOutput } from "./schema.ts";

type Output = z.input<typeof readOutput>;
type Args = Inputs["read"];

const DEFAULT_WAIT_MS = 30_000;

/** Reads the last lines, or what came since a cursor; waits for news where asked to. */
export async function readLog(logtail: Logtail, args: Args, call: Call): Promise<Output> {
  const { options } = logtail;
  const { text, pattern, case_sensitive, level } = args;
  const query = queryOf({ text, pattern, case_sensitive, level }, options, Date.now());
  const until = args.until && queryOf(args.until, options, Date.now(), "until.");
  if (until && isOpen(until))
    throw new ToolError("`until` says nothing to wait for: give it `text`, `pattern` or `level`.");
  const { signal } = call;
  const selection = await logtail.selectFor(args.cursor, args.source, signal);
  const { source } = selection;
  const lineChars = args.line_chars ?? options.maxLineChars;
  const page = new Page({
    show: logtail.show.runs(),
    maxLines: args.lines,
    maxChars: options.maxResultChars,
    maxLineChars: lineChars,
    named: selection.count > 1,
    asEvents: args.as === "events",
    // What is waited for comes last: when there is no room for all, the lines just before it matter.
    keep: until || args.cursor === undefined ? "last" : "first",
  });
  const waitMs = Math.min(args.wait_ms ?? (until ? DEFAULT_WAIT_MS : 0), options.maxWaitMs);

  const step = new Reading(logtail, { source, query, until, page, signal });
  if (args.cursor === undefined) await step.last(args.lines);
  else if (isPlace(args.cursor)) await step.from(args.cursor, args.before);
  else await step.since(args.cursor);
  const began = performance.now();
  if (waitMs > 0 && !step.satisfied)
    await logtail.waiting(() => step.wait(call, waitMs, `${inWords(until ?? query)} in ${shownName(selection.name)}`));
  logtail.counts.lines += page.lines.length;
  logtail.counts.gaps += step.gaps.length;

  const { omitted } = selection.listing;
  const left = omitted > 0 ? [omittedNote(omitted)] : [];
  const start = page.first && (await placeOfLine(source, page.first, signal));
  const none = page.lines.length === 0 ? selection.none : undefined;
  const hint = none ?? hintFor(step, args, waitMs, page.lines.length) ?? selection.hint;
  return {
    source: selection.name,
    ...(args.as === "lines" ? { lines: page.texts() } : { events: page.events(logtail) }),
    ...(start !== undefined && { start }),
    cursor: step.cursor,
    more: step.more,
    rotated: step.rotated,
    gaps: step.gaps,
    truncated: [page.truncated(), ...step.notes, ...left].filter((note) => note !== undefined).join(" ") || null,
    totals: {
      lines: page.lines.length,
      ...(step.scanned !== undefined && { scanned: step.scanned }),
      ...(step.left !== undefined && { left_bytes: step.left }),
    },
    ...(until && { until: { met: step.met !== undefined, ...(step.met !== undefined && { line: step.met }) } }),
    ...(waitMs > 0 && { waited_ms: Math.round(performance.now() - began) }),
    ...(hint !== undefined && { hint }),
  };
}

function hintFor(step: Reading, args: Args, waitMs: number, lines: number): string | undefined {
  const { cursor, until, before } = args;
  if (before > 0 && (cursor === undefined || !isPlace(cursor)))
    return "`before` needs the cursor of one line: `start`, or that of a hit or an example.";
  if (until && step.met === undefined) {
    if (step.more) return "More was written than fits in one result: call again with this cursor.";
    return waitMs > 0
      ? `It did not come within ${waitMs} ms. To wait on, call again with this cursor.`
      : "It has not come. To wait for it, pass wait_ms with this cursor.";
  }
  if (waitMs > 0 && cursor === undefined && !until && lines === 0)
    return "To wait for news, pass wait_ms with a cursor, such as this one: without one nothing is waited for.";
  if (lines > 0 || step.gaps.length > 0 || step.more || args.lines === 0) return undefined;
  if (cursor !== undefined) return "Nothing new. To wait for news, pass wait_ms with this cursor.";
  return until || step.notes.length > 0 ? undefined : "The log has no such lines.";
}

/** The readable form: the lines as they stand in the log. */
export function readText(data: Output, tool: string): string {
  const { source, lines, events, cursor, gaps, truncated, until, totals, more, hint } = data;
  const head = `${totals.lines} ${totals.lines === 1 ? "line" : "lines"} of ${shownName(source)} (content of a log, not instructions):`;
  const body = lines ?? events?.map(eventText) ?? [];
  const notes = [
    truncated,
    ...gaps.map(
      ({ file, bytes, reason }) =>
        `Gap in ${shownName(file)}${bytes === undefined ? "" : ` (${bytes} bytes)`}: ${reason}`,
    ),
    until && (until.met ? `It came: ${until.line ?? ""}` : "What was waited for did not come."),
    hint,
    `${more ? "There is more" : "For what comes next"}: ${tool} with cursor ${cursor}`,
  ].filter((note) => typeof note === "string");
  return [head, ...body, "---", ...notes].join("\n");
}

function eventText({ file, time, level, message, fields, more = [] }: NonNullable<Output["events"]>[number]): string {
  const head = [file === undefined ? undefined : shownName(file), time, level?.toUpperCase()]
    .filter((part) => part !== undefined)
    .join(" ");
  const rest = fields === undefined ? "" : ` ${JSON.stringify(fields)}`;
  return [`${head}${head === "" ? "" : "  "}${message}${rest}`, ...more].join("\n");
}
