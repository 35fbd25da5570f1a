import type { Ticket } from "./ticket.ts";

/** A call, as far as its place among calls matters. */
export interface Place {
  readonly id: object;
  readonly parent: Place | undefined;
}

/** A call that has slots. While it waits for calls that it dispatched, its slots are theirs and everybody's. */
export class Holder {
  readonly ticket: Ticket;
  readonly #retake: (ticket: Ticket) => void;
  #outstanding = 0;
  #ended = false;

  constructor(ticket: Ticket, retake: (ticket: Ticket) => void) {
    this.ticket = ticket;
    this.#retake = retake;
  }

  /** A dispatched call begins: the ticket whose slots are to be given up for it, if they are not yet. */
  lend(): Ticket | undefined {
    return this.#outstanding++ === 0 && !this.#ended ? this.ticket : undefined;
  }

  /** A dispatched call has ended; after the last one the slots are taken again. */
  takeBack(): void {
    if (--this.#outstanding === 0 && !this.#ended) this.#retake(this.ticket);
  }

  end(): void {
    this.#ended = true;
  }
}

/** The calls that have slots now, so that those which they dispatch find them. */
export class Lending {
  readonly #holders = new Map<object, Holder>();
  readonly #retake: (ticket: Ticket) => void;

  constructor(retake: (ticket: Ticket) => void) {
    this.#retake = retake;
  }

  open(id: object, ticket: Ticket): void {
    if (ticket.hasSlots) this.#holders.set(id, new Holder(ticket, this.#retake));
  }

  close(id: object): void {
    const holder = this.#holders.get(id);
    if (!holder) return;
    holder.end();
    this.#holders.delete(id);
  }

  /** The nearest call above that has slots. */
  above({ parent }: Place): Holder | undefined {
    for (let at = parent; at; at = at.parent) {
      const holder = this.#holders.get(at.id);
      if (holder) return holder;
    }
    return undefined;
  }
}
