import { clueOf, stems } from "../analysis/languages.ts";
import type { Clue } from "../analysis/languages.ts";
import type { Language } from "../analysis/types.ts";
import { wordTerms } from "../analysis/words.ts";
import { ByteWriter } from "./bytes.ts";
import { stringBlocks } from "./strings.ts";
import { hashOf, WordTable } from "./words.ts";
import type { Word } from "./words.ts";

/** A word as it is indexed. */
export interface KnownWord extends Word {
  readonly ids: readonly number[];
  readonly offsets: readonly number[];
  readonly span: number;
  readonly stemmables: readonly (string | undefined)[];
  readonly clue: Clue;
  /** The languages in which its stems have been noted, as bits. */
  languages: number;
  /** The last document that has it. */
  document: number;
}

const MAX_KNOWN = 200_000;
const MAX_KNOWN_CHARS = 40;

/** The terms of a segment while it is built: numbers them, and notes which of them have a stem in common. */
export class Vocabulary {
  readonly #languages: readonly Language[];
  readonly #ids = new Map<string, number>();
  readonly #words = new WordTable<KnownWord>();
  /** By language: the terms of each stem. */
  readonly #stems: readonly Map<string, Set<number>>[];

  constructor(languages: readonly Language[]) {
    this.#languages = languages;
    this.#stems = languages.map(() => new Map());
  }

  /** The word that stands at a place of a text. */
  word(text: string, start: number, end: number): KnownWord {
    const hash = hashOf(text, start, end);
    let word = this.#words.find(text, start, end, hash);
    if (word === undefined) {
      word = this.#make(text.slice(start, end), hash);
      if (end - start <= MAX_KNOWN_CHARS) {
        if (this.#words.size >= MAX_KNOWN) this.#words.clear();
        this.#words.add(word);
      }
    }
    return word;
  }

  /** Notes what a word has in common with others in a language. @param language its place in the list */
  note(word: KnownWord, language: number): void {
    const bit = 1 << language;
    if ((word.languages & bit) !== 0) return;
    word.languages |= bit;
    this.#note(word, language);
  }

  #make(text: string, hash: number): KnownWord {
    const { terms, span } = wordTerms(text);
    const sorted = terms.length < 2 ? terms : terms.toSorted((a, b) => a.at - b.at);
    return {
      text,
      hash,
      ids: sorted.map(({ term }) => this.#id(term)),
      offsets: sorted.map(({ at }) => at),
      span,
      stemmables: sorted.map(({ stemmable }) => stemmable),
      clue: clueOf(text),
      languages: 0,
      document: -1,
    };
  }

  #id(term: string): number {
    let id = this.#ids.get(term);
    if (id === undefined) this.#ids.set(term, (id = this.#ids.size));
    return id;
  }

  #note(word: KnownWord, language: number): void {
    const known = this.#stems[language];
    const name = this.#languages[language];
    if (!known || name === undefined) return;
    for (const [index, stemmable] of word.stemmables.entries()) {
      if (stemmable === undefined) continue;
      const id = word.ids[index] as number;
      for (const stem of stems(stemmable, name)) {
        const terms = known.get(stem);
        if (terms) terms.add(id);
        else known.set(stem, new Set([id]));
      }
    }
  }

  /** The terms in order, the place of each id among them, and the blocks of their stems. */
  finish(): {
    readonly terms: readonly string[];
    readonly ranks: Uint32Array;
    readonly stemBlocks: Record<string, Uint8Array | Uint32Array>;
  } {
    const terms = [...this.#ids.keys()].sort();
    const ranks = new Uint32Array(terms.length);
    for (const [rank, term] of terms.entries()) ranks[this.#ids.get(term) as number] = rank;
    const stemBlocks: Record<string, Uint8Array | Uint32Array> = {};
    for (const [language, name] of this.#languages.entries()) {
      const known = this.#stems[language];
      if (!known || known.size === 0) continue;
      Object.assign(stemBlocks, this.#stemBlocks(`stems.${name}`, known, ranks));
    }
    return { terms, ranks, stemBlocks };
  }

  /** A stem whose only term is itself need not be listed. */
  #stemBlocks(
    name: string,
    known: ReadonlyMap<string, ReadonlySet<number>>,
    ranks: Uint32Array,
  ): Record<string, Uint8Array | Uint32Array> {
    const listed = [...known.entries()]
      .filter(([stem, ids]) => ids.size > 1 || !ids.has(this.#ids.get(stem) ?? -1))
      .sort(([a], [b]) => (a < b ? -1 : 1));
    const members = new ByteWriter();
    const at = new Uint32Array(listed.length + 1);
    for (const [index, [, ids]] of listed.entries()) {
      let before = 0;
      for (const rank of Uint32Array.from(ids, (id) => ranks[id] as number).sort()) {
        members.varint(rank - before);
        before = rank;
      }
      at[index + 1] = members.length;
    }
    return {
      ...stringBlocks(name, listed.map(([stem]) => stem)),
      [`${name}.members`]: members.finish(),
      [`${name}.members.at`]: at,
    };
  }
}
