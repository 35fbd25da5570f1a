/** A section as peers see it; each of them finds it by title and text. */
export interface Item {
  readonly id: string;
  readonly title: string;
  readonly text: string;
}

/** An engine with an index of its own. */
export interface Index {
  add(items: readonly Item[]): void | Promise<void>;
  /** Ends the building: afterwards everything can be found. */
  finish(): void | Promise<void>;
  /** Ids of the best, first the best. */
  search(query: string, count: number): readonly string[] | Promise<readonly string[]>;
  close(): void | Promise<void>;
}

export interface Peer {
  readonly name: string;
  open(): Index | Promise<Index>;
}
