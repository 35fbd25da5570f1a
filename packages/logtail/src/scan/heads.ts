import type { Level } from "../format/level.ts";
import type { LineParser } from "../format/parser.ts";
import type { LogRecord } from "../format/record.ts";
import type { ByteSource } from "./bytes.ts";
import type { LineRules } from "./text.ts";
import { linesUp } from "./text.ts";

/** What is known of a line: its own time and level, or those of the line that it goes with. */
export interface Head {
  /** Ms since the epoch. */
  readonly time?: number;
  readonly level?: Level;
}

/** A line without a time goes with a line at most so many lines above. */
export const MAX_LOOK_BACK = 200;

/** Gives lines without a time the time and level of the nearest line above that has one. */
export class Heads {
  readonly #parser: LineParser;
  #head: Head | undefined;
  #distance = 0;

  constructor(parser: LineParser) {
    this.#parser = parser;
  }

  /** The time and level of the next line. */
  next(text: string): Head {
    return this.take(this.#parser.parse(text));
  }

  /** The same for a line that has been parsed. */
  take(record: LogRecord): Head {
    if (record.time !== undefined) {
      this.#head = record;
      this.#distance = 0;
      return record;
    }
    this.#distance++;
    return this.#head === undefined || this.#distance > MAX_LOOK_BACK ? record : inherit(record, this.#head);
  }

  /** Forgets the lines before, and goes on behind a line with a time, `distance` lines below it; undefined: there is none. */
  reset(head?: Head, distance = 0): void {
    this.#head = head;
    this.#distance = distance;
  }
}

/** The head of a line without a time: its own level comes first. */
export function inherit(own: Head, above: Head): Head {
  const level = own.level ?? above.level;
  return {
    ...(above.time !== undefined && { time: above.time }),
    ...(level !== undefined && { level }),
  };
}

/** The nearest line with a time above the line that starts at `offset`, and how many lines above; undefined: there is none near. */
export async function headAbove(
  source: ByteSource,
  offset: number,
  parser: LineParser,
  rules: LineRules,
): Promise<{ readonly head: Head; readonly distance: number } | undefined> {
  let distance = 0;
  for await (const { text } of linesUp(source, offset, rules)) {
    const head = parser.parse(text);
    if (head.time !== undefined) return { head, distance };
    if (++distance >= MAX_LOOK_BACK) return undefined;
  }
  return undefined;
}
