import type { Standing, Store, Verdict } from "./store.ts";
import type { Claim, Ticket } from "./ticket.ts";

/** Counts in this process. */
export class MemoryStore implements Store {
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  take(ticket: Ticket, lent: Ticket | undefined): Verdict {
    lent?.store?.release(lent);
    const now = this.#now();
    const { claims } = ticket;
    for (const { rule, entry, cost } of claims) {
      if (entry.active >= rule.concurrency) return "blocked";
      if (rule.quota && rule.quota.wait(entry, now, cost) > 0) return "blocked";
    }
    for (const claim of claims) {
      claim.rule.quota?.take(claim.entry, now, claim);
      claim.entry.active++;
    }
    ticket.store = this;
    ticket.holds = true;
    ticket.heldSince = now;
    return "taken";
  }

  wait({ rule, entry, cost }: Claim, ahead: number): number {
    return rule.quota?.wait(entry, this.#now(), cost + ahead) ?? 0;
  }

  isFull({ rule, entry }: Claim): boolean {
    return entry.active >= rule.concurrency;
  }

  retry(claim: Claim): number {
    return this.isFull(claim) ? Infinity : this.wait(claim, 0);
  }

  standing({ rule, entry }: Claim): Standing {
    const now = this.#now();
    const { quota } = rule;
    if (!quota) return { left: Math.max(0, rule.concurrency - entry.active), resetUs: undefined };
    return { left: quota.left(entry, now), resetUs: quota.reset(entry, now) };
  }

  look({ claims }: Ticket): Promise<Standing[]> {
    return Promise.resolve(claims.map((claim) => this.standing(claim)));
  }

  release(ticket: Ticket): void {
    if (!ticket.holds) return;
    ticket.holds = false;
    const us = this.#now() - ticket.heldSince;
    for (const { rule, entry } of ticket.claims) {
      entry.active--;
      rule.held(us);
    }
  }

  retake(ticket: Ticket): void {
    const now = this.#now();
    for (const claim of ticket.claims) {
      claim.renew(this.#now);
      claim.entry.active++;
    }
    ticket.holds = true;
    ticket.heldSince = now;
  }

  giveBack(ticket: Ticket): void {
    const now = this.#now();
    for (const claim of ticket.claims) claim.rule.quota?.giveBack(claim.entry, now, claim);
  }
}
