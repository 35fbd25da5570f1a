import type { Read } from "./store.ts";

/** How an entry is stored. */
export interface Envelope {
  readonly value: unknown;
  readonly ttlMs: number;
  /** Whether it is a failure, which is for the caller named in `by` only. */
  readonly failed: boolean;
  readonly by: string;
}

export interface Found {
  readonly envelope: Envelope;
  readonly ageMs: number;
}

/** Who reads, and what it can use. */
interface Reader {
  readonly caller: string | object;
  readonly accepts: (value: unknown) => boolean;
}

/**
 * What a store gave, as far as it is for the reader. A store is data from outside: other programs, and other versions of
 * this one, may have written it.
 */
export function envelopeOf({ entry }: Read, { caller, accepts }: Reader): Found | undefined {
  if (!entry) return undefined;
  const { value, ageMs } = entry;
  if (typeof value !== "object" || value === null || typeof ageMs !== "number") return undefined;
  const envelope = value as Partial<Envelope>;
  const isOurs = typeof envelope.ttlMs === "number" && typeof envelope.failed === "boolean" && "value" in envelope;
  if (!isOurs || !accepts(envelope.value)) return undefined;
  return envelope.failed && envelope.by !== caller ? undefined : { envelope: value as Envelope, ageMs };
}
