import { Line } from "./line.ts";
import type { Entry } from "./table.ts";
import type { Waiter } from "./waiter.ts";

/** The line of one key. */
export class KeyLine extends Line<Waiter> {
  /** When the head asks again. */
  nextTry = Infinity;
  /** Whether it is asking: there is one question at a time for each key. */
  asking = false;
}

/** The lines of all keys that calls wait for; each call stands in that of the claim that blocks it. */
export class Lines {
  readonly #lines = new Map<Entry, KeyLine>();
  #size = 0;

  /** How many calls wait, in all. */
  get size(): number {
    return this.#size;
  }

  [Symbol.iterator](): IterableIterator<[Entry, KeyLine]> {
    return this.#lines.entries();
  }

  /** The line of a key, if anybody waits for it. */
  of(entry: Entry): KeyLine | undefined {
    return this.#lines.get(entry);
  }

  /** Puts a call into the line of its claim. */
  add(waiter: Waiter): KeyLine {
    const { entry } = waiter.claim;
    const line = this.#lines.get(entry) ?? new KeyLine();
    this.#lines.set(entry, line);
    line.add(waiter);
    entry.waiting++;
    this.#size++;
    return line;
  }

  delete(waiter: Waiter): void {
    const { entry } = waiter.claim;
    const line = this.#lines.get(entry);
    line?.delete(waiter);
    entry.waiting--;
    this.#size--;
    if (line?.size === 0) this.#lines.delete(entry);
  }
}
