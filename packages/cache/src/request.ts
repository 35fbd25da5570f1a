import type { Flight } from "@plugboard/core/flight";
import type { Loading } from "./loadings.ts";
import type { Outcome } from "./outcome.ts";

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
  readonly transient?: boolean;
}

type Load<T, News> = (flight: Flight<Outcome<T>, News>, loading: Loading) => Promise<Loaded<T>>;

/** What one caller wants. */
export interface Request<T, News> {
  /** Whose failures it shares: a text, or an object of its own where nobody knows who it is. */
  readonly caller: string | object;
  readonly signal: AbortSignal | undefined;
  readonly onNews: ((news: News) => void) | undefined;
  /** Does not take what is stored. */
  readonly refresh: boolean;
  /** The oldest that it takes, in milliseconds. */
  readonly maxAgeMs: number;
  /** Loads that wait for this caller: it must not wait for them. */
  readonly leading: readonly Loading[];
  /** Whether what is stored can be what it looks for: others may have written it. */
  readonly accepts: (value: unknown) => boolean;
  /** Loads for all who wait. */
  readonly load: Load<T, News>;
  /** Loads for nobody in particular, after a stale answer. */
  readonly reload: Load<T, News>;
}

/** How an answer came about. */
export type Status = "hit" | "miss" | "stale" | "coalesced" | "bypass";

export interface Answer<T> {
  readonly value: T;
  readonly status: Status;
  readonly ageMs: number;
}
