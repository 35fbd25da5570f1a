/** What the table needs to know about a session. */
export interface SessionState {
  readonly id: string;
  /** Requests that have not been answered. */
  readonly running: number;
  /** Responses that are open, the stream for notifications among them. */
  readonly open: number;
}

/** The sessions, bounded in number and in idle time. Closing those that it gives up is the caller's part. */
export class Sessions<S extends SessionState> {
  /** Least recently used first. */
  readonly #entries = new Map<string, { session: S; usedAt: number }>();
  readonly #max: number;
  readonly #idleMs: number;
  readonly #now: () => number;

  constructor({ max, idleMs, now }: { max: number; idleMs: number; now: () => number }) {
    this.#max = max;
    this.#idleMs = idleMs;
    this.#now = now;
  }

  get size(): number {
    return this.#entries.size;
  }

  all(): S[] {
    return [...this.#entries.values()].map(({ session }) => session);
  }

  get(id: string): S | undefined {
    return this.#entries.get(id)?.session;
  }

  /** Whether a session can be added, after giving up those in `evicted`; without room, none is given up. */
  makeRoom(): { room: boolean; evicted?: S } {
    if (this.#entries.size < this.#max) return { room: true };
    const sessions = this.all();
    const evicted =
      sessions.find(({ running, open }) => running === 0 && open === 0) ??
      sessions.find(({ running }) => running === 0);
    if (!evicted) return { room: false };
    this.#entries.delete(evicted.id);
    return { room: true, evicted };
  }

  add(session: S): void {
    this.#entries.set(session.id, { session, usedAt: this.#now() });
  }

  /** A session is in use: it becomes the most recently used one. */
  touch(id: string): void {
    const entry = this.#entries.get(id);
    if (!entry) return;
    this.#entries.delete(id);
    this.add(entry.session);
  }

  delete(id: string): void {
    this.#entries.delete(id);
  }

  /** Removes and returns the sessions whose idle time is over. Those with an open response are in use. */
  expire(): S[] {
    const since = this.#now() - this.#idleMs;
    const expired: S[] = [];
    for (const [id, { session, usedAt }] of this.#entries) {
      if (usedAt > since) break;
      if (session.running > 0 || session.open > 0) continue;
      this.#entries.delete(id);
      expired.push(session);
    }
    return expired;
  }
}
