/** The exit code of a program that Ctrl-C ended. */
export const INTERRUPTED = 130;

/** A failure that the operator can act on: shown as its message alone, without a stack. */
export class Failure extends Error {
  override readonly name = "Failure";
  /** 2 for a mistake in the command line or the configuration, 1 for what goes wrong at run time. */
  readonly exitCode: 1 | 2;

  constructor(message: string, exitCode: 1 | 2 = 2, options: { cause?: unknown } = {}) {
    super(message, options);
    this.exitCode = exitCode;
  }
}
