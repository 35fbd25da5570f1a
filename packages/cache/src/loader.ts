import { Flight, WaitedTooLong } from "@plugboard/core/flight";
import { RedisUnavailable } from "@plugboard/core/redis";
import { copyAgain, copyOf } from "./copy.ts";
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

/** A failure that is thrown, not returned. */
class Thrown {
  readonly error: unknown;
  constructor(error: unknown) {
    this.error = error;
  }
}

/** What one caller wants. */
export interface Request<T, News> {
  /** Whose failures he shares. */
  readonly caller: string;
  readonly signal: AbortSignal | undefined;
  readonly onNews: ((news: News) => void) | undefined;
  /** Does not take what is stored. */
  readonly refresh: boolean;
  /** The oldest that he takes, in milliseconds. */
  readonly maxAgeMs: number;
  /** Flights that wait for this caller: he must not wait for them. */
  readonly holding: readonly Loading[];
  /** Loads for all who wait; `begun` gets the flight before. */
  load(flight: Flight<Outcome<T>, News>, begun: Loading): Promise<Loaded<T>>;
  /** Loads for nobody in particular, after a stale answer. */
  reload(signal: AbortSignal): Promise<Loaded<T>>;
}

export interface Answer<T> {
  readonly value: T;
  readonly status: Status;
  readonly ageMs: number;
}

/** What a flight ends with: a load of this process, or what another process has just stored. */
export type Outcome<T> = Loaded<T> | Thrown | Elsewhere;

class Elsewhere {
  readonly value: unknown;
  constructor(value: unknown) {
    this.value = value;
  }
}

/** A flight as others see it. */
export interface Loading {
  readonly tags: readonly string[];
  readonly caller: string;
  /** What its own work is waiting for. */
  readonly awaits: Set<Loading>;
  flight: Flight<unknown, unknown> | undefined;
}

/** How an entry is stored. */
interface Envelope {
  readonly value: unknown;
  readonly ttlMs: number;
  readonly failed: boolean;
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

/** Reads through a store: one load at a time for each key, stale answers within their limits, and never an error of its own. */
export class Loader {
  readonly #options: LoaderOptions;
  readonly #flights = new Map<string, Loading>();
  readonly counts = { hits: 0, misses: 0, stale: 0, coalesced: 0, bypassed: 0, storeErrors: 0 };
  #isFailing = false;

  constructor(options: LoaderOptions) {
    this.#options = options;
    // What another process invalidates while it is loaded here is not for those who come after.
    options.store.onInvalidated?.((tags) => this.#forget(tags));
  }

  get loading(): number {
    return this.#flights.size;
  }

  get<T, News>(plan: Plan, request: Request<T, News>): Answer<T> | Promise<Answer<T>> {
    let read: Read | Promise<Read>;
    try {
      read = this.#options.store.read(plan.key, plan.tags);
    } catch (error) {
      return this.#without(plan, request, error);
    }
    if (!(read instanceof Promise)) return this.#answer(plan, request, read);
    return read.then(
      (found) => {
        this.#isFailing = false;
        return this.#answer(plan, request, found);
      },
      (error: unknown) => this.#without(plan, request, error),
    );
  }

  #answer<T, News>(plan: Plan, request: Request<T, News>, read: Read): Answer<T> | Promise<Answer<T>> {
    if (request.refresh) return this.#lead(plan, request, read);
    const envelope = envelopeOf(read.entry?.value);
    const ageMs = read.entry?.ageMs ?? 0;
    if (!envelope || ageMs > request.maxAgeMs) return this.#share(plan, request, read);
    const overdue = ageMs - envelope.ttlMs;
    if (overdue < 0) return this.#given(envelope, "hit", ageMs);
    if (envelope.failed) return this.#share(plan, request, read);
    if (overdue < plan.staleMs) {
      this.#revalidate(plan, request, read);
      return this.#given(envelope, "stale", ageMs);
    }
    return this.#share(plan, request, read, overdue < plan.staleIfErrorMs ? { envelope, ageMs } : undefined);
  }

  /** The store is not there: callers still share one load, and nothing is kept. */
  #without<T, News>(plan: Plan, request: Request<T, News>, error: unknown): Promise<Answer<T>> {
    this.#note(error);
    return this.#share(plan, request, undefined);
  }

