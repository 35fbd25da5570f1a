import { fold } from "../analysis/fold.ts";
import type { Term } from "../analysis/types.ts";
import { eachWord, queryWordTerms } from "../analysis/words.ts";
import type { Query, QueryWord } from "../query/types.ts";
import { titleKey } from "./hash.ts";
import type { Lookup } from "./lookup.ts";
import type { Segment } from "./segment.ts";
import { correct } from "./spelling.ts";

/** A query of at least so many words beside its phrases is a sentence. */
const SENTENCE_WORDS = 6;
/** A query of at least so many different words is a question. */
const QUESTION_WORDS = 5;
/** What a word counts that was looked for in the place of a misspelt one. */
const CORRECTED = 0.8;
/** What a compound counts beside its parts, which count as well. */
const WHOLE = 0.5;
/** Words of one query that are looked for in another spelling. */
const MAX_CORRECTIONS = 3;

/** A word that is looked for. */
export interface Wanted {
  readonly key: string;
  /** Undefined for a beginning. */
  readonly term: Term | undefined;
  /** For each segment, the terms that count as it. */
  readonly ranks: readonly Uint32Array[];
  /** As it was typed. */
  readonly text: string;
  /** Whether it may be misspelt: a word alone, and no part of a name or a code. */
  readonly alone: boolean;
  weight: number;
}

/** The phrases that have to be there: in a whole sentence quotation marks are emphasis, or around a title. */
export function phrasesOf({ words, phrases }: Query): readonly string[] {
  return words.length < SENTENCE_WORDS ? phrases : [];
}

/**
 * The words to look for: stop words only where there is nothing else.
 * @param most how many count; `cut` says whether there were more
 */
export function wantedOf(query: Query, lookup: Lookup, most: number): { wanted: Wanted[]; cut: boolean } {
  const telling = new Map<string, Wanted>();
  const idle = new Map<string, Wanted>();
  const add = (
    into: Map<string, Wanted>,
    key: string,
    weight: number,
    make: () => Omit<Wanted, "weight" | "key">,
  ): void => {
    const known = into.get(key);
    if (known) known.weight += weight;
    else into.set(key, { ...make(), key, weight });
  };
  const addText = (text: string): void =>
    eachWord(text, (start, end, tail) => {
      const raw = text.slice(start, end);
      const into = lookup.isStopWord(fold(raw)) ? idle : telling;
      const terms = queryWordTerms(raw, tail);
      for (const term of terms) {
        if (telling.size + idle.size > 4 * most) return;
        const weight = isWhole(term, terms) ? WHOLE : 1;
        const alone = terms.length === 1;
        add(into, lookup.keyOf(term), weight, () => ({ term, text: raw, alone, ranks: lookup.ranks(term) }));
      }
    });
  for (const { text, prefix } of query.words) {
    if (!prefix) addText(text);
    else {
      const start = fold(text);
      add(telling, `${start}*`, 1, () => ({ term: undefined, text, alone: false, ranks: lookup.beginning(start) }));
    }
  }
  for (const phrase of query.phrases) addText(phrase);
  const all = [...(telling.size > 0 ? telling : idle).values()];
  return { wanted: all.slice(0, most), cut: all.length > most };
}

/** Whether a term is a compound whose parts are looked for beside it. */
function isWhole({ stemmable, at }: Term, all: readonly Term[]): boolean {
  return stemmable === undefined && all.some((other) => other.stemmable !== undefined && other.at === at);
}

/** Whether there are many words. A name is one, of however many parts; parts that hyphens join are words of their own. */
export function isQuestion(wanted: readonly Wanted[]): boolean {
  return new Set(wanted.map(({ text, key }) => (text.includes("-") ? key : text))).size >= QUESTION_WORDS;
}

/** Puts what is most likely meant in the place of words that stand nowhere. @returns what was meant, by what was typed */
export function respell(wanted: Wanted[], lookup: Lookup, segments: readonly Segment[]): Map<string, string> {
  const corrections = new Map<string, string>();
  let tried = 0;
  for (const [index, word] of wanted.entries()) {
    const { term, ranks, text, alone, weight } = word;
    if (!term || !alone || ranks.some(({ length }) => length > 0) || tried++ >= MAX_CORRECTIONS) continue;
    const correction = correct(term.term, segments);
    if (correction === undefined) continue;
    const meant = { term: correction, at: 0, stemmable: correction };
    wanted[index] = { ...word, term: meant, ranks: lookup.ranks(meant), weight: weight * CORRECTED };
    corrections.set(text, correction);
  }
  return corrections;
}

/** For each segment, the terms that an excluded word stands for. */
export function excludedRanks(word: QueryWord, lookup: Lookup): Uint32Array[] {
  if (word.prefix) return lookup.beginning(fold(word.text));
  const terms: Term[] = [];
  eachWord(word.text, (start, end, tail) => terms.push(...queryWordTerms(word.text.slice(start, end), tail)));
  // Of `foo-bar` the whole alone: whoever leaves it out does not mean every foo.
  const whole = terms.reduce<Term | undefined>(
    (longest, each) => (longest && longest.term.length >= each.term.length ? longest : each),
    undefined,
  );
  return whole ? lookup.ranks(whole) : lookup.none();
}

/** The key of the query as a title; 0 if it is more than words. */
export function titleOf({ words, phrases, excluded, fields }: Query): number {
  if (excluded.length + fields.length > 0 || words.some(({ prefix }) => prefix)) return 0;
  if (phrases.length > 0) return phrases.length === 1 && words.length === 0 ? titleKey(phrases[0] as string) : 0;
  return titleKey(words.map(({ text }) => text).join(" "));
}
