import type { Answer } from "../engine/types.ts";

export interface ListBounds {
  readonly maxLists: number;
  /** Ids in all lists together; one list may always be held. */
  readonly maxIds: number;
  /** How long a list is held after its last use, in milliseconds. */
  readonly keepMs: number;
  /** Milliseconds on a clock that never goes back. */
  readonly clock: () => number;
}

interface Held {
  readonly answer: Answer;
  used: number;
}

/** Ranked answers whose next pages may be asked for: the last used ones, so that paging is not disturbed by changes. */
export class RankedLists {
  readonly #bounds: ListBounds;
  /** The least lately used first. */
  readonly #held = new Map<string, Held>();
  #ids = 0;

  constructor(bounds: ListBounds) {
    this.#bounds = bounds;
  }

  get size(): number {
    return this.#held.size;
  }

  get(key: string): Answer | undefined {
    this.#expire();
    const held = this.#held.get(key);
    if (!held) return undefined;
    held.used = this.#bounds.clock();
    this.#held.delete(key);
    this.#held.set(key, held);
    return held.answer;
  }

  set(key: string, answer: Answer): void {
    this.#expire();
    this.#delete(key);
    this.#held.set(key, { answer, used: this.#bounds.clock() });
    this.#ids += answer.hits.length;
    const { maxLists, maxIds } = this.#bounds;
    for (const oldest of this.#held.keys()) {
      if (this.#held.size <= maxLists && (this.#ids <= maxIds || this.#held.size === 1)) break;
      this.#delete(oldest);
    }
  }

  #expire(): void {
    const since = this.#bounds.clock() - this.#bounds.keepMs;
    for (const [key, { used }] of this.#held) {
      if (used >= since) break;
      this.#delete(key);
    }
  }

  #delete(key: string): void {
    this.#ids -= this.#held.get(key)?.answer.hits.length ?? 0;
    this.#held.delete(key);
  }
}
