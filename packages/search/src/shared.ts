import { Flight, runOutside } from "@plugboard/core/flight";

/** How far shared work is. */
export interface WorkProgress {
  readonly done: number;
  readonly total: number;
}

type Work = (signal: AbortSignal, report: (progress: WorkProgress) => void) => Promise<void>;

/** Work that can be done again and again, by one flight at a time: whoever joins while it runs waits for the same run. */
export class SharedWork {
  readonly #work: Work;
  readonly #lifetime: AbortSignal;
  #flight: Flight<void, WorkProgress> | undefined;

  /** @param lifetime cancels the work, whoever waits */
  constructor(work: Work, lifetime: AbortSignal) {
    this.#work = work;
    this.#lifetime = lifetime;
    lifetime.addEventListener("abort", () => this.#flight?.abort(lifetime.reason), { once: true });
  }

  /** Whether the work is under way. */
  get running(): boolean {
    return this.#flight !== undefined;
  }

  /** Resolves when the work that is under way, or else is now begun, is done. */
  async join(signal?: AbortSignal, onNews?: (progress: WorkProgress) => void): Promise<void> {
    signal?.throwIfAborted();
    this.#lifetime.throwIfAborted();
    // Cancelled work is stopping: two runs at a time would get into each other's way.
    while (this.#flight?.signal.aborted) await untilSettled(this.#flight, signal);
    this.#flight ??= runOutside(() => this.#start());
    await this.#flight.join({ signal, onNews });
  }

  #start(): Flight<void, WorkProgress> {
    return new Flight(async (flight) => {
      try {
        await this.#work(flight.signal, (progress) => flight.tell(progress));
      } finally {
        this.#flight = undefined;
      }
    });
  }
}

async function untilSettled(flight: Flight<void, WorkProgress>, signal: AbortSignal | undefined): Promise<void> {
  try {
    await flight.join({ signal });
  } catch {
    signal?.throwIfAborted();
  }
}
