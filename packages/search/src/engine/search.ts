import { Reranker } from "./again.ts";
import { Best } from "./best.ts";
import { detectLanguage } from "../analysis/languages.ts";
import type { Language, Term } from "../analysis/types.ts";
import { eachWord, queryWordTerms } from "../analysis/words.ts";
import { fold } from "../analysis/fold.ts";
import type { Pacer } from "../pacer.ts";
import type { Query, QueryWord } from "../query/types.ts";
import { relevanceModel, signature } from "./feedback.ts";
import { isConditional, masksOf } from "./filter.ts";
import type { Conditions } from "./filter.ts";
import { titleKey } from "./hash.ts";
import { Lookup } from "./lookup.ts";
import { liveCount } from "./postings.ts";
import { byDate, byScore, Ranker } from "./rank.ts";
import type { Found, Group, Ranked, Totals } from "./rank.ts";
import type { Segment } from "./segment.ts";
import { correct } from "./spelling.ts";
import type { SearchRequest } from "./types.ts";

/** What an engine holds at one moment. */
export interface Snapshot {
  readonly segments: readonly Segment[];
  readonly totals: Totals;
  /** Of live documents, the most frequent first. */
  readonly languages: readonly Language[];
}

export interface SearchOutcome extends Ranked {
  readonly forms: ReadonlySet<string>;
  readonly corrections: ReadonlyMap<string, string>;
  readonly terms: "all" | "some" | "none";
}

/**
 * Questions of at least so many different words are asked again with the words that the best answers have in common (RM3: Abdul-Jaleel
 * et al. 2004). Shorter queries name what they look for, and would only be led away from it.
 */
const FEEDBACK_WORDS = 5;
/** A query of at least so many words beside its phrases is a sentence. */
const SENTENCE_WORDS = 6;
const FEEDBACK_SECTIONS = 10;
/** How many of the first answers are ranked again. */
const FEEDBACK_CANDIDATES = 1_000;
const FEEDBACK_TERMS = 20;
/** How much is read for that; of a large index the most frequent words, which say least, are left out. */
const FEEDBACK_POSTINGS = 200_000;
const FEEDBACK_SHARE = 0.5;
/** Terms that stand for a document when others like it are looked for. */
const SIMILAR_TERMS = 25;
/** Sections of a document that it is known by. */
const SIMILAR_SECTIONS = 20;
/** What a word counts that was looked for in the place of a misspelt one. */
const CORRECTED = 0.8;
/** What a compound counts beside its parts, which count as well. */
const WHOLE = 0.5;
const MAX_FORMS = 1_000;

/** A word that is looked for. */
interface Wanted {
  readonly key: string;
  readonly term: Term | undefined;
  readonly ranks: readonly Uint32Array[];
  /** As it was typed. */
  readonly text: string;
  /** Whether it may be misspelt: a word alone, and no part of a name or a code. */
  readonly alone: boolean;
  weight: number;
}

/** Finds sections in a snapshot. Keeps arrays between calls; calls do not overlap. */
export class Searcher {
  readonly #ranker = new Ranker();
  readonly #reranker = new Reranker();
  readonly #maxTerms: number;

  constructor(maxTerms: number) {
    this.#maxTerms = maxTerms;
  }

