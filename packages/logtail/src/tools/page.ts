import type { z } from "zod";
import { EventGrouper } from "../format/events.ts";
import type { LogEvent } from "../format/events.ts";
import { LineParser } from "../format/parser.ts";
import type { Logtail } from "../logtail.ts";
import type { SourceLine } from "../read/line.ts";
import { cutLine, shownName } from "../show.ts";
import type { readOutput } from "./schema.ts";
import { written } from "./when.ts";

type Event = NonNullable<z.input<typeof readOutput>["events"]>[number];

export interface PageOptions {
  /** Makes the text of a line fit to be shown. */
  readonly show: (line: SourceLine) => string;
  readonly maxLines: number;
  /** Of all lines together, and of one. */
  readonly maxChars: number;
  readonly maxLineChars: number;
  /** Whether lines start with the name of their log. */
  readonly named: boolean;
  /** Whether the lines are shown as events: then a line may take more, for its fields. */
  readonly asEvents: boolean;
  /** Which lines stay when there are more than fit: `first`, and the page has no more room; or `last`. */
  readonly keep: "first" | "last";
}

/** What the fields of an event may take, in lines of the longest kind. */
const FIELDS_SHARE = 2;

interface Row {
  readonly line: SourceLine;
  /** As it is shown, but not cut. */
  readonly text: string;
  /** Characters that it takes. */
  readonly length: number;
}

/** The lines of one result, within its bounds. */
export class Page {
  readonly #options: PageOptions;
  #rows: Row[] = [];
  #chars = 0;
  #dropped = 0;
  #extra = 0;
  /** The line that was asked about last, as it is shown: masking looks at each line once. */
  #shown: { readonly line: SourceLine; readonly row: Row } | undefined;

  constructor(options: PageOptions) {
    this.#options = options;
  }

  get lines(): readonly Row[] {
    return this.#rows;
  }

  get first(): SourceLine | undefined {
    return this.#rows[0]?.line;
  }

