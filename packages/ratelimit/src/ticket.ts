import type { Caller } from "./key.ts";
import type { Charge } from "./quota.ts";
import type { Rule } from "./rule.ts";
import type { Store } from "./store.ts";
import type { Entry, Section } from "./table.ts";

/** What one call asks of one rule. */
export class Claim implements Charge {
  readonly rule: Rule;
  readonly section: Section;
  readonly key: string;
  readonly cost: number;
  /** The key in this process. */
  entry: Entry;
  takenAt = 0;
  debtAfter = 0;
  returnedBefore = 0;

  constructor(rule: Rule, section: Section, key: string, cost: number, entry: Entry) {
    this.rule = rule;
    this.section = section;
    this.key = key;
    this.cost = cost;
    this.entry = entry;
  }

  /** Looks the key up again, if it was forgotten meanwhile. */
  renew(now: () => number): void {
    if (this.entry.gone) this.entry = this.rule.table.get(this.section, this.key, now);
  }
}

/** One call on its way through the limits: what it asks for, and what it has. */
export class Ticket {
  readonly claims: readonly Claim[];
  /** Who calls: callers take turns where they wait for the same. */
  readonly owner: string;
  readonly server: string;
  /** Where its claims were taken; undefined: nowhere. */
  store: Store | undefined = undefined;
  /** Whether it has its slots, and since when. */
  holds = false;
  heldSince = 0;

  constructor(claims: readonly Claim[], { owner, server }: Caller) {
    this.claims = claims;
    this.owner = owner;
    this.server = server;
  }

  /** Whether one of its rules limits how many calls run at a time. */
  get hasSlots(): boolean {
    return this.claims.some(({ rule }) => rule.concurrency < Infinity);
  }
}
