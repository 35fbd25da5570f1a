import { Flight, WaitedTooLong } from "@plugboard/core/flight";
import { loadClaimed } from "./claimed.ts";
import { copyAgain } from "./copy.ts";
import { envelopeOf, type Found } from "./envelope.ts";
import { GuardedStore } from "./guarded.ts";
import { Keeper, type KeeperOptions } from "./keeper.ts";
import { Loading, Loadings } from "./loadings.ts";
import type { Clock } from "./memory.ts";
import { forOthers, LoadedElsewhere, type Outcome, Thrown } from "./outcome.ts";
import type { Answer, Loaded, Plan, Request, Status } from "./request.ts";
import type { Read, Store } from "./store.ts";

export interface LoaderOptions extends KeeperOptions {
  readonly store: Store;
  readonly clock: Clock;
  /** Longest that one waits for another, in milliseconds. */
  readonly maxWaitMs: number;
  /** Most loads that are shared at a time. */
  readonly maxFlights: number;
  readonly warn: (message: string, detail?: unknown) => void;
}

/** How a load begins. */
interface Start<T, News> {
  readonly load: Request<T, News>["load"];
  /** Whether others may join. */
  readonly isListed: boolean;
  readonly keepsFailures: boolean;
}

/** Waiters whose flight ended with something that is not for them try this often to share another. */
const MAX_ATTEMPTS = 3;

/** Reads through a store: one load at a time for each key, stale answers within their limits, and never an error of its own. */
export class Loader {
  readonly #options: LoaderOptions;
  readonly #store: GuardedStore;
  readonly #keeper: Keeper;
  readonly #loadings = new Loadings();
  readonly #counts = { hits: 0, misses: 0, stale: 0, coalesced: 0, bypassed: 0 };
  #closed = false;

