import type { Waiting } from "./line.ts";
import type { Refusal } from "./refusal.ts";
import type { Claim, Ticket } from "./ticket.ts";

/** How a call waits. */
export interface Wish {
  readonly signal: AbortSignal | undefined;
  /** Hears of its place in the line, from 1, and about how many microseconds it will take; at once, then every second. */
  readonly tell: ((place: number, waitUs: number) => void) | undefined;
}

/** A call that waits, in the line of one of its claims. */
export interface Waiter extends Waiting {
  readonly ticket: Ticket;
  readonly wish: Wish;
  readonly since: number;
  claim: Claim;
  /** How often it was at the head and found no room. */
  attempts: number;
  toldAt: number;
  /** Whether it has left the room. */
  gone: boolean;
  settle(refusal: Refusal | undefined): void;
}

/** When it has waited as long as it may. */
export const deadlineOf = ({ since, claim }: Waiter): number => since + claim.rule.maxWaitUs;
