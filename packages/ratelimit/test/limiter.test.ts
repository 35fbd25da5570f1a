import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Table } from "../src/table.ts";
import { type Attempt, Bench, hintOf, refusalOf, type RuleInput } from "./setup.ts";

const now = { maxWaitMs: 0 } as const;

describe("a call", () => {
  it("takes from all of its rules or from none, whichever of them has no room", () => {
    const rule = fc.record({
      per: fc.constantFrom("global", "principal", "tool", ["principal", "tool"]),
      tools: fc.constantFrom<string[]>(["*"], ["a"], ["b", "c"]),
      kind: fc.constantFrom("limit", "budget", "concurrency"),
      most: fc.integer({ min: 1, max: 4 }),
    });
    const rules = fc.array(rule, { minLength: 1, maxLength: 4 });
    const calls = fc.array(
      fc.record({
        tool: fc.constantFrom("a", "b", "c"),
        who: fc.constantFrom("ann", "bob"),
        ms: fc.integer({ min: 0, max: 30 }),
      }),
      { maxLength: 40 },
    );
    fc.assert(
      fc.property(rules, calls, (drawn, schedule) => {
        const bench = new Bench(
          drawn.map(({ per, tools, kind, most }) => ({
            ...now,
            per: per as RuleInput["per"],
            tools,
            ...(kind === "concurrency" ? { concurrency: most } : { [kind]: most, windowMs: 100 }),
          })),
        );
        const left = (tool: string, who: string): number[] =>
          bench.limiter
            .ticket(tool, {}, { owner: who, sessionId: undefined, server: "test" })
            .claims.map((claim) => bench.limiter.standing(claim)?.left ?? 0);
        for (const { tool, who, ms } of schedule) {
          bench.clock.at += ms * 1000;
          const before = left(tool, who);
          const { outcome } = bench.call({ tool, who });
          expect(outcome === "in").toBe(before.every((count) => count > 0));
          expect(left(tool, who)).toEqual(outcome === "in" ? before.map((count) => count - 1) : before);
        }
      }),
    );
  });

  it("that no rule is for passes without a limit", () => {
    const bench = new Bench([{ tools: ["other*"], limit: 1, windowMs: 1000, ...now }]);
    for (let call = 0; call < 100; call++) expect(bench.tries({ tool: "free" })).toBe(true);
    expect(bench.tries({ tool: "other-1" })).toBe(true);
    expect(bench.tries({ tool: "other-2" })).toBe(false);
  });

  it("is told the longest wait of all rules, and runs exactly then", () => {
    const rule = fc.record({ limit: fc.integer({ min: 1, max: 9 }), windowMs: fc.integer({ min: 1, max: 100_000 }) });
    fc.assert(
      fc.property(
        fc.array(rule, { minLength: 1, maxLength: 5 }),
        fc.array(fc.integer({ min: 0, max: 3000 }), { maxLength: 30 }),
        (rules, steps) => {
          const bench = new Bench(
            rules.map((each, index) => ({
              ...each,
              ...now,
              ...(index % 2 === 1 && { budget: each.limit, limit: undefined }),
            })),
          );
          for (const ms of steps) {
            bench.clock.at += ms * 1000;
            const attempt = bench.call();
            if (attempt.outcome === "in") continue;
            const at = bench.clock.at;
            bench.clock.at = at + (hintOf(attempt) - 1) * 1000;
            expect(bench.tries()).toBe(false);
            bench.clock.at = at + hintOf(attempt) * 1000;
            expect(bench.tries()).toBe(true);
          }
        },
      ),
    );
  });
});

