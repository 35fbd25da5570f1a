/** A failure that the user can act on: shown as its message alone, after the `output` of the program that failed, if any. */
export class Problem extends Error {
  /**
   * @param {string} message one sentence: what happened, why, what to do
   * @param {string} [output]
   */
  constructor(message, output) {
    super(message);
    this.name = "Problem";
    this.output = output;
  }
}