  /** Whether `add` would take the line without dropping any. */
  hasRoom(line: SourceLine): boolean {
    if (this.#options.keep === "last") return true;
    return this.#holds(1, this.#row(line).length);
  }

  add(line: SourceLine): void {
    const row = this.#row(line);
    this.#shown = undefined;
    this.#rows.push(row);
    this.#chars += row.length;
    while (this.#rows.length > 0 && !this.#holds(0, 0)) {
      this.#chars -= this.#rows.shift()?.length ?? 0;
      this.#dropped += 1;
    }
  }

  /** Takes the lines before those that follow: the nearest ones, in at most half of the room. They count as no lines. */
  addBefore(lines: readonly SourceLine[]): void {
    const rows = lines.map((line) => this.#row(line));
    this.#shown = undefined;
    const room = this.#options.maxChars / 2;
    let chars = 0;
    const over = rows.findLastIndex((row) => (chars += row.length) > room);
    this.#rows = rows.slice(over + 1);
    this.#extra = this.#rows.length;
    this.#chars = this.#rows.reduce((sum, row) => sum + row.length, 0);
    this.#dropped += over + 1;
  }

  texts(): string[] {
    return this.#rows.map(({ line, text }) => this.#name(line) + this.#cut(text, line));
  }

  /** The lines as events: what belongs together in one, parsed. */
  events({ options, eventStart }: Logtail): Event[] {
    const events: { readonly at: number; readonly event: Event }[] = [];
    const lanes = new Map<string, Lane>();
    const emit = (lane: Lane, ended: ReturnType<Lane["grouper"]["push"]>): void => {
      if (ended) events.push({ at: lane.at, event: this.#event(ended, lane.parser) });
    };
    for (const [index, row] of this.#rows.entries()) {
      const { file } = row.line;
      let lane = lanes.get(file);
      if (!lane) {
        const grouper = new EventGrouper<Row>(eventStart === undefined ? {} : { start: eventStart });
        lanes.set(file, (lane = { grouper, parser: new LineParser({ zone: options.zone }), at: index }));
      }
      const ended = lane.grouper.push(row);
      emit(lane, ended);
      if (ended) lane.at = index;
    }
    for (const lane of lanes.values()) emit(lane, lane.grouper.flush());
    return events.toSorted((a, b) => a.at - b.at).map(({ event }) => event);
  }

  #event({ lines, notice }: LogEvent<Row>, parser: LineParser): Event {
    const [head, ...more] = lines;
    const { time, level, message, fields } = parser.parse(head?.text ?? "");
    const texts = [...more.map(({ text, line }) => this.#cut(text, line)), ...(notice === undefined ? [] : [notice])];
    return {
      ...(this.#options.named && { file: head?.line.file }),
      ...(time !== undefined && { time: written(time) }),
      ...(level !== undefined && { level }),
      message: this.#cut(message, head?.line),
      ...(fields && { fields: this.#short(fields) }),
      ...(texts.length > 0 && { more: texts }),
    };
  }

  /** Fields, with long values cut, and as many of them as there is room for. */
  #short(fields: Record<string, unknown>): Record<string, unknown> {
    let left = this.#options.maxLineChars * FIELDS_SHARE;
    const entries = Object.entries(fields).map(([name, value]): [string, unknown] => {
      const text = typeof value === "string" ? value : JSON.stringify(value);
      // A record cannot have such a name.
      const key = this.#cut(name === "__proto__" ? "[__proto__]" : name);
      return [key, (text?.length ?? 0) > this.#options.maxLineChars ? this.#cut(text) : value];
    });
    const fit = entries.filter(
      ([name, value]) => (left -= name.length + (JSON.stringify(value)?.length ?? 0) + 4) >= 0,
    );
    const omitted = entries.length - fit.length;
    return Object.fromEntries(omitted === 0 ? fit : [...fit, ["…", `${omitted} more fields: read the line as text`]]);
  }

  #cut(text: string, line?: SourceLine): string {
    return cutLine(text, this.#options.maxLineChars, line).text;
  }

  #name({ file }: SourceLine): string {
    return this.#options.named ? `${shownName(file)}: ` : "";
  }

  /** What was left out or cut; undefined when nothing was. */
  truncated(): string | undefined {
    const { maxLines, maxChars, maxLineChars } = this.#options;
    const cut = this.#rows.filter(({ line, text }) => line.cut || text.length > maxLineChars).length;
    const notes = [
      this.#dropped > 0 &&
        `${this.#dropped} earlier ${this.#dropped === 1 ? "line was" : "lines were"} left out (at most ${maxLines} lines, ${maxChars} characters): read back with cursor \`start\` and \`before\`.`,
      cut > 0 && `${cut} long ${cut === 1 ? "line is" : "lines are"} cut: raise line_chars.`,
    ].filter((note) => note !== false);
    return notes.length === 0 ? undefined : notes.join(" ");
  }

  #holds(moreLines: number, moreChars: number): boolean {
    const lines = this.#rows.length - this.#extra + moreLines;
    const { maxLines, maxChars } = this.#options;
    return lines <= maxLines && (this.#chars + moreChars <= maxChars || this.#rows.length + moreLines <= 1);
  }

  #row(line: SourceLine): Row {
    if (this.#shown?.line === line) return this.#shown.row;
    const { show, maxLineChars, asEvents } = this.#options;
    const text = show(line);
    const room = asEvents ? maxLineChars * (1 + FIELDS_SHARE) : maxLineChars;
    const length = Math.min(text.length, room) + this.#name(line).length;
    const row = { line, text, length };
    this.#shown = { line, row };
    return row;
  }
}

/** The events of one log. */
interface Lane {
  readonly grouper: EventGrouper<Row>;
  readonly parser: LineParser;
  /** Which row the current event starts with. */
  at: number;
}
