import { Flight, WaitedTooLong } from "@plugboard/core/flight";
import { RedisRefused, RedisUnavailable } from "@plugboard/core/redis";
import { bounded } from "./bounded.ts";
import { copyAgain, copyOf } from "./copy.ts";
import { type Envelope, envelopeOf } from "./envelope.ts";
import type { Clock } from "./memory.ts";
import type { Claim, Read, Store } from "./store.ts";

/** How an answer came about. */
export type Status = "hit" | "miss" | "stale" | "coalesced" | "bypass";

/** How what is under one key is treated; times in milliseconds. */
export interface Plan {
  readonly key: string;
  readonly tags: readonly string[];
  readonly ttlMs: number;
  /** How long after its time an entry is given while a new one is loaded. */
  readonly staleMs: number;
  /** How long after its time an entry is given when loading fails. */
  readonly staleIfErrorMs: number;
  /** How long a failure is kept; 0: not at all. */
  readonly errorTtlMs: number;
}

/** What loading came to. */
export interface Loaded<T> {
  readonly value: T;
  /** What others may get and the store keeps; absent where it belongs to nobody but the caller. */
  readonly common?: unknown;
  readonly failed: boolean;
  /** For those who wait now, and not for the store. */
  readonly passing?: boolean;
}

/** What one caller wants. */
export interface Request<T, News> {
  /** Whose failures he shares: a text, or an object of his own where nobody knows who he is. */
  readonly caller: string | object;
  readonly signal: AbortSignal | undefined;
  readonly onNews: ((news: News) => void) | undefined;
  /** Does not take what is stored. */
  readonly refresh: boolean;
  /** The oldest that he takes, in milliseconds. */
  readonly maxAgeMs: number;
  /** Flights that wait for this caller: he must not wait for them. */
  readonly holding: readonly Loading[];
  /** Whether what is stored can be what he looks for: others may have written it. */
  accepts(value: unknown): boolean;
  /** Loads for all who wait. */
  load(flight: Flight<Outcome<T>, News>, loading: Loading): Promise<Loaded<T>>;
  /** Loads for nobody in particular, after a stale answer. */
  reload(flight: Flight<Outcome<T>, News>, loading: Loading): Promise<Loaded<T>>;
}

export interface Answer<T> {
  readonly value: T;
  readonly status: Status;
  readonly ageMs: number;
}

/** What a flight ends with: a load of this process, or what another process has just stored. */
export type Outcome<T> = Loaded<T> | Thrown | Elsewhere;

/** A failure that is thrown, not returned. */
class Thrown {
  readonly error: unknown;
  constructor(error: unknown) {
    this.error = error;
  }
}

class Elsewhere {
  readonly value: unknown;
  readonly ageMs: number;
  constructor(value: unknown, ageMs: number) {
    this.value = value;
    this.ageMs = ageMs;
  }
}

/** A flight as others see it. */
export interface Loading {
  readonly tags: readonly string[];
  readonly caller: string | object;
  /** What its own work is waiting for. */
  readonly awaits: Set<Loading>;
  flight: Flight<unknown, unknown> | undefined;
  /** Whether something newer has taken its place: what it loads is not kept. */
  isOutdated: boolean;
  /** Lets other processes load. */
  release: (() => Promise<void>) | undefined;
}

export interface LoaderOptions {
  readonly store: Store;
  readonly clock: Clock;
  /** From 0 to 1, as `Math.random`. */
  readonly random: () => number;
  /** By which part of it a time to live may be shorter, so that what came together does not go together. */
  readonly jitter: number;
  readonly maxEntryBytes: number;
  readonly maxWaitMs: number;
  readonly maxFlights: number;
  readonly warn: (message: string, detail?: unknown) => void;
}

/** Waiters whose flight ended with something that is not for them try this often to share another. */
const MAX_ATTEMPTS = 3;
/** How long a store that fails is not warned of again. */
const WARN_MS = 60_000;

/** Reads through a store: one load at a time for each key, stale answers within their limits, and never an error of its own. */
export class Loader {
  readonly #options: LoaderOptions;
  /** Those that can be joined, by their keys. */
  readonly #flights = new Map<string, Loading>();
  readonly #active = new Set<Loading>();
  readonly counts = { hits: 0, misses: 0, stale: 0, coalesced: 0, bypassed: 0, storeErrors: 0 };
  #warnedAt = -Infinity;
  #closed = false;

