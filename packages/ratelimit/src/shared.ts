import { type RedisLink, RedisRefused, RedisUnavailable } from "@plugboard/core/redis";
import { type Answer, numbersOf, readReply } from "./answer.ts";
import { type Lease, Leases } from "./leases.ts";
import { GIVE_BACK, TAKE } from "./lua.ts";
import type { MemoryStore } from "./memory.ts";
import type { Names } from "./names.ts";
import type { Standing, Store, Verdict } from "./store.ts";
import type { Entry } from "./table.ts";
import type { Claim, Ticket } from "./ticket.ts";

export interface SharedOptions {
  readonly link: RedisLink;
  readonly names: Names;
  readonly now: () => number;
  /** How long a slot outlives a process that died. */
  readonly leaseMs: number;
  /** What happens while Redis is away. */
  readonly onError: "allow" | "deny" | "local";
  /** Counts for `local`. */
  readonly memory: MemoryStore;
  /** Hears of an answer that makes no sense, once until there is a good one. */
  readonly warn: (error: unknown) => void;
}

const FIRST_POLL_US = 20_000;
const LONGEST_POLL_US = 320_000;
const ignore = (): void => {};

/** Counts in Redis, for all processes that have the same rules; in this process, or not at all, while Redis is away. */
export class SharedStore implements Store {
  readonly #options: SharedOptions;
  readonly #leases: Leases;
  readonly #leaseOf = new WeakMap<Ticket, Lease>();
  /** The last answer to each claim; none where it was counted in this process. */
  readonly #answers = new WeakMap<Claim, Answer>();
  /** The last answer for each key that calls wait for: what those know who have not asked. */
  readonly #lines = new WeakMap<Entry, Answer>();
  #warned = false;
  #errors = 0;

  constructor(options: SharedOptions) {
    this.#options = options;
    this.#leases = new Leases(options.link, options.leaseMs);
  }

  /** How often Redis did not answer, or made no sense. */
  get errors(): number {
    return this.#errors;
  }

  take(ticket: Ticket, lent: Ticket | undefined): Verdict | Promise<Verdict> {
    if (ticket.claims.length === 0) {
      lent?.store?.release(lent);
      return "taken";
    }
    const isAway = this.#options.link.isAway;
    const given = lent?.store === this && !isAway ? this.#leaseOf.get(lent) : undefined;
    if (lent && given) this.#drop(lent, given);
    else lent?.store?.release(lent);
    return isAway ? this.#meanwhile(ticket) : this.#ask(ticket, given);
  }

