import type { z } from "zod";
import { EventGrouper } from "../format/events.ts";
import type { LogEvent } from "../format/events.ts";
import { LineParser } from "../format/parser.ts";
import type { Logtail } from "../logtail.ts";
import type { SourceLine } from "../read/line.ts";
import { cutLine } from "../show.ts";
import type { readOutput } from "./schema.ts";
import { written } from "./when.ts";

type Event = NonNullable<z.input<typeof readOutput>["events"]>[number];

export interface PageOptions {
  /** Makes the text of a line fit to be shown. */
  readonly show: (text: string) => string;
  readonly maxLines: number;
  /** Of all lines together, and of one. */
  readonly maxChars: number;
  readonly maxLineChars: number;
  /** Whether lines start with the name of their log. */
  readonly named: boolean;
  /** Which lines stay when there are more than fit: `first`, and the page has no more room; or `last`. */
  readonly keep: "first" | "last";
}

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

  /** @param extra whether it does not count as one of the number of lines */
  add(line: SourceLine, extra = false): void {
    const row = this.#row(line);
    this.#shown = undefined;
    this.#rows.push(row);
    this.#chars += row.length;
    if (extra) this.#extra += 1;
    while (this.#rows.length > 0 && !this.#holds(0, 0)) {
      this.#chars -= this.#rows.shift()?.length ?? 0;
      this.#dropped += 1;
    }
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

  /** Fields, with long texts cut. */
  #short(fields: Record<string, unknown>): Record<string, unknown> {
    return Object.fromEntries(
      Object.entries(fields).map(([name, value]) => {
        const text = typeof value === "string" ? value : undefined;
        if (text !== undefined) return [name, this.#cut(text)];
        const { maxLineChars } = this.#options;
        return JSON.stringify(value)?.length > maxLineChars ? [name, this.#cut(JSON.stringify(value))] : [name, value];
      }),
    );
  }

  #cut(text: string, line?: SourceLine): string {
    return cutLine(text, this.#options.maxLineChars, line).text;
  }

  #name({ file }: SourceLine): string {
    return this.#options.named ? `${file}: ` : "";
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
    return lines <= maxLines && (this.#chars + moreChars <= maxChars || lines <= 1);
  }

  #row(line: SourceLine): Row {
    if (this.#shown?.line === line) return this.#shown.row;
    const { show, maxLineChars } = this.#options;
    const text = show(line.text);
    const length = Math.min(text.length, maxLineChars) + this.#name(line).length;
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
