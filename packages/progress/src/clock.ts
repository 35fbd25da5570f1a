/** Where time comes from, so that tests can make it. Milliseconds on a monotonic clock. */
export interface Clock {
  now(): number;
  /** Changes when time has passed, at least every millisecond; says nothing else, and costs next to nothing. */
  hint(): number;
  /** Calls `tick` about every `ms` until the returned function is called; does not keep the process alive. */
  every(ms: number, tick: () => void): () => void;
}

export const systemClock: Clock = {
  now: () => performance.now(),
  hint: () => Date.now(),
  every(ms, tick) {
    const timer = setInterval(tick, ms).unref();
    return () => clearInterval(timer);
  },
};

/** One interval for all that want to hear of time passing; it runs only while somebody does. */
export class Wheel {
  readonly #clock: Clock;
  readonly #ms: number;
  readonly #members = new Set<{ tick(now: number): void }>();
  #stop: (() => void) | undefined;

  constructor(clock: Clock, ms: number) {
    this.#clock = clock;
    this.#ms = ms;
  }

  get size(): number {
    return this.#members.size;
  }

  add(member: { tick(now: number): void }): void {
    this.#members.add(member);
    this.#stop ??= this.#clock.every(this.#ms, () => {
      const now = this.#clock.now();
      for (const each of this.#members) each.tick(now);
    });
  }

  delete(member: { tick(now: number): void }): void {
    this.#members.delete(member);
    if (this.#members.size > 0) return;
    this.#stop?.();
    this.#stop = undefined;
  }

  clear(): void {
    for (const member of this.#members) this.delete(member);
  }
}