  async #ask(ticket: Ticket, given: Lease | undefined): Promise<Verdict> {
    const { claims } = ticket;
    const { link, names, now, leaseMs } = this.#options;
    const keys = claims.map((claim) => names.of(ticket, claim));
    const lease = this.#leases.make(keys.flatMap((key, index) => (hasSlots(claims[index]) ? [slotsOf(key)] : [])));
    try {
      if (given) await this.#leases.sent();
      const reply = await link.run(
        TAKE,
        [...keys.flatMap((key) => [key, slotsOf(key)]), ...(given?.keys ?? [])],
        ["take", lease.id, leaseMs * 1000, given?.id ?? "", ...claims.flatMap(numbersOf)],
      );
      const { fits, answers } = readReply(reply, claims, now());
      this.#warned = false;
      this.#remember(claims, answers);
      if (!fits) return "blocked";
      ticket.store = this;
      ticket.holds = true;
      ticket.heldSince = now();
      this.#leaseOf.set(ticket, lease);
      this.#leases.keep(lease);
      return "taken";
    } catch (error) {
      this.#failed(error);
      return this.#meanwhile(ticket);
    }
  }

  #remember(claims: readonly Claim[], answers: readonly Answer[]): void {
    for (const [index, claim] of claims.entries()) {
      const answer = answers[index];
      if (!answer) continue;
      this.#answers.set(claim, answer);
      if (claim.entry.waiting > 0 || answer.isFull || answer.roomAt > this.#options.now())
        this.#lines.set(claim.entry, answer);
    }
  }

  #failed(error: unknown): void {
    this.#errors++;
    // That Redis is not there, the link says.
    const isTold = error instanceof RedisUnavailable && !(error instanceof RedisRefused);
    if (this.#warned || isTold) return;
    this.#warned = true;
    this.#options.warn(error);
  }

  /** What becomes of a call while Redis is away. */
  #meanwhile(ticket: Ticket): Verdict {
    const { onError, memory } = this.#options;
    for (const claim of ticket.claims) {
      this.#answers.delete(claim);
      this.#lines.delete(claim.entry);
    }
    if (onError === "local") return memory.take(ticket, undefined);
    return onError === "allow" ? "taken" : "unavailable";
  }

  #answerFor(claim: Claim): Answer | undefined {
    return this.#answers.get(claim) ?? (claim.entry.waiting > 0 ? this.#lines.get(claim.entry) : undefined);
  }

  wait(claim: Claim, ahead: number): number {
    const answer = this.#answerFor(claim);
    if (!answer) return this.#options.memory.wait(claim, ahead);
    // Who has not asked is behind the head, whose cost is in its answer.
    const more = this.#answers.has(claim) ? ahead : Math.max(0, ahead + claim.cost - answer.cost);
    const wait = Math.max(0, answer.roomAt - this.#options.now());
    return wait + (more > 0 ? (claim.rule.quota?.longer(more) ?? 0) : 0);
  }

  isFull(claim: Claim): boolean {
    return this.#answerFor(claim)?.isFull ?? this.#options.memory.isFull(claim);
  }

  retry(claim: Claim, attempt: number): number {
    const answer = this.#answers.get(claim);
    if (!answer) return this.#options.memory.retry(claim);
    if (!answer.isFull) return Math.max(1, this.wait(claim, 0));
    // Slots of other processes are given back without a word; not all shall ask at the same time.
    return Math.min(FIRST_POLL_US * 2 ** Math.min(attempt, 10), LONGEST_POLL_US) * (0.75 + Math.random() / 2);
  }

  standing(claim: Claim): Standing | undefined {
    const answer = this.#answers.get(claim);
    if (!answer) return this.#options.onError === "local" ? this.#options.memory.standing(claim) : undefined;
    return standingOf(answer, this.#options.now());
  }

  async look(ticket: Ticket): Promise<(Standing | undefined)[]> {
    const { link, names, now, onError, memory } = this.#options;
    const { claims } = ticket;
    if (claims.length === 0) return [];
    try {
      const keys = claims.map((claim) => names.of(ticket, claim)).flatMap((key) => [key, slotsOf(key)]);
      const reply = await link.run(TAKE, keys, ["look", "", 0, "", ...claims.flatMap(numbersOf)]);
      return readReply(reply, claims, now()).answers.map((answer) => standingOf(answer, now()));
    } catch (error) {
      this.#failed(error);
      return onError === "local" ? memory.look(ticket) : claims.map(() => undefined);
    }
  }

  release(ticket: Ticket): void {
    const lease = this.#leaseOf.get(ticket);
    if (!lease || !ticket.holds) return;
    this.#drop(ticket, lease);
    this.#leases.release(lease);
  }

  /** The slots are not this ticket's any more. */
  #drop(ticket: Ticket, lease: Lease): void {
    ticket.holds = false;
    this.#leases.drop(lease);
    const us = this.#options.now() - ticket.heldSince;
    for (const { rule } of ticket.claims) rule.held(us);
  }

  retake(ticket: Ticket): void {
    const lease = this.#leaseOf.get(ticket);
    if (!lease) return;
    ticket.holds = true;
    ticket.heldSince = this.#options.now();
    this.#leases.hold(lease);
  }

  giveBack(ticket: Ticket): void {
    const { link, names } = this.#options;
    const charged = ticket.claims.filter(({ rule }) => rule.quota);
    if (charged.length === 0) return;
    const keys = charged.map((claim) => names.of(ticket, claim));
    const args = charged.flatMap(({ rule, cost, takenAt, debtAfter, returnedBefore }) => {
      const [tickUs = 0, perToken = 0, perTick = 0] = rule.quota?.numbers ?? [];
      return [tickUs, perToken, perTick, cost, takenAt, debtAfter, returnedBefore];
    });
    void link.run(GIVE_BACK, keys, args).catch(ignore);
  }

  close(): void {
    this.#leases.close();
    this.#options.link.close();
  }
}

const hasSlots = (claim: Claim | undefined): boolean => claim !== undefined && claim.rule.concurrency < Infinity;
const slotsOf = (key: string): string => `${key}:slots`;

function standingOf({ left, resetAt }: Answer, now: number): Standing {
  return { left, resetUs: resetAt === undefined ? undefined : Math.max(0, resetAt - now) };
}