  /** @param pacer lets other work run, and ends the search when nobody waits for it any more */
  async search(
    snapshot: Snapshot,
    { query, filter, sort = "relevance", count }: SearchRequest,
    pacer: Pacer,
  ): Promise<SearchOutcome> {
    const { segments, totals } = snapshot;
    // In a whole sentence quotation marks are emphasis, or around a title; among few words they say what has to be there.
    const phrases = query.words.length < SENTENCE_WORDS ? query.phrases : [];
    const lookup = new Lookup(segments, this.#languagesFor(snapshot, query));
    const { wanted, cut } = this.#wanted(query, lookup);
    const corrections = respell(wanted, lookup, segments);
    const conditions: Conditions = {
      filter,
      fields: query.fields,
      phrases,
      excluded: query.excluded,
      ranksOf: (word) => excludedRanks(word, lookup),
    };
    const masks = isConditional(conditions) ? await masksOf(segments, conditions, pacer) : undefined;
    const forms = formsOf(wanted, segments);
    const terms = cut ? "some" : "all";
    if (wanted.length === 0) {
      // Conditions alone are a query too: everything that they hold for.
      const named = masks !== undefined && query.fields.length + phrases.length > 0;
      if (!named) return { total: 0, found: [], forms, corrections, terms: "none" };
      return { ...listed(segments, masks, sort, count), forms, corrections, terms };
    }
    const groups = wanted.map(({ ranks, weight }) => ({ ranks, weight }));
    const request = { masks, title: titleOf(query), sort, count };
    const long = isQuestion(wanted) && sort === "relevance" && phrases.length === 0;
    if (!long) return { ...this.#ranker.rank(segments, totals, { ...request, groups }), forms, corrections, terms };
    const most = Math.max(count, FEEDBACK_CANDIDATES);
    const best = this.#ranker.candidates(segments, totals, { ...request, groups, count: most }, FEEDBACK_SECTIONS);
    const telling = relevanceModel(best.first, FEEDBACK_TERMS);
    // On the scale of the words that were asked for.
    const scale = wanted.reduce((sum, { weight }) => sum + weight, 0);
    const more: Group[] = [];
    let postings = 0;
    for (const { stem, language, weight } of telling) {
      const ranks = lookup.ofStem(stem, language);
      const cost = sizeOf(segments, ranks);
      if (postings + cost > FEEDBACK_POSTINGS) continue;
      postings += cost;
      more.push({ weight: weight * scale, ranks });
    }
    const again = this.#reranker.again(segments, totals, best, { groups: more, share: FEEDBACK_SHARE, count });
    return { ...again, forms, corrections, terms };
  }

  /** Sections like those from `from` to before `to` of a segment, which are not among them. */
  async similar(
    snapshot: Snapshot,
    of: { segment: Segment; from: number; to: number },
    { filter, sort = "relevance", count }: Omit<SearchRequest, "query">,
    pacer: Pacer,
  ): Promise<SearchOutcome> {
    const { segments, totals, languages } = snapshot;
    const lookup = new Lookup(segments, languages);
    const sources = Array.from({ length: Math.min(SIMILAR_SECTIONS, of.to - of.from) }, (_, at) => ({
      segment: of.segment,
      section: of.from + at,
    }));
    const idf = (stem: string, language: Language): number => {
      const count = lookup
        .ofStem(stem, language)
        .reduce((sum, ranks, index) => sum + largestCount(segments[index] as Segment, ranks), 0);
      return Math.log(1 + totals.sections / (count + 0.5));
    };
    const telling = signature(sources, SIMILAR_TERMS, idf);
    const without = of;
    const conditions = {
      filter,
      fields: [],
      phrases: [],
      excluded: [],
      ranksOf: () => [],
      without,
    };
    const masks = await masksOf(segments, conditions, pacer);
    const groups = telling.map(({ stem, language, weight }) => ({ weight, ranks: lookup.ofStem(stem, language) }));
    const ranked = this.#ranker.rank(segments, totals, { groups, masks, title: 0, sort, count });
    const forms = formsOf(groups, segments);
    return { ...ranked, forms, corrections: new Map(), terms: groups.length === 0 ? "none" : "all" };
  }

  /** The words to look for: stop words only where there is nothing else. */
  #wanted(query: Query, lookup: Lookup): { wanted: Wanted[]; cut: boolean } {
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
          if (telling.size + idle.size > 4 * this.#maxTerms) return;
          const weight = isWhole(term, terms) ? WHOLE : 1;
          add(into, lookup.keyOf(term), weight, () => ({
            term,
            text: raw,
            alone: terms.length === 1,
            ranks: lookup.ranks(term),
          }));
        }
      });
    for (const { text, prefix } of query.words) {
      if (!prefix) addText(text);
      else
        add(telling, `${fold(text)}*`, 1, () => ({
          term: undefined,
          text,
          alone: false,
          ranks: lookup.beginning(fold(text)),
        }));
    }
    for (const phrase of query.phrases) addText(phrase);
    const all = [...(telling.size > 0 ? telling : idle).values()];
    return { wanted: all.slice(0, this.#maxTerms), cut: all.length > this.#maxTerms };
  }

  /** The languages that words are read in: that of the query, where it can be told, else those of the documents. */
  #languagesFor({ languages }: Snapshot, query: Query): readonly Language[] {
    if (languages.length < 2) return languages;
    const own = detectLanguage(query.words.map(({ text }) => text).join(" "));
    return own !== undefined && languages.includes(own)
      ? [own, ...languages.filter((language) => language !== own)]
      : languages;
  }
}

