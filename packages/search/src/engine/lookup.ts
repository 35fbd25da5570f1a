import { isStopWord, stems } from "../analysis/languages.ts";
import type { Language, Term } from "../analysis/types.ts";
import { isUsed } from "./postings.ts";
import type { Segment } from "./segment.ts";

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
    const keys = this.#stemsOf(term);
    return this.#segments.map((segment) => ranksIn(segment, term.term, keys));
  }

  ranksIn(segment: Segment, term: Term): Uint32Array {
    return ranksIn(segment, term.term, this.#stemsOf(term));
  }

  /** For each segment, the terms of a stem. */
  ofStem(stem: string, language: Language): Uint32Array[] {
    return this.#segments.map((segment) => ranksIn(segment, stem, [{ stem, language }]));
  }

  /** For each segment, the terms that begin so. */
  beginning(prefix: string): Uint32Array[] {
    return this.#segments.map((segment) => beginningIn(segment, prefix));
  }

  #stemsOf({ stemmable }: Term): { stem: string; language: Language }[] {
    if (stemmable === undefined) return [];
    return this.#languages.flatMap((language) => stems(stemmable, language).map((stem) => ({ stem, language })));
  }
}

/** The terms of a segment that begin so. */
export function beginningIn(segment: Segment, prefix: string): Uint32Array {
  const [from, to] = segment.terms.range(prefix);
  return Uint32Array.from({ length: to - from }, (_, at) => from + at).filter((rank) => isUsed(segment, rank));
}

function ranksIn(
  segment: Segment,
  term: string,
  keys: readonly { readonly stem: string; readonly language: Language }[],
): Uint32Array {
  const ranks = new Set<number>([segment.terms.find(term)]);
  for (const { stem, language } of keys) {
    ranks.add(segment.terms.find(stem));
    for (const rank of segment.members(stem, language)) ranks.add(rank);
  }
  ranks.delete(-1);
  return Uint32Array.from(ranks)
    .filter((rank) => isUsed(segment, rank))
    .sort();
}
