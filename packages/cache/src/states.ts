import { currentCall } from "@plugboard/core";
import { Flight, runOutside } from "@plugboard/core/flight";
import { bounded } from "./bounded.ts";
import type { Clock } from "./memory.ts";

/** How a shared value is made and unmade. */
export interface StateOptions<T> {
  /** Unmakes the value: on expiry, when it is forgotten for want of room, on shutdown. Default: nothing is done. */
  readonly dispose?: (value: T) => void | Promise<void>;
  /** How long a value lives that no call uses, in milliseconds. Default: the plugin's `idleMs`. */
  readonly idleMs?: number;
}

interface Shared {
  readonly flight: Flight<unknown>;
  readonly idleMs: number;
  readonly dispose: ((value: never) => void | Promise<void>) | undefined;
  value: { readonly it: unknown } | undefined;
  /** Those who wait for the value, and calls that have got it and are still running. */
  users: number;
  usedAt: number;
}

export interface StatesOptions {
  readonly maxStates: number;
  readonly maxWaitMs: number;
  readonly idleMs: number;
  readonly clock: Clock;
  readonly warn: (message: string, detail?: unknown) => void;
}

/** The longest that a timer can wait. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** Values that live across calls: connections, clients, open files. Each is created once, also under concurrent first use. */
export class States {
  readonly #options: StatesOptions;
  /** In the order of their last use. */
  readonly #states = new Map<string, Shared>();
  #timer: NodeJS.Timeout | undefined;
  #timerAt = 0;
  readonly #disposing = new Set<Promise<void>>();
  #closed = false;

  constructor(options: StatesOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#states.size;
  }

  /**
   * The value under `key`, created if there is none. A failure is told to all who wait for it and is not remembered.
   * @throws Error when there are `maxStates` values in use, or after waiting `maxWaitMs` for the creation
   */
  async get<T>(
    key: string,
    create: (signal: AbortSignal) => T | Promise<T>,
    { dispose, idleMs = this.#options.idleMs }: StateOptions<T>,
  ): Promise<T> {
    if (this.#closed) throw new Error("The cache was shut down, so it keeps no shared values any more.");
    const call = currentCall();
    let shared = this.#states.get(key);
    if (!shared || shared.flight.signal.aborted) {
      this.#makeRoom();
      shared = this.#create(key, create, { dispose: dispose as Shared["dispose"], idleMs });
    }
    this.#touch(key, shared);
    shared.users += 1;
    let running: Promise<void> | undefined;
    try {
      const value = await shared.flight.join({ signal: call?.signal, maxWaitMs: this.#options.maxWaitMs });
      // The call that got it may use it for longer than it may be idle.
      running = call?.running;
      return value as T;
    } finally {
      if (running) void running.then(() => this.#leave(key, shared));
      else this.#leave(key, shared);
    }
  }

  #leave(key: string, shared: Shared): void {
    shared.users -= 1;
    this.#touch(key, shared);
    this.#schedule(shared);
  }

  #touch(key: string, shared: Shared): void {
    shared.usedAt = this.#options.clock();
    if (this.#states.get(key) !== shared) return;
    this.#states.delete(key);
    this.#states.set(key, shared);
  }

  #create<T>(
    key: string,
    create: (signal: AbortSignal) => T | Promise<T>,
    { dispose, idleMs }: Pick<Shared, "dispose" | "idleMs">,
  ): Shared {
    const flight = runOutside(
      () =>
        // Listed before it is created: who asks for it meanwhile joins.
        new Flight<T>(({ signal }) => Promise.resolve().then(() => create(signal))),
    );
    const shared: Shared = { flight, idleMs, dispose, value: undefined, users: 0, usedAt: 0 };
    this.#states.set(key, shared);
    // Nobody waits for it any more: it takes nobody's place.
    flight.signal.addEventListener("abort", () => {
      if (this.#states.get(key) === shared) this.#states.delete(key);
    });
    flight.outcome.then(
      (it) => {
        shared.value = { it };
        // Nobody waited for it any more, or everything is over.
        if (flight.signal.aborted || this.#states.get(key) !== shared) void this.#dispose(key, shared);
        else this.#schedule(shared);
      },
      () => {
        if (this.#states.get(key) === shared) this.#states.delete(key);
      },
    );
    return shared;
  }

  #makeRoom(): void {
    if (this.#states.size < this.#options.maxStates) return;
    for (const [key, shared] of this.#states) {
      if (!shared.value || shared.users > 0) continue;
      void this.#dispose(key, shared);
      return;
    }
    throw new Error(
      `All ${this.#options.maxStates} shared values are in use. Try again later, or raise the cache's \`maxStates\`.`,
    );
  }

  /** One timer for all: for the value that may be idle for the shortest time from now. */
  #schedule({ value, users, usedAt, idleMs }: Shared): void {
    if (!value || users > 0 || this.#closed) return;
    const at = usedAt + idleMs;
    if (this.#timer && this.#timerAt <= at) return;
    clearTimeout(this.#timer);
    this.#timerAt = at;
    const waitMs = Math.min(Math.max(1, at - this.#options.clock()), MAX_TIMER_MS);
    this.#timer = setTimeout(() => this.#expire(), waitMs).unref();
  }

  #expire(): void {
    this.#timer = undefined;
    const now = this.#options.clock();
    for (const [key, shared] of this.#states) {
      const isIdle = shared.value && shared.users === 0 && now - shared.usedAt >= shared.idleMs;
      if (isIdle) void this.#dispose(key, shared);
      else this.#schedule(shared);
    }
  }

  #dispose(key: string, shared: Shared): Promise<void> {
    if (this.#states.get(key) === shared) this.#states.delete(key);
    const { value } = shared;
    shared.value = undefined;
    if (!value || !shared.dispose) return Promise.resolve();
    const { dispose } = shared;
    const disposing = bounded(runOutside(async () => dispose(value.it as never)))
      .catch((error: unknown) => this.#options.warn("a shared value could not be disposed of", error))
      .finally(() => this.#disposing.delete(disposing));
    this.#disposing.add(disposing);
    return disposing;
  }

  /** Disposes of everything, last used first, and waits for it; what is being created is cancelled. */
  async close(reason: unknown): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    for (const [key, shared] of [...this.#states].toReversed()) {
      if (!shared.value) shared.flight.abort(reason);
      await this.#dispose(key, shared);
    }
    await Promise.all(this.#disposing);
  }
}