  constructor(options: LoaderOptions) {
    this.#options = options;
    // What another process invalidates while it is loaded here is not for those who come after.
    options.store.onInvalidated?.((tags) => this.#forget(tags));
  }

  get loading(): number {
    return this.#active.size;
  }

  get<T, News>(plan: Plan, request: Request<T, News>): Answer<T> | Promise<Answer<T>> {
    if (this.#closed) return this.#lead(plan, request, undefined);
    let read: Read | Promise<Read>;
    try {
      read = this.#options.store.read(plan.key, plan.tags);
    } catch (error) {
      return this.#without(plan, request, error);
    }
    if (!(read instanceof Promise)) return this.#answer(plan, request, read);
    return bounded(read).then(
      (found) => this.#answer(plan, request, found),
      (error: unknown) => this.#without(plan, request, error),
    );
  }

  #answer<T, News>(plan: Plan, request: Request<T, News>, read: Read): Answer<T> | Promise<Answer<T>> {
    const found = envelopeOf(read, request);
    if (found === "garbage") return this.#without(plan, request, new Error("it answered with something strange"));
    if (request.refresh) return this.#refresh(plan, request, read);
    if (!found || found.ageMs > request.maxAgeMs) return this.#share(plan, request, read);
    const { envelope, ageMs } = found;
    const overdue = ageMs - envelope.ttlMs;
    if (overdue < 0) return this.#given(envelope.value, "hit", ageMs);
    if (envelope.failed) return this.#share(plan, request, read);
    if (overdue < plan.staleMs) {
      this.#revalidate(plan, request, read);
      return this.#given(envelope.value, "stale", ageMs);
    }
    return this.#share(plan, request, read, overdue < plan.staleIfErrorMs ? { envelope, ageMs } : undefined);
  }

  /** The store is not there: callers still share one load, and nothing is kept. */
  #without<T, News>(plan: Plan, request: Request<T, News>, error: unknown): Promise<Answer<T>> {
    this.#note(error);
    return this.#share(plan, request, undefined);
  }

