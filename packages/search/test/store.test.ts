import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { memoryStore } from "../src/engine/store.ts";
import type { Store } from "../src/engine/store.ts";

const byKey = (a: number, b: number): number => a - b;
const once = (...terms: string[]): Map<string, number> => new Map(terms.map((term) => [term, 1]));

/** Okapi BM25 word for word. */
function reference(
  documents: readonly (readonly string[] | undefined)[],
  terms: ReadonlyMap<string, number>,
): Map<number, number> {
  const alive = documents.filter((document) => document !== undefined);
  const length = (document: readonly string[]): number => Math.max(1, document.length);
  const average = alive.reduce((sum, document) => sum + length(document), 0) / alive.length;
  const scores = new Map<number, number>();
  for (const [term, weight] of terms) {
    const having = alive.filter((document) => document.includes(term)).length;
    const idf = Math.log(1 + (alive.length - having + 0.5) / (having + 0.5));
    for (const [key, document] of documents.entries()) {
      const times = document?.filter((each) => each === term).length ?? 0;
      if (!document || times === 0) continue;
      const score = (weight * idf * times * 2.2) / (times + 1.2 * (0.25 + (0.75 * length(document)) / average));
      scores.set(key, (scores.get(key) ?? 0) + score);
    }
  }
  return scores;
}

function check(
  store: Store,
  documents: readonly (readonly string[] | undefined)[],
  terms: ReadonlyMap<string, number>,
): void {
  const expected = reference(documents, terms);
  const { total, hits } = store.search(terms, 1_000, byKey);
  expect(total).toBe(expected.size);
  expect(hits.map(({ key }) => key).toSorted(byKey)).toEqual([...expected.keys()].toSorted(byKey));
  for (const { key, score } of hits)
    expect(Math.abs(score - Math.max(1e-4, expected.get(key) ?? 0))).toBeLessThan(1e-4);
  for (const [index, hit] of hits.entries()) {
    const next = hits[index + 1];
    if (next) expect(hit.score > next.score || (hit.score === next.score && hit.key < next.key)).toBe(true);
  }
}

const word = fc.constantFrom("a", "b", "c", "d", "e", "__proto__", "constructor");
const words = fc.array(word, { maxLength: 12 });
const query = fc.dictionary(word, fc.integer({ min: 1, max: 3 })).map((terms) => new Map(Object.entries(terms)));

describe("ranking", () => {
  test("is BM25, also after any additions and removals", () => {
    const command = fc.oneof(fc.record({ add: words }), fc.record({ remove: fc.nat(30) }));
    fc.assert(
      fc.property(fc.array(command, { maxLength: 60 }), query, (commands, terms) => {
        const store = memoryStore();
        const documents: (readonly string[] | undefined)[] = [];
        for (const each of commands) {
          if ("add" in each) {
            documents[store.add(each.add)] = each.add;
          } else {
            const document = documents[each.remove];
            if (!document) continue;
            store.remove(each.remove, document);
            documents[each.remove] = undefined;
          }
        }
        check(store, documents, terms);
      }),
      { numRuns: 500 },
    );
  });

  test("a rarer term counts more, and so does a shorter text", () => {
    const store = memoryStore();
    const long = store.add(["common", ..."abcdefghij"]);
    const common = store.add(["common", "x"]);
    const rare = store.add(["rare", "y"]);
    expect(store.search(once("rare", "common"), 10, byKey).hits.map(({ key }) => key)).toEqual([rare, common, long]);
  });

  test("any term is enough, and unknown ones do no harm", () => {
    const store = memoryStore();
    store.add(["cache"]);
    expect(store.search(once("what", "is", "cache"), 10, byKey).total).toBe(1);
    expect(store.search(once("nothing"), 10, byKey)).toEqual({ total: 0, hits: [] });
    expect(memoryStore().search(once("a"), 10, byKey)).toEqual({ total: 0, hits: [] });
  });

  test("equals come in the caller's order, and any count of the best is a beginning of all", () => {
    fc.assert(
      fc.property(fc.array(words, { maxLength: 30 }), query, fc.nat(35), (documents, terms, count) => {
        const store = memoryStore();
        for (const document of documents) store.add(document);
        const all = store.search(terms, 1_000, (a, b) => b - a);
        expect(store.search(terms, count, (a, b) => b - a)).toEqual({
          total: all.total,
          hits: all.hits.slice(0, count),
        });
      }),
    );
  });
});

describe("size", () => {
  test("keys are used again, so that many updates need no more room than one", () => {
    const store = memoryStore();
    let key = store.add(["first"]);
    for (let turn = 0; turn < 10_000; turn += 1) {
      store.remove(key, [turn === 0 ? "first" : `word${turn - 1}`]);
      key = store.add([`word${turn}`]);
      expect(key).toBe(0);
    }
    expect(store.search(once("word9999"), 10, byKey).total).toBe(1);
    expect(store.search(once("word9998", "first"), 10, byKey).total).toBe(0);
  });

  test("grows past its first size", () => {
    const store = memoryStore();
    for (let index = 0; index < 3_000; index += 1) store.add(["all", `word${index}`]);
    expect(store.search(once("all"), 5, byKey).total).toBe(3_000);
    expect(store.search(once("word2999"), 5, byKey).hits[0]?.key).toBe(2_999);
    for (let index = 0; index < 2_999; index += 1) store.remove(index, ["all", `word${index}`]);
    expect(store.search(once("all"), 5, byKey).total).toBe(1);
  });

  test("removing twice, or what was never there, changes nothing", () => {
    const store = memoryStore();
    const key = store.add(["a"]);
    store.remove(7, ["a"]);
    expect(store.search(once("a"), 5, byKey).total).toBe(1);
    store.remove(key, ["a"]);
    store.remove(key, ["a"]);
    expect(store.add(["a"])).toBe(key);
    expect(store.add(["a"])).not.toBe(key);
  });
});
