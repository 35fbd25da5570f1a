import { Alarm } from "./alarm.ts";
import type { Clock } from "./clock.ts";
import { type KeyLine, Lines } from "./lines.ts";
import { Outlook } from "./outlook.ts";
import type { Refusal } from "./refusal.ts";
import type { Store, Verdict } from "./store.ts";
import type { Entry } from "./table.ts";
import type { Claim, Ticket } from "./ticket.ts";
import { deadlineOf, type Waiter, type Wish } from "./waiter.ts";
import { Watch } from "./watch.ts";

/** How often a call that waits hears of its place. */
const TELL_US = 1_000_000;
const LEFT: Refusal = { reason: "left" };

/**
 * Where calls wait. Each stands in the line of the first of its keys that has no room, and while anybody stands there, only
 * the head takes from that key. There is one timer for all, and none while nobody waits.
 */
export class Room {
  readonly #store: Store;
  readonly #alarm: Alarm;
  readonly #now: () => number;
  readonly #maxWaiting: number;
  readonly #lines = new Lines();
  readonly #outlook: Outlook;
  readonly #watch = new Watch();
  #arrivals = 0;

  constructor(store: Store, clock: Clock, now: () => number, maxWaiting: number) {
    this.#store = store;
    this.#alarm = new Alarm(clock, now, () => this.#tick());
    this.#now = now;
    this.#maxWaiting = maxWaiting;
    this.#outlook = new Outlook(store, this.#lines, now);
  }

  /** How many calls wait. */
  get size(): number {
    return this.#lines.size;
  }

  /**
   * Asks the store, unless somebody waits for one of the keys. A slot that `lent` gives up is for this ticket first, where
   * those who wait want nothing but slots.
   */
  ask(ticket: Ticket, lent: Ticket | undefined): Verdict | Promise<Verdict> {
    if (this.size === 0 || !this.#outlook.isBehind(ticket, undefined, lent)) return this.#store.take(ticket, lent);
    lent?.store?.release(lent);
    return "blocked";
  }

  /** Lets a call wait that is blocked: resolves to undefined when it has what it asks for, else to why not. */
  wait(ticket: Ticket, wish: Wish): Refusal | Promise<Refusal | undefined> {
    const { signal } = wish;
    const watch = this.#watch;
    if (signal?.aborted) return LEFT;
    const alone = this.#outlook.prospect(ticket, undefined);
    if (alone.isFutile && ticket.claims.every(({ entry }) => entry.waiting === 0)) return alone.refusal;
    let resolve: (refusal: Refusal | undefined) => void = () => {};
    const turn = new Promise<Refusal | undefined>((settle) => (resolve = settle));
    const onAbort = (): void => this.#dismiss(waiter, LEFT);
    const waiter: Waiter = {
      ticket,
      wish,
      owner: ticket.owner,
      order: this.#arrivals++,
      since: this.#now(),
      claim: this.#outlook.blocking(ticket, undefined),
      attempts: 0,
      toldAt: -Infinity,
      gone: false,
      settle(refusal) {
        if (signal) watch.delete(signal, onAbort);
        resolve(refusal);
      },
    };
    const refusal = this.#stand(waiter);
    if (refusal) return refusal;
    if (signal) watch.add(signal, onAbort);
    return turn;
  }

  /** Something was given back at the keys of these claims. */
  wake(claims: readonly Claim[]): void {
    if (this.size === 0) return;
    for (const { entry } of claims) this.#serve(entry);
  }

  /** Lets all pass who wait. */
  close(): void {
    for (const [, line] of this.#lines) line.all().forEach((waiter) => this.#send(waiter, undefined));
  }

  /** Puts a waiter into the line of its claim, or says why that is of no use. */
  #stand(waiter: Waiter): Refusal | undefined {
    const { claim } = waiter;
    const own = this.#lines.of(claim.entry)?.countOf(waiter.owner) ?? 0;
    const isFull = own >= claim.rule.queue || this.size >= this.#maxWaiting;
    const line = this.#lines.add(waiter);
    const { refusal, isFutile } = this.#outlook.prospect(waiter.ticket, waiter);
    if (isFull || isFutile) {
      this.#remove(waiter);
      return isFutile ? refusal : { ...refusal, reason: "line" };
    }
    if (line.head === waiter && !line.asking) this.#postpone(waiter, line);
    this.#tell(waiter, refusal, this.#now());
    this.#alarm.set(Math.min(deadlineOf(waiter), waiter.toldAt + TELL_US));
    return undefined;
  }

  /** Gives the heads of a line what they ask for, one after the other, as far as there is room. */
  #serve(entry: Entry): void {
    const line = this.#lines.of(entry);
    while (line?.head && !line.asking) {
      const { head } = line;
      const { ticket } = head;
      for (const claim of ticket.claims) claim.renew(this.#now);
      const verdict = this.#outlook.isBehind(ticket, entry, undefined)
        ? "blocked"
        : this.#store.take(ticket, undefined);
      if (typeof verdict !== "string") {
        line.asking = true;
        void verdict.then((answer) => {
          line.asking = false;
          if (this.#answer(head, line, answer)) this.#serve(entry);
        });
        return;
      }
      if (!this.#answer(head, line, verdict)) return;
    }
  }

  /** Acts on what the store said of the head; whether the next one may ask. */
  #answer(head: Waiter, line: KeyLine, verdict: Verdict): boolean {
    const { ticket } = head;
    if (head.gone) {
      if (verdict === "taken") this.#undo(ticket);
      return true;
    }
    if (verdict === "taken") {
      line.pass(head);
      this.#send(head, undefined);
      return true;
    }
    if (verdict === "unavailable") {
      this.#send(head, { reason: "store" });
      return true;
    }
    const claim = this.#outlook.blocking(ticket, head.claim.entry);
    if (claim.entry !== head.claim.entry) {
      this.#remove(head);
      head.gone = false;
      head.claim = claim;
      const refusal = this.#stand(head);
      if (refusal) head.settle(refusal);
      return true;
    }
    head.claim = claim;
    const { refusal, isFutile } = this.#outlook.prospect(ticket, head);
    if (isFutile) {
      this.#send(head, refusal);
      return true;
    }
    this.#postpone(head, line);
    return false;
  }

  /** It got what it asked for when it had left already. */
  #undo(ticket: Ticket): void {
    ticket.store?.giveBack(ticket);
    ticket.store?.release(ticket);
    this.wake(ticket.claims);
  }

  #postpone(head: Waiter, line: KeyLine): void {
    line.nextTry = this.#now() + this.#store.retry(head.claim, head.attempts++);
    this.#alarm.set(line.nextTry);
  }

