import { monitorEventLoopDelay } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import { percentile } from "./measures.ts";

const EVERY_MS = 5;

/** How late a timer fires while something else works: what any other call of the process would feel. */
export class Lateness {
  readonly #late: number[] = [];
  readonly #delay = monitorEventLoopDelay({ resolution: 1 });
  #due = performance.now() + EVERY_MS;
  readonly #timer = setInterval(() => {
    const now = performance.now();
    this.#late.push(Math.max(0, now - this.#due));
    this.#due = now + EVERY_MS;
  }, EVERY_MS);

  constructor() {
    this.#delay.enable();
  }

  /** In milliseconds: the longest block of the event loop, and how late a timer was. */
  stop(): { block: number; lateP99: number; lateMax: number } {
    clearInterval(this.#timer);
    this.#delay.disable();
    const max = this.#late.reduce((most, late) => Math.max(most, late), 0);
    // A build that never let a timer fire was one block.
    const overdue = Math.max(0, performance.now() - this.#due);
    return {
      block: Math.max(this.#delay.max / 1e6, overdue),
      lateP99: percentile([...this.#late, overdue], 0.99),
      lateMax: Math.max(max, overdue),
    };
  }
}

/** A process that takes less of a processor than this has nothing left to do. */
const IDLE_SHARE = 0.05;
const LOOK_MS = 200;
const MAX_WAIT_MS = 120_000;

/** Waits until all threads of this process rest, at most two minutes: milliseconds for which they went on. */
export async function quiet(): Promise<number> {
  const start = performance.now();
  for (let rests = 0; rests < 3 && performance.now() - start < MAX_WAIT_MS;) {
    const before = process.cpuUsage();
    await sleep(LOOK_MS);
    const { user, system } = process.cpuUsage(before);
    rests = (user + system) / 1000 < LOOK_MS * IDLE_SHARE ? rests + 1 : 0;
  }
  return Math.max(0, performance.now() - start - 3 * LOOK_MS);
}
