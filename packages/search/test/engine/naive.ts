import { createHash } from "node:crypto";
import { setImmediate as nextTurn } from "node:timers/promises";
import picomatch from "picomatch";
import { fold } from "../../src/analysis/fold.ts";
import { plain } from "../../src/documents/parse.ts";
import type { Format } from "../../src/documents/parse.ts";
import type {
  Answer,
  Engine,
  Filter,
  Hit,
  IndexDocument,
  SearchRequest,
  StoredSection,
} from "../../src/engine/types.ts";
import type { Query, QueryField, QueryWord } from "../../src/query/types.ts";
import { Turns } from "../../src/turns.ts";

/** A section with what is looked at when it is searched for. */
interface Entry {
  readonly section: StoredSection;
  /** Its text, its headings (its own counts twice), the title and the file's name: folded, word by word. */
  readonly texts: readonly (readonly string[])[];
  readonly words: readonly string[];
}

interface Held {
  readonly document: IndexDocument;
  readonly entries: readonly Entry[];
}

/** The plainest engine there can be: looks at everything for every query. A reference for tests; no stems, no corrections. */
export function naiveEngine(): Engine {
  const held = new Map<string, Held>();
  const turns = new Turns();
  let closed = false;
  const entries = (): Entry[] =>
    [...held.values()].toSorted((a, b) => compare(a.document.id, b.document.id)).flatMap((each) => [...each.entries]);
  const open = (signal?: AbortSignal): void => {
    signal?.throwIfAborted();
    if (closed) throw new Error("the engine is closed");
  };

  return {
    get documents() {
      return held.size;
    },
    get sections() {
      return [...held.values()].reduce((sum, each) => sum + each.entries.length, 0);
    },
    get bytes() {
      return [...held.values()].reduce((sum, { document }) => sum + document.bytes, 0);
    },
    get generation() {
      return [...held.values()]
        .reduce((sum, { document }) => sum ^ fingerprint(document), 0n)
        .toString(16)
        .padStart(16, "0");
    },
    ids: () => [...held.keys()].values(),
    state: (id) => held.get(id)?.document,
    fields: () => new Set([...held.values()].flatMap(({ document }) => Object.keys(document.metadata))),
    put: (documents, signal) =>
      turns.run(async () => {
        for (const [place, document] of documents.entries()) {
          open(signal);
          held.set(document.id, hold(document));
          if (place % 10 === 0) await nextTurn();
        }
      }),
    remove: (ids, signal) =>
      turns.run(async () => {
        for (const id of ids) {
          open(signal);
          held.delete(id);
        }
      }),
    async search(request, signal) {
      open(signal);
      return answer(entries(), request, signal);
    },
    async similar(id, request, signal) {
      open(signal);
      const document = held.get(id)?.entries;
      const own = new Set(document ?? entries().filter(({ section }) => section.id === id));
      if (own.size === 0 && !document) return undefined;
      const words = [...new Set([...own].flatMap((entry) => entry.words))];
      const query = { words: words.map((text) => ({ text, prefix: false })), phrases: [], excluded: [], fields: [] };
      const others = entries().filter((entry) => ![...own].some(({ section }) => section.id === entry.section.id));
      return answer(others, { ...request, query: { ...query, notices: [] } }, signal);
    },
    document: async (id) => {
      const found = held.get(id);
      return found && stored(found.document);
    },
    section: async (id) => entries().find(({ section }) => section.id === id)?.section,
    sectionAt: async (id, position) => held.get(id)?.entries[position]?.section,
    commit: () => turns.idle(),
    close: async () => {
      closed = true;
    },
  };
}

function hold(document: IndexDocument): Held {
  const known = stored(document);
  return {
    document,
    entries: document.sections.map((section, position) => {
      const name = document.path.slice(document.path.lastIndexOf("/") + 1);
      const readable = plain(section.text, document.type as Format);
      const own = section.headings.at(-1) ?? document.title;
      const texts = [readable, ...section.headings, own, document.title, name].map(wordsOf);
      const id = `${document.id}#${section.anchor}`;
      return { section: { ...section, id, position, document: known }, texts, words: texts.flat() };
    }),
  };
}

function stored({ sections, ...document }: IndexDocument): StoredSection["document"] {
  return { ...document, length: sections.length };
}

