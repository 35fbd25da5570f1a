import type { Charge, Quota, Usage } from "./quota.ts";

/** Sums of units stay exact below this, with room for those who wait. */
const MOST_UNITS = 2 ** 51;

/**
 * A token bucket (the generic cell rate algorithm) in whole numbers, so that nothing is ever rounded: a token is `perToken`
 * units, and every tick makes up for `perTick` of them. In any time `t`, calls take at most `burst + t · limit / windowMs`
 * tokens. A tick is a microsecond, or longer where units would grow too large: at most a millisecond.
 */
export class Rate implements Quota {
  readonly limit: number;
  readonly windowMs: number;
  readonly most: number;
  readonly tickUs: number;
  readonly perToken: number;
  readonly perTick: number;
  readonly capacity: number;

  constructor(limit: number, windowMs: number, burst: number) {
    this.limit = limit;
    this.windowMs = windowMs;
    this.most = burst;
    let tickUs = 1;
    let [perToken, perTick] = inLowestTerms(windowMs * 1000, limit);
    while (burst * perToken > MOST_UNITS && tickUs < 1000) {
      tickUs *= 10;
      [perToken, perTick] = inLowestTerms((windowMs * 1000) / tickUs, limit);
    }
    this.tickUs = tickUs;
    this.perToken = perToken;
    this.perTick = perTick;
    this.capacity = burst * perToken;
  }

  get numbers(): readonly number[] {
    return [this.tickUs, this.perToken, this.perTick, this.capacity, 0, 0, 0];
  }

  wait(usage: Usage, now: number, tokens: number): number {
    const tick = this.#tick(now);
    const missing = this.#debt(usage, tick) + tokens * this.perToken - this.capacity;
    return missing <= 0 ? 0 : (tick + Math.ceil(missing / this.perTick)) * this.tickUs - now;
  }

  longer(tokens: number): number {
    return Math.ceil((tokens * this.perToken) / this.perTick) * this.tickUs;
  }

  take(usage: Usage, now: number, charge: Charge): void {
    const tick = this.#tick(now);
    usage.debt = this.#debt(usage, tick) + charge.cost * this.perToken;
    usage.at = tick;
    charge.takenAt = tick;
    charge.debtAfter = usage.debt;
    charge.returnedBefore = usage.returned;
  }

  giveBack(usage: Usage, now: number, charge: Charge): void {
    const tick = this.#tick(now);
    const madeUp = (tick - charge.takenAt) * this.perTick + (usage.returned - charge.returnedBefore);
    const units = Math.min(charge.cost * this.perToken, Math.max(0, charge.debtAfter - madeUp));
    usage.debt = Math.max(0, this.#debt(usage, tick) - units);
    usage.at = tick;
    usage.returned += units;
  }

  left(usage: Usage, now: number): number {
    return Math.floor((this.capacity - this.#debt(usage, this.#tick(now))) / this.perToken);
  }

  reset(usage: Usage, now: number): number {
    const tick = this.#tick(now);
    const debt = this.#debt(usage, tick);
    return debt === 0 ? 0 : (tick + Math.ceil(debt / this.perTick)) * this.tickUs - now;
  }

  #tick(now: number): number {
    return this.tickUs === 1 ? now : Math.floor(now / this.tickUs);
  }

  #debt(usage: Usage, tick: number): number {
    const debt = usage.debt - (tick - usage.at) * this.perTick;
    return debt > 0 ? debt : 0;
  }
}

function inLowestTerms(a: number, b: number): [number, number] {
  let [x, y] = [a, b];
  while (y > 0) [x, y] = [y, x % y];
  return [a / x, b / x];
}
