import type { Call } from "@plugboard/core";
import type { z } from "zod";
import { OpenFiles } from "../files/open.ts";
import type { Logtail } from "../logtail.ts";
import { placesOf } from "../read/place.ts";
import { PART_SPAN } from "../scan/types.ts";
import type { TemplateReport } from "../summary/report.ts";
import { cutLine, shownName } from "../show.ts";
import { partOf, segmentsOf, timeAt } from "../span.ts";
import type { SpanSegment } from "../span.ts";
import { bytes, omittedNote } from "./list.ts";
import { queryOf } from "./query.ts";
import { Reporter } from "./reporter.ts";
import type { Inputs, summarizeOutput } from "./schema.ts";
import { summaryOf } from "./summary.ts";
import { written } from "./when.ts";

type Output = z.input<typeof summarizeOutput>;
type Row = Output["templates"][number];
type Args = Inputs["summarize"];

/** What a template and its example may take, in characters. */
const MAX_TEMPLATE_CHARS = 300;
/** How much a summary covers in a second at least: by it the time to compare is chosen, before anything is read. */
const BYTES_PER_MS = 30_000;

/** What is in the logs, in a screenful. */
export async function summarizeLogs(logtail: Logtail, args: Args, call: Call): Promise<Output> {
  const { options } = logtail;
  const now = Date.now();
  const asked = queryOf(args, options, now);
  const { signal } = call;
  const { source, listing, name, hint, none } = await logtail.select(args.source, signal);
  const { logs, omitted } = listing;
  const { segments, skipped } = segmentsOf(
    logs,
    asked.since === undefined ? undefined : earlier(asked.since, asked.until ?? now),
  );
  if (omitted > 0) skipped.push(omittedNote(omitted));
  const total = segments.reduce((sum, { listed }) => sum + listed.size, 0);

  await using session = await logtail.scanners.session(signal);
  const files = new OpenFiles(source.roots);
  try {
    const split = asked.since ?? (await splitOf(files, segments, options, signal));
    const query = asked.since === undefined ? asked : { ...asked, since: earlier(asked.since, asked.until ?? now) };
    const until = performance.now() + options.summarizeMs;
    const reporter = new Reporter(call, `summarizing ${shownName(name)}`);
    const covered = { bytes: 0, complete: skipped.length === 0, late: false };
    for (const [index, segment] of segments.entries()) {
      const { listed } = segment;
      const file = await files.open(listed).catch(() => undefined);
      if (!file) {
        covered.complete = false;
        skipped.push(`${listed.relative} could not be opened.`);
        continue;
      }
      const { fd } = file.handle;
      const part = await partOf(session, fd, segment, listed.size, query);
      const done = await session.summarize(
        part,
        { ...query, reference: listed.mtimeMs },
        { ms: Math.max(1, until - performance.now()), index, ...(split !== undefined && { split }) },
        ({ scannedBytes }) =>
          reporter.report(
            covered.bytes + scannedBytes,
            total,
            `${bytes(covered.bytes + scannedBytes)} of ${bytes(total)}`,
          ),
      );
      covered.bytes += Math.min(done.scannedBytes, listed.size);
      if (done.damaged) {
        covered.complete = false;
        skipped.push(`${listed.relative} is damaged: it was read as far as it can be.`);
      } else if (!done.exact) {
        covered.complete = false;
        covered.late = true;
        break;
      }
    }
    const report = await session.report({
      limit: args.limit,
      ...(asked.since === undefined ? { includeBefore: true } : { spanRatio: 1 }),
    });
    const templates = await rowsOf(logtail, files, segments, report.templates);
    const budget = fit(templates, options.maxResultChars);
    return summaryOf(report, budget, {
      ...covered,
      name,
      total,
      notes: skipped,
      split,
      timed: asked.since !== undefined || asked.until !== undefined,
      hint,
      none,
      short: shorten(logtail.show, options),
    });
  } finally {
    await files.close();
  }
}

/** As long before `since` as it lasted. */
function earlier(since: number, until: number): number {
  return Math.max(0, since - (until - since));
}

/** The newest quarter of what will be covered is compared with the rest. */
async function splitOf(
  files: OpenFiles,
  segments: readonly SpanSegment[],
  { summarizeMs, zone }: Logtail["options"],
  signal: AbortSignal,
): Promise<number | undefined> {
  let left = summarizeMs * BYTES_PER_MS;
  let first: number | undefined;
  let last: number | undefined;
  for (const { listed, compressed } of segments) {
    if (left <= 0) break;
    const file = compressed ? undefined : await files.open(listed).catch(() => undefined);
    if (file) {
      const end = await timeAt(file, listed.size, zone, signal);
      const start = await timeAt(file, Math.max(0, listed.size - left), zone, signal);
      if (end !== undefined) last = Math.max(last ?? end, end);
      if (start !== undefined) first = Math.min(first ?? start, start);
    }
    left -= listed.size;
  }
  return first === undefined || last === undefined || first >= last ? undefined : last - (last - first) / 4;
}

async function rowsOf(
  { show, options }: Logtail,
  files: OpenFiles,
  segments: readonly SpanSegment[],
  templates: readonly TemplateReport[],
): Promise<Row[]> {
  const rows: Row[] = [];
  for (const template of templates) {
    const segment = segments[Math.floor(template.position / PART_SPAN)];
    const file = segment && (await files.open(segment.listed).catch(() => undefined));
    const [place] = file
      ? await placesOf(segment.label, file, segment.compressed, [template.position % PART_SPAN])
      : [];
    const short = shorten(show, options);
    const text = short(template.template);
    const example = short(template.example);
    const [level] = Object.keys(template.levels) as Row["level"][];
    rows.push({
      template: text,
      count: template.count,
      ...(level !== undefined && { level }),
      ...(template.trend !== undefined && template.trend !== "stopped" && { trend: template.trend }),
      ...(template.recent !== undefined && { recent: template.recent }),
      ...(template.first !== undefined && { first: written(template.first) }),
      ...(template.last !== undefined && { last: written(template.last) }),
      ...(example !== text && { example }),
      ...(place !== undefined && { cursor: place }),
    });
  }
  return rows;
}

function shorten(show: Logtail["show"], { maxLineChars }: Logtail["options"]): (text: string) => string {
  return (text) => cutLine(show.one(text), Math.min(MAX_TEMPLATE_CHARS, maxLineChars)).text;
}

/** As many as fit. */
function fit(rows: readonly Row[], maxChars: number): Row[] {
  let left = maxChars;
  return rows.filter((row, index) => {
    left -= row.template.length + (row.example?.length ?? 0) + 100;
    return left >= 0 || index === 0;
  });
}
