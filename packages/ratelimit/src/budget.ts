import type { Charge, Quota, Slice, Usage } from "./quota.ts";

const SLICES = 100;

/**
 * A budget over a sliding window: what is spent counts for `windowMs`, and to the end of the hundredth of it in which it was
 * spent. So no window of that length ever has more than the budget, and a key costs a hundred counts at most.
 */
export class Budget implements Quota {
  readonly limit: number;
  readonly windowMs: number;
  readonly #sliceUs: number;

  constructor(budget: number, windowMs: number) {
    this.limit = budget;
    this.windowMs = windowMs;
    this.#sliceUs = Math.ceil((windowMs * 1000) / SLICES);
  }

  get most(): number {
    return this.limit;
  }

  get numbers(): readonly number[] {
    return [0, 0, 0, 0, this.limit, this.#sliceUs, this.windowMs * 1000];
  }

  wait(usage: Usage, now: number, tokens: number): number {
    let missing = this.#used(usage, now) + tokens - this.limit;
    if (missing <= 0) return 0;
    for (const slice of usage.spent ?? []) {
      missing -= slice.spent;
      if (missing <= 0) return this.#endOf(slice) - now;
    }
    // More than the whole budget: windows of those who wait before are still to come.
    return Math.ceil(tokens / this.limit) * (this.windowMs * 1000 + this.#sliceUs);
  }

  longer(tokens: number): number {
    return Math.floor(tokens / this.limit) * this.windowMs * 1000;
  }

  take(usage: Usage, now: number, charge: Charge): void {
    const index = Math.floor(now / this.#sliceUs);
    charge.takenAt = index;
    const slices = (usage.spent ??= []);
    const last = slices.at(-1);
    if (last?.index === index) last.spent += charge.cost;
    else slices.push({ index, spent: charge.cost });
  }

  giveBack(usage: Usage, _now: number, charge: Charge): void {
    const slices = usage.spent ?? [];
    const at = slices.findIndex(({ index }) => index === charge.takenAt);
    const slice = slices[at];
    if (!slice) return;
    slice.spent -= charge.cost;
    if (slice.spent <= 0) slices.splice(at, 1);
  }

  left(usage: Usage, now: number): number {
    return this.limit - this.#used(usage, now);
  }

  reset(usage: Usage, now: number): number {
    const last = this.#used(usage, now) > 0 ? usage.spent?.at(-1) : undefined;
    return last ? this.#endOf(last) - now : 0;
  }

  #used({ spent }: Usage, now: number): number {
    if (!spent) return 0;
    while (spent[0] && this.#endOf(spent[0]) <= now) spent.shift();
    return spent.reduce((sum, slice) => sum + slice.spent, 0);
  }

  #endOf({ index }: Slice): number {
    return (index + 1) * this.#sliceUs + this.windowMs * 1000;
  }
}
