/** Languages with a stemmer and stop words, by their ISO 639-1 code. */
export type Language = string;

/** One term of a word. */
export interface Term {
  /** In one form for all spellings: case, accents and composition do not matter. At most 64 UTF-16 units. */
  readonly term: string;
  /** Its position, counted from the word's first: the parts of `foo-bar` are at 0 and 1, and the whole is at 0. */
  readonly at: number;
  /** What a stemmer takes, lower-case with its accents; undefined for what is no word of a language (codes, numbers, wholes). */
  readonly stemmable: string | undefined;
}

/** What a word is found by. */
export interface WordTerms {
  readonly terms: readonly Term[];
  /** How many positions the word takes; 1 or more. */
  readonly span: number;
}
