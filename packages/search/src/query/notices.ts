import { shorten } from "../documents/clean.ts";

const MAX_NOTICES = 4;
const MAX_SHOWN = 60;

/** What a model should know of how its query was read: each sentence once, and not too many. */
export class Notices {
  readonly #list = new Set<string>();

  add(notice: string): void {
    if (this.#list.size < MAX_NOTICES) this.#list.add(notice);
  }

  unknownField(name: string, text: string): void {
    const [field, shown] = [name, text].map((each) => shorten(each, MAX_SHOWN));
    this.add(`There is no field "${field}" here, so ${JSON.stringify(shown)} was searched as words.`);
  }

  list(): readonly string[] {
    return [...this.#list];
  }
}
