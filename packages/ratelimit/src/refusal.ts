import type { Claim } from "./ticket.ts";

/**
 * Why a call does not run:
 * - `limit`: there is no room, and it may not or would not get any in time;
 * - `line`: too many wait already;
 * - `cost`: it costs more than ever fits;
 * - `store`: nobody can count it;
 * - `left`: it was cancelled while it waited.
 */
export type Reason = "limit" | "line" | "cost" | "store" | "left";

export interface Refusal {
  readonly reason: Reason;
  /** The limit that it would wait for longest. */
  readonly claim?: Claim;
  /** Whether that limit has no slot free; else its quota has no room. */
  readonly isFull?: boolean;
  /** Microseconds until all limits have room; undefined where nobody knows, or there never will be. */
  readonly waitUs?: number;
  /** Whether `waitUs` is a guess, since it is for others to end. */
  readonly isGuess?: boolean;
}
