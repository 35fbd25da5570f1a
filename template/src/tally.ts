/** How often one thing was counted. */
export interface Count {
  readonly name: string;
  calls: number;
  errors: number;
}

/** Where the calls of all tools beyond the bound are counted. */
export const OTHERS = "*";

/** Counts by name, for at most `bound` names: what comes after them is counted together. */
export class Tally {
  readonly #counts = new Map<string, Count>();
  readonly #bound: number;

  constructor(bound: number) {
    this.#bound = bound;
  }

  add(name: string, failed: boolean): void {
    const count = this.#counts.get(name) ?? this.#create(this.#counts.size < this.#bound ? name : OTHERS);
    count.calls++;
    if (failed) count.errors++;
  }

  counts(): Count[] {
    return [...this.#counts.values()].map((count) => ({ ...count }));
  }

  totals(): { calls: number; errors: number } {
    const totals = { calls: 0, errors: 0 };
    for (const { calls, errors } of this.#counts.values()) {
      totals.calls += calls;
      totals.errors += errors;
    }
    return totals;
  }

  #create(name: string): Count {
    const count = this.#counts.get(name) ?? { name, calls: 0, errors: 0 };
    this.#counts.set(name, count);
    return count;
  }
}