  /** Sends a waiter away, wherever it stands. */
  #dismiss(waiter: Waiter, refusal: Refusal): void {
    if (waiter.gone) return;
    const { entry } = waiter.claim;
    const wasHead = this.#lines.of(entry)?.head === waiter;
    this.#send(waiter, refusal);
    if (wasHead) this.#serve(entry);
  }

  #send(waiter: Waiter, outcome: Refusal | undefined): void {
    this.#remove(waiter);
    waiter.settle(outcome);
  }

  #remove(waiter: Waiter): void {
    this.#lines.delete(waiter);
    waiter.gone = true;
    if (this.size === 0) this.#alarm.stop();
  }

  #tell(waiter: Waiter, { waitUs }: Refusal, now: number): void {
    if (!waiter.wish.tell) {
      waiter.toldAt = Infinity;
      return;
    }
    waiter.toldAt = now;
    const place = (this.#lines.of(waiter.claim.entry)?.ahead(waiter).length ?? 0) + 1;
    waiter.wish.tell(place, waitUs ?? 0);
  }

  #tick(): void {
    const now = this.#now();
    for (const [entry, line] of this.#lines) {
      if (line.nextTry <= now) this.#serve(entry);
      for (const waiter of line.all()) {
        if (waiter.gone) continue;
        const isOver = deadlineOf(waiter) <= now;
        if (!isOver && waiter.toldAt + TELL_US > now) continue;
        const { refusal } = this.#outlook.prospect(waiter.ticket, waiter);
        if (isOver) this.#dismiss(waiter, refusal);
        else this.#tell(waiter, refusal, now);
      }
    }
    let next = Infinity;
    for (const [, line] of this.#lines) {
      if (!line.asking) next = Math.min(next, line.nextTry);
      for (const waiter of line.all()) next = Math.min(next, deadlineOf(waiter), waiter.toldAt + TELL_US);
    }
    this.#alarm.set(next);
  }
}
