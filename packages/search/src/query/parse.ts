import { Notices } from "./notices.ts";
import type { Query, QueryField, QueryWord } from "./types.ts";

/** Fields that every index has; others are the names of the documents' metadata. */
export const FIELDS: ReadonlySet<string> = new Set(["path", "type", "lang", "title", "heading"]);

/** Words; further ones are left out, and a notice says so. */
const MAX_ITEMS = 64;
/** Phrases, exclusions and fields, each of which costs as much as many words. */
const MAX_CONDITIONS = 16;
const SPACE = /\s/u;
const TELLING = /[\p{L}\p{N}\p{Extended_Pictographic}]/u;
const BEGINS = /^[\p{L}\p{N}]/u;
const LETTER_OR_DIGIT = /[\p{L}\p{N}]/gu;
const LETTER = /\p{L}/u;
/** What closes a phrase, by what opens it. An apostrophe does neither. */
const QUOTES: Readonly<Record<string, readonly string[]>> = {
  '"': ['"'],
  "“": ["”", "“"],
  "”": ["”"],
  "„": ["“", "”"],
  "«": ["»"],
  "»": ["«"],
};
const BRACKETS = "([{";
const FIELD = /^([A-Za-z][A-Za-z0-9_-]{0,63}):(?=[^\s:/\\])/;
const PREFIX = /^[^*]*[\p{L}\p{N}_]\*$/u;
const OPERATOR = /^(?:AND|OR|NOT)$/;
const OPENING = /^\(*/;

/**
 * Reads a query. Words, `"phrases"`, `-not`, `field:value` and `conf*` have a meaning; everything else is words, so that a
 * sentence, a path, a flag or a piece of code is searched as it stands. Takes time linear in `source`, never throws.
 * @param isField whether a name (lower-case) is one of the documents' metadata
 */
export function parseQuery(source: string, isField: (name: string) => boolean): Query {
  return new Parser(source, (name) => FIELDS.has(name) || isField(name)).run();
}

class Parser {
  readonly #source: string;
  readonly #isField: (name: string) => boolean;
  readonly #words: QueryWord[] = [];
  readonly #phrases: string[] = [];
  readonly #excluded: (QueryWord | { readonly phrase: string })[] = [];
  readonly #fields: QueryField[] = [];
  readonly #notices = new Notices();
  /** Where each sign is next, so that no search for it is made twice. */
  readonly #next = new Map<string, number>();
  #at = 0;

  constructor(source: string, isField: (name: string) => boolean) {
    this.#source = source;
    this.#isField = isField;
  }

  run(): Query {
    while (this.#skipSpace()) this.#item();
    this.#lookForOperators();
    this.#searchExclusionsOnly();
    return {
      words: this.#words,
      phrases: this.#phrases,
      excluded: this.#excluded,
      fields: this.#fields,
      notices: this.#notices.list(),
    };
  }

  /** Whether anything follows. */
  #skipSpace(): boolean {
    while (this.#at < this.#source.length && SPACE.test(this.#source.charAt(this.#at))) this.#at += 1;
    return this.#at < this.#source.length;
  }

  #item(): void {
    if (this.#source.charAt(this.#at) === "-" && this.#exclusion()) return;
    if (BRACKETS.includes(this.#source.charAt(this.#at)) && this.#source.charAt(this.#at + 1) in QUOTES) this.#at += 1;
    const phrase = this.#phrase(this.#at);
    if (phrase !== undefined) this.#keep(this.#phrases, phrase);
    else if (!this.#field(this.#at, false)) this.#word();
  }

  /** Reads `-word`, `-"a phrase"` or `-field:value`; what else begins with a minus sign is a word. */
  #exclusion(): boolean {
    const begin = this.#at + 1;
    const phrase = this.#phrase(begin);
    if (phrase !== undefined) {
      this.#keep(this.#excluded, phrase === "" ? "" : { phrase });
      return true;
    }
    if (this.#field(begin, true)) return true;
    const text = this.#run(begin);
    // `-5` and `-0.5` are numbers, `-r` is a flag.
    const word = BEGINS.test(text) && LETTER.test(text) && (text.match(LETTER_OR_DIGIT)?.length ?? 0) > 1;
    if (!word) return false;
    this.#at = begin + text.length;
    this.#keep(this.#excluded, wordOf(text));
    return true;
  }

  /** The phrase that begins with a quote at `begin`, empty if there is nothing in it; undefined if there is none. */
  #phrase(begin: number): string | undefined {
    const closing = QUOTES[this.#source.charAt(begin)];
    if (closing === undefined) return undefined;
    const end = Math.min(...closing.map((sign) => this.#find(sign, begin + 1)));
    if (end === Number.POSITIVE_INFINITY) {
      this.#notices.add("A quote is not closed, so the words after it were searched one by one.");
      return undefined;
    }
    this.#at = end + 1;
    const text = this.#source.slice(begin + 1, end).trim();
    return TELLING.test(text) ? text : "";
  }

  #find(sign: string, from: number): number {
    const known = this.#next.get(sign) ?? -1;
    if (known >= from) return known;
    const found = this.#source.indexOf(sign, from);
    const at = found === -1 ? Number.POSITIVE_INFINITY : found;
    this.#next.set(sign, at);
    return at;
  }

  #field(begin: number, excluded: boolean): boolean {
    const name = FIELD.exec(this.#source.slice(begin, begin + 70))?.[1];
    if (name === undefined) return false;
    const field = name.toLowerCase();
    const start = begin + name.length + 1;
    if (!this.#isField(field)) {
      const value = this.#run(start);
      if (name.length > 1 && !value.includes(":")) this.#notices.unknownField(name, `${name}:${value}`);
      return false;
    }
    const phrase = this.#phrase(start);
    const raw = phrase ?? this.#run(start);
    if (phrase === undefined) this.#at = start + raw.length;
    const value = phrase === undefined && raw.charAt(0) in QUOTES ? raw.slice(1) : raw;
    this.#keep(this.#fields, value === "" ? "" : { field, value, excluded });
    return true;
  }

  #word(): void {
    const text = this.#run(this.#at);
    this.#at += text.length;
    this.#keep(this.#words, wordOf(text));
  }

  /** What stands from `begin` to the next white space. */
  #run(begin: number): string {
    let end = begin;
    while (end < this.#source.length && !SPACE.test(this.#source.charAt(end))) end += 1;
    return this.#source.slice(begin, end);
  }

  #keep<T>(items: T[], item: T | ""): void {
    if (item === "") return;
    const most = (items as unknown) === this.#words ? MAX_ITEMS : MAX_CONDITIONS;
    if (items.length < most) items.push(item);
    else if (most === MAX_ITEMS) this.#notices.add(`Only the first ${MAX_ITEMS} words of the query were used.`);
    else this.#notices.add(`Only the first ${MAX_CONDITIONS} phrases, exclusions or fields of the query were used.`);
  }

  /** `a AND (b OR c)` is meant as syntax; the same in a text in capitals, or with nothing on one side, need not be. */
  #lookForOperators(): void {
    const words = this.#words.map(({ text }) => text);
    const items = words.length + this.#phrases.length + this.#excluded.length + this.#fields.length;
    const meant = words.some((text) => OPERATOR.test(text.replace(OPENING, "")));
    const others = words.filter((text) => !OPERATOR.test(text.replace(OPENING, ""))).join("");
    const shouted = others !== "" && others === others.toUpperCase();
    if (meant && !shouted && items > 2)
      this.#notices.add(
        'AND, OR, NOT and brackets are read as words: any word is enough, "a phrase" has to be there, and -word must not.',
      );
  }

  /** There is nothing to look for but what is not wanted. */
  #searchExclusionsOnly(): void {
    const wanted = this.#fields.some(({ excluded }) => !excluded);
    if (this.#words.length > 0 || this.#phrases.length > 0 || wanted) return;
    if (this.#excluded.length === 0 && this.#fields.length === 0) return;
    for (const item of this.#excluded.splice(0)) {
      if ("phrase" in item) this.#phrases.push(item.phrase);
      else this.#words.push(item);
    }
    if (this.#words.length === 0 && this.#phrases.length === 0)
      for (const { field, value } of this.#fields.splice(0))
        this.#words.push({ text: `${field}:${value}`, prefix: false });
    this.#notices.add(
      "The query has only what to leave out, so that was searched for. Add a word to look for before the minus sign.",
    );
  }
}

function wordOf(text: string): QueryWord {
  const prefix = PREFIX.test(text) && (text.match(LETTER_OR_DIGIT)?.length ?? 0) > 1;
  return prefix ? { text: text.slice(0, -1), prefix } : { text, prefix };
}
