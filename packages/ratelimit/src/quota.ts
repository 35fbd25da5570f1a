/** A part of a budget's window, and what was spent in it. */
export interface Slice {
  readonly index: number;
  spent: number;
}

/** What one key has used of a quota. All zero, and nothing spent, is the state of a key that was never seen. */
export interface Usage {
  /** Token bucket: units that have not been made up for at `at`. */
  debt: number;
  /** In ticks of the rate. */
  at: number;
  /** Units that were ever given back. */
  returned: number;
  /** Budget: oldest first. */
  spent: Slice[] | undefined;
}

/** What one call takes of a quota, and what is needed to give it back. */
export interface Charge {
  /** In tokens. */
  readonly cost: number;
  /** The tick of the rate, or the slice of the budget, in which it was taken. */
  takenAt: number;
  /** Token bucket: debt right after it was taken, and what had been given back by then. */
  debtAfter: number;
  returnedBefore: number;
}

/** How many tokens calls may take in which time. Times are whole microseconds that never fall. */
export interface Quota {
  /** Tokens, as the rule says. */
  readonly limit: number;
  readonly windowMs: number;
  /** The most that can be taken at once. */
  readonly most: number;
  /** Microseconds until `tokens` fit, exactly, if nobody else takes any; 0 when they fit now. */
  wait(usage: Usage, now: number, tokens: number): number;
  /** About how many microseconds so many tokens more would make a wait longer. */
  longer(tokens: number): number;
  /** Only what fits: `wait` was 0. */
  take(usage: Usage, now: number, charge: Charge): void;
  /** Undoes what is left of a charge; what time has made up for already is not given a second time. */
  giveBack(usage: Usage, now: number, charge: Charge): void;
  /** Whole tokens that fit now. */
  left(usage: Usage, now: number): number;
  /** Microseconds until nothing is used any more, if nobody takes any. */
  reset(usage: Usage, now: number): number;
  /** The numbers that a script needs to count the same: seven, those of the other kind of quota are 0. */
  readonly numbers: readonly number[];
}
