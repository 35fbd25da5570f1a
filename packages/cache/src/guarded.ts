import { RedisRefused, RedisUnavailable } from "@plugboard/core/redis";
import { bounded } from "./bounded.ts";
import type { Clock } from "./memory.ts";
import type { Claim, Read, Store, WriteOptions } from "./store.ts";

/** How long a store that fails is not warned of again, in milliseconds. */
const WARN_MS = 60_000;

export interface GuardOptions {
  readonly clock: Clock;
  readonly warn: (message: string, detail?: unknown) => void;
}

/** A store that may fail, hang or answer nonsense: calls go on without it, and the operator hears of it once a minute. */
export class GuardedStore {
  readonly #store: Store;
  readonly #options: GuardOptions;
  #warnedAt = -Infinity;
  #errors = 0;

  constructor(store: Store, options: GuardOptions) {
    this.#store = store;
    this.#options = options;
  }

  /** How often it failed. */
  get errors(): number {
    return this.#errors;
  }

  /** Whether one process at a time loads a key. */
  get hasClaims(): boolean {
    return this.#store.claim !== undefined && this.#store.waitForRelease !== undefined;
  }

  /** What is there; undefined where the store fails. */
  read(key: string, tags: readonly string[]): Read | undefined | Promise<Read | undefined> {
    try {
      const read = this.#store.read(key, tags);
      if (!(read instanceof Promise)) return checked(read);
      return bounded(read)
        .then(checked)
        .catch((error: unknown) => this.failed(error));
    } catch (error) {
      return this.failed(error);
    }
  }

  write(key: string, value: unknown, options: WriteOptions): Promise<void> | undefined {
    try {
      const written = this.#store.write(key, value, options);
      return written instanceof Promise ? bounded(written).catch((error: unknown) => this.failed(error)) : undefined;
    } catch (error) {
      return this.failed(error);
    }
  }

  async invalidate(tags: readonly string[]): Promise<void> {
    try {
      const done = this.#store.invalidate(tags);
      if (done) await bounded(done);
    } catch (error) {
      this.failed(error);
    }
  }

  /**
   * The claim of a key, or undefined while another process holds it.
   * @throws what the store throws, or an error after 5 s; a claim that comes later is given back
   */
  async claim(key: string, tags: readonly string[]): Promise<Claim | undefined> {
    const claiming = this.#store.claim?.(key, tags);
    try {
      const claim = await bounded(claiming);
      if (claim) checked(claim.read);
      return claim;
    } catch (error) {
      void Promise.resolve(claiming)
        .then((claim) => claim && this.release(claim))
        .catch(() => undefined);
      throw error;
    }
  }

  /** Never rejects. */
  async release(claim: Claim): Promise<void> {
    try {
      await bounded(claim.release());
    } catch (error) {
      this.failed(error);
    }
  }

  /**
   * Resolves when another process may have let go of a key, or after `maxMs`.
   * @throws the signal's reason, or what the store throws
   */
  async waitForRelease(key: string, maxMs: number, signal: AbortSignal): Promise<void> {
    await bounded(this.#store.waitForRelease?.(key, maxMs, signal), maxMs);
  }

  failed(error: unknown): undefined {
    this.#errors += 1;
    // The connection to Redis tells of its own troubles, once.
    const isTold = error instanceof RedisUnavailable && !(error instanceof RedisRefused);
    const now = this.#options.clock();
    if (isTold || now - this.#warnedAt < WARN_MS) return;
    this.#warnedAt = now;
    this.#options.warn("the store failed, so calls go on uncached", error);
  }
}

/** @throws Error */
function checked(read: Read): Read {
  if (typeof read !== "object" || read === null) throw new Error("it answered with something strange");
  return read;
}
