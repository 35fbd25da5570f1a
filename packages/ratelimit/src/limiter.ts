import type { Clock } from "./clock.ts";
import type { Cost } from "./cost.ts";
import type { Caller } from "./key.ts";
import type { Refusal } from "./refusal.ts";
import { Room } from "./room.ts";
import type { Rule } from "./rule.ts";
import type { Standing, Store, Verdict } from "./store.ts";
import type { Section } from "./table.ts";
import { Claim, Ticket } from "./ticket.ts";
import type { Wish } from "./waiter.ts";

export interface LimiterOptions {
  readonly rules: readonly Rule[];
  readonly store: Store;
  readonly clock: Clock;
  /** Time that never falls, in whole microseconds. */
  readonly now: () => number;
  readonly maxWaiting: number;
}

/** What a rule asks of every call of one tool. */
interface Demand {
  readonly rule: Rule;
  readonly section: Section;
  readonly cost: Cost;
}

/** More tools than any server has: what is remembered of tools that were renamed again and again goes. */
const MAX_TOOLS = 10_000;

/** Admits calls by rules: all that a call asks for is taken in one step, or nothing is. Knows nothing of MCP. */
export class Limiter {
  readonly #rules: readonly Rule[];
  readonly #store: Store;
  readonly #now: () => number;
  readonly #room: Room;
  readonly #demands = new Map<string, readonly Demand[]>();
  readonly #counts = { admitted: 0, refused: 0, waited: 0, left: 0 };
  #running = 0;
  #closed = false;

  constructor({ rules, store, clock, now, maxWaiting }: LimiterOptions) {
    this.#rules = rules;
    this.#store = store;
    this.#now = now;
    this.#room = new Room(store, clock, now, maxWaiting);
  }

  /** What a call asks for. No claims where no rule is for its tool. */
  ticket(tool: string, args: Readonly<Record<string, unknown>>, caller: Caller): Ticket {
    const claims = this.#demandsOf(tool).map(({ rule, section, cost }) => {
      const key = rule.keyOf(caller);
      const entry = rule.table.get(section, key, this.#now);
      return new Claim(rule, section, key, typeof cost === "number" ? cost : cost(args), entry);
    });
    return new Ticket(claims, caller);
  }

  #demandsOf(tool: string): readonly Demand[] {
    const known = this.#demands.get(tool);
    if (known) return known;
    if (this.#demands.size >= MAX_TOOLS) this.#demands.clear();
    const demands = this.#rules
      .filter((rule) => rule.matches(tool))
      .map((rule) => ({ rule, section: rule.sectionFor(tool), cost: rule.costFor(tool) }));
    this.#demands.set(tool, demands);
    return demands;
  }

  /**
   * Undefined when the ticket has all that it asks for, at once or when its turn has come; else why not. The slots of `lent`
   * are given up first: its call waits for this one.
   */
  enter(ticket: Ticket, wish: Wish, lent: Ticket | undefined): Refusal | undefined | Promise<Refusal | undefined> {
    if (this.#closed) return this.#admitted();
    const claim = ticket.claims.find(({ cost, rule }) => cost > rule.most);
    if (claim) {
      lent?.store?.release(lent);
      this.#lentBy(lent);
      return this.#refused({ reason: "cost", claim });
    }
    const verdict = this.#room.ask(ticket, lent);
    return typeof verdict === "string"
      ? this.#entered(ticket, wish, lent, verdict)
      : verdict.then((answer) => this.#entered(ticket, wish, lent, answer));
  }

  #entered(
    ticket: Ticket,
    wish: Wish,
    lent: Ticket | undefined,
    verdict: Verdict,
  ): Refusal | undefined | Promise<Refusal | undefined> {
    this.#lentBy(lent);
    if (verdict === "taken") return this.#admitted();
    if (verdict === "unavailable") return this.#refused({ reason: "store" });
    const outcome = this.#room.wait(ticket, wish);
    if (!(outcome instanceof Promise)) return this.#refused(outcome);
    return outcome.then((refusal) => {
      if (refusal) return this.#refused(refusal);
      this.#counts.waited++;
      return this.#admitted();
    });
  }

  /** The slots that a call gave up are there for others. */
  #lentBy(lent: Ticket | undefined): void {
    if (lent) this.#room.wake(lent.claims);
  }

  #admitted(): undefined {
    this.#counts.admitted++;
    this.#running++;
  }

  #refused(refusal: Refusal): Refusal {
    this.#counts[refusal.reason === "left" ? "left" : "refused"]++;
    return refusal;
  }

  /** The call has ended: its slots are free. */
  release(ticket: Ticket): void {
    this.#running--;
    ticket.store?.release(ticket);
    this.#room.wake(ticket.claims);
  }

  /** Takes the slots of `ticket` again that it has lent, at once, also where that is one more than there are. */
  retake(ticket: Ticket): void {
    ticket.store?.retake(ticket);
  }

  /** The call did not run: what it was charged is given back. */
  giveBack(ticket: Ticket): void {
    ticket.store?.giveBack(ticket);
    this.#room.wake(ticket.claims);
  }

  /** How a claim stands now, as far as is known. */
  standing(claim: Claim): Standing | undefined {
    return this.#store.standing(claim);
  }

  /** The budgets that a caller has of its own; takes nothing. */
  budgets(caller: Caller): Ticket {
    const claims = this.#rules
      .filter((rule) => rule.isOfCallers)
      .map((rule) => {
        const section = rule.sectionFor("");
        return new Claim(rule, section, caller.owner, 0, rule.table.look(section, caller.owner));
      });
    return new Ticket(claims, caller);
  }

  /** How all claims of a ticket stand, also where it was never counted. */
  look(ticket: Ticket): Promise<(Standing | undefined)[]> {
    return this.#store.look(ticket);
  }

  /** Lets all calls pass, also those that wait. */
  close(): void {
    this.#closed = true;
    this.#room.close();
  }

  stats(): Record<"admitted" | "refused" | "waited" | "left" | "waiting" | "running" | "keys" | "overflowed", number> {
    const sum = (count: (rule: Rule) => number): number => this.#rules.reduce((all, rule) => all + count(rule), 0);
    return {
      ...this.#counts,
      waiting: this.#room.size,
      running: this.#running,
      keys: sum(({ table }) => table.size),
      overflowed: sum(({ table }) => table.overflowed),
    };
  }
}
