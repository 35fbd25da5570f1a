import { clueOf, stems } from "../analysis/languages.ts";
import type { Clue } from "../analysis/languages.ts";
import type { Language } from "../analysis/types.ts";
import { wordTerms } from "../analysis/words.ts";
import { stemBlocks } from "./stems.ts";
import type { StemTerms } from "./stems.ts";
import { WordTable } from "./words.ts";

/** A word that has more than one term, or another position than its first. */
export interface Compound {
  readonly ids: readonly number[];
  readonly offsets: readonly number[];
  readonly span: number;
}

/** The terms of a segment while it is built: numbers words and terms, and notes which terms have a stem in common. */
export class Vocabulary {
  readonly #languages: readonly Language[];
  readonly #table = new WordTable();
  readonly #ids = new Map<string, number>();
  /** By word: its only term, or −1 and a compound. */
  #single = new Int32Array(4_096);
  readonly #compounds = new Map<number, Compound>();
  /** By word: the languages in which its stems have been noted, as bits. */
  #noted = new Uint32Array(4_096);
  /** What stemmers take of words that have any: one of most, one for each term of a compound. */
  readonly #stemmables: (string | readonly (string | undefined)[] | undefined)[] = [];
  readonly #clues: (Clue | undefined)[] = [];
  /** By term: as it is, and the languages in which its own stems have been noted, as bits. */
  readonly #terms: string[] = [];
  #stemmed = new Uint32Array(4_096);
  /** By language: the term of each stem, or its terms. */
  readonly #stems: readonly Map<string, number | Set<number>>[];

  constructor(languages: readonly Language[]) {
    this.#languages = languages;
    this.#stems = languages.map(() => new Map());
  }

  /** The number of the word at a place of a text. */
  word(text: string, start: number, end: number, document: number): number {
    const known = this.#table.size;
    const word = this.#table.number(text, start, end, document);
    if (word === known) this.#learn(text.slice(start, end), word);
    return word;
  }

  /** Whether the word that was asked for last is new to its document. */
  get isNew(): boolean {
    return this.#table.isNew;
  }

  /** The only term of a word; −1 of a compound. */
  single(word: number): number {
    return this.#single[word] as number;
  }

  compound(word: number): Compound {
    return this.#compounds.get(word) as Compound;
  }

  /** What a word says of the language of its text, if anything. */
  clue(word: number): Clue | undefined {
    return this.#clues[word];
  }

  /** Notes what a word has in common with others in a language. @param language its place in the list */
  note(word: number, language: number): void {
    const stemmables = this.#stemmables[word];
    const bit = 1 << language;
    if (stemmables === undefined || ((this.#noted[word] as number) & bit) !== 0) return;
    this.#noted[word] = (this.#noted[word] as number) | bit;
    if (typeof stemmables === "string") this.#noteStems(this.single(word), stemmables, language);
    else {
      const { ids } = this.compound(word);
      for (const [index, stemmable] of stemmables.entries())
        if (stemmable !== undefined) this.#noteStems(ids[index] as number, stemmable, language);
    }
  }

  #noteStems(id: number, stemmable: string, language: number): void {
    const known = this.#stems[language];
    if (!known) return;
    // The parts of compounds come again and again.
    if (this.#terms[id] === stemmable) {
      const bit = 1 << language;
      if (((this.#stemmed[id] as number) & bit) !== 0) return;
      this.#stemmed[id] = (this.#stemmed[id] as number) | bit;
    }
    for (const stem of stems(stemmable, this.#languages[language] ?? "")) {
      const terms = known.get(stem);
      // Most stems have one term: a set for each would cost more than all the rest.
      if (terms === undefined) known.set(stem, id);
      else if (typeof terms === "object") terms.add(id);
      else if (terms !== id) known.set(stem, new Set([terms, id]));
    }
  }

  #learn(text: string, word: number): void {
    if (word >= this.#single.length) {
      this.#single = grown(this.#single, new Int32Array(word * 2));
      this.#noted = grown(this.#noted, new Uint32Array(word * 2));
    }
    const clue = clueOf(text);
    this.#clues.push(clue.languages.length + clue.foreign.length > 0 ? clue : undefined);
    const { terms, span } = wordTerms(text);
    const [only] = terms;
    if (only && terms.length === 1 && only.at === 0 && span === 1) {
      this.#single[word] = this.#id(only.term);
      this.#stemmables.push(only.stemmable);
      return;
    }
    this.#single[word] = -1;
    const ids: number[] = [];
    const offsets: number[] = [];
    const stemmables: (string | undefined)[] = [];
    for (const { term, at, stemmable } of terms) {
      ids.push(this.#id(term));
      offsets.push(at);
      stemmables.push(stemmable);
    }
    this.#compounds.set(word, { ids, offsets, span });
    this.#stemmables.push(stemmables);
  }

  #id(term: string): number {
    let id = this.#ids.get(term);
    if (id !== undefined) return id;
    id = this.#terms.push(term) - 1;
    this.#ids.set(term, id);
    if (id >= this.#stemmed.length) this.#stemmed = grown(this.#stemmed, new Uint32Array(id * 2));
    return id;
  }

  /** The terms in order, the place of each id among them, and the blocks of their stems. */
  finish(): {
    readonly terms: readonly string[];
    readonly ranks: Uint32Array;
    readonly stems: Record<string, Uint8Array | Uint32Array>;
  } {
    const terms = this.#terms.toSorted();
    const ranks = new Uint32Array(terms.length);
    for (const [rank, term] of terms.entries()) ranks[this.#ids.get(term) as number] = rank;
    const stems: Record<string, Uint8Array | Uint32Array> = {};
    for (const [language, name] of this.#languages.entries()) {
      const known = this.#stems[language];
      if (known && known.size > 0) Object.assign(stems, stemBlocks(name, this.#stemTerms(known, ranks)));
    }
    return { terms, ranks, stems };
  }

  /** The terms of each stem of a language. A stem whose only term is itself need not be listed. */
  #stemTerms(known: ReadonlyMap<string, number | ReadonlySet<number>>, ranks: Uint32Array): StemTerms[] {
    const all: StemTerms[] = [];
    for (const [stem, ids] of known) {
      if (typeof ids === "object") all.push([stem, Array.from(ids, (id) => ranks[id] as number).sort((a, b) => a - b)]);
      else if (this.#ids.get(stem) !== ids) all.push([stem, [ranks[ids] as number]]);
    }
    return all;
  }
}

function grown<A extends Int32Array | Uint32Array>(from: A, into: A): A {
  into.set(from);
  return into;
}
