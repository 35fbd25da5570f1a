import type { z } from "zod";
import { LineParser } from "../format/parser.ts";
import { globMatcher } from "../glob.ts";
import { backward } from "../lines/backward.ts";
import { OpenFiles } from "../files/open.ts";
import type { LogFile, Source } from "../files/source.ts";
import type { Logtail } from "../logtail.ts";
import { shownName } from "../show.ts";
import type { Inputs, listOutput } from "./schema.ts";
import { written } from "./when.ts";

type Output = z.input<typeof listOutput>;
type Row = Output["logs"][number];

const SAMPLE = { maxLines: 20, maxLineBytes: 4_096, maxScanBytes: 65_536 };

/** The logs there are. */
export async function listLogs(logtail: Logtail, args: Inputs["list"], signal: AbortSignal): Promise<Output> {
  const { source, listing } = await logtail.select(undefined, signal);
  const { logs, omitted } = listing;
  const fits = args.source === undefined ? undefined : globMatcher(args.source);
  const wanted = fits ? logs.filter(({ label }) => fits(label)) : logs;
  const rows: Row[] = [];
  for (const log of wanted.slice(0, args.limit)) rows.push(await row(source, log, signal));
  const hints = [hintFor(logs.length, wanted.length, rows.length), omitted > 0 ? omittedNote(omitted) : undefined];
  const hint = hints.filter((part) => part !== undefined).join(" ");
  return { logs: rows, total: wanted.length + (fits ? 0 : omitted), ...(hint !== "" && { hint }) };
}

async function row(source: Source, log: LogFile, signal: AbortSignal): Promise<Row> {
  const { live, rotated } = log;
  const oldest = rotated[0];
  return {
    name: log.label,
    size: live?.size ?? 0,
    modified: written(Math.floor(live?.mtimeMs ?? rotated.at(-1)?.mtimeMs ?? 0)),
    format: await formatOf(source, log, signal),
    ...(oldest && {
      rotated: {
        files: rotated.length,
        size: rotated.reduce((sum, { size }) => sum + size, 0),
        oldest: written(Math.floor(oldest.mtimeMs)),
      },
    }),
  };
}

/** What most of the last lines are. */
async function formatOf(source: Source, { live }: LogFile, signal: AbortSignal): Promise<Row["format"]> {
  if (!live || live.size === 0) return "empty";
  const files = new OpenFiles(source.roots);
  try {
    const file = await files.open(live);
    const { lines } = await backward(file, { ...SAMPLE, signal });
    const parser = new LineParser();
    const counts = new Map<Row["format"], number>();
    for (const { text } of lines) {
      const { format } = parser.parse(text);
      counts.set(format, (counts.get(format) ?? 0) + 1);
    }
    return [...counts].toSorted((a, b) => b[1] - a[1])[0]?.[0] ?? "empty";
  } catch (error) {
    if (signal.aborted) throw error;
    return "unreadable";
  } finally {
    await files.close();
  }
}

function hintFor(all: number, wanted: number, shown: number): string | undefined {
  if (all === 0) return "There are no logs yet. Whoever runs this server names them in its `paths`.";
  if (wanted === 0) return `None of the ${all} logs has a name like that. "**/*.log" fits names in folders too.`;
  return shown < wanted ? `${wanted - shown} more: narrow with a glob as source, or raise limit.` : undefined;
}

/** What is said of logs beyond `maxFiles`. */
export function omittedNote(count: number): string {
  return `${count} more ${count === 1 ? "log was" : "logs were"} not looked at: name fewer, or raise maxFiles.`;
}

/** The readable form. */
export function listText({ logs, hint }: Output): string {
  const lines = logs.map(
    ({ name, size, modified, format, rotated }) =>
      `${shownName(name)}  ${bytes(size)}, ${format}, changed ${modified}` +
      (rotated
        ? `, and ${rotated.files} older ${rotated.files === 1 ? "file" : "files"} (${bytes(rotated.size)})`
        : ""),
  );
  return [...lines, ...(hint === undefined ? [] : [hint])].join("\n");
}

/** A number of bytes, for people. */
export function bytes(count: number): string {
  const units = ["bytes", "kB", "MB", "GB", "TB"];
  const power = count < 1_000 ? 0 : Math.min(4, Math.floor(Math.log10(count) / 3));
  return `${power === 0 ? count : (count / 1_000 ** power).toFixed(1)} ${units[power] ?? ""}`;
}
