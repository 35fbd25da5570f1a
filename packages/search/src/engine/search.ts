import { detectLanguage } from "../analysis/languages.ts";
import type { Language } from "../analysis/types.ts";
import type { Pacer } from "../pacer.ts";
import type { Query } from "../query/types.ts";
import { Best } from "./best.ts";
import { relevanceModel, signature } from "./feedback.ts";
import { isConditional, masksOf } from "./filter.ts";
import type { Conditions } from "./filter.ts";
import { Lookup } from "./lookup.ts";
import { liveCount } from "./postings.ts";
import { byDate, byScore, Ranker } from "./rank.ts";
import type { Found, Group, Ranked, RankRequest, Totals } from "./rank.ts";
import { Reranker } from "./rerank.ts";
import type { Segment } from "./segment.ts";
import type { SearchRequest } from "./types.ts";
import { excludedRanks, isQuestion, phrasesOf, respell, titleOf, wantedOf } from "./wanted.ts";

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

/** So many of the first answers to a question say what it is about. */
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
const MAX_FORMS = 1_000;

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
    const lookup = new Lookup(segments, this.#languagesFor(snapshot, query));
    const { wanted, cut } = wantedOf(query, lookup, this.#maxTerms);
    const corrections = respell(wanted, lookup, segments);
    const phrases = phrasesOf(query);
    const { fields, excluded } = query;
    const conditions: Conditions = {
      filter,
      fields,
      phrases,
      excluded,
      ranksOf: (word) => excludedRanks(word, lookup),
    };
    const masks = isConditional(conditions) ? await masksOf(segments, conditions, pacer) : undefined;
    const forms = formsOf(wanted, segments);
    if (wanted.length === 0) {
      // Conditions alone are a query too: everything that they hold for.
      const named = masks !== undefined && fields.length + phrases.length > 0;
      if (!named) return { total: 0, found: [], forms, corrections, terms: "none" };
      return { ...listed(segments, masks, sort, count), forms, corrections, terms: "all" };
    }
    const request = { groups: wanted, masks, title: titleOf(query), sort, count };
    const asQuestion = isQuestion(wanted) && sort === "relevance" && phrases.length === 0;
    const ranked = asQuestion
      ? this.#rankTwice(segments, totals, request, lookup)
      : this.#ranker.rank(segments, totals, request);
    return { ...ranked, forms, corrections, terms: cut ? "some" : "all" };
  }

  /**
   * Ranks the first answers again with the words that the best of them have in common (RM3: Abdul-Jaleel et al. 2004). For
   * questions: shorter queries name what they look for, and would only be led away from it.
   */
  #rankTwice(segments: readonly Segment[], totals: Totals, request: RankRequest, lookup: Lookup): Ranked {
    const { groups, count } = request;
    const most = Math.max(count, FEEDBACK_CANDIDATES);
    const best = this.#ranker.candidates(segments, totals, { ...request, count: most }, FEEDBACK_SECTIONS);
    // On the scale of the words that were asked for.
    const scale = groups.reduce((sum, { weight }) => sum + weight, 0);
    const more: Group[] = [];
    let postings = 0;
    for (const { stem, language, weight } of relevanceModel(best.first, FEEDBACK_TERMS)) {
      const ranks = lookup.ofStem(stem, language);
      const cost = sizeOf(segments, ranks);
      if (postings + cost > FEEDBACK_POSTINGS) continue;
      postings += cost;
      more.push({ weight: weight * scale, ranks });
    }
    return this.#reranker.rerank(segments, totals, best, { groups: more, share: FEEDBACK_SHARE, count });
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
    const conditions = { filter, fields: [], phrases: [], excluded: [], ranksOf: () => [], without: of };
    const masks = await masksOf(segments, conditions, pacer);
    const groups = telling.map(({ stem, language, weight }) => ({ weight, ranks: lookup.ofStem(stem, language) }));
    const ranked = this.#ranker.rank(segments, totals, { groups, masks, title: 0, sort, count });
    const forms = formsOf(groups, segments);
    return { ...ranked, forms, corrections: new Map(), terms: groups.length === 0 ? "none" : "all" };
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
