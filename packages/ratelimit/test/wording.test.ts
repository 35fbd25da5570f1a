import fc from "fast-check";
import { expect, it } from "vitest";
import { duration, refusalText } from "../src/wording.ts";
import { Bench, refusalOf, type RuleInput } from "./setup.ts";

const UNITS = { s: 1000, min: 60_000, h: 3_600_000 };

it("a time in words is never shorter than it is, and longer by a second, a minute or a little more at most", () => {
  fc.assert(
    fc.property(
      fc.oneof(fc.integer({ min: 1, max: 10_000_000 }), fc.integer({ min: 1, max: 31 * 86_400_000 })),
      (ms) => {
        const said = [...duration(ms).matchAll(/(\d+) (s|min|h)/g)].reduce(
          (sum, [, count, unit]) => sum + Number(count) * UNITS[unit as keyof typeof UNITS],
          0,
        );
        expect(said).toBeGreaterThanOrEqual(ms);
        expect(said - ms).toBeLessThan(ms < 120_000 ? 1000 : 60_000);
      },
    ),
    { numRuns: 1000 },
  );
  expect([1, 118_001, 120_000, 121_000, 7_200_000, 86_400_000].map(duration)).toEqual([
    "1 s",
    "119 s",
    "2 min",
    "2 min 1 s",
    "2 h",
    "24 h",
  ]);
});

it.each<[RuleInput, string]>([
  [{ limit: 1, windowMs: 1000 }, "1 call a second for each caller"],
  [{ limit: 2, windowMs: 3_600_000, per: ["principal", "session"] }, "2 calls an hour for each session"],
  [{ limit: 1500, windowMs: 10_000, per: "global", burst: 1 }, "1,500 calls every 10 seconds for all callers together"],
  [{ limit: 1, windowMs: 1500, per: "tool" }, "1 call every 1,500 ms for all callers together"],
  [{ budget: 1, windowMs: 2 * 86_400_000 }, "1 call every 2 days for each caller"],
])("the limit of %j is %s", (rule, expected) => {
  const bench = new Bench([{ ...rule, maxWaitMs: 0 }]);
  let attempt = bench.call();
  while (attempt.outcome === "in") attempt = bench.call();
  expect(refusalText("tool", refusalOf(attempt), 0)).toContain(expected);
});
