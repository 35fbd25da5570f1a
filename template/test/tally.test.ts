import { expect, test } from "vitest";
import { OTHERS, Tally } from "../src/tally.ts";

test("counts calls and errors by name", () => {
  const tally = new Tally(10);
  tally.add("a", false);
  tally.add("a", true);
  tally.add("b", false);
  expect(tally.counts()).toEqual([
    { name: "a", calls: 2, errors: 1 },
    { name: "b", calls: 1, errors: 0 },
  ]);
  expect(tally.totals()).toEqual({ calls: 3, errors: 1 });
});

test("counts together what comes after the bound", () => {
  const tally = new Tally(1);
  for (const name of ["a", "b", "c", "a"]) tally.add(name, false);
  expect(tally.counts()).toEqual([
    { name: "a", calls: 2, errors: 0 },
    { name: OTHERS, calls: 2, errors: 0 },
  ]);
});
