/** Tells the client of one server. */
export interface Announcer {
  announce(uri: string): void;
  /** Whether the client is there and may have asked to hear of a URI that fits. */
  isWanted(fits: (uri: string) => boolean): boolean;
  /** Calls `listener` whenever the client subscribes to something. */
  onSubscribed(listener: () => void): void;
}

/**
 * Who hears of changed resources: the servers that are attached, held weakly since a stateless transport makes one per
 * request, and the listeners of whoever owns such a transport.
 */
export class Changes {
  readonly #listeners = new Set<(uri: string) => void>();
  readonly #wakers = new Set<() => void>();
  #servers: WeakRef<Announcer>[] = [];
  #sweepAt = 64;
  readonly #failed: (error: unknown) => void;

  /** @param failed is told of what a listener throws; the others hear all the same */
  constructor(failed: (error: unknown) => void) {
    this.#failed = failed;
  }

  /** `announcer` must be kept alive by its server. */
  add(announcer: Announcer): void {
    announcer.onSubscribed(() => this.wake());
    this.#servers.push(new WeakRef(announcer));
    if (this.#servers.length < this.#sweepAt) return;
    this.#servers = this.#servers.filter((server) => server.deref());
    this.#sweepAt = Math.max(64, this.#servers.length * 2);
  }

  listen(listener: (uri: string) => void): () => void {
    const own = (uri: string): void => listener(uri);
    this.#listeners.add(own);
    this.wake();
    return () => void this.#listeners.delete(own);
  }

  /** Whether somebody may want to hear of a URI that fits. */
  isWanted(fits: (uri: string) => boolean): boolean {
    return this.#listeners.size > 0 || this.#servers.some((server) => server.deref()?.isWanted(fits));
  }

  /** Calls `waker` whenever somebody may have begun to want to hear of changes. */
  onWake(waker: () => void): void {
    this.#wakers.add(waker);
  }

  wake(): void {
    for (const waker of this.#wakers) waker();
  }

  publish(uri: string): void {
    for (const server of this.#servers) server.deref()?.announce(uri);
    for (const listener of this.#listeners) {
      try {
        listener(uri);
      } catch (error) {
        this.#failed(error);
      }
    }
  }

  clear(): void {
    this.#servers = [];
    this.#listeners.clear();
    this.#wakers.clear();
  }
}
