import { expect, test } from "vitest";
import type { Answer } from "../../src/engine/types.ts";
import { RankedLists } from "../../src/tools/lists.ts";

const answer = (count: number): Answer => ({
  total: count,
  hits: Array.from({ length: count }, (_, index) => ({ id: `${index}`, score: 1 })),
  forms: new Set(),
  corrections: new Map(),
  terms: "all",
});

function make(bounds: { maxLists?: number; maxIds?: number } = {}): { lists: RankedLists; pass(ms: number): void } {
  let time = 0;
  const lists = new RankedLists({ maxLists: 3, maxIds: 100, keepMs: 1_000, clock: () => time, ...bounds });
  return { lists, pass: (ms) => void (time += ms) };
}

const held = (lists: RankedLists, keys: string): string => [...keys].filter((key) => lists.get(key)).join("");

test("holds the last used lists", () => {
  const { lists } = make();
  for (const key of "abc") lists.set(key, answer(1));
  lists.get("a");
  lists.set("d", answer(1));
  expect(held(lists, "abcd")).toBe("acd");
  expect(lists.size).toBe(3);
});

test("holds no more ids than allowed, but one list always", () => {
  const { lists } = make({ maxIds: 10 });
  lists.set("a", answer(4));
  lists.set("b", answer(4));
  lists.set("b", answer(6));
  expect(held(lists, "ab")).toBe("ab");
  lists.set("c", answer(1));
  expect(held(lists, "abc")).toBe("bc");
  lists.set("d", answer(50));
  expect(held(lists, "abcd")).toBe("d");
  lists.set("e", answer(1));
  expect(held(lists, "de")).toBe("e");
});

test("forgets a list that was not used for a while", () => {
  const { lists, pass } = make();
  lists.set("a", answer(1));
  lists.set("b", answer(1));
  pass(800);
  lists.get("a");
  pass(800);
  expect(held(lists, "ab")).toBe("a");
  pass(1_001);
  expect(held(lists, "a")).toBe("");
  expect(lists.size).toBe(0);
});
