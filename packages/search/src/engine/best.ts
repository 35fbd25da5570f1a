/** The best few of many: a heap with the worst of them on top. */
export class Best<T> {
  readonly #max: number;
  readonly #order: (a: T, b: T) => number;
  readonly #heap: T[] = [];

  /** @param order negative if `a` is the better one; never 0 for two that are offered */
  constructor(max: number, order: (a: T, b: T) => number) {
    this.#max = max;
    this.#order = order;
  }

  /** What has been kept, in no order. */
  get kept(): readonly T[] {
    return this.#heap;
  }

  offer(item: T): void {
    const heap = this.#heap;
    if (heap.length < this.#max) {
      let at = heap.push(item) - 1;
      while (at > 0) {
        const parent = (at - 1) >> 1;
        if (this.#order(heap[parent] as T, item) > 0) break;
        heap[at] = heap[parent] as T;
        heap[parent] = item;
        at = parent;
      }
      return;
    }
    if (heap.length === 0 || this.#order(item, heap[0] as T) > 0) return;
    let at = 0;
    for (;;) {
      let worse = 2 * at + 1;
      if (worse >= heap.length) break;
      if (worse + 1 < heap.length && this.#order(heap[worse + 1] as T, heap[worse] as T) > 0) worse += 1;
      if (this.#order(item, heap[worse] as T) > 0) break;
      heap[at] = heap[worse] as T;
      at = worse;
    }
    heap[at] = item;
  }

  sorted(): T[] {
    return this.#heap.toSorted(this.#order);
  }
}
