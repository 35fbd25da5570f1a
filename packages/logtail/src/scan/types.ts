import type { Level } from "../format/level.ts";
import type { Line } from "../lines/line.ts";
import type { CompareOptions } from "../summary/compare.ts";
import type { Query } from "./query.ts";

/** A piece of an open file: plain data, for the worker. */
export interface Part {
  /** Of a file that was opened and verified; it stays open until the scan has ended. */
  readonly fd: number;
  /** Whether gzip compressed it. */
  readonly compressed: boolean;
  /** Byte offsets, uncompressed, at starts of lines; `to` may be the end of the file, and Infinity for a compressed one. */
  readonly from: number;
  readonly to: number;
}

export interface SearchLimits {
  /** Hits given; 0 gives none, and counts. */
  readonly hits: number;
  /** Whether to begin at the end of the part. Default false. */
  readonly newestFirst?: boolean;
  /** Context lines before and after each hit. Default 0, at most 1,000. */
  readonly before?: number;
  readonly after?: number;
  /** Longest text of a line in bytes: what lies behind is neither given nor searched. Default 65,536. */
  readonly maxLineBytes?: number;
  /**
   * Milliseconds; default 5,000. Of a compressed file, inflating what is before the part comes on top, at most ten times as
   * much, and a mebibyte of the part is searched in any case.
   */
  readonly ms?: number;
  /** Bytes scanned, exceeded by at most a block. Default: no limit. */
  readonly bytes?: number;
  /** Whether to go on counting when the hits are full, within `ms` and `bytes`. Default false. */
  readonly count?: boolean;
  /** Bytes of the first and the largest blocks that are read; default 64 KiB and 512 KiB. */
  readonly firstBlockBytes?: number;
  readonly blockBytes?: number;
}

/** A wanted line. */
export interface Hit {
  readonly line: Line;
  /** Ms since the epoch; the line's own, or that of the line above that it goes with. */
  readonly time?: number;
  readonly level?: Level;
  /** In the order of the file. */
  readonly before: readonly Line[];
  readonly after: readonly Line[];
}

/** Why a scan ended. */
export type Ended = "end" | "hits" | "time" | "bytes" | "killed";

export interface SearchPart {
  /** In the direction of the search. */
  readonly hits: readonly Hit[];
  /** Wanted lines met, given or not. */
  readonly matched: number;
  /** Bytes of the part, uncompressed, that were looked at. */
  readonly scannedBytes: number;
  /** Whether the whole part was scanned, so that `matched` is all there is; but see `cutLines`. */
  readonly exact: boolean;
  /**
   * Where to go on for further hits: the `from` of the next part, or its `to` if the newest come first. Undefined: there are no
   * more.
   *
   * A compressed part whose newest hits come first has to be read whole: when its time was over before, there are no hits, and
   * `next` is its own `to` (`Number.MAX_SAFE_INTEGER` for Infinity). The same part then needs more time than it had.
   */
  readonly next: number | undefined;
  /**
   * Present when a compressed file is cut off, broken or not compressed: what could be read of it was searched as far as the
   * other fields say, and is never `exact`.
   */
  readonly damaged?: true;
  /** Lines longer than `maxLineBytes` that the rest of which, not searched, might make wanted; absent for none. */
  readonly cutLines?: number;
  readonly ended: Ended;
  /** Bytes that were left out because the pattern took too long on them; only if `ended` is `killed`. */
  readonly skipped?: { readonly from: number; readonly to: number };
}

/** Positions of different parts lie so far from each other: `index * PART_SPAN + offset`. */
export const PART_SPAN = 2 ** 45;

export interface SummarizeLimits {
  /** Milliseconds; default 5,000. */
  readonly ms?: number;
  /** Bytes scanned, exceeded by at most a block. Default: no limit. */
  readonly bytes?: number;
  /** Default 65,536. */
  readonly maxLineBytes?: number;
  /** Number of the part, which comes back in positions; see `PART_SPAN`. Default 0, less than 256. */
  readonly index?: number;
  /** Ms since the epoch: what is earlier belongs to the time before. Default: all is of the present. */
  readonly split?: number;
  /** Bytes of the ranges that are taken one by one from the end of the part. Default 256 KiB, less for costly patterns. */
  readonly rangeBytes?: number;
  readonly blockBytes?: number;
}

export interface SummarizePart {
  /** Lines wanted by the query, and the events that they make: a stack trace is one. */
  readonly lines: number;
  readonly events: number;
  readonly scannedBytes: number;
  /** Whether the whole part was scanned. */
  readonly exact: boolean;
  /** Present when a compressed file is cut off, broken or not compressed; what could be read was counted. Never `exact`. */
  readonly damaged?: true;
  /** What was covered goes from here to the end of the part; of a compressed part, from its start to `to`. */
  readonly from: number;
  readonly to: number;
  /** Of what was covered, ms since the epoch; undefined when no line has a time. */
  readonly first?: number;
  readonly last?: number;
  readonly ended: Exclude<Ended, "hits">;
}

/** How to report what was summarized, compared with the lines before the `split`. */
export interface ReportOptions extends CompareOptions {
  /** Templates; see `Summary.report`. */
  readonly limit: number;
}

/** What has been done so far. */
export interface Progress {
  readonly scannedBytes: number;
  readonly matched: number;
}

export interface SeekOptions {
  /** How much earlier than a line before it a line's time may be. Default 60,000. */
  readonly skewMs?: number;
  /** See `Query`. */
  readonly zone?: string;
  readonly reference?: number;
  /** Milliseconds; default 2,000. */
  readonly ms?: number;
}

/** What a thread is asked to do with a part. */
export interface Work<Limits> {
  readonly part: Part;
  readonly query: Query;
  readonly limits: Limits;
  readonly signal: AbortSignal | undefined;
  readonly onProgress: ((progress: Progress) => void) | undefined;
}