  constructor(options: LoaderOptions) {
    this.#options = options;
    this.#store = new GuardedStore(options.store, options);
    this.#keeper = new Keeper(this.#store, options);
    // What another process invalidates while it is loaded here is not for those who come after.
    options.store.onInvalidated?.((tags) => this.#forget(tags));
  }

  stats(): Readonly<
    Record<"hits" | "misses" | "stale" | "coalesced" | "bypassed" | "storeErrors" | "loading", number>
  > {
    return { ...this.#counts, storeErrors: this.#store.errors, loading: this.#loadings.size };
  }

  get<T, News>(plan: Plan, request: Request<T, News>): Answer<T> | Promise<Answer<T>> {
    if (this.#closed) return this.#lead(plan, request, undefined);
    const read = this.#store.read(plan.key, plan.tags);
    return read instanceof Promise
      ? read.then((found) => this.#answer(plan, request, found))
      : this.#answer(plan, request, read);
  }

  /** Without a `read`, since the store is not there, callers still share one load, and nothing is kept. */
  #answer<T, News>(plan: Plan, request: Request<T, News>, read: Read | undefined): Answer<T> | Promise<Answer<T>> {
    if (request.refresh) return this.#refresh(plan, request, read);
    const found = read && envelopeOf(read, request);
    if (!found || found.ageMs > request.maxAgeMs) return this.#share(plan, request, read);
    const { envelope, ageMs } = found;
    const overdue = ageMs - envelope.ttlMs;
    if (overdue < 0) return this.#given(found, "hit");
    if (envelope.failed) return this.#share(plan, request, read);
    if (overdue < plan.staleMs) {
      this.#revalidate(plan, request, read);
      return this.#given(found, "stale");
    }
    return this.#share(plan, request, read, overdue < plan.staleIfErrorMs ? found : undefined);
  }

  #given<T>({ envelope, ageMs }: Found, status: "hit" | "stale"): Answer<T> {
    this.count(status);
    return { value: copyAgain(envelope.value) as T, status, ageMs };
  }

  /** Notes how a call was answered. */
  count(status: Status): void {
    if (status === "hit") this.#counts.hits += 1;
    else if (status === "miss") this.#counts.misses += 1;
    else if (status === "stale") this.#counts.stale += 1;
    else if (status === "coalesced") this.#counts.coalesced += 1;
    else this.#counts.bypassed += 1;
  }

  /** Waits for the flight that is under way, or begins one. */
  #share<T, News>(plan: Plan, request: Request<T, News>, read: Read | undefined, fallback?: Found): Promise<Answer<T>> {
    return this.#loadings.joinable(plan.key)
      ? this.#join(plan, request, read, fallback)
      : this.#lead(plan, request, read, fallback);
  }

  async #join<T, News>(
    plan: Plan,
    request: Request<T, News>,
    read: Read | undefined,
    fallback: Found | undefined,
  ): Promise<Answer<T>> {
    const { signal, onNews, leading, caller } = request;
    const { clock, maxWaitMs } = this.#options;
    const until = clock() + maxWaitMs;
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
      const loading = this.#loadings.joinable(plan.key);
      if (!loading) return this.#lead(plan, request, read, fallback);
      if (!loading.flight || leading.some((own) => loading.reaches(own))) break;
      for (const own of leading) own.awaits.add(loading);
      try {
        const flight = loading.flight as Flight<Outcome<T>, News>;
        const outcome = await flight.join({ signal, onNews, maxWaitMs: Math.max(0, until - clock()) });
        const common = forOthers(outcome, loading.caller === caller);
        if (common) return this.#finish(common, "coalesced", fallback);
      } catch (error) {
        if (!(error instanceof WaitedTooLong)) throw error;
        break;
      } finally {
        for (const own of leading) own.awaits.delete(loading);
      }
    }
    return this.#lead(plan, request, undefined, fallback, false);
  }

  /** @param isListed whether others may join */
  async #lead<T, News>(
    plan: Plan,
    request: Request<T, News>,
    read: Read | undefined,
    fallback?: Found,
    isListed = this.#loadings.size < this.#options.maxFlights,
  ): Promise<Answer<T>> {
    const { load, signal, onNews } = request;
    const flight = this.#begin(plan, request, read, { load, isListed, keepsFailures: !fallback });
    const outcome = await flight.join({ signal, onNews });
    return this.#finish(outcome, read ? "miss" : "bypass", fallback);
  }

  /** Whoever asks for news does not wait for what began before, and what did is not kept over it. */
  #refresh<T, News>(plan: Plan, request: Request<T, News>, read: Read | undefined): Promise<Answer<T>> {
    this.#loadings.outdate(({ key }) => key === plan.key);
    return this.#lead(plan, request, read);
  }

  #revalidate<T, News>(plan: Plan, request: Request<T, News>, read: Read | undefined): void {
    if (this.#loadings.joinable(plan.key) || this.#loadings.size >= this.#options.maxFlights) return;
    this.#begin(plan, request, read, { load: request.reload, isListed: true, keepsFailures: false });
  }

  /** Without a `read`, the store is left alone. */
  #begin<T, News>(
    plan: Plan,
    request: Request<T, News>,
    read: Read | undefined,
    { load, isListed, keepsFailures }: Start<T, News>,
  ): Flight<Outcome<T>, News> {
    const loading = new Loading(plan, request.caller);
    this.#loadings.add(loading);
    return new Flight<Outcome<T>, News>(async (flight) => {
      const { signal } = flight;
      loading.flight = flight as Flight<unknown, unknown>;
      if (isListed) this.#loadings.list(loading);
      const run = async (): Promise<Loaded<T>> => {
        const loaded = await load(flight, loading);
        // What comes of cancelled work may be half of it; a failure must not push out what can stand in for it.
        const isTransient = signal.aborted || loading.isOutdated || (loaded.failed && !keepsFailures);
        return isTransient ? { ...loaded, transient: true } : loaded;
      };
      const keep = (loaded: Loaded<T>, mark: unknown): Promise<void> | undefined =>
        this.#keeper.keep(plan, request.caller, loaded, mark);
      try {
        if (!read) return await run();
        if (this.#store.hasClaims)
          return await loadClaimed(this.#store, { loading, request, signal, run, keep }, this.#options);
        const loaded = await run();
        const keeping = keep(loaded, read.mark);
        if (keeping) await keeping;
        return loaded;
      } catch (error) {
        return new Thrown(error);
      } finally {
        this.#loadings.delete(loading);
      }
    });
  }

  #finish<T>(outcome: Outcome<T>, status: "miss" | "coalesced" | "bypass", fallback: Found | undefined): Answer<T> {
    if (outcome instanceof LoadedElsewhere) {
      this.count("hit");
      return { value: copyAgain(outcome.value) as T, status: "hit", ageMs: outcome.ageMs };
    }
    const failed = outcome instanceof Thrown || outcome.failed;
    if (failed && fallback) return this.#given(fallback, "stale");
    this.count(status);
    if (outcome instanceof Thrown) throw outcome.error;
    return { value: outcome.value, status, ageMs: 0 };
  }

  /** Forgets what has one of the tags, and what is being loaded with it. Never rejects. */
  async invalidate(tags: readonly string[]): Promise<void> {
    this.#forget(tags);
    await this.#store.invalidate(tags);
  }

  #forget(tags: readonly string[]): void {
    this.#loadings.outdate((loading) => loading.tags.some((tag) => tags.includes(tag)));
  }

  /** Cancels what is being loaded, and lets other processes load it. */
  async close(reason: unknown): Promise<void> {
    this.#closed = true;
    await this.#loadings.close(reason);
  }
}
