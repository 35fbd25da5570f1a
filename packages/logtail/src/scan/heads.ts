import type { Level } from "../format/level.ts";
import type { LineParser } from "../format/parser.ts";
import type { ByteSource } from "./bytes.ts";
import type { LineRules } from "./text.ts";
import { linesUp } from "./text.ts";

/** What is known of a line: its own time and level, or those of the line that it goes with. */
export interface Head {
  /** Ms since the epoch. */
  readonly time?: number | undefined;
  readonly level?: Level | undefined;
}

/** A line without a time goes with a line at most so many lines above. */
export const MAX_LOOK_BACK = 200;

/** Gives lines without a time the time and level of the nearest line above that has one. */
export class Heads {
  readonly #parser: LineParser;
  /** Of that line; no time: there is none. */
  #time: number | undefined;
  #level: Level | undefined;
  #distance = 0;
  #last: Head = {};

  constructor(parser: LineParser) {
    this.#parser = parser;
  }

  /** Whether the last line has no time, and goes with one that has. */
  get inherits(): boolean {
    return this.#time !== undefined && this.#distance > 0 && this.#distance <= MAX_LOOK_BACK;
  }

  /** The time and level of the last line, its own or those from above. */
  get last(): Head {
    return this.#last;
  }

  /** The time and level of the next line. What is returned may be overwritten by the next call. */
  next(text: string): Head {
    return this.take(this.#parser.head(text));
  }

  /** The same for a line that has been parsed. */
  take(own: Head): Head {
    if (own.time !== undefined) {
      this.#time = own.time;
      this.#level = own.level;
      this.#distance = 0;
      this.#last = own;
      return own;
    }
    this.#distance++;
    this.#last = this.inherits ? { time: this.#time, level: own.level ?? this.#level } : own;
    return this.#last;
  }

  /** Forgets the lines before, and goes on behind a line with a time, `distance` lines below it; undefined: there is none. */
  reset(head?: Head, distance = 0): void {
    this.#time = head?.time;
    this.#level = head?.level;
    this.#distance = distance;
  }
}

/** The head of a line without a time: its own level comes first. */
export function inherit(own: Head, above: Head): Head {
  return { time: above.time, level: own.level ?? above.level };
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
    const { time, level } = parser.head(text);
    if (time !== undefined) return { head: { time, level }, distance };
    if (++distance >= MAX_LOOK_BACK) return undefined;
  }
  return undefined;
}
