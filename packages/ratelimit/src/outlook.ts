import type { Lines } from "./lines.ts";
import type { Refusal } from "./refusal.ts";
import type { Store } from "./store.ts";
import type { Entry } from "./table.ts";
import type { Claim, Ticket } from "./ticket.ts";
import type { Waiter } from "./waiter.ts";

/** What a call has to expect. */
export interface Prospect {
  /** The limit that it waits for longest, and for how long: what it is told, and why it is refused if it is. */
  readonly refusal: Refusal;
  /** Whether it is known to take longer than it may. */
  readonly isFutile: boolean;
}

/** What stands between a call and its turn: the limits that have no room, and who is before it. */
export class Outlook {
  readonly #store: Store;
  readonly #lines: Lines;
  readonly #now: () => number;

  constructor(store: Store, lines: Lines, now: () => number) {
    this.#store = store;
    this.#lines = lines;
    this.#now = now;
  }

  /** Whether somebody waits for one of the keys, but for `own`, and for slots that `lent` gives up. */
  isBehind({ claims }: Ticket, own: Entry | undefined, lent: Ticket | undefined): boolean {
    return claims.some(({ entry }) => entry.waiting > 0 && entry !== own && !this.#isFreedFor(entry, lent));
  }

  /** Whether `lent` gives up a slot of a key whose line waits for nothing but slots. */
  #isFreedFor(entry: Entry, lent: Ticket | undefined): boolean {
    if (!lent?.holds || !lent.claims.some((claim) => claim.entry === entry)) return false;
    const head = this.#lines.of(entry)?.head;
    return head !== undefined && this.#store.wait(head.claim, 0) === 0;
  }

  /** The first claim that has no room, or a line. */
  blocking({ claims }: Ticket, own: Entry | undefined): Claim {
    const found = claims.find((claim) => {
      const hasLine = claim.entry.waiting > 0 && claim.entry !== own;
      return hasLine || this.#store.isFull(claim) || this.#store.wait(claim, 0) > 0;
    });
    return found ?? (claims[0] as Claim);
  }

  /** How long it will take, with all who are before `waiter`; without one, as if nobody waited. */
  prospect({ claims }: Ticket, waiter: Waiter | undefined): Prospect {
    const waited = waiter ? this.#now() - waiter.since : 0;
    let refusal: Refusal & { waitUs: number } = { reason: "limit", waitUs: -1 };
    let isGuess = false;
    let isFutile = false;
    for (const claim of claims) {
      const { rule, entry } = claim;
      const before = (waiter && this.#lines.of(entry)?.ahead(waiter)) ?? [];
      const isFull = this.#store.isFull(claim);
      const known = this.#store.wait(claim, costOf(before, entry));
      const waitUs = isFull ? Math.max(known, rule.guessSlot(before.length)) : known;
      isGuess ||= isFull;
      isFutile ||= (known > 0 && waited + known > rule.maxWaitUs) || (isFull && rule.maxWaitUs === 0);
      if (waitUs > refusal.waitUs) refusal = { reason: "limit", claim, isFull, waitUs };
    }
    return { refusal: isGuess ? { ...refusal, isGuess } : refusal, isFutile };
  }
}

/** What those who are before will take of a key. */
function costOf(before: readonly Waiter[], entry: Entry): number {
  return before.reduce((sum, { ticket }) => sum + (ticket.claims.find((claim) => claim.entry === entry)?.cost ?? 0), 0);
}
