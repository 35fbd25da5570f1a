import type { Claim, Ticket } from "./ticket.ts";

/** What a store says of a ticket: nobody can say when the store is not there. */
export type Verdict = "taken" | "blocked" | "unavailable";

/** How a claim's key stands. */
export interface Standing {
  readonly left: number;
  /** Microseconds until nothing is used any more; undefined for slots. */
  readonly resetUs: number | undefined;
}

/** Where claims are counted. Times are microseconds. */
export interface Store {
  /** Takes all claims of `ticket` or none, in one step. The slots of `lent` are given up first, whatever comes of it. */
  take(ticket: Ticket, lent: Ticket | undefined): Verdict | Promise<Verdict>;
  /** Until the quota of a claim has room for it behind `ahead` tokens, if nobody else takes any; 0 when it has. */
  wait(claim: Claim, ahead: number): number;
  /** Whether all slots of a claim are taken: nobody can say for how long. */
  isFull(claim: Claim): boolean;
  /** After `blocked` for the `attempt`th time, from 0: until it is worth to ask again, if nothing is given back before. */
  retry(claim: Claim, attempt: number): number;
  /** How the key of a claim stands, as far as is known. */
  standing(claim: Claim): Standing | undefined;
  /** How the keys of all claims stand now. */
  look(ticket: Ticket): Promise<(Standing | undefined)[]>;
  /** Gives up the slots. */
  release(ticket: Ticket): void;
  /** Takes the slots again, also where that is more than there are. */
  retake(ticket: Ticket): void;
  /** Undoes the charges; the slots stay. */
  giveBack(ticket: Ticket): void;
}
