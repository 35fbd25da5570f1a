import { runOutside } from "@plugboard/core/flight";

/** Where time comes from, so that tests can make it. */
export interface Clock {
  /** Whole microseconds of a monotonic clock. */
  now(): number;
  /** Calls `fn` once after about `ms`, unless the returned function is called before. */
  after(ms: number, fn: () => void): () => void;
}

const LONGEST_TIMER_MS = 2 ** 31 - 1;

export const systemClock: Clock = {
  now: () => Math.floor(performance.now() * 1000),
  after(ms, fn) {
    const timer = runOutside(() => setTimeout(fn, Math.min(ms, LONGEST_TIMER_MS)));
    return () => clearTimeout(timer);
  },
};
