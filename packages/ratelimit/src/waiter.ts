import { Line, type Waiting } from "./line.ts";
import type { Refusal } from "./refusal.ts";
import type { Entry } from "./table.ts";
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

/** The line of one key. */
export class KeyLine extends Line<Waiter> {
  /** When the head asks again. */
  nextTry = Infinity;
  /** Whether it is asking: there is one question at a time for each key. */
  asking = false;
}

/** When it has waited as long as it may. */
export const deadlineOf = ({ since, claim }: Waiter): number => since + claim.rule.maxWaitUs;

/** What those who are before will take of a key. */
export function costOf(before: readonly Waiter[], entry: Entry): number {
  return before.reduce((sum, { ticket }) => sum + (ticket.claims.find((claim) => claim.entry === entry)?.cost ?? 0), 0);
}
