import { eachWord, wordTerms } from "../analysis/words.ts";
import { eachPlace } from "./postings.ts";
import type { Segment } from "./segment.ts";

/** Words that have to stand one after the other. */
export interface Phrase {
  readonly terms: readonly { readonly term: string; readonly at: number }[];
}

const MAX_WORDS = 64;

/** A text as a phrase: each word as it is, not by its stem. */
export function phraseOf(text: string): Phrase {
  const terms: { term: string; at: number }[] = [];
  let at = 0;
  eachWord(text, (start, end) => {
    if (terms.length >= MAX_WORDS) return;
    const word = wordTerms(text.slice(start, end));
    const whole = word.terms.reduce(
      (longest, each) => (each.term.length > longest.term.length ? each : longest),
      word.terms[0] ?? { term: "", at: 0 },
    );
    if (whole.term !== "") terms.push({ term: whole.term, at: at + whole.at });
    at += word.span;
  });
  return { terms };
}

/**
 * Marks the live sections of a segment that have a phrase.
 * @param inHead whether it has to stand in a heading
 */
export function markPhrase(segment: Segment, { terms }: Phrase, inHead: boolean): Uint8Array {
  const marks = new Uint8Array(segment.sections);
  const ranked = terms.map(({ term, at }) => ({ at, rank: segment.terms.find(term) }));
  if (ranked.length === 0 || ranked.some(({ rank }) => rank === -1)) return marks;
  ranked.sort((a, b) => segment.count(a.rank) - segment.count(b.rank));
  // The places where the phrase may begin, by section; fewer with each word.
  let places: Map<number, number[]> | undefined;
  for (const { at, rank } of ranked) {
    const left = new Map<number, number[]>();
    eachPlace(segment, rank, (section, positions) => {
      const before = places?.get(section);
      if (places && !before) return;
      const head = segment.heads[section] as number;
      const starts = positions
        .filter((position) => position >= at && (!inHead || position < head))
        .map((position) => position - at)
        .filter((start) => !before || before.includes(start));
      if (starts.length > 0) left.set(section, starts);
    });
    places = left;
  }
  for (const section of places?.keys() ?? []) marks[section] = 1;
  return marks;
}
