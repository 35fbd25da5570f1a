import type { CursorState } from "../files/cursor.ts";
import type { Gap } from "../files/plan.ts";
import type { Limits } from "./gather.ts";
import type { SourceLine } from "./line.ts";

export interface ReadOptions extends Limits {
  /** How long a file has to be quiet until its last line is given without a line end, in milliseconds. Default 500. */
  readonly quietMs?: number;
  /**
   * Bytes that every line which `take` gives contains. Without a cursor, other lines are skipped without a look where the
   * text is UTF-8.
   */
  readonly literal?: Buffer;
  /** Zone of times that name none, for the order of several logs: a name such as `Europe/Berlin`, or `+02:00`. Default the process's. */
  readonly zone?: string;
  readonly signal?: AbortSignal;
}

/** A log that is there and could not be read this time; its place is kept. */
export interface Refused {
  readonly file: string;
  /** A sentence. */
  readonly reason: string;
}

export interface ReadAnswer {
  /** Of one log in the order of writing; of several by time, see `mergeByTime`. */
  readonly lines: SourceLine[];
  /** Gives what comes after these lines. */
  readonly cursor: string;
  /** Whether there was more to read when a limit was reached, or `take` stopped. */
  readonly more: boolean;
  /** Without a cursor: whether a limit of bytes or time ended the look back before `maxLines` were found. */
  readonly cut: boolean;
  /** Whether a log was found rotated, truncated or replaced. */
  readonly rotated: boolean;
  readonly gaps: Gap[];
  readonly refused: Refused[];
  /** Whether a last line without a line end is held back until its file is quiet. */
  readonly held: boolean;
  /** Lines looked at, given or skipped; without those that `literal` ruled out. */
  readonly scannedLines: number;
  readonly scannedBytes: number;
  /** Bytes known to lie after the cursor; those of compressed files, and of files not begun, are not counted. */
  readonly left: number;
}

/** What one step of a `Reader` answers. */
export type StepAnswer = Omit<ReadAnswer, "cursor"> & { readonly state: CursorState };
