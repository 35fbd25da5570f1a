import { copyOf } from "./copy.ts";
import type { Envelope } from "./envelope.ts";
import type { GuardedStore } from "./guarded.ts";
import type { Loaded, Plan } from "./request.ts";

export interface KeeperOptions {
  /** From 0 to 1, as `Math.random`. */
  readonly random: () => number;
  /** By which part of it a time to live may be shorter, so that what came together does not go together. */
  readonly jitter: number;
  readonly maxEntryBytes: number;
}

/** Decides what of a load is kept, and for how long. */
export class Keeper {
  readonly #store: GuardedStore;
  readonly #options: KeeperOptions;

  constructor(store: GuardedStore, options: KeeperOptions) {
    this.#store = store;
    this.#options = options;
  }

  /** `mark`: from the read before the load. A promise where the store takes its time. */
  keep(plan: Plan, caller: string | object, loaded: Loaded<unknown>, mark: unknown): Promise<void> | undefined {
    const { jitter, random, maxEntryBytes } = this.#options;
    const { common, failed, transient } = loaded;
    const fullMs = failed ? plan.errorTtlMs : plan.ttlMs;
    // A failure is for its caller only: where nobody knows who that is, for no other call.
    if (common === undefined || transient || fullMs <= 0 || (failed && typeof caller !== "string")) return;
    const copied = copyOf(common, maxEntryBytes);
    if (!copied.ok) return;
    const ttlMs = fullMs * (1 - jitter * random());
    const keepMs = failed ? ttlMs : ttlMs + Math.max(plan.staleMs, plan.staleIfErrorMs);
    const envelope: Envelope = { value: copied.value, ttlMs, failed, by: failed ? (caller as string) : "" };
    return this.#store.write(plan.key, envelope, { tags: plan.tags, keepMs, bytes: copied.bytes, mark });
  }
}
