import { copyOf } from "./copy.ts";
import type { Loaded } from "./request.ts";

/** What a flight ends with: a load of this process, or what another process has just stored. */
export type Outcome<T> = Loaded<T> | Thrown | LoadedElsewhere;

/** A failure that is thrown, not returned. */
export class Thrown {
  readonly error: unknown;
  constructor(error: unknown) {
    this.error = error;
  }
}

export class LoadedElsewhere {
  readonly value: unknown;
  readonly ageMs: number;
  constructor(value: unknown, ageMs: number) {
    this.value = value;
    this.ageMs = ageMs;
  }
}

/** A flight's end as those who waited get it, if it is for them: failures are for the same caller only. */
export function forOthers<T>(outcome: Outcome<T>, sameCaller: boolean): Outcome<T> | undefined {
  if (outcome instanceof LoadedElsewhere) return outcome;
  if (outcome instanceof Thrown) return sameCaller ? outcome : undefined;
  if (outcome.common === undefined || (outcome.failed && !sameCaller)) return undefined;
  const copied = copyOf(outcome.common, Infinity);
  return copied.ok ? { value: copied.value as T, failed: outcome.failed } : undefined;
}
