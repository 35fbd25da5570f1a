import { isStopWord, stems } from "../analysis/languages.ts";
import type { Language } from "../analysis/types.ts";
import { eachWord, wordTerms } from "../analysis/words.ts";
import { plain } from "../documents/parse.ts";
import type { Format } from "../documents/parse.ts";
import type { Found } from "./rank.ts";
import type { Segment } from "./segment.ts";

/** A stem with how much it says of some sections. */
export interface Telling {
  readonly stem: string;
  readonly language: Language;
  /** All of a list together are 1. */
  readonly weight: number;
}

interface Source {
  readonly segment: Segment;
  readonly section: number;
}

/** Units of one section that are read for this. */
const MAX_CHARS = 4_000;

/** The stems that the best sections have in common, best first: the relevance model RM1 (Lavrenko and Croft 2001). */
export function relevanceModel(found: readonly Found[], count: number): Telling[] {
  const all = found.reduce((sum, { score }) => sum + score, 0);
  const weights = new Map<string, { stem: string; language: Language; weight: number }>();
  for (const { segment, section, score } of found) {
    const { stems: counted, length } = stemsOf(segment, section);
    for (const [stem, { language, times }] of counted) {
      const more = ((times / length) * score) / all;
      const known = weights.get(stem);
      if (known) known.weight += more;
      else weights.set(stem, { stem, language, weight: more });
    }
  }
  return best(weights.values(), count);
}

/** The stems that set sections apart from all others, best first: by tf-idf. */
export function signature(
  sources: readonly Source[],
  count: number,
  idf: (stem: string, language: Language) => number,
): Telling[] {
  const weights = new Map<string, { stem: string; language: Language; weight: number }>();
  for (const { segment, section } of sources) {
    for (const [stem, { language, times }] of stemsOf(segment, section).stems) {
      const known = weights.get(stem);
      if (known) known.weight += times;
      else weights.set(stem, { stem, language, weight: times });
    }
  }
  for (const each of weights.values()) each.weight = Math.log(1 + each.weight) * idf(each.stem, each.language);
  return best(weights.values(), count);
}

function best(all: Iterable<Telling>, count: number): Telling[] {
  const sorted = [...all]
    .filter(({ weight }) => weight > 0)
    .sort((a, b) => b.weight - a.weight || (a.stem < b.stem ? -1 : 1))
    .slice(0, count);
  const sum = sorted.reduce((total, { weight }) => total + weight, 0);
  return sorted.map((each) => ({ ...each, weight: each.weight / sum }));
}

/** The stems of a section's text, but stop words, with how often each comes. */
function stemsOf(
  segment: Segment,
  section: number,
): { stems: Map<string, { language: Language; times: number }>; length: number } {
  const document = segment.documentOf[section] as number;
  const language = segment.languages[segment.language[document] as number] ?? "en";
  const type = segment.types.at(segment.type[document] as number) as Format;
  const text = plain((segment.texts.readable(section) ?? "").slice(0, MAX_CHARS), type);
  const counted = new Map<string, { language: Language; times: number }>();
  let length = 1;
  eachWord(text, (start, end) => {
    for (const stem of tellingStems(text.slice(start, end), language)) {
      length += 1;
      const each = counted.get(stem);
      if (each) each.times += 1;
      else counted.set(stem, { language, times: 1 });
    }
  });
  return { stems: counted, length };
}

const MAX_KNOWN = 20_000;
const MAX_KNOWN_CHARS = 40;
const known = new Map<Language, Map<string, readonly string[]>>();

/** The stems of a word that say something. Texts repeat their words, so most come from memory. */
function tellingStems(raw: string, language: Language): readonly string[] {
  let words = known.get(language);
  if (!words) known.set(language, (words = new Map()));
  let found = words.get(raw);
  if (!found) {
    found = wordTerms(raw).terms.flatMap(({ term, stemmable }) =>
      stemmable === undefined || term.length < 2 || isStopWord(term, language)
        ? []
        : stems(stemmable, language).slice(0, 1),
    );
    if (raw.length > MAX_KNOWN_CHARS) return found;
    if (words.size >= MAX_KNOWN) words.clear();
    words.set(raw, found);
  }
  return found;
}
