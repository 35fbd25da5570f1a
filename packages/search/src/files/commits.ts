import type { Engine } from "../engine/types.ts";
import { errorOf } from "../errors.ts";

const EVERY_MS = 2_000;

/** Commits an engine's changes in the background, at most every two seconds. Never keeps the process alive. */
export class Commits {
  readonly #engine: Engine;
  readonly #warn: (message: string) => void;
  readonly #everyMs: number;
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> | undefined;
  #last = Number.NEGATIVE_INFINITY;
  #dirty = false;
  #warned = false;

  /** @param warn told of the first commit that fails */
  constructor(engine: Engine, warn: (message: string) => void, everyMs: number = EVERY_MS) {
    this.#engine = engine;
    this.#warn = warn;
    this.#everyMs = everyMs;
  }

  /** There is something to commit. */
  mark(): void {
    this.#dirty = true;
    if (this.#timer !== undefined || this.#running) return;
    const wait = Math.max(0, this.#last + this.#everyMs - performance.now());
    this.#timer = setTimeout(() => void this.flush(), wait);
    this.#timer.unref();
  }

  /** Commits what there is to commit, now. Never rejects. */
  async flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    while (this.#running) await this.#running;
    if (!this.#dirty) return;
    this.#dirty = false;
    this.#running = this.#commit();
    await this.#running;
  }

  async #commit(): Promise<void> {
    try {
      await this.#engine.commit();
    } catch (error) {
      if (!this.#warned) this.#warn(`the index could not be stored: ${errorOf(error).message}`);
      this.#warned = true;
    } finally {
      this.#running = undefined;
      this.#last = performance.now();
      if (this.#dirty) this.mark();
    }
  }
}