  #given<T>({ value }: { readonly value: unknown }, status: "hit" | "stale" | "coalesced", ageMs: number): Answer<T> {
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
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
      const loading = this.#joinable(plan.key);
      if (!loading) return this.#lead(plan, request, read, fallback);
      if (!loading.flight || holding.some((held) => reaches(loading, held))) break;
      for (const held of holding) held.awaits.add(loading);
      try {
        const flight = loading.flight as Flight<Outcome<T>, News>;
        const outcome = await flight.join({ signal, onNews, maxWaitMs: this.#options.maxWaitMs });
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
    isListed = this.#flights.size < this.#options.maxFlights,
  ): Promise<Answer<T>> {
    const flight = this.#begin(plan, request, read, request.load, isListed);
    const { signal, onNews } = request;
    const outcome = await flight.join({ signal, onNews });
    return this.#finish(outcome, read ? "miss" : "bypass", fallback);
  }

  #revalidate<T, News>(plan: Plan, request: Request<T, News>, read: Read): void {
    if (this.#joinable(plan.key) || this.#flights.size >= this.#options.maxFlights) return;
    this.#begin(plan, request, read, ({ signal }) => request.reload(signal), true);
  }

  /** Without a `read`, the store is left alone. */
  #begin<T, News>(
    plan: Plan,
    { caller, refresh }: Request<T, News>,
    read: Read | undefined,
    load: Request<T, News>["load"],
    isListed: boolean,
  ): Flight<Outcome<T>, News> {
    const loading: Loading = { tags: plan.tags, caller, awaits: new Set(), flight: undefined };
    return new Flight<Outcome<T>, News>(async (flight) => {
      loading.flight = flight as Flight<unknown, unknown>;
      if (isListed) this.#flights.set(plan.key, loading);
      // What comes of cancelled work may be half of it.
      const run = async (): Promise<Loaded<T>> => {
        const loaded = await load(flight, loading);
        return flight.signal.aborted ? { ...loaded, passing: true } : loaded;
      };
      try {
        if (!read) return await run();
        if (this.#options.store.shared) return await this.#loadClaimed(plan, refresh, run, flight.signal);
        const loaded = await run();
        const keeping = this.#keep(plan, loaded, read.mark);
        if (keeping) await keeping;
        return loaded;
      } catch (error) {
        return new Thrown(error);
      } finally {
        if (this.#flights.get(plan.key) === loading) this.#flights.delete(plan.key);
      }
    });
  }

  /** One process at a time loads; the others wait for what it stores, or for it to give up. */
  async #loadClaimed<T>(
    plan: Plan,
    refresh: boolean,
    run: () => Promise<Loaded<T>>,
    signal: AbortSignal,
  ): Promise<Outcome<T>> {
    const { store, clock, maxWaitMs } = this.#options;
    const until = clock() + maxWaitMs;
    try {
      for (let left = maxWaitMs; left > 0; left = until - clock()) {
        const claim = await store.claim?.(plan.key, plan.tags);
        if (claim) return await this.#loadHolding(plan, claim, refresh, run);
        await store.waitForRelease?.(plan.key, left, signal);
      }
    } catch (error) {
      if (error instanceof LoadFailed) throw error.cause;
      signal.throwIfAborted();
      this.#note(error);
    }
    return run();
  }

  async #loadHolding<T>(
    plan: Plan,
    { read, release }: Claim,
    refresh: boolean,
    run: () => Promise<Loaded<T>>,
  ): Promise<Outcome<T>> {
    try {
      const envelope = envelopeOf(read.entry?.value);
      const isFresh = envelope && (read.entry?.ageMs ?? 0) < envelope.ttlMs;
      if (isFresh && !refresh) return new Elsewhere(envelope.value);
      const loaded = await run().catch((cause: unknown) => {
        throw new LoadFailed("", { cause });
      });
      await this.#keep(plan, loaded, read.mark);
      return loaded;
    } finally {
      void release();
    }
  }

  #keep<T>(plan: Plan, { common, failed, passing }: Loaded<T>, mark: unknown): Promise<void> | undefined {
    const { jitter, random, maxEntryBytes, store } = this.#options;
    const fullMs = failed ? plan.errorTtlMs : plan.ttlMs;
    if (common === undefined || passing || fullMs <= 0) return;
    const copied = copyOf(common, maxEntryBytes);
    if (!copied.ok) return;
    const ttlMs = fullMs * (1 - jitter * random());
    const keepMs = failed ? ttlMs : ttlMs + Math.max(plan.staleMs, plan.staleIfErrorMs);
    const envelope: Envelope = { value: copied.value, ttlMs, failed };
    try {
      const written = store.write(plan.key, envelope, { tags: plan.tags, keepMs, bytes: copied.bytes, mark });
      return written?.catch((error: unknown) => this.#note(error));
    } catch (error) {
      this.#note(error);
    }
  }

  #finish<T>(outcome: Outcome<T>, status: "miss" | "coalesced" | "bypass", fallback: Fallback | undefined): Answer<T> {
    if (outcome instanceof Elsewhere) return this.#given(outcome, "coalesced", 0);
    const failed = outcome instanceof Thrown || outcome.failed;
    if (failed && fallback) return this.#given(fallback.envelope, "stale", fallback.ageMs);
    this.#count(status);
    if (outcome instanceof Thrown) throw outcome.error;
    return { value: outcome.value, status, ageMs: 0 };
  }

  /** Forgets what has one of the tags, and what is being loaded with it. */
  async invalidate(tags: readonly string[]): Promise<void> {
    this.#forget(tags);
    try {
      await this.#options.store.invalidate(tags);
    } catch (error) {
      this.#note(error);
    }
  }

  /** Those who come from now on do not join a flight that began before. */
  #forget(tags: readonly string[]): void {
    for (const [key, loading] of this.#flights) {
      if (loading.tags.some((tag) => tags.includes(tag))) this.#flights.delete(key);
    }
  }

  #note(error: unknown): void {
    this.counts.storeErrors += 1;
    // The connection to Redis tells of its own troubles, once.
    if (this.#isFailing || error instanceof RedisUnavailable) return;
    this.#isFailing = true;
    this.#options.warn("the store failed, so calls go on uncached", error);
  }

  close(reason: unknown): void {
    for (const { flight } of this.#flights.values()) flight?.abort(reason);
    this.#flights.clear();
  }
}

interface Fallback {
  readonly envelope: Envelope;
  readonly ageMs: number;
}

/** Tells what the work threw from what the store did. */
class LoadFailed extends Error {}

/** What a store gives is data from outside: another program may have written it. */
function envelopeOf(value: unknown): Envelope | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const { ttlMs, failed } = value as Partial<Envelope>;
  return typeof ttlMs === "number" && typeof failed === "boolean" ? (value as Envelope) : undefined;
}

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
