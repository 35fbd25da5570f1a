import type { Clock } from "../src/clock.ts";

/** A clock that stands still until it is told to go on. */
export class TestClock implements Clock {
  #now = 1000;
  readonly #timers = new Set<{ ms: number; at: number; tick: () => void }>();

  now(): number {
    return this.#now;
  }

  hint(): number {
    return this.#now;
  }

  get timers(): number {
    return this.#timers.size;
  }

  every(ms: number, tick: () => void): () => void {
    const timer = { ms, at: this.#now + ms, tick };
    this.#timers.add(timer);
    return () => void this.#timers.delete(timer);
  }

  advance(ms: number): void {
    const end = this.#now + ms;
    for (;;) {
      const next = [...this.#timers].filter(({ at }) => at <= end).toSorted((a, b) => a.at - b.at)[0];
      if (!next) break;
      this.#now = next.at;
      next.at += next.ms;
      next.tick();
    }
    this.#now = end;
  }
}
