import { fold } from "./fold.ts";
import { RIVALS } from "./rivals.ts";
import { STEMMERS } from "./stemmers.ts";
import { stopWords } from "./stoplists.ts";
import type { Language } from "./types.ts";
import { eachWord } from "./words.ts";

/** So much of a text is looked at, in UTF-16 units. */
const MAX_SAMPLE = 4_000;
/** So many words of a text are enough. */
const MAX_WORDS = 600;
const MIN_WORDS = 4;
/** Different stop words that a text has to have at the least. */
const MIN_DISTINCT = 2;
/** How many of a text's words have to be stop words; fewer where words carry what other languages say with words of their own. */
const MIN_SHARE = 0.2;
const MIN_SHARE_AGGLUTINATIVE = 0.1;
const AGGLUTINATIVE: ReadonlySet<Language> = new Set(["ar", "fi", "hu", "id", "tr"]);
/** How far the best has to be ahead of the next. */
const MIN_LEAD = 1.15;

/** Letters of other languages in the script of one that has it for itself here: Ukrainian, Serbian …; Persian, Urdu … */
const FOREIGN: Readonly<Record<Language, RegExp>> = {
  ru: /[іїєґўјљњћђџѓќѕәғқңөұүһ]/iu,
  ar: /[پچژگکیےٹڈڑںھہ]/u,
};

/** What a word says of the language that it is in. */
export interface Clue {
  /** The languages that have it as a stop word, rivals among them, by their number. */
  readonly languages: readonly number[];
  /** The languages that do not have its letters, by their number. */
  readonly foreign: readonly number[];
}

const ASCII = /^[\x00-\x7f]*$/;
const NO_CLUE: Clue = { languages: [], foreign: [] };
const NAMES: readonly Language[] = [...STEMMERS.keys(), ...Object.keys(RIVALS)];

/** What a word says, whatever the text. */
export function clueOf(word: string): Clue {
  const languages = languagesOf(fold(word));
  const foreign = ASCII.test(word) ? [] : Object.keys(FOREIGN).filter((language) => FOREIGN[language]?.test(word));
  if (languages.length + foreign.length === 0) return NO_CLUE;
  return { languages, foreign: foreign.map((language) => NAMES.indexOf(language)) };
}

/** Tells the language of a text, word by word. */
export class LanguageTally {
  /** By language: stop words met, different ones, and all weighed by how few languages have them. */
  readonly #hits = new Uint32Array(NAMES.length);
  readonly #distinct = new Uint32Array(NAMES.length);
  readonly #scores = new Float64Array(NAMES.length);
  readonly #foreign = new Uint32Array(NAMES.length);
  #words = 0;

  /** @param clue of the next word; undefined: it says nothing @param isNew whether the text has not had the word before */
  add(clue: Clue | undefined, isNew: boolean): void {
    this.#words += 1;
    if (clue === undefined) return;
    const { languages, foreign } = clue;
    for (let at = 0; at < languages.length; at += 1) {
      const language = languages[at] as number;
      this.#hits[language] = (this.#hits[language] as number) + 1;
      this.#scores[language] = (this.#scores[language] as number) + 1 / languages.length;
      if (isNew) this.#distinct[language] = (this.#distinct[language] as number) + 1;
    }
    for (const language of foreign) this.#foreign[language] = (this.#foreign[language] as number) + 1;
  }

  /** Whether there is enough to tell. */
  get full(): boolean {
    return this.#words >= MAX_WORDS;
  }

  /** Undefined if there was too little, it is in none of `LANGUAGES`, or not clear: code, tables, names, a mixture. */
  decide(): Language | undefined {
    if (this.#words < MIN_WORDS) return undefined;
    let [best, next] = [-1, 0];
    for (const [language, score] of this.#scores.entries()) {
      if (score > (best === -1 ? 0 : (this.#scores[best] as number))) {
        next = best === -1 ? 0 : (this.#scores[best] as number);
        best = language;
      } else next = Math.max(next, score);
    }
    const name = NAMES[best];
    if (name === undefined || !STEMMERS.has(name) || (this.#distinct[best] as number) < MIN_DISTINCT) return undefined;
    const share = AGGLUTINATIVE.has(name) ? MIN_SHARE_AGGLUTINATIVE : MIN_SHARE;
    if ((this.#hits[best] as number) < this.#words * share || (this.#scores[best] as number) < next * MIN_LEAD)
      return undefined;
    // More than one word of twenty with letters that the language does not have.
    return (this.#foreign[best] as number) * 20 > this.#words ? undefined : name;
  }

  clear(): void {
    for (const counts of [this.#hits, this.#distinct, this.#scores, this.#foreign]) counts.fill(0);
    this.#words = 0;
  }
}

/**
 * The language of a text, by the stop words in its first 4,000 characters. Undefined if it is too short, in none of
 * `LANGUAGES`, or not clear: code, tables, names.
 */
export function detectLanguage(text: string): Language | undefined {
  const sample = text.slice(0, MAX_SAMPLE);
  const tally = new LanguageTally();
  const clues = new Map<string, Clue>();
  eachWord(sample, (start, end) => {
    const word = sample.slice(start, end);
    const known = clues.get(word);
    const clue = known ?? clueOf(word);
    if (known === undefined) clues.set(word, clue);
    tally.add(clue, known === undefined);
  });
  return tally.decide();
}

let stopping: ReadonlyMap<string, readonly number[]> | undefined;

/** The languages that have a stop word, rivals among them, by their number. */
function languagesOf(folded: string): readonly number[] {
  stopping ??= allStopWords();
  return stopping.get(folded) ?? [];
}

function allStopWords(): Map<string, number[]> {
  const all = new Map<string, number[]>();
  const lists = [...STEMMERS.keys()].map((language) => [language, stopWords(language) ?? []] as const);
  const rivals = Object.entries(RIVALS).map(([language, words]) => [language, words.split(" ").map(fold)] as const);
  for (const [language, words] of [...lists, ...rivals]) {
    for (const word of new Set(words)) {
      const languages = all.get(word);
      if (languages === undefined) all.set(word, [NAMES.indexOf(language)]);
      else languages.push(NAMES.indexOf(language));
    }
  }
  return all;
}
