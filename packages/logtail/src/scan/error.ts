/** A pattern that cannot be searched for; the message says where it is wrong and what to write instead. */
export class PatternError extends Error {
  override readonly name = "PatternError";
  /** `too_long`: over 1,000 characters; `too_large`: repeats too much; `unsupported`: cannot be matched in linear time. */
  readonly code: "empty" | "too_long" | "too_large" | "syntax" | "unsupported" | "line_end";
  /** Where in the pattern, from 0, in UTF-16 units; undefined when it is all of it. */
  readonly position: number | undefined;

  constructor(code: PatternError["code"], message: string, position?: number) {
    super(message);
    this.code = code;
    this.position = position;
  }
}

/** A scan that could not be made or finished. */
export class ScanError extends Error {
  override readonly name = "ScanError";
  /**
   * `busy`: too many searches wait; `closed`: the scanners or the session are closed; `failed`: the worker ended with an
   * error, which is the cause, or the file could not be read.
   */
  readonly code: "busy" | "closed" | "failed";

  constructor(code: ScanError["code"], message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
