/** An entry that was found. */
export interface Hit {
  readonly key: number;
  /** Positive and finite, to four decimals; comparable within one search only. */
  readonly score: number;
}

export interface Found {
  /** How many entries have any of the terms. */
  readonly total: number;
  /** The best of them, best first. */
  readonly hits: readonly Hit[];
}

/** An index of terms: what ranks. Knows nothing of text, files or tools. */
export interface Store {
  /** @returns the key of the new entry: a small whole number, free again after `remove` */
  add(terms: readonly string[]): number;
  /** @param terms the same as were added */
  remove(key: number, terms: readonly string[]): void;
  /**
   * The entries with any of the terms.
   * @param terms with how often each occurs in the query
   * @param count how many of the best are wanted
   * @param order which of two equally good entries comes first: negative for `a`
   */
  search(terms: ReadonlyMap<string, number>, count: number, order: (a: number, b: number) => number): Found;
}

/** The constants of Okapi BM25: how soon repetition saturates, how much length counts. */
const K1 = 1.2;
const B = 0.75;

/** A store in memory that ranks by Okapi BM25 (Robertson and Zaragoza 2009), with the idf that is never negative. */
export function memoryStore(): Store {
  const lists = new Map<string, Postings>();
  const free: number[] = [];
  /** Terms per entry; 0 where a key is free. */
  let lengths = new Uint32Array(1024);
  let scores = new Float64Array(1024);
  let keys = 0;
  let entries = 0;
  let totalLength = 0;

  return {
    add(terms) {
      const key = free.pop() ?? keys;
      if (key === keys) keys += 1;
      if (key >= lengths.length) {
        lengths = grown(lengths, new Uint32Array(lengths.length * 2));
        scores = new Float64Array(lengths.length);
      }
      for (const [term, count] of tally(terms)) {
        let list = lists.get(term);
        if (!list) lists.set(term, (list = new Postings()));
        list.set(key, count);
      }
      // An entry without terms is still an entry.
      lengths[key] = Math.max(1, terms.length);
      entries += 1;
      totalLength += Math.max(1, terms.length);
      return key;
    },

    remove(key, terms) {
      const length = lengths[key] ?? 0;
      if (length === 0) return;
      for (const term of new Set(terms)) {
        const list = lists.get(term);
        if (list?.delete(key) && list.size === 0) lists.delete(term);
      }
      lengths[key] = 0;
      free.push(key);
      entries -= 1;
      totalLength -= length;
    },

    search(terms, count, order) {
      const touched: number[] = [];
      const average = totalLength / entries;
      for (const [term, weight] of terms) {
        const list = lists.get(term);
        if (!list) continue;
        const idf = weight * Math.log(1 + (entries - list.size + 0.5) / (list.size + 0.5));
        const { pairs } = list;
        for (let at = 0; at < 2 * list.size; at += 2) {
          const key = pairs[at] as number;
          const times = pairs[at + 1] as number;
          const before = scores[key] as number;
          if (before === 0) touched.push(key);
          scores[key] =
            before + (idf * times * (K1 + 1)) / (times + K1 * (1 - B + (B * (lengths[key] as number)) / average));
        }
      }
      const best = new Best(count, order);
      for (const key of touched) {
        best.offer({ key, score: Math.max(1e-4, Math.round((scores[key] as number) * 1e4) / 1e4) });
        scores[key] = 0;
      }
      return { total: touched.length, hits: best.sorted() };
    },
  };
}

/** The entries that have one term, by key: key and count in turn. */
class Postings {
  pairs: Uint32Array<ArrayBuffer> = new Uint32Array(2);
  size = 0;

  set(key: number, count: number): void {
    const at = this.#find(key);
    if (2 * this.size === this.pairs.length) this.pairs = grown(this.pairs, new Uint32Array(this.pairs.length * 2));
    this.pairs.copyWithin(2 * at + 2, 2 * at, 2 * this.size);
    this.pairs[2 * at] = key;
    this.pairs[2 * at + 1] = count;
    this.size += 1;
  }

  delete(key: number): boolean {
    const at = this.#find(key);
    if (at === this.size || this.pairs[2 * at] !== key) return false;
    this.pairs.copyWithin(2 * at, 2 * at + 2, 2 * this.size);
    this.size -= 1;
    if (this.pairs.length > 16 && 8 * this.size < this.pairs.length)
      this.pairs = this.pairs.slice(0, this.pairs.length / 2);
    return true;
  }

  /** Where `key` is, or belongs. */
  #find(key: number): number {
    let low = 0;
    let high = this.size;
    if (high > 0 && (this.pairs[2 * high - 2] as number) < key) return high;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.pairs[2 * middle] as number) < key) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** The best few of many: a heap with the worst of them on top. */
class Best {
  readonly #max: number;
  readonly #order: (a: number, b: number) => number;
  readonly #heap: Hit[] = [];

  constructor(max: number, order: (a: number, b: number) => number) {
    this.#max = max;
    this.#order = order;
  }

  offer(hit: Hit): void {
    const heap = this.#heap;
    if (heap.length < this.#max) {
      let at = heap.push(hit) - 1;
      while (at > 0) {
        const parent = (at - 1) >> 1;
        if (this.#compare(heap[parent] as Hit, hit) > 0) break;
        heap[at] = heap[parent] as Hit;
        heap[parent] = hit;
        at = parent;
      }
      return;
    }
    if (heap.length === 0 || this.#compare(hit, heap[0] as Hit) > 0) return;
    let at = 0;
    for (;;) {
      let worse = 2 * at + 1;
      if (worse >= heap.length) break;
      if (worse + 1 < heap.length && this.#compare(heap[worse + 1] as Hit, heap[worse] as Hit) > 0) worse += 1;
      if (this.#compare(hit, heap[worse] as Hit) > 0) break;
      heap[at] = heap[worse] as Hit;
      at = worse;
    }
    heap[at] = hit;
  }

  sorted(): readonly Hit[] {
    return this.#heap.sort((a, b) => this.#compare(a, b));
  }

  /** Negative if `a` is the better one. */
  #compare(a: Hit, b: Hit): number {
    return b.score - a.score || this.#order(a.key, b.key);
  }
}

function tally(terms: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const term of terms) counts.set(term, (counts.get(term) ?? 0) + 1);
  return counts;
}

function grown<A extends Uint32Array>(from: A, into: A): A {
  into.set(from);
  return into;
}
