/** One line of a log, as it stands in its file. */
export interface Line {
  /** Without its line end; what is no UTF-8 is replaced by U+FFFD; cut at the limit. */
  readonly text: string;
  /** Byte offset of the line in its file, uncompressed. */
  readonly start: number;
  /** Byte offset after its line end: where the next line starts. */
  readonly end: number;
  /** Whether the line is longer than `text`. */
  readonly cut: boolean;
  /** False: the last line of the file, which has no line end yet. */
  readonly complete: boolean;
}
