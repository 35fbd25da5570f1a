/** Numbers per slot: two hashes, the number of the word plus one, and the last document that had it. */
const SLOT = 4;
const FIRST_SLOTS = 8_192;
const MAX_LOAD = 0.5;
/** So that nobody can write texts whose words are taken for one another. */
const SEED = (Math.random() * 2 ** 32) | 0;

/**
 * Numbers the words of texts without cutting them out: what indexing does most. Words are told apart by 64 bits of two
 * seeded hashes, which go wrong once in thousands of millions of millions of pairs.
 */
export class WordTable {
  #slots = new Int32Array(FIRST_SLOTS * SLOT);
  size = 0;
  /** Whether the word that was looked up last is new to its document. */
  isNew = false;

  /**
   * The number of the word at a place of a text: 0, 1, 2 … in the order in which they come; `size` grows with a new one.
   * @param document its number; the same as in the call before, or a larger one
   */
  number(text: string, start: number, end: number, document: number): number {
    let first = 0x811c9dc5 ^ SEED;
    let second = SEED;
    for (let at = start; at < end; at += 1) {
      const unit = text.charCodeAt(at);
      first = Math.imul(first ^ unit, 0x01000193);
      second = Math.imul(second + unit, 0x2c1b3c6d) ^ (second >>> 15);
    }
    if (this.size >= (this.#slots.length / SLOT) * MAX_LOAD) this.#grow();
    const slots = this.#slots;
    const last = slots.length / SLOT - 1;
    for (let slot = (first ^ (first >>> 15)) & last; ; slot = (slot + 1) & last) {
      const at = slot * SLOT;
      const word = slots[at + 2] as number;
      if (word === 0) {
        slots[at] = first;
        slots[at + 1] = second;
        slots[at + 2] = ++this.size;
        slots[at + 3] = document;
        this.isNew = true;
        return this.size - 1;
      }
      if (slots[at] !== first || slots[at + 1] !== second) continue;
      this.isNew = slots[at + 3] !== document;
      if (this.isNew) slots[at + 3] = document;
      return word - 1;
    }
  }

  #grow(): void {
    const before = this.#slots;
    const slots = new Int32Array(before.length * 2);
    const last = slots.length / SLOT - 1;
    for (let from = 0; from < before.length; from += SLOT) {
      if (before[from + 2] === 0) continue;
      const first = before[from] as number;
      let slot = (first ^ (first >>> 15)) & last;
      while (slots[slot * SLOT + 2] !== 0) slot = (slot + 1) & last;
      slots.set(before.subarray(from, from + SLOT), slot * SLOT);
    }
    this.#slots = slots;
  }
}
