import { cleanLine, shorten } from "./clean.ts";

/** What a document says about itself: lower-case names, each with at least one value. */
export type Metadata = Readonly<Record<string, readonly string[]>>;

const NAME = /^[a-z][a-z0-9_-]{0,63}$/;
const MAX_NAMES = 32;
const MAX_VALUES = 32;
const MAX_VALUE = 200;

/** Collects metadata: at most 32 names of 32 values, each on one line of at most 200 UTF-16 units. */
export class MetadataWriter {
  readonly #values = new Map<string, Set<string>>();

  /**
   * Adds a scalar or a list of scalars; anything else, and what a name cannot be, is passed over. Names are put into lower
   * case; `title` is not metadata.
   */
  add(name: string, value: unknown): void {
    const key = name.toLowerCase();
    if (!NAME.test(key) || key === "title") return;
    const values = this.#values.get(key) ?? new Set<string>();
    if (values.size === 0 && this.#values.size >= MAX_NAMES) return;
    for (const each of Array.isArray(value) ? value.slice(0, MAX_VALUES) : [value]) {
      if (values.size >= MAX_VALUES) return;
      if (typeof each !== "string" && typeof each !== "number" && typeof each !== "boolean") continue;
      const clean = shorten(cleanLine(String(each).slice(0, 4 * MAX_VALUE)), MAX_VALUE);
      if (clean !== "") this.#values.set(key, values.add(clean));
    }
  }

  finish(): Metadata {
    return Object.fromEntries(Array.from(this.#values, ([name, values]) => [name, [...values]]));
  }
}