/** Whether there are many words. A name is one, of however many parts; parts that hyphens join are words of their own. */
function isQuestion(wanted: readonly Wanted[]): boolean {
  return new Set(wanted.map(({ text, key }) => (text.includes("-") ? key : text))).size >= FEEDBACK_WORDS;
}

/** Whether a term is a compound whose parts are looked for beside it. */
function isWhole({ stemmable, at }: Term, all: readonly Term[]): boolean {
  return stemmable === undefined && all.some((other) => other.stemmable !== undefined && other.at === at);
}

/** Words of one query that are looked for in another spelling. */
const MAX_CORRECTIONS = 3;

/** Looks for what is most likely meant by words that stand nowhere, and says what. */
function respell(wanted: Wanted[], lookup: Lookup, segments: readonly Segment[]): Map<string, string> {
  const corrections = new Map<string, string>();
  let tried = 0;
  for (const [index, word] of wanted.entries()) {
    const { term, ranks, text, alone, weight } = word;
    if (!term || !alone || ranks.some(({ length }) => length > 0) || tried++ >= MAX_CORRECTIONS) continue;
    const correction = correct(term.term, segments);
    if (!correction) continue;
    const meant = { term: correction.term, at: 0, stemmable: correction.term };
    wanted[index] = { ...word, term: meant, ranks: lookup.ranks(meant), weight: weight * CORRECTED };
    corrections.set(text, correction.term);
  }
  return corrections;
}

/** For each segment, the terms that an excluded word stands for. */
function excludedRanks(word: QueryWord, lookup: Lookup): Uint32Array[] {
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
function titleOf({ words, phrases, excluded, fields }: Query): number {
  if (excluded.length + fields.length > 0 || words.some(({ prefix }) => prefix)) return 0;
  if (phrases.length > 0) return phrases.length === 1 && words.length === 0 ? titleKey(phrases[0] as string) : 0;
  return titleKey(words.map(({ text }) => text).join(" "));
}

/** The words of the index that count as found. */
function formsOf(groups: readonly Group[], segments: readonly Segment[]): ReadonlySet<string> {
  const forms = new Set<string>();
  for (const { ranks } of groups) {
    for (const [index, each] of ranks.entries()) {
      for (const rank of each) {
        if (forms.size >= MAX_FORMS) return forms;
        forms.add(segments[index]?.terms.at(rank) ?? "");
      }
    }
  }
  return forms;
}

/** All that the masks let through, in the order of documents. */
function listed(
  segments: readonly Segment[],
  masks: readonly Uint8Array[],
  sort: "relevance" | "modified",
  count: number,
): Ranked {
  const best = new Best<Found>(count, sort === "modified" ? byDate : byScore);
  let total = 0;
  for (const [index, segment] of segments.entries()) {
    const mask = masks[index];
    for (let section = 0; section < segment.sections; section += 1) {
      if (mask?.[section] !== 1) continue;
      total += 1;
      best.offer({ segment, section, score: 1 });
    }
  }
  return { total, found: best.sorted() };
}

/** How much there is to read of some terms. */
function sizeOf(segments: readonly Segment[], ranks: readonly Uint32Array[]): number {
  let size = 0;
  for (const [index, each] of ranks.entries()) for (const rank of each) size += segments[index]?.count(rank) ?? 0;
  return size;
}

/** Of some terms, in how many live sections the most frequent one is. */
function largestCount(segment: Segment, ranks: Uint32Array): number {
  let largest = 0;
  for (const rank of ranks) largest = Math.max(largest, liveCount(segment, rank));
  return largest;
}
