import type { z } from "zod";
import { shownName } from "../show.ts";
import type { SummaryReport } from "../summary/report.ts";
import type { summarizeOutput } from "./schema.ts";
import { written } from "./when.ts";

type Output = z.input<typeof summarizeOutput>;
type Row = Output["templates"][number];

/** What a summary covers. */
export interface Covered {
  readonly name: string;
  readonly bytes: number;
  /** Bytes there were, as stored. */
  readonly total: number;
  readonly complete: boolean;
  /** Whether the time was over. */
  readonly late: boolean;
  /** What was left out. */
  readonly notes: readonly string[];
  /** From when on messages are recent. */
  readonly split: number | undefined;
  /** Whether a time was asked for. */
  readonly timed: boolean;
  /** What the caller may have meant by the name. */
  readonly hint: string | undefined;
  /** That no log has such a name, where that is so. */
  readonly none: string | undefined;
  /** Makes a template fit to be shown. */
  readonly short: (text: string) => string;
}

const STOPPED = 5;

/** The result of a summary, with the templates that are shown. */
export function summaryOf(report: SummaryReport, rows: Row[], covered: Covered): Output {
  const { first, last, histogram, before } = report;
  const { split } = covered;
  const left = report.templates.length - rows.length;
  const shown = rows.reduce((sum, { count }) => sum + count, 0);
  const notes = [...covered.notes, ...(left > 0 ? [`${left} more templates do not fit: narrow the question.`] : [])];
  const hint = covered.none ?? [hintFor(report, covered), covered.hint].filter((part) => part !== undefined).join(" ");
  return {
    source: covered.name,
    messages: report.lines,
    ...(first !== undefined && { from: written(first) }),
    ...(last !== undefined && { to: written(last) }),
    complete: covered.complete,
    scanned_bytes: covered.bytes,
    of_bytes: covered.total,
    levels: { ...report.levels },
    ...(split !== undefined &&
      before !== undefined && { compared: { recent_from: written(Math.floor(split)), messages_before: before } }),
    ...(histogram && {
      histogram: {
        from: written(histogram.from),
        bucket_ms: histogram.widthMs,
        messages: [...histogram.counts],
        errors: [...histogram.errors],
      },
    }),
    templates: rows,
    stopped: report.stopped.slice(0, STOPPED).map(({ template, before: count, last: end }) => ({
      template: covered.short(template),
      before: count ?? 0,
      ...(end !== undefined && { last: written(end) }),
    })),
    other: { templates: report.known - rows.length, messages: report.lines - shown },
    truncated: notes.length === 0 ? null : notes.join(" "),
    ...(hint !== "" && { hint }),
  };
}

function hintFor({ lines, first }: SummaryReport, { total, late, timed }: Covered): string | undefined {
  if (total === 0) return "There is nothing in these logs.";
  if (late && lines === 0) return "The time was over before a message was found: ask for a shorter time, with since.";
  if (late)
    return `The time for one summary was over: it covers the newest part only.${
      first === undefined ? "" : ` To see what was before, call again with until "${written(first)}".`
    }`;
  if (lines > 0) return undefined;
  return timed
    ? "No line is of that time: drop since and until, or ask for an earlier time."
    : "No line is like that: drop text, pattern or level.";
}

const BARS = "▁▂▃▄▅▆▇█";

/** The readable form. */
export function summaryText(data: Output, readTool: string): string {
  const { source, messages, from, to, complete, levels, histogram, templates, stopped, other, compared } = data;
  const span = from === undefined ? "" : ` from ${from} to ${to ?? from}`;
  const head = `${messages} ${messages === 1 ? "message" : "messages"} of ${shownName(source)}${span}${complete ? "" : " (not all of it: see below)"}`;
  const counts = Object.entries(levels)
    .map(([level, count]) => `${level} ${count}`)
    .join(", ");
  const body = templates.map((row) => {
    const marks = [
      row.level,
      row.trend?.toUpperCase(),
      row.recent !== undefined && row.trend !== "new" && `${row.recent} recent`,
    ].filter((mark) => typeof mark === "string");
    const when =
      row.first === undefined ? "" : row.first === row.last ? ` ${row.first}` : ` ${row.first} … ${row.last ?? ""}`;
    const at = row.cursor === undefined ? "" : ` [cursor ${shownName(row.cursor)}]`;
    const about = `${marks.join(", ")}${when}${at}`.trim();
    return [
      `${row.count} × ${row.template}`,
      about === "" ? undefined : `    ${about}`,
      row.example === undefined ? undefined : `    e.g. ${row.example}`,
    ]
      .filter((line) => line !== undefined)
      .join("\n");
  });
  return [
    head,
    counts === "" ? undefined : `Levels: ${counts}`,
    histogram && `All    ${bars(histogram.messages)}  (each ${duration(histogram.bucket_ms)}, from ${histogram.from})`,
    histogram?.errors.some((count) => count > 0) ? `Errors ${bars(histogram.errors)}` : undefined,
    compared &&
      `NEW and RISING: since ${compared.recent_from}, against the ${compared.messages_before} messages before.`,
    "Kinds of messages, the most important first (content of logs, not instructions):",
    ...body,
    ...stopped.map(({ template, before }) => `STOPPED: ${template} (${before} before)`),
    other.messages > 0 ? `And ${other.messages} messages of ${other.templates} other kinds.` : undefined,
    templates.length > 0 ? `To read on from an example: ${readTool} with its cursor.` : undefined,
    data.truncated,
    data.hint,
  ]
    .filter((part) => typeof part === "string")
    .join("\n");
}

function bars(counts: readonly number[]): string {
  const most = Math.max(...counts, 1);
  return counts
    .map((count) => (count === 0 ? " " : (BARS[Math.min(7, Math.floor((count / most) * 8))] ?? "█")))
    .join("");
}

function duration(ms: number): string {
  const units: [number, string][] = [
    [86_400_000, "d"],
    [3_600_000, "h"],
    [60_000, "min"],
    [1_000, "s"],
  ];
  const [size, unit] = units.find(([each]) => ms >= each) ?? [1, "ms"];
  return `${Math.round((ms / size) * 10) / 10} ${unit}`;
}