function answer(entries: readonly Entry[], request: SearchRequest, signal?: AbortSignal): Answer {
  signal?.throwIfAborted();
  const { query, filter = {}, sort = "relevance", count } = request;
  const asked = query.words.map(wordTest).filter((each) => each !== undefined);
  const phrases = query.phrases.map(wordsOf).filter((words) => words.length > 0);
  const looked = [...asked, ...phrases.flat().map((word) => (other: string) => other === word)];
  const tests = looked.map((test) => ({ test, idf: idf(entries.filter(({ words }) => words.some(test)).length) }));
  function idf(among: number): number {
    return Math.log(1 + (entries.length - among + 0.5) / (among + 0.5));
  }
  const average = entries.reduce((sum, { words }) => sum + words.length, 0) / (entries.length || 1);
  const found: { entry: Entry; score: number }[] = [];
  for (const entry of entries) {
    if (!passes(entry, filter) || !fits(entry, query, phrases)) continue;
    let score = 0;
    for (const { test, idf: weight } of tests) {
      const times = entry.words.filter(test).length;
      score += (weight * times * 2.2) / (times + 1.2 * (0.25 + (0.75 * entry.words.length) / (average || 1)));
    }
    if (tests.length > 0 && score === 0) continue;
    if (tests.length === 0 && query.fields.length === 0) continue;
    found.push({ entry, score: Math.max(1e-4, Math.round(score * 1e4) / 1e4) });
  }
  const rank = (a: (typeof found)[number], b: (typeof found)[number]): number =>
    sort === "modified"
      ? b.entry.section.document.modified - a.entry.section.document.modified || b.score - a.score
      : b.score - a.score;
  const hits: Hit[] = found
    // Equals stay in the order of ids and places.
    .toSorted(rank)
    .slice(0, count)
    .map(({ entry, score }) => ({ id: entry.section.id, score }));
  const forms = new Set(found.flatMap(({ entry }) => entry.words.filter((word) => looked.some((test) => test(word)))));
  const nothing = tests.length === 0 && query.fields.length === 0;
  return { total: found.length, hits, forms, corrections: new Map(), terms: nothing ? "none" : "all" };
}

function fits({ texts, words, section }: Entry, query: Query, phrases: readonly string[][]): boolean {
  const has = (phrase: readonly string[]): boolean => texts.some((text) => contains(text, phrase));
  if (!phrases.every(has)) return false;
  for (const each of query.excluded) {
    if ("phrase" in each ? has(wordsOf(each.phrase)) : words.some(wordTest(each) ?? (() => false))) return false;
  }
  return query.fields.every((field) => holds(section, field) !== field.excluded);
}

function holds({ document, headings }: StoredSection, { field, value }: QueryField): boolean {
  const wanted = wordsOf(value);
  if (field === "title") return contains(wordsOf(document.title), wanted);
  if (field === "heading") return headings.some((heading) => contains(wordsOf(heading), wanted));
  if (field === "type") return document.type === value.toLowerCase();
  if (field === "path") return glob(value)(document.path);
  const values = Object.hasOwn(document.metadata, field) ? (document.metadata[field] ?? []) : [];
  return values.some((each) => fold(each) === fold(value));
}

function passes({ section: { document } }: Entry, { path, type, since }: Filter): boolean {
  if (path !== undefined && !glob(path)(document.path)) return false;
  if (type !== undefined && document.type !== type) return false;
  return since === undefined || document.modified >= since;
}

function glob(value: string): (path: string) => boolean {
  const bare = value.replace(/\/$/, "");
  const own = bare.includes("/") ? bare.replace(/^\.?\//, "") : `**/${bare}`;
  if (own.length > 1_000) return () => false;
  return picomatch([own, `${own}/**`], { dot: true, nocase: true, strictSlashes: true });
}

/** What counts as this word of a query; undefined if there is no word in it. */
function wordTest({ text, prefix }: QueryWord): ((word: string) => boolean) | undefined {
  const words = wordsOf(text);
  if (words.length === 0) return undefined;
  if (!prefix) return (word) => words.includes(word);
  return (word) => words.slice(0, -1).includes(word) || word.startsWith(words.at(-1) ?? "");
}

function wordsOf(text: string): string[] {
  return (text.match(/[\p{L}\p{M}\p{N}_]+/gu) ?? []).map(fold).filter((word) => word !== "");
}

/** Whether the words of a phrase come one after the other. */
function contains(words: readonly string[], phrase: readonly string[]): boolean {
  return phrase.length > 0 && ` ${words.join(" ")} `.includes(` ${phrase.join(" ")} `);
}

function fingerprint({ id, version }: IndexDocument): bigint {
  return BigInt(`0x${createHash("sha256").update(`${id}\0${version}`).digest("hex").slice(0, 16)}`);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
