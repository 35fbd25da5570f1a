/** Something that is due at a time. */
export interface Due {
  dueAt: number;
}

/** A binary heap: the item that is due first is on top. */
export class Heap<T extends Due> {
  readonly #items: T[] = [];

  get top(): T | undefined {
    return this.#items[0];
  }

  push(item: T): void {
    const items = this.#items;
    let at = items.push(item) - 1;
    while (at > 0) {
      const above = (at - 1) >> 1;
      const parent = items[above] as T;
      if (parent.dueAt <= item.dueAt) break;
      items[at] = parent;
      at = above;
    }
    items[at] = item;
  }

  /** Takes the top away. */
  pop(): void {
    const last = this.#items.pop();
    if (last === undefined || this.#items.length === 0) return;
    this.#items[0] = last;
    this.sink();
  }

  /** Puts the top in its place, after it was made due later. */
  sink(): void {
    const items = this.#items;
    const item = items[0];
    if (item === undefined) return;
    let at = 0;
    for (;;) {
      let below = 2 * at + 1;
      const [left, right] = [items[below], items[below + 1]];
      if (left === undefined) break;
      if (right !== undefined && right.dueAt < left.dueAt) below++;
      const child = items[below] as T;
      if (child.dueAt >= item.dueAt) break;
      items[at] = child;
      at = below;
    }
    items[at] = item;
  }
}