describe("a charge that is given back", () => {
  it("leaves the rule as if the call had never been", () => {
    for (const kind of ["limit", "budget"]) {
      const bench = new Bench([{ [kind]: 5, windowMs: 1000, cost: 2, ...now }]);
      const { ticket } = bench.call();
      bench.clock.at += 3000;
      bench.limiter.giveBack(ticket);
      expect(bench.tries()).toBe(true);
      expect(bench.tries()).toBe(true);
      expect(bench.tries()).toBe(false);
    }
  });

  it("is not given back a second time by what was given back before it", () => {
    const bench = new Bench([{ limit: 5, windowMs: 1000, ...now, cost: { tool: { argument: "n" } } }]);
    const [first, second] = [3, 2].map((n) => bench.call({ args: { n } }).ticket);
    bench.limiter.giveBack(first!);
    bench.clock.at += 400_000;
    expect(bench.tries({ args: { n: 5 } })).toBe(true);
    bench.limiter.giveBack(second!);
    expect(bench.tries()).toBe(false);
  });

  it("leaves no trace in a budget", () => {
    const bench = new Bench([{ budget: 5, windowMs: 100_000, ...now }]);
    const resetOf = ({ claims }: Attempt["ticket"]) => bench.limiter.standing(claims[0]!)?.resetUs;
    const { ticket } = bench.call();
    const reset = resetOf(ticket);
    bench.clock.at += 50_000_000;
    bench.limiter.giveBack(bench.call().ticket);
    expect(resetOf(ticket)).toBe(reset! - 50_000_000);
  });

  it("never gives credit: what runs stays within burst + rate * t, whatever is given back and when", () => {
    const step = fc.record({
      ms: fc.integer({ min: 0, max: 40 }),
      back: fc.integer({ min: -10, max: 10 }),
      cost: fc.integer({ min: 1, max: 5 }),
    });
    fc.assert(
      fc.property(
        fc.array(step, { maxLength: 60 }),
        fc.integer({ min: 1, max: 20 }),
        fc.boolean(),
        (schedule, limit, isBudget) => {
          const burst = 5;
          const bench = new Bench([
            {
              ...now,
              windowMs: 100,
              cost: { tool: { argument: "n" } },
              ...(isBudget ? { budget: burst } : { limit, burst }),
            },
          ]);
          const calls: { ticket: Parameters<Bench["limiter"]["giveBack"]>[0]; at: number; cost: number }[] = [];
          const held: typeof calls = [];
          for (const { ms, back, cost } of schedule) {
            bench.clock.at += ms * 1000;
            const { ticket, outcome } = bench.call({ args: { n: cost } });
            if (outcome === "in") (back > 0 ? held : calls).push({ ticket, at: bench.clock.at, cost });
            if (back < 0)
              bench.limiter.giveBack(
                held.splice(0, 1)[0]?.ticket ??
                  bench.limiter.ticket("none", {}, { owner: "", sessionId: undefined, server: "test" }),
              );
          }
          for (let from = 0; from < calls.length; from++) {
            let sum = 0;
            for (const { at, cost } of calls.slice(from)) {
              sum += cost;
              const us = at - calls[from]!.at;
              if (isBudget && us >= 100_000) break;
              expect(sum).toBeLessThanOrEqual(burst + (isBudget ? 0 : Math.ceil((us * limit) / 100_000)));
            }
          }
        },
      ),
      { numRuns: 500 },
    );
  });
});

describe("the cost", () => {
  it("is the first that fits: a number, or what an argument says", () => {
    const bench = new Bench([
      { limit: 100, windowMs: 1000, ...now, cost: { "export*": { argument: "count", max: 50 }, list: 10, "*": 2 } },
    ]);
    const cost = (tool: string, args: object): number | undefined => bench.call({ tool, args }).ticket.claims[0]?.cost;
    expect(cost("export_all", { count: 7 })).toBe(7);
    expect(cost("export_all", { count: 7.2 })).toBe(8);
    expect(cost("export_all", { count: 1e300 })).toBe(50);
    expect(cost("export_all", { count: ["a", "b", "c"] })).toBe(3);
    expect(cost("export_all", { count: "four" })).toBe(4);
    expect(cost("list", {})).toBe(10);
    expect(cost("other", {})).toBe(2);
  });

  it.each<unknown>([-5, 0, Number.NaN, -Infinity, 0.1, null, undefined, {}, true, [], "", { valueOf: () => -1 }])(
    "by the argument %s is 1, never credit",
    (count: unknown) => {
      const bench = new Bench([{ limit: 2, windowMs: 1000, ...now, cost: { tool: { argument: "count" } } }]);
      expect([1, 2, 3].map(() => bench.tries({ args: { count } }))).toEqual([true, true, false]);
    },
  );

  it.each(["__proto__", "constructor", "toString"])(
    "by the argument %s is that of an argument, never of the object's own nature",
    (argument) => {
      const bench = new Bench([{ limit: 10, windowMs: 1000, ...now, cost: { tool: { argument } } }]);
      expect(bench.call({ args: {} }).ticket.claims[0]?.cost).toBe(1);
      expect(bench.call({ args: JSON.parse(`{"${argument}": 4}`) as object }).ticket.claims[0]?.cost).toBe(4);
    },
  );

  it("that is more than ever fits is refused for good, and takes nothing", () => {
    const bench = new Bench([{ limit: 10, windowMs: 1000, cost: { tool: { argument: "count" } } }]);
    for (const count of [11, Infinity, "x".repeat(10_000_000)]) {
      const refusal = refusalOf(bench.call({ args: { count } }));
      expect(refusal).toMatchObject({ reason: "cost" });
      expect(refusal.waitUs).toBeUndefined();
    }
    expect(bench.tries({ args: { count: 10 } })).toBe(true);
  });
});

