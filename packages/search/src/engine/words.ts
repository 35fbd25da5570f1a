/** What a table of words holds. */
export interface Word {
  readonly text: string;
  readonly hash: number;
}

const MAX_LOAD = 0.5;

/** Words by their letters, found in the middle of a text without cutting them out: what indexing does most. */
export class WordTable<W extends Word> {
  #slots: (W | undefined)[] = Array.from({ length: 4096 }, () => undefined);
  size = 0;

  /** The word that stands at a place of a text. @param hash see `hashOf` */
  find(text: string, start: number, end: number, hash: number): W | undefined {
    const slots = this.#slots;
    const last = slots.length - 1;
    const length = end - start;
    for (let slot = hash & last; ; slot = (slot + 1) & last) {
      const word = slots[slot];
      if (word === undefined) return undefined;
      if (word.hash !== hash || word.text.length !== length) continue;
      let at = 0;
      while (at < length && word.text.charCodeAt(at) === text.charCodeAt(start + at)) at += 1;
      if (at === length) return word;
    }
  }

  /** @param word that is not there */
  add(word: W): void {
    if (this.size >= this.#slots.length * MAX_LOAD) this.#grow();
    this.#put(word);
    this.size += 1;
  }

  clear(): void {
    this.#slots.fill(undefined);
    this.size = 0;
  }

  #put(word: W): void {
    const slots = this.#slots;
    const last = slots.length - 1;
    let slot = word.hash & last;
    while (slots[slot] !== undefined) slot = (slot + 1) & last;
    slots[slot] = word;
  }

  #grow(): void {
    const before = this.#slots;
    this.#slots = Array.from({ length: before.length * 4 }, () => undefined);
    for (const word of before) if (word) this.#put(word);
  }
}

/** A number for the letters of a part of a text (FNV-1a, mixed once more). */
export function hashOf(text: string, start: number, end: number): number {
  let hash = 0x811c9dc5;
  for (let at = start; at < end; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return hash ^ (hash >>> 15);
}
