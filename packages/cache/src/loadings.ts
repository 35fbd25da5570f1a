import type { Flight } from "@plugboard/core/flight";
import type { Plan } from "./request.ts";

/** One load under way, as far as other calls need it. */
export class Loading {
  readonly key: string;
  readonly tags: readonly string[];
  readonly caller: string | object;
  /** What its own work is waiting for. */
  readonly awaits = new Set<Loading>();
  flight: Flight<unknown, unknown> | undefined = undefined;
  /** Whether something newer has taken its place: what it loads is not kept. */
  isOutdated = false;
  /** Lets other processes load the key. */
  release: (() => Promise<void>) | undefined = undefined;

  constructor({ key, tags }: Plan, caller: string | object) {
    this.key = key;
    this.tags = tags;
    this.caller = caller;
  }

  /** Whether it waits for `other`, itself or through others. */
  reaches(other: Loading, seen = new Set<Loading>()): boolean {
    if (this === other) return true;
    if (seen.has(this)) return false;
    seen.add(this);
    return [...this.awaits].some((next) => next.reaches(other, seen));
  }
}

/** All loads under way, and those of them that callers may join. */
export class Loadings {
  readonly #all = new Set<Loading>();
  readonly #joinable = new Map<string, Loading>();

  get size(): number {
    return this.#all.size;
  }

  add(loading: Loading): void {
    this.#all.add(loading);
  }

  /** From now on callers may join it. */
  list(loading: Loading): void {
    this.#joinable.set(loading.key, loading);
  }

  delete(loading: Loading): void {
    this.#all.delete(loading);
    this.#unlist(loading);
  }

  #unlist(loading: Loading): void {
    if (this.#joinable.get(loading.key) === loading) this.#joinable.delete(loading.key);
  }

  joinable(key: string): Loading | undefined {
    const loading = this.#joinable.get(key);
    return loading?.flight?.signal.aborted ? undefined : loading;
  }

  /** Those who come from now on do not join what is `old`, nor do other processes wait for it. */
  outdate(old: (loading: Loading) => boolean): void {
    for (const loading of this.#all) {
      if (!old(loading)) continue;
      loading.isOutdated = true;
      this.#unlist(loading);
      void loading.release?.();
    }
  }

  /** Cancels all of them, and lets other processes load. */
  async close(reason: unknown): Promise<void> {
    const all = [...this.#all];
    this.#joinable.clear();
    for (const { flight } of all) flight?.abort(reason);
    await Promise.all(all.flatMap(({ release }) => (release ? [release()] : [])));
  }
}
