import { newlinesIn } from "./lines.ts";
import type { Pacer } from "../pacer.ts";
import { RecordGroups } from "./records.ts";
import { SectionWriter } from "./sections.ts";
import type { Parsed, SectionBounds } from "./sections.ts";

const DELIMITERS = [",", "\t", ";", "|"] as const;
/** Further cells of a row are one with the last. */
const MAX_COLUMNS = 1_000;
/** A quotation that is longer was never closed. */
const MAX_QUOTED = 64 * 1024;
const MAX_NAME = 100;

/**
 * Reads a table into sections of some rows. Where the first row names the columns, each further row is `Column: value; …`, without
 * empty cells. Cells are parted by commas, tabs, semicolons or bars, whatever the first line has most of, and quoted as in
 * RFC 4180; quotation marks that nothing closes are text.
 */
export async function parseCsv(source: string, bounds: SectionBounds, pacer: Pacer): Promise<Parsed> {
  const writer = new SectionWriter(bounds);
  const groups = new RecordGroups(writer, 1, "\n");
  let first = true;
  let names: readonly string[] | undefined;
  const add = ({ cells, line }: Row): void => {
    const text = cells.map((cell, column) => labelled(names?.[column], cell)).filter((cell) => cell !== "");
    if (text.length > 0) groups.add(text.join("; "), undefined, `L${line}`);
  };
  for (const row of rows(source)) {
    if (writer.full) break;
    if (pacer.due) await pacer.pause();
    if (row.cells.length === 1 && row.cells[0]?.trim() === "") continue;
    add(row);
    // The first row stays: some columns have a name and no values.
    if (first && isHeader(row.cells)) names = row.cells.map((cell) => cell.trim());
    first = false;
  }
  groups.flush();
  return { title: undefined, metadata: {}, ...writer.finish() };
}

function labelled(name: string | undefined, cell: string): string {
  const value = cell.includes("\n")
    ? cell
        .split("\n")
        .map((line) => line.trim())
        .join(" ")
        .trim()
    : cell.trim();
  return value === "" || name === undefined ? value : `${name}: ${value}`;
}

/** Names are short, all different, and neither empty nor numbers. */
function isHeader(cells: readonly string[]): boolean {
  const names = cells.map((cell) => cell.trim().toLowerCase());
  return (
    new Set(names).size === names.length &&
    names.every(
      (name) => name !== "" && name.length <= MAX_NAME && !name.includes("\n") && !/^[\d.,:+\-/%$€ ]+$/.test(name),
    )
  );
}

interface Row {
  readonly cells: readonly string[];
  /** Where it begins, from 1. */
  readonly line: number;
}

function* rows(source: string): Generator<Row, void, undefined> {
  const delimiter = delimiterOf(source.slice(0, 10_000));
  let quotes = true;
  let line = 1;
  for (let at = 0; at < source.length;) {
    const cells: string[] = [];
    const begin = line;
    for (let more = true; more;) {
      const last = cells.length + 1 >= MAX_COLUMNS;
      const quoted = quotes && !last && source[at] === '"' ? quotedCell(source, at, delimiter) : undefined;
      let end: number;
      if (quoted) {
        cells.push(quoted.cell);
        end = quoted.end;
        line += newlinesIn(quoted.cell);
      } else {
        if (!last && source[at] === '"') quotes = false;
        end = plainEnd(source, at, last ? "\n" : delimiter);
        cells.push(source.slice(at, end));
      }
      more = source[end] === delimiter;
      at = end + 1;
    }
    line += 1;
    // An empty one as well, so that whoever reads them can let others work.
    yield { cells, line: begin };
  }
}

function plainEnd(source: string, from: number, delimiter: string): number {
  const stop = delimiter.charCodeAt(0);
  let at = from;
  for (; at < source.length; at += 1) {
    const unit = source.charCodeAt(at);
    if (unit === 10 || unit === stop) break;
  }
  return at;
}

/** The cell that a quotation mark begins, and where it ends; undefined if it does not. */
function quotedCell(source: string, from: number, delimiter: string): { cell: string; end: number } | undefined {
  for (let at = source.indexOf('"', from + 1); at !== -1 && at - from <= MAX_QUOTED; at = source.indexOf('"', at + 1)) {
    const next = source[at + 1];
    if (next === '"') at += 1;
    else if (next === undefined || next === "\n" || next === delimiter)
      return { cell: source.slice(from + 1, at).replaceAll('""', '"'), end: at + 1 };
  }
  return undefined;
}

function delimiterOf(source: string): string {
  const line = source.replace(/"[^"]*"/g, "").split("\n", 1)[0] ?? "";
  const counts = DELIMITERS.map((each) => line.split(each).length);
  return DELIMITERS[counts.indexOf(Math.max(...counts))] ?? ",";
}
