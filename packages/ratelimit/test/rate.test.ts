import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Rate } from "../src/rate.ts";
import { Bench, hintOf, type RuleInput } from "./setup.ts";

const windowMs = fc.oneof(
  fc.integer({ min: 1, max: 5000 }),
  fc.constantFrom(1000, 60_000, 3_600_000, 86_400_000, 31 * 86_400_000),
);
const amount = fc.oneof(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 1_000_000 }));
const rate = fc.record({ limit: amount, burst: fc.oneof(fc.integer({ min: 1, max: 20 }), amount), windowMs });
const noWait = { maxWaitMs: 0, per: "global" } as const;

/** Steps between calls: none, tiny, and about as long as the rule's own times. */
const steps = fc.array(
  fc.record({
    share: fc.oneof(fc.constant(0), fc.double({ min: 0, max: 3, noNaN: true })),
    cost: fc.integer({ min: 1, max: 5 }),
  }),
  { minLength: 1, maxLength: 60 },
);

interface Taken {
  at: number;
  cost: number;
}

/** The most that was taken in any interval, less what is allowed in it; above 0 is a fault. */
function excess(taken: readonly Taken[], allowed: (us: number) => number): number {
  let worst = -Infinity;
  for (let from = 0; from < taken.length; from++) {
    let sum = 0;
    for (let to = from; to < taken.length; to++) {
      sum += taken[to]!.cost;
      worst = Math.max(worst, sum - allowed(taken[to]!.at - taken[from]!.at));
    }
  }
  return worst;
}

function run(rule: RuleInput, stepUs: number, schedule: { share: number; cost: number }[], most: number): Taken[] {
  const bench = new Bench([{ ...rule, ...noWait, cost: { tool: { argument: "n" } } }]);
  const taken: Taken[] = [];
  for (const { share, cost } of schedule) {
    bench.clock.at += Math.round(share * stepUs);
    const n = Math.min(cost, most);
    if (bench.tries({ args: { n } })) taken.push({ at: bench.clock.at, cost: n });
  }
  return taken;
}

describe("a rate", () => {
  it("never admits more than burst + rate * t in any interval", () => {
    fc.assert(
      fc.property(rate, steps, ({ limit, burst, windowMs: ms }, schedule) => {
        const taken = run({ limit, burst, windowMs: ms }, (ms * 1000) / limit, schedule, burst);
        // Time goes in ticks of a millisecond at most.
        expect(excess(taken, (us) => burst + ((us + 1000) * limit) / (ms * 1000))).toBeLessThanOrEqual(1e-6);
      }),
      { numRuns: 300 },
    );
  });

  it("counts exactly to the microsecond where the numbers allow it", () => {
    const small = fc.record({
      limit: fc.integer({ min: 1, max: 1000 }),
      burst: fc.integer({ min: 1, max: 50 }),
      windowMs: fc.integer({ min: 1, max: 86_400_000 }),
    });
    fc.assert(
      fc.property(small, steps, ({ limit, burst, windowMs: ms }, schedule) => {
        const taken = run({ limit, burst, windowMs: ms }, (ms * 1000) / limit, schedule, burst);
        // Whole numbers on both sides: sum * window <= burst * window + us * limit.
        const unit = ms * 1000;
        expect(
          excess(
            taken.map(({ at, cost }) => ({ at, cost: cost * unit })),
            (us) => burst * unit + us * limit,
          ),
        ).toBeLessThanOrEqual(0);
      }),
      { numRuns: 300 },
    );
  });

  it("admits the burst at once, one more when the hint says so, and nothing a millisecond earlier", () => {
    fc.assert(
      fc.property(rate, fc.integer({ min: 0, max: 10_000_000 }), ({ limit, burst: most, windowMs: ms }, startUs) => {
        const burst = Math.min(most, 200);
        const bench = new Bench([{ limit, burst, windowMs: ms, ...noWait }]);
        bench.clock.at += startUs;
        let admitted = 0;
        while (admitted <= burst && bench.tries()) admitted++;
        expect(admitted).toBe(burst);
        const hint = hintOf(bench.call());
        const refusedAt = bench.clock.at;
        bench.clock.at = refusedAt + (hint - 1) * 1000;
        expect(bench.tries()).toBe(false);
        bench.clock.at = refusedAt + hint * 1000;
        expect(bench.tries()).toBe(true);
      }),
      { numRuns: 300 },
    );
  });

  it.each([
    [1, 3_600_000],
    [1, 31 * 86_400_000],
    [7, 1000],
    [1_000_000, 1000],
    [999_983, 31 * 86_400_000],
  ])("of %i in %i ms comes back in full after an idle window, and not before", (limit, ms) => {
    const bench = new Bench([{ limit, windowMs: ms, ...noWait, cost: { tool: { argument: "n" } } }]);
    expect(bench.tries({ args: { n: limit } })).toBe(true);
    expect(bench.tries()).toBe(false);
    bench.clock.at += ms * 1000 - 1000;
    expect(bench.tries({ args: { n: limit } })).toBe(false);
    bench.clock.at += 1000;
    expect(bench.tries({ args: { n: limit } })).toBe(true);
  });
});

it("a rate is counted in whole numbers, and sums of them stay whole, whatever the rule", () => {
  fc.assert(
    fc.property(rate, ({ limit, burst, windowMs: ms }) => {
      const { tickUs, perToken, perTick, capacity } = new Rate(limit, ms, burst);
      for (const number of [tickUs, perToken, perTick, capacity * 2]) expect(number).toSatisfy(Number.isSafeInteger);
      expect(tickUs).toBeLessThanOrEqual(1000);
      expect(BigInt(perToken) * BigInt(tickUs) * BigInt(limit)).toBe(BigInt(perTick) * BigInt(ms) * 1000n);
    }),
    { numRuns: 1000 },
  );
});

describe("a budget", () => {
  const budget = fc.record({ budget: fc.integer({ min: 1, max: 12 }), windowMs });

  it("is never more than its number in any window", () => {
    fc.assert(
      fc.property(budget, steps, ({ budget: most, windowMs: ms }, schedule) => {
        const taken = run({ budget: most, windowMs: ms }, (ms * 1000) / 10, schedule, most);
        const windowUs = ms * 1000;
        for (const { at } of taken) {
          const sum = taken
            .filter((other) => other.at <= at && other.at > at - windowUs)
            .reduce((all, { cost }) => all + cost, 0);
          expect(sum).toBeLessThanOrEqual(most);
        }
      }),
      { numRuns: 300 },
    );
  });

  it("is there again exactly when the hint says, a hundredth of the window late at most", () => {
    fc.assert(
      fc.property(budget, steps, ({ budget: most, windowMs: ms }, schedule) => {
        const bench = new Bench([{ budget: most, windowMs: ms, ...noWait, cost: { tool: { argument: "n" } } }]);
        for (const { share, cost } of schedule) {
          bench.clock.at += Math.round((share * ms * 1000) / 10);
          const n = Math.min(cost, most);
          const attempt = bench.call({ args: { n } });
          if (attempt.outcome === "in") continue;
          const hint = hintOf(attempt);
          expect(hint).toBeLessThanOrEqual(ms * 1.01 + 1);
          const at = bench.clock.at;
          bench.clock.at = at + (hint - 1) * 1000;
          expect(bench.tries({ args: { n } })).toBe(false);
          bench.clock.at = at + hint * 1000;
          expect(bench.tries({ args: { n } })).toBe(true);
        }
      }),
      { numRuns: 300 },
    );
  });
});
