import { LRUCache } from "lru-cache";
import type { Read, Store, WriteOptions } from "./store.ts";

/** Milliseconds that only go forward: `performance.now`, whatever happens to the wall clock. */
export type Clock = () => number;

export interface MemoryOptions {
  readonly maxEntries: number;
  readonly maxBytes: number;
  readonly clock: Clock;
}

interface Kept {
  readonly value: unknown;
  readonly writtenAt: number;
  readonly expiresAt: number;
  readonly tags: readonly string[];
  /** The generation when it was read that there was nothing. */
  readonly born: number;
}

/** What an entry takes besides its value and its key, in bytes: measured in bench/cache. */
const OVERHEAD = 650;
/** How many tags the store remembers as invalidated, before it forgets everything that is older instead. */
const MAX_TAGS = 10_000;

/**
 * Entries of this process: least recently used first out, bounded in number and in bytes. An invalidation costs nothing per
 * entry: it notes for the tag the generation that began, and entries that were born before it are not given any more.
 */
export class MemoryStore implements Store {
  readonly shared = false;
  readonly #entries: LRUCache<string, Kept>;
  readonly #clock: Clock;
  readonly #invalidated = new Map<string, number>();
  #generation = 0;
  /** Entries that were born before this generation are gone, whatever their tags. */
  #floor = 0;
  #evicted = 0;

  constructor({ maxEntries, maxBytes, clock }: MemoryOptions) {
    this.#clock = clock;
    this.#entries = new LRUCache<string, Kept>({
      max: maxEntries,
      maxSize: maxBytes,
      dispose: (_value, _key, reason) => {
        if (reason === "evict") this.#evicted += 1;
      },
    });
  }

  read(key: string): Read {
    const mark = this.#generation;
    const kept = this.#entries.get(key);
    if (!kept) return { entry: undefined, mark };
    const now = this.#clock();
    if (now >= kept.expiresAt || !this.#isValid(kept)) {
      this.#entries.delete(key);
      return { entry: undefined, mark };
    }
    return { entry: { value: kept.value, ageMs: now - kept.writtenAt }, mark };
  }

  /** `ageMs`: how old the value is already, where it comes from another store. */
  write(key: string, value: unknown, { tags, keepMs, bytes, mark }: WriteOptions, ageMs = 0): void {
    const now = this.#clock();
    const kept = { value, writtenAt: now - ageMs, expiresAt: now + keepMs, tags, born: mark as number };
    if (!this.#isValid(kept)) return;
    this.#entries.set(key, kept, { size: bytes + 2 * key.length + OVERHEAD });
  }

  invalidate(tags: readonly string[]): void {
    this.#generation += 1;
    for (const tag of tags) this.#invalidated.set(tag, this.#generation);
    if (this.#invalidated.size > MAX_TAGS) this.clear();
  }

  /** Forgets everything, what is being loaded too. */
  clear(): void {
    this.#generation += 1;
    this.#floor = this.#generation;
    this.#invalidated.clear();
    this.#entries.clear();
  }

  #isValid({ tags, born }: Kept): boolean {
    if (born < this.#floor) return false;
    if (this.#invalidated.size === 0) return true;
    return tags.every((tag) => (this.#invalidated.get(tag) ?? 0) <= born);
  }

  stats(): { entries: number; bytes: number; evicted: number } {
    return { entries: this.#entries.size, bytes: this.#entries.calculatedSize, evicted: this.#evicted };
  }

  close(): void {
    this.clear();
  }
}
