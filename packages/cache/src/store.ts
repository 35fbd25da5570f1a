type Awaitable<T> = T | Promise<T>;

/** The tag that every entry has. */
export const ALL = "all";

/** What is stored under a key: plain JSON data. */
export interface Entry {
  readonly value: unknown;
  /** How long ago it was written, in milliseconds, by the store's own clock. */
  readonly ageMs: number;
  /** How long it is kept from now on, in milliseconds, where the store says. */
  readonly leftMs?: number;
}

export interface Read {
  readonly entry: Entry | undefined;
  /** How things were with the tags when this was read: for `write`. What it is, is the store's own affair. */
  readonly mark: unknown;
}

export interface WriteOptions {
  /** An entry is gone as soon as one of its tags is invalidated. */
  readonly tags: readonly string[];
  /** How long it is kept, in milliseconds. */
  readonly keepMs: number;
  /** What it takes in memory, about, in bytes. */
  readonly bytes: number;
  /** From the read that came before the value was loaded: if a tag was invalidated since, nothing is stored. */
  readonly mark: unknown;
}

/** The right to load what is under a key, held by one process at a time. */
export interface Claim {
  /** What was read when it was claimed: somebody else may have been quicker. */
  readonly read: Read;
  /** Lets the next one load. Never rejects. */
  release(): Promise<void>;
}

/**
 * Where entries are. A store may forget anything at any time; what it must not do is to give an entry after one of its tags
 * was invalidated, to keep one that was loaded before such an invalidation, or to give one key's entry for another. It may
 * throw or reject: then the call goes on without it. `storeSuite` of `@plugboard/cache/testing` checks an implementation.
 */
export interface Store {
  /** Whether other processes see the same entries. */
  readonly shared: boolean;
  /** Gives a copy, or what nobody changes: the reader copies it before handing it out. */
  read(key: string, tags: readonly string[]): Awaitable<Read>;
  /** Keeps `value`, which nobody changes any more. */
  write(key: string, value: unknown, options: WriteOptions): Awaitable<void>;
  /** Forgets every entry that has one of the tags, those that are being loaded too, here and in other processes. */
  invalidate(tags: readonly string[]): Awaitable<void>;
  /** Calls `listener` with tags that another process invalidated. Only for shared stores. */
  onInvalidated?(listener: (tags: readonly string[]) => void): void;
  /** Claims a key, so that one process at a time loads it; undefined while another one holds it. Only for shared stores. */
  claim?(key: string, tags: readonly string[]): Promise<Claim | undefined>;
  /** Resolves when a key that another process holds may be free, or after `maxMs`. Rejects when `signal` aborts. */
  waitForRelease?(key: string, maxMs: number, signal: AbortSignal): Promise<void>;
  /** Cheap, no I/O; `entries` and `bytes` are of this process. */
  stats(): { readonly entries: number; readonly bytes: number; readonly evicted: number };
  close(): Awaitable<void>;
}
