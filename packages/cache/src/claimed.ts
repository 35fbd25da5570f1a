import { envelopeOf } from "./envelope.ts";
import type { GuardedStore } from "./guarded.ts";
import type { Loading } from "./loadings.ts";
import type { Clock } from "./memory.ts";
import { LoadedElsewhere, type Outcome } from "./outcome.ts";
import type { Loaded, Request } from "./request.ts";
import type { Claim } from "./store.ts";

/** A load that one process at a time may do. */
export interface ClaimedLoad<T> {
  readonly loading: Loading;
  readonly request: Pick<Request<T, never>, "caller" | "accepts" | "refresh" | "maxAgeMs">;
  readonly signal: AbortSignal;
  readonly run: () => Promise<Loaded<T>>;
  readonly keep: (loaded: Loaded<T>, mark: unknown) => Promise<void> | undefined;
}

export interface ClaimLimits {
  readonly clock: Clock;
  readonly maxWaitMs: number;
}

/**
 * Loads with the claim of the key, and keeps what it loads. Where another process holds it, waits for what that one stores, or
 * for it to give up; after `maxWaitMs`, or where the store fails, loads and keeps nothing.
 */
export async function loadClaimed<T>(
  store: GuardedStore,
  load: ClaimedLoad<T>,
  limits: ClaimLimits,
): Promise<Outcome<T>> {
  const { loading, request, signal, run, keep } = load;
  const claim = await claimOf(store, load, limits);
  if (!claim) return run();
  let released: Promise<void> | undefined;
  const release = (): Promise<void> => (released ??= store.release(claim));
  try {
    signal.throwIfAborted();
    // Others need not wait for what is cancelled or invalidated, even where the tool does not notice.
    loading.release = release;
    signal.addEventListener("abort", () => void release(), { once: true });
    if (loading.isOutdated) void release();
    const found = request.refresh ? undefined : envelopeOf(claim.read, request);
    if (found && found.ageMs < Math.min(found.envelope.ttlMs, request.maxAgeMs))
      return new LoadedElsewhere(found.envelope.value, found.ageMs);
    const loaded = await run();
    await keep(loaded, claim.read.mark);
    return loaded;
  } finally {
    void release();
  }
}

async function claimOf(
  store: GuardedStore,
  { loading: { key, tags }, signal }: Pick<ClaimedLoad<never>, "loading" | "signal">,
  { clock, maxWaitMs }: ClaimLimits,
): Promise<Claim | undefined> {
  const until = clock() + maxWaitMs;
  try {
    for (let left = maxWaitMs; left > 0; left = until - clock()) {
      const claim = await store.claim(key, tags);
      if (claim) return claim;
      await store.waitForRelease(key, left, signal);
    }
  } catch (error) {
    signal.throwIfAborted();
    store.failed(error);
  }
  return undefined;
}
