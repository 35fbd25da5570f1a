import type { Section } from "../documents/sections.ts";
import type { Query } from "../query/types.ts";

/** A document as it is put into an engine. */
export interface IndexDocument {
  /** Names it for good; never contains `#`. */
  readonly id: string;
  /** As people see it; what `path` filters are compared with. */
  readonly path: string;
  readonly title: string;
  readonly url: string;
  /** How its text is written: `markdown`, `html`, `code` … */
  readonly type: string;
  /** Milliseconds since the epoch. */
  readonly modified: number;
  /** Size of what it was made from. */
  readonly bytes: number;
  /** Differs when the content does. */
  readonly version: string;
  /** Which part of the server it came from, and what that part wants to remember of it. Engines keep both and look at neither. */
  readonly origin: string;
  readonly stamp: string;
  /** What `field:value` finds: lower-case names. */
  readonly metadata: Readonly<Record<string, readonly string[]>>;
  /** Whether text was left out because of a bound. */
  readonly cut: boolean;
  readonly sections: readonly Section[];
}

/** A document in an engine, without its text. */
export interface StoredDocument extends Omit<IndexDocument, "sections"> {
  /** How many sections it has. */
  readonly length: number;
}

/** A section in an engine: its id is the document's, `#` and its anchor. */
export interface StoredSection extends Section {
  readonly id: string;
  /** From 0. */
  readonly position: number;
  readonly document: StoredDocument;
}

/** Which sections come into question at all; applied before ranking. */
export interface Filter {
  /** A glob of paths: `docs/**`; without a `/`, of names at any depth. A folder's path stands for all in it. */
  readonly path?: string | undefined;
  readonly type?: string | undefined;
  /** Changed at this time or later, in milliseconds since the epoch. */
  readonly since?: number | undefined;
}

/** What is asked of an engine. */
export interface SearchRequest {
  /** As `parseQuery` reads it. */
  readonly query: Query;
  readonly filter?: Filter | undefined;
  /** `relevance`, the default, or the last changed first. */
  readonly sort?: "relevance" | "modified" | undefined;
  /** How many of the first are wanted; 0 or more. */
  readonly count: number;
}

/** A section that was found. */
export interface Hit {
  /** Of a section. */
  readonly id: string;
  /** Positive and finite, to four decimals; comparable within one answer only. */
  readonly score: number;
}

/** What a search gives. */
export interface Answer {
  /** How many sections match. */
  readonly total: number;
  /** The first of them. Equals come in the order of their documents' ids and their place in them. */
  readonly hits: readonly Hit[];
  /** The folded words that count as found, for marking them in a text. */
  readonly forms: ReadonlySet<string>;
  /** Words of the query that stand nowhere, with what was looked for in their place. */
  readonly corrections: ReadonlyMap<string, string>;
  /** Whether the query had anything to look for, and whether all of it was used. */
  readonly terms: "all" | "some" | "none";
}

/** What the corpus knows of a document without reading it. */
export interface DocumentState {
  readonly version: string;
  readonly path: string;
  readonly origin: string;
  readonly stamp: string;
  readonly bytes: number;
  readonly cut: boolean;
}

/**
 * Where documents are kept and found: the one thing that would have to be written to search with PostgreSQL or OpenSearch
 * instead. Everything that a caller sees happens whole: nobody finds half a document. Calls may overlap; changes are made
 * in the order in which they were asked for.
 */
export interface Engine {
  readonly documents: number;
  readonly sections: number;
  /** Bytes of what the documents were made from. */
  readonly bytes: number;
  /** 16 hexadecimal digits that stand for the ids and versions of all documents, in this process and in any other. */
  readonly generation: string;
  /** Ids of all documents. */
  ids(): IterableIterator<string>;
  /** Undefined if there is no such document. Cheap, and never behind `put` and `remove` that have resolved. */
  state(id: string): DocumentState | undefined;
  /** Names of the metadata that documents have. */
  fields(): ReadonlySet<string>;
  /** Adds documents, each in the place of what has its id. On failure or abort all, some whole ones or none are in. */
  put(documents: readonly IndexDocument[], signal?: AbortSignal): Promise<void>;
  /** Ids that are not there are passed over. */
  remove(ids: readonly string[], signal?: AbortSignal): Promise<void>;
  /** Sections that have any of the words, and all else that the query and the filter ask for. @throws the signal's reason */
  search(request: SearchRequest, signal?: AbortSignal): Promise<Answer>;
  /** Sections that are like this section, or like this document; its own are not among them. Undefined if there is no such id. */
  similar(id: string, request: Omit<SearchRequest, "query">, signal?: AbortSignal): Promise<Answer | undefined>;
  /** Undefined if there is no such document. */
  document(id: string): Promise<StoredDocument | undefined>;
  /** Undefined if there is no such section, or if its text was lost. */
  section(id: string): Promise<StoredSection | undefined>;
  /** The same by the id of its document and its place in it, from 0. */
  sectionAt(document: string, position: number): Promise<StoredSection | undefined>;
  /** Makes what was put durable, where the engine keeps anything at all. Never needed for correct answers. */
  commit(): Promise<void>;
  /** Ends all work and lets go of files and threads; what was not committed may be lost. Idempotent. */
  close(): Promise<void>;
}