describe("keys", () => {
  const pairs: [RuleInput["per"], object, object][] = [
    ["principal", { who: "ann" }, { who: "bob" }],
    ["principal", { who: "\ud800" }, { who: "\ud801" }],
    ["tool", { tool: "a" }, { tool: "b" }],
    ["tool", { tool: "__proto__" }, { tool: "constructor" }],
    [["principal", "tool"], { who: "b", tool: "a:" }, { who: ":b", tool: "a" }],
    [["tool", "principal"], { who: "1:a", tool: "1" }, { who: "a", tool: "11:" }],
    [["principal", "session"], { who: "a", session: "bc" }, { who: "ab", session: "c" }],
    [["principal", "session"], { who: "a$b", session: "c" }, { who: "a", session: "b$c" }],
    [["principal", "session"], { who: "a", session: "a" }, { who: "a" }],
    ["session", { session: "ann" }, { who: "ann" }],
    ["session", { who: "ann" }, { who: "bob" }],
    [["tool", "session"], { tool: "a", session: "b" }, { tool: "a$b", who: "" }],
  ];

  it.each(pairs)("per %j: %j and %j have a limit of their own", (per, one, other) => {
    const bench = new Bench([{ per, limit: 1, windowMs: 1000, ...now }]);
    expect([bench.tries(one), bench.tries(other), bench.tries(one), bench.tries(other)]).toEqual([
      true,
      true,
      false,
      false,
    ]);
  });

  it.each([
    ["principal", { tool: "a", session: "1" }, { tool: "b", session: "2" }],
    ["session", { who: "ann", session: "1" }, { who: "bob", session: "1" }],
    ["tool", { who: "ann" }, { who: "bob" }],
    ["global", { who: "ann", tool: "a" }, { who: "bob", tool: "b" }],
  ] as const)("per %s: %j and %j share it", (per, one, other) => {
    const bench = new Bench([{ per, limit: 1, windowMs: 1000, ...now }]);
    expect([bench.tries(one), bench.tries(other)]).toEqual([true, false]);
  });
});

