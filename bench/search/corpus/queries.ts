import { words } from "../engines/english.ts";
import type { CorpusDocument } from "./build.ts";
import { random } from "../random.ts";

/** Rarer words are mostly noise, and more frequent ones are in the questions. */
const MIN_SECTIONS = 20;
const MAX_SHARE = 0.03;
/** Of how many documents the queries are made. */
const POOL = 4000;
const IDENTIFIER =
  /(?<![\w-])(?:--[a-z][\w-]{2,30}|[A-Za-z]+(?:_[A-Za-z\d]+)+(?:\(\))?|[A-Za-z][a-z]+(?:[A-Z][a-z]+)+)(?![\w-])/g;
const WORD = /^[\p{Script=Latin}\d]{1,20}$/u;

export const KINDS = ["keywords", "question", "identifier"] as const;

export interface Query {
  readonly kind: (typeof KINDS)[number];
  readonly text: string;
}

/**
 * Queries as people and agents put them, made of the corpus, the same each time, as many of each kind: one to four words out
 * of titles and headings or of medium frequency, questions of eight to twelve words, identifiers.
 */
export async function makeQueries(corpus: AsyncIterable<readonly CorpusDocument[]>, count: number): Promise<Query[]> {
  const sections = new Map<string, number>();
  const titles: string[][] = [];
  const sentences: string[][] = [];
  const identifiers: string[] = [];
  let total = 0;
  let seen = 0;
  for await (const documents of corpus) {
    for (const document of documents) {
      const pooled = seen++ % 3 === 0 && titles.length < POOL * 3;
      for (const { text, headings } of document.sections) {
        total += 1;
        const all = words(text).filter((word) => WORD.test(word));
        for (const word of new Set(all)) sections.set(word, (sections.get(word) ?? 0) + 1);
        if (!pooled) continue;
        titles.push(words(headings.at(-1) ?? document.title).filter((word) => WORD.test(word)));
        const from = total % Math.max(1, all.length - 12);
        sentences.push(all.slice(from, from + 12));
        identifiers.push(...(text.match(IDENTIFIER) ?? []).slice(0, 2));
      }
    }
  }
  const medium = [...sections]
    .filter(([word, own]) => own >= MIN_SECTIONS && own <= total * MAX_SHARE && /^\p{Script=Latin}{3,20}$/u.test(word))
    .map(([word]) => word);
  const below = random(1);
  const pick = <T>(from: readonly T[]): T | undefined => from[below(from.length)];
  const short = (): string => {
    const length = 1 + below(4);
    const title = pick(titles) ?? [];
    const from = below(Math.max(1, title.length - length + 1));
    const chosen = below(2) === 0 ? title.slice(from, from + length) : [];
    while (chosen.length < length) chosen.push(pick(medium) ?? "");
    return chosen.join(" ");
  };
  const question = (): string =>
    `${pick(["how to", "what does", "why is"])} ${(pick(sentences) ?? []).slice(0, 6 + below(5)).join(" ")}`;
  const make = { keywords: short, question, identifier: () => pick(identifiers) ?? "" };
  return Array.from({ length: count }, (_, at) => {
    const kind = KINDS[at % KINDS.length] ?? "keywords";
    return { kind, text: make[kind]() };
  });
}
