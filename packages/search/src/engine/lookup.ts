import { isStopWord, stems } from "../analysis/languages.ts";
import type { Language, Term } from "../analysis/types.ts";
import { isUsed } from "./postings.ts";
import type { Segment } from "./segment.ts";

const NOTHING = new Uint32Array(0);

/** Finds the terms of segments that a word of a query stands for. */
export class Lookup {
  readonly #segments: readonly Segment[];
  /** Those that documents are in, the most frequent first. */
  readonly #languages: readonly Language[];

  constructor(segments: readonly Segment[], languages: readonly Language[]) {
    this.#segments = segments;
    this.#languages = languages;
  }

  isStopWord(term: string): boolean {
    return this.#languages.some((language) => isStopWord(term, language));
  }

  /** What makes two words of a query one. */
  keyOf({ term, stemmable }: Term): string {
    const language = this.#languages[0];
    return stemmable === undefined || language === undefined ? term : (stems(stemmable, language)[0] ?? term);
  }

  /** For each segment, the terms with a word's form or stem; those that documents still have. */
  ranks(term: Term): Uint32Array[] {
    const keys = this.#keysOf(term);
    return this.#segments.map((segment) => ranksIn(segment, keys));
  }

  /** For each segment, nothing. */
  none(): Uint32Array[] {
    return this.#segments.map(() => NOTHING);
  }

  /** For each segment, the terms of a stem. */
  ofStem(stem: string, language: Language): Uint32Array[] {
    const keys = new Map([[stem, [language]]]);
    return this.#segments.map((segment) => ranksIn(segment, keys));
  }

  /** For each segment, the terms that begin so. */
  beginning(prefix: string): Uint32Array[] {
    return this.#segments.map((segment) => beginningIn(segment, prefix));
  }

  /** The word itself and its stems, with the languages in which they are that. */
  #keysOf({ term, stemmable }: Term): Map<string, Language[]> {
    const keys = new Map<string, Language[]>([[term, []]]);
    if (stemmable === undefined) return keys;
    for (const language of this.#languages) {
      for (const stem of stems(stemmable, language)) {
        const known = keys.get(stem);
        if (known) known.push(language);
        else keys.set(stem, [language]);
      }
    }
    return keys;
  }
}

/** The terms of a segment that begin so. */
function beginningIn(segment: Segment, prefix: string): Uint32Array {
  const [from, to] = segment.terms.range(prefix);
  return Uint32Array.from({ length: to - from }, (_, at) => from + at).filter((rank) => isUsed(segment, rank));
}

function ranksIn(segment: Segment, keys: ReadonlyMap<string, readonly Language[]>): Uint32Array {
  const ranks: number[] = [];
  const add = (rank: number): void => {
    if (!ranks.includes(rank) && isUsed(segment, rank)) ranks.push(rank);
  };
  for (const [key, languages] of keys) {
    const own = segment.terms.find(key);
    if (own !== -1) add(own);
    for (const language of languages) for (const rank of segment.stems.members(key, language)) add(rank);
  }
  return ranks.length === 0 ? NOTHING : new Uint32Array(ranks).sort();
}