describe("the table of keys", () => {
  it("keeps a bounded number of tools apart, and counts those beyond together", () => {
    const bench = new Bench([{ per: "tool", limit: 1, windowMs: 1000, ...now }]);
    for (let tool = 0; tool < 10_000; tool++) expect(bench.tries({ tool: `tool ${tool}` })).toBe(true);
    expect(["a", "b"].map((tool) => bench.tries({ tool }))).toEqual([true, false]);
    expect(bench.tries({ tool: "tool 0" })).toBe(false);
  });

  it("is bounded, and never forgets a key that is still limited", () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ who: fc.integer({ min: 0, max: 20 }), ms: fc.integer({ min: 0, max: 60 }) }), {
          maxLength: 200,
        }),
        (schedule) => {
          const rule = { limit: 2, windowMs: 200, ...now };
          const [small, large] = [new Bench([rule], { maxKeys: 8 }), new Bench([rule])];
          for (const { who, ms } of schedule) {
            for (const { clock } of [small, large]) clock.at += ms * 1000;
            const admitted = small.tries({ who: String(who) });
            expect(small.limiter.stats().keys).toBeLessThanOrEqual(8);
            if (small.limiter.stats().overflowed > 0) return;
            expect(large.tries({ who: String(who) })).toBe(admitted);
          }
        },
      ),
      { numRuns: 300 },
    );
  });

  it("lets new keys share one limit while all that it holds are limited, and gives them their own again", () => {
    const bench = new Bench([{ limit: 2, windowMs: 1000, ...now }], { maxKeys: 3 });
    for (const who of ["a", "b", "c"]) expect(bench.tries({ who })).toBe(true);
    expect(["d", "e", "f", "g"].map((who) => bench.tries({ who }))).toEqual([true, true, false, false]);
    expect(["a", "b", "c", "a"].map((who) => bench.tries({ who }))).toEqual([true, true, true, false]);
    expect(bench.limiter.stats()).toMatchObject({ keys: 3, overflowed: 4 });
    bench.clock.at += 1_000_000;
    expect(["d", "e", "f"].map((who) => bench.tries({ who }))).toEqual([true, true, true]);
    expect(bench.limiter.stats()).toMatchObject({ keys: 3, overflowed: 4 });
  });

  it("makes room where any key is free, not only the oldest", () => {
    const bench = new Bench([{ limit: 2, windowMs: 1000, ...now }], { maxKeys: 2 });
    bench.tries({ who: "a" });
    const { ticket } = bench.call({ who: "b" });
    bench.limiter.giveBack(ticket);
    bench.limiter.release(ticket);
    bench.clock.at += 1000;
    expect(["c", "c", "c"].map((who) => bench.tries({ who }))).toEqual([true, true, false]);
    expect(bench.limiter.stats()).toMatchObject({ keys: 2, overflowed: 0 });
  });

  it("counts for the right key when it was forgotten while its call waited for something else", async () => {
    const bench = new Bench(
      [
        { limit: 1, windowMs: 3_600_000, ...now },
        { concurrency: 1, per: "global" },
      ],
      { maxKeys: 2 },
    );
    const first = bench.call({ who: "ann" });
    const [bob] = [bench.call({ who: "bob" }), bench.call({ who: "eve" })];
    bench.limiter.release(first.ticket);
    await bob.decided;
    expect(bob.outcome).toBe("in");
    expect(refusalOf(bench.call({ who: "bob" })).claim?.rule.name).toBe("rule-1");
  });

  it("tells what is left of a limit that is shared", async () => {
    const bench = new Bench([{ budget: 5, windowMs: 1000, ...now }], { maxKeys: 1 });
    for (const who of ["ann", "bob", "eve"]) bench.tries({ who });
    const left = async (owner: string): Promise<(number | undefined)[]> => {
      const ticket = bench.limiter.budgets({ owner, sessionId: undefined, server: "test" });
      return (await bench.limiter.look(ticket)).map((standing) => standing?.left);
    };
    expect([await left("ann"), await left("bob"), await left("someone")]).toEqual([[4], [3], [3]]);
  });

  it("keeps a key for which somebody waits, also where its quota is counted elsewhere", () => {
    const table = new Table(1, () => 0);
    const section = table.section("");
    const entry = table.get(section, "a", () => 0);
    entry.waiting = 1;
    expect(table.get(section, "b", () => 10)).not.toBe(table.get(section, "a", () => 10));
    expect(table.get(section, "a", () => 10)).toBe(entry);
    entry.waiting = 0;
    expect(table.get(section, "b", () => 2_000_000).key).toBe("b");
    expect(entry.gone).toBe(true);
  });

  it("keeps a key with a slot that is taken, a budget that is used, or somebody who waits", () => {
    for (const rule of [
      { concurrency: 1, ...now },
      { budget: 1, windowMs: 1000, ...now },
    ]) {
      const bench = new Bench([rule], { maxKeys: 1 });
      bench.call({ who: "a" });
      bench.call({ who: "b" });
      bench.clock.at += 900_000;
      expect(bench.tries({ who: "a" })).toBe(false);
    }
  });

  it("stays at its bound whatever an attacker makes up, and keeps the keys of honest callers", () => {
    const bench = new Bench([{ limit: 1, windowMs: 86_400_000, ...now }], { maxKeys: 1000 });
    expect(bench.tries({ who: "honest" })).toBe(true);
    for (let who = 0; who < 200_000; who++) bench.tries({ who: `attacker ${who}` });
    expect(bench.limiter.stats().keys).toBe(1000);
    expect(bench.tries({ who: "honest" })).toBe(false);
  });
});
