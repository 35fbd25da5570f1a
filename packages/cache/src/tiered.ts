import { type Clock, MemoryStore, type MemoryOptions } from "./memory.ts";
import type { RedisStore } from "./redis.ts";
import type { Claim, Read, Store, WriteOptions } from "./store.ts";

export interface TieredOptions extends MemoryOptions {
  /** How long an entry is given from this process alone, in milliseconds, should news of its invalidation be lost. */
  readonly nearMs: number;
}

/** The marks of both tiers, taken together. */
interface Marks {
  readonly near: unknown;
  readonly far: unknown;
}

/**
 * A store that processes share, with one of this process in front of it: what was read a moment ago is not asked for again.
 * The near tier is used only while invalidations by other processes are heard.
 */
export class TieredStore implements Store {
  readonly shared = true;
  readonly #near: MemoryStore;
  readonly #far: RedisStore;
  readonly #nearMs: number;
  readonly #clock: Clock;
  #hears = false;

  constructor(far: RedisStore, { nearMs, ...options }: TieredOptions) {
    this.#near = new MemoryStore(options);
    this.#far = far;
    this.#nearMs = nearMs;
    this.#clock = options.clock;
    if (nearMs === 0) return;
    far.onInvalidated((tags) => this.#near.invalidate(tags));
    far.onHearing((hears) => {
      this.#hears = hears;
      this.#near.clear();
    });
  }

  get #isNear(): boolean {
    return this.#hears && !this.#far.isAway;
  }

  read(key: string, tags: readonly string[]): Read | Promise<Read> {
    const near = this.#near.read(key);
    if (near.entry && this.#isNear) return near;
    return this.#readFar(key, tags, near.mark);
  }

  async #readFar(key: string, tags: readonly string[], mark: unknown): Promise<Read> {
    const askedAt = this.#clock();
    const far = await this.#far.read(key, tags);
    return {
      entry: this.#keepNear(key, tags, far, mark, askedAt),
      mark: { near: mark, far: far.mark } satisfies Marks,
    };
  }

  /** What Redis gave is as old as it was there, and by the time that the answer took. */
  #keepNear(key: string, tags: readonly string[], far: Read, mark: unknown, askedAt: number): Read["entry"] {
    if (!far.entry) return undefined;
    const ageMs = far.entry.ageMs + (this.#clock() - askedAt);
    if (this.#isNear) {
      const { value, leftMs = this.#nearMs } = far.entry;
      this.#near.write(key, value, { tags, keepMs: Math.min(leftMs, this.#nearMs), bytes: sizeOf(value), mark }, ageMs);
    }
    return { ...far.entry, ageMs };
  }

  async write(key: string, value: unknown, options: WriteOptions): Promise<void> {
    const marks = options.mark as Partial<Marks> | undefined;
    await this.#far.write(key, value, { ...options, mark: marks?.far });
    if (this.#isNear && marks?.near !== undefined) {
      const keepMs = Math.min(options.keepMs, this.#nearMs);
      this.#near.write(key, value, { ...options, keepMs, mark: marks.near });
    }
  }

  async invalidate(tags: readonly string[]): Promise<void> {
    this.#near.invalidate(tags);
    await this.#far.invalidate(tags);
  }

  onInvalidated(listener: (tags: readonly string[]) => void): void {
    this.#far.onInvalidated(listener);
  }

  async claim(key: string, tags: readonly string[]): Promise<Claim | undefined> {
    const { mark } = this.#near.read(key);
    const claim = await this.#far.claim(key, tags);
    return claim && { ...claim, read: { ...claim.read, mark: { near: mark, far: claim.read.mark } satisfies Marks } };
  }

  waitForRelease(key: string, maxMs: number, signal: AbortSignal): Promise<void> {
    return this.#far.waitForRelease(key, maxMs, signal);
  }

  stats(): { entries: number; bytes: number; evicted: number } {
    return this.#near.stats();
  }

  close(): void {
    this.#near.close();
    this.#far.close();
  }
}

/** About what it takes in memory: what comes from Redis was JSON a moment ago. */
const sizeOf = (value: unknown): number => 4 * JSON.stringify(value).length;
