import type { LineParser } from "../format/parser.ts";
import type { Summary } from "../summary/summary.ts";
import type { Head } from "./heads.ts";
import { Heads, MAX_LOOK_BACK } from "./heads.ts";
import type { Query } from "./query.ts";
import { hasHeadFilter, wants } from "./query.ts";

/** How much later than the last change of its file a time may be: by the zones that clocks can differ. */
const AHEAD_MS = 86_400_000;

/** What lines are counted into. */
export interface Summaries {
  /** Since the split. */
  readonly recent: Summary;
  readonly before: Summary;
}

/** Makes events of wanted lines, and says into which summary each is to be counted. */
export class Tally {
  /** Wanted lines, and the events that they make. */
  lines = 0;
  events = 0;
  /** Of the events, ms since the epoch; Infinity and -Infinity while none had a time. */
  first = Infinity;
  last = -Infinity;
  readonly #query: Query;
  readonly #summaries: Summaries;
  readonly #split: number | undefined;
  readonly #heads: Heads;
  readonly #byHead: boolean;
  /** Ms since the epoch: later times are mistakes. */
  readonly #latest: number;
  /** Offset after the last event's last line, and its lines but the first. */
  #eventEnd = -1;
  #eventLines = 0;

  /** @param split ms since the epoch: what is earlier belongs to the time before */
  constructor(query: Query, summaries: Summaries, split: number | undefined, parser: LineParser) {
    this.#query = query;
    this.#summaries = summaries;
    this.#split = split;
    this.#heads = new Heads(parser);
    this.#byHead = hasHeadFilter(query);
    this.#latest = query.reference === undefined ? Infinity : query.reference + AHEAD_MS;
  }

  /** Whether a time can be that of a line. */
  isPossible(time: number | undefined): boolean {
    return time === undefined || time <= this.#latest;
  }

  /** Whether a line that starts there stands right behind the last wanted one. */
  follows(start: number): boolean {
    return start === this.#eventEnd;
  }

  /** Goes on behind a line with a time, `distance` lines below it; undefined: there is none. */
  reset(head: Head | undefined, distance: number | undefined): void {
    this.#heads.reset(head, distance);
  }

  /** The time and level of the line that was taken last, its own or those from above. */
  get head(): Head {
    return this.#trusted(this.#heads.last);
  }

  /** Takes note of a line; returns the summary into which it is to be counted, if it is wanted and begins an event. */
  take(own: Head, indented: boolean, start: number, end: number): Summary | undefined {
    const head = this.#trusted(this.#heads.take(own));
    const follows = start === this.#eventEnd && own.time === undefined;
    if (this.#byHead && !wants(this.#query, head)) return undefined;
    this.lines++;
    const goesOn = follows && this.#eventLines < MAX_LOOK_BACK && (this.#heads.inherits || indented);
    this.#eventEnd = end;
    this.#eventLines = goesOn ? this.#eventLines + 1 : 0;
    if (goesOn) return undefined;
    this.events++;
    const { time } = head;
    if (time !== undefined) {
      if (time < this.first) this.first = time;
      if (time > this.last) this.last = time;
    }
    const before = this.#split !== undefined && time !== undefined && time < this.#split;
    return before ? this.#summaries.before : this.#summaries.recent;
  }

  /** A time later than the file can have is none. */
  #trusted(head: Head): Head {
    return head.time !== undefined && head.time > this.#latest ? { level: head.level } : head;
  }
}
