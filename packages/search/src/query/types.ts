/** A word of a query, or the beginning of one. */
export interface QueryWord {
  /** As it was typed: one run without white space. */
  readonly text: string;
  /** Whether any word that begins with it will do (`conf*`). */
  readonly prefix: boolean;
}

/** What has to be true of a document: `path:docs/**`, `type:markdown`, `title:install`, `tag:draft`. */
export interface QueryField {
  readonly field: string;
  /** Without quotes; never empty. */
  readonly value: string;
  /** Whether it has to be false (`-type:html`). */
  readonly excluded: boolean;
}

/** A query, read. Engines decide what its words mean; nothing here depends on a language. */
export interface Query {
  /** Any of them, and the more the better. Those of phrases are not among them. */
  readonly words: readonly QueryWord[];
  /** All of them, their words one after the other. */
  readonly phrases: readonly string[];
  /** None of them. */
  readonly excluded: readonly (QueryWord | { readonly phrase: string })[];
  /** All of them. */
  readonly fields: readonly QueryField[];
  /** What was meant as syntax, perhaps, and has been read as words; one sentence each, for the model. */
  readonly notices: readonly string[];
}
