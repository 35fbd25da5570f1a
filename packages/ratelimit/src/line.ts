/** Somebody in a line. */
export interface Waiting {
  readonly owner: string;
  /** Rises with the time of arrival. */
  readonly order: number;
}

/** Who waits for one key: the calls of one caller in the order of their arrival, the callers in turn. */
export class Line<W extends Waiting = Waiting> {
  /** The first is next. */
  readonly #owners = new Map<string, W[]>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get head(): W | undefined {
    for (const [first] of this.#owners.values()) return first;
    return undefined;
  }

  countOf(owner: string): number {
    return this.#owners.get(owner)?.length ?? 0;
  }

  add(waiter: W): void {
    const own = this.#owners.get(waiter.owner);
    this.#size++;
    if (!own) {
      this.#owners.set(waiter.owner, [waiter]);
      return;
    }
    let at = own.length;
    while (at > 0 && (own[at - 1] as W).order > waiter.order) at--;
    own.splice(at, 0, waiter);
  }

  /** The head has got what it waited for: the next caller's turn. */
  pass(head: W): void {
    const own = this.#owners.get(head.owner) ?? [];
    this.delete(head);
    if (own.length === 0) return;
    this.#owners.delete(head.owner);
    this.#owners.set(head.owner, own);
  }

  delete(waiter: W): void {
    const own = this.#owners.get(waiter.owner);
    const at = own?.indexOf(waiter) ?? -1;
    if (!own || at < 0) return;
    own.splice(at, 1);
    this.#size--;
    if (own.length === 0) this.#owners.delete(waiter.owner);
  }

  all(): W[] {
    return [...this.#owners.values()].flat();
  }

  /** Those before `waiter`, or all of them when it is not here; nearest to the head first. */
  ahead(waiter: W): W[] {
    const others: W[] = [];
    const owners = [...this.#owners.values()];
    for (let round = 0; others.length < this.#size; round++) {
      for (const own of owners) {
        const other = own[round];
        if (other === waiter) return others;
        if (other) others.push(other);
      }
    }
    return others;
  }
}