  #given<T>(value: unknown, status: "hit" | "stale", ageMs: number): Answer<T> {
    this.#count(status);
    return { value: copyAgain(value) as T, status, ageMs };
  }

  #count(status: Status): void {
    if (status === "hit") this.counts.hits += 1;
    else if (status === "miss") this.counts.misses += 1;
    else if (status === "stale") this.counts.stale += 1;
    else if (status === "coalesced") this.counts.coalesced += 1;
    else this.counts.bypassed += 1;
  }

  /** Waits for the flight that is under way, or begins one. */
  #share<T, News>(
    plan: Plan,
    request: Request<T, News>,
    read: Read | undefined,
    fallback?: Fallback,
  ): Promise<Answer<T>> {
    return this.#joinable(plan.key)
      ? this.#join(plan, request, read, fallback)
      : this.#lead(plan, request, read, fallback);
  }

  #joinable(key: string): Loading | undefined {
    const loading = this.#flights.get(key);
    return loading?.flight?.signal.aborted ? undefined : loading;
  }

  async #join<T, News>(
    plan: Plan,
    request: Request<T, News>,
    read: Read | undefined,
    fallback: Fallback | undefined,
  ): Promise<Answer<T>> {
    const { signal, onNews, holding, caller } = request;
    const { clock, maxWaitMs } = this.#options;
    const until = clock() + maxWaitMs;
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
      const loading = this.#joinable(plan.key);
      if (!loading) return this.#lead(plan, request, read, fallback);
      if (!loading.flight || holding.some((held) => reaches(loading, held))) break;
      for (const held of holding) held.awaits.add(loading);
      try {
        const flight = loading.flight as Flight<Outcome<T>, News>;
        const outcome = await flight.join({ signal, onNews, maxWaitMs: Math.max(0, until - clock()) });
        const common = forOthers(outcome, loading.caller === caller);
        if (common) return this.#finish(common, "coalesced", fallback);
      } catch (error) {
        if (!(error instanceof WaitedTooLong)) throw error;
        break;
      } finally {
        for (const held of holding) held.awaits.delete(loading);
      }
    }
    return this.#lead(plan, request, undefined, fallback, false);
  }

  /** @param isListed whether others may join */
  async #lead<T, News>(
    plan: Plan,
    request: Request<T, News>,
    read: Read | undefined,
    fallback?: Fallback,
    isListed = this.#active.size < this.#options.maxFlights,
  ): Promise<Answer<T>> {
    const load = request.load.bind(request);
    const flight = this.#begin(plan, request, read, load, { isListed, keepsFailures: !fallback });
    const { signal, onNews } = request;
    const outcome = await flight.join({ signal, onNews });
    return this.#finish(outcome, read ? "miss" : "bypass", fallback);
  }

  /** Whoever asks for news does not wait for what began before, and what did is not kept over it. */
  #refresh<T, News>(plan: Plan, request: Request<T, News>, read: Read): Promise<Answer<T>> {
    const older = this.#flights.get(plan.key);
    if (older) older.isOutdated = true;
    return this.#lead(plan, request, read);
  }

  #revalidate<T, News>(plan: Plan, request: Request<T, News>, read: Read): void {
    if (this.#joinable(plan.key) || this.#active.size >= this.#options.maxFlights) return;
    const load = request.reload.bind(request);
    this.#begin(plan, request, read, load, { isListed: true, keepsFailures: false });
  }

  /** Without a `read`, the store is left alone. */
  #begin<T, News>(
    plan: Plan,
    request: Request<T, News>,
    read: Read | undefined,
    load: Request<T, News>["load"],
    { isListed, keepsFailures }: { readonly isListed: boolean; readonly keepsFailures: boolean },
  ): Flight<Outcome<T>, News> {
    const { caller } = request;
    const loading: Loading = {
      tags: plan.tags,
      caller,
      awaits: new Set(),
      flight: undefined,
      isOutdated: false,
      release: undefined,
    };
    this.#active.add(loading);
    return new Flight<Outcome<T>, News>(async (flight) => {
      loading.flight = flight as Flight<unknown, unknown>;
      if (isListed) this.#flights.set(plan.key, loading);
      const run = async (): Promise<Loaded<T>> => {
        const loaded = await load(flight, loading);
        // What comes of cancelled work may be half of it; a failure must not push out what can stand in for it.
        const isPassing = flight.signal.aborted || loading.isOutdated || (loaded.failed && !keepsFailures);
        return isPassing ? { ...loaded, passing: true } : loaded;
      };
      try {
        if (!read) return await run();
        const { store } = this.#options;
        if (store.claim && store.waitForRelease)
          return await this.#loadClaimed(plan, request, run, loading, flight.signal);
        const loaded = await run();
        const keeping = this.#keep(plan, caller, loaded, read.mark);
        if (keeping) await keeping;
        return loaded;
      } catch (error) {
        return new Thrown(error);
      } finally {
        this.#active.delete(loading);
        if (this.#flights.get(plan.key) === loading) this.#flights.delete(plan.key);
      }
    });
  }

  /** One process at a time loads; the others wait for what it stores, or for it to give up. */
  async #loadClaimed<T, News>(
    plan: Plan,
    request: Request<T, News>,
    run: () => Promise<Loaded<T>>,
    loading: Loading,
    signal: AbortSignal,
  ): Promise<Outcome<T>> {
    const { store, clock, maxWaitMs } = this.#options;
    const until = clock() + maxWaitMs;
    try {
      for (let left = maxWaitMs; left > 0; left = until - clock()) {
        const claim = await bounded(store.claim?.(plan.key, plan.tags));
        if (claim) return await this.#loadHolding(plan, claim, request, run, loading, signal);
        await store.waitForRelease?.(plan.key, left, signal);
      }
    } catch (error) {
      if (error instanceof LoadFailed) throw error.cause;
      signal.throwIfAborted();
      this.#note(error);
    }
    return run();
  }

  async #loadHolding<T, News>(
    plan: Plan,
    claim: Claim,
    request: Request<T, News>,
    run: () => Promise<Loaded<T>>,
    loading: Loading,
    signal: AbortSignal,
  ): Promise<Outcome<T>> {
    let released: Promise<void> | undefined;
    const release = (): Promise<void> =>
      (released ??= Promise.resolve()
        .then(() => bounded(claim.release()))
        .catch((error: unknown) => this.#note(error)));
    // Others need not wait for what is cancelled or invalidated, even where the tool does not notice.
    loading.release = release;
    signal.addEventListener("abort", () => void release(), { once: true });
    try {
      const found = envelopeOf(claim.read, request);
      if (
        typeof found === "object" &&
        !request.refresh &&
        found.ageMs < Math.min(found.envelope.ttlMs, request.maxAgeMs)
      )
        return new Elsewhere(found.envelope.value, found.ageMs);
      const loaded = await run().catch((cause: unknown) => {
        throw new LoadFailed("", { cause });
      });
      await this.#keep(plan, request.caller, loaded, claim.read.mark);
      return loaded;
    } finally {
      void release();
    }
  }

  #keep<T>(
    plan: Plan,
    caller: string | object,
    { common, failed, passing }: Loaded<T>,
    mark: unknown,
  ): Promise<void> | undefined {
    const { jitter, random, maxEntryBytes, store } = this.#options;
    const fullMs = failed ? plan.errorTtlMs : plan.ttlMs;
    // A failure is for its caller only: where nobody knows who that is, for no other call.
    if (common === undefined || passing || fullMs <= 0 || (failed && typeof caller !== "string")) return;
    const copied = copyOf(common, maxEntryBytes);
    if (!copied.ok) return;
    const ttlMs = fullMs * (1 - jitter * random());
    const keepMs = failed ? ttlMs : ttlMs + Math.max(plan.staleMs, plan.staleIfErrorMs);
    const envelope: Envelope = { value: copied.value, ttlMs, failed, by: failed ? (caller as string) : "" };
    try {
      const written = store.write(plan.key, envelope, { tags: plan.tags, keepMs, bytes: copied.bytes, mark });
      if (written instanceof Promise) return bounded(written).catch((error: unknown) => this.#note(error));
    } catch (error) {
      this.#note(error);
    }
  }

  #finish<T>(outcome: Outcome<T>, status: "miss" | "coalesced" | "bypass", fallback: Fallback | undefined): Answer<T> {
    if (outcome instanceof Elsewhere) return this.#given(outcome.value, "hit", outcome.ageMs);
    const failed = outcome instanceof Thrown || outcome.failed;
    if (failed && fallback) return this.#given(fallback.envelope.value, "stale", fallback.ageMs);
    this.#count(status);
    if (outcome instanceof Thrown) throw outcome.error;
    return { value: outcome.value, status, ageMs: 0 };
  }

  /** Forgets what has one of the tags, and what is being loaded with it. */
  async invalidate(tags: readonly string[]): Promise<void> {
    this.#forget(tags);
    try {
      const done = this.#options.store.invalidate(tags);
      if (done) await bounded(done);
    } catch (error) {
      this.#note(error);
    }
  }

  /** Those who come from now on do not join a flight that began before, nor do other processes wait for it. */
  #forget(tags: readonly string[]): void {
    for (const loading of this.#active) {
      if (!loading.tags.some((tag) => tags.includes(tag))) continue;
      loading.isOutdated = true;
      void loading.release?.();
    }
    for (const [key, loading] of this.#flights) if (loading.isOutdated) this.#flights.delete(key);
  }

  #note(error: unknown): void {
    this.counts.storeErrors += 1;
    // The connection to Redis tells of its own troubles, once.
    const isTold = error instanceof RedisUnavailable && !(error instanceof RedisRefused);
    const now = this.#options.clock();
    if (isTold || now - this.#warnedAt < WARN_MS) return;
    this.#warnedAt = now;
    this.#options.warn("the store failed, so calls go on uncached", error);
  }

  /** Cancels what is being loaded, and lets other processes load it. */
  async close(reason: unknown): Promise<void> {
    this.#closed = true;
    const active = [...this.#active];
    this.#flights.clear();
    for (const { flight } of active) flight?.abort(reason);
    await Promise.all(active.flatMap(({ release }) => (release ? [release()] : [])));
  }
}

interface Fallback {
  readonly envelope: Envelope;
  readonly ageMs: number;
}

/** Tells what the work threw from what the store did. */
class LoadFailed extends Error {}

/** A flight's end as those who waited get it, if it is for them: failures are for the same caller only. */
function forOthers<T>(outcome: Outcome<T>, sameCaller: boolean): Outcome<T> | undefined {
  if (outcome instanceof Elsewhere) return outcome;
  if (outcome instanceof Thrown) return sameCaller ? outcome : undefined;
  if (outcome.common === undefined || (outcome.failed && !sameCaller)) return undefined;
  const copied = copyOf(outcome.common, Infinity);
  return copied.ok ? { value: copied.value as T, failed: outcome.failed } : undefined;
}

/** Whether `from` waits for `held`, itself or through others. */
function reaches(from: Loading, held: Loading, seen = new Set<Loading>()): boolean {
  if (from === held) return true;
  if (seen.has(from)) return false;
  seen.add(from);
  return [...from.awaits].some((next) => reaches(next, held, seen));
}
