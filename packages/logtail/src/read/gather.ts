import { MAX_LINE_BYTES } from "../lines/split.ts";
import type { SourceLine, Take } from "./line.ts";

/** What ends a reading. Each limit lets at least one line pass, so that reading again leads on. */
export interface Limits {
  /** Lines given. Default 1,000. */
  readonly maxLines?: number;
  /** Bytes of text given; the first line is given even if it is longer. Default 1 MiB. */
  readonly maxBytes?: number;
  /** Bytes of lines looked at, given or skipped. Default: no limit. */
  readonly maxScanBytes?: number;
  /** Milliseconds in all. Default: no limit. */
  readonly maxMs?: number;
  /** Longest text of a line in bytes. Default 65,536. */
  readonly maxLineBytes?: number;
  /** What becomes of each line. Default: give all. */
  readonly take?: Take;
}

const MAX_LINES = 1000;
const MAX_BYTES = 1_048_576;
/** Lines between two looks at the clock. */
const CLOCK_LINES = 64;

/** Decides line by line, and counts. */
export class Gatherer {
  readonly maxLines: number;
  readonly maxBytes: number;
  readonly deadline: number;
  scannedLines = 0;
  scannedBytes = 0;
  /** Whether a limit was reached with a line to come. */
  full = false;
  /** Whether `take` stopped it. */
  stopped = false;
  #lines = 0;
  #bytes = 0;
  readonly #maxScan: number;
  readonly #maxLine: number;
  readonly #take: Take | undefined;

  constructor(limits: Limits) {
    this.maxLines = limits.maxLines ?? MAX_LINES;
    this.maxBytes = limits.maxBytes ?? MAX_BYTES;
    this.deadline = performance.now() + (limits.maxMs ?? Infinity);
    this.#maxScan = limits.maxScanBytes ?? Infinity;
    this.#maxLine = limits.maxLineBytes ?? MAX_LINE_BYTES;
    this.#take = limits.take;
  }

  /** Whether the line is given, skipped, or the end comes before it. */
  offer(line: SourceLine): "give" | "skip" | "end" {
    const size = line.end - line.start;
    const text = Math.min(size, this.#maxLine);
    if (this.#isFull(text)) {
      this.full = true;
      return "end";
    }
    const verdict = this.#take?.(line) ?? "give";
    if (verdict === "stop") {
      this.stopped = true;
      return "end";
    }
    this.scannedLines += 1;
    this.scannedBytes += size;
    if (verdict === "skip") return "skip";
    this.#lines += 1;
    this.#bytes += text;
    return "give";
  }

  #isFull(text: number): boolean {
    if (this.#lines >= this.maxLines || (this.#lines > 0 && this.#bytes + text > this.maxBytes)) return true;
    if (this.scannedLines === 0) return false;
    return (
      this.scannedBytes >= this.#maxScan ||
      (this.scannedLines % CLOCK_LINES === 0 && performance.now() >= this.deadline)
    );
  }
}
