import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Histogram } from "../../src/summary/histogram.ts";
import { chanceOfRise } from "../../src/summary/rate.ts";
import { Summary } from "../../src/summary/summary.ts";
import type { SummaryLine } from "../../src/summary/summary.ts";
import { joinTokens, Tokenizer } from "../../src/summary/tokens.ts";
import { KINDS, writeLines } from "./kinds.ts";

function summarise(lines: readonly SummaryLine[], options = {}): Summary {
  const summary = new Summary(options);
  for (const [at, line] of lines.entries()) summary.add(line, at);
  return summary;
}

describe("words", () => {
  it.each([
    ["took 12 ms, 1.5s, -3, 40%", "took <num> ms, <num>, <num>, <num>%"],
    ["from 10.0.0.1:80 and fe80::1:2", "from <ip> and <ip>"],
    ["at 10:11:12 on 2026-11-22T10:11:12Z", "at <time> on <time>"],
    ["id 550e8400-e29b-41d4-a716-446655440000 0xdeadbeef12", "id <id> <id>"],
    ["worker-12 read /var/log/x.log.", "worker-<id> read <path>."],
    ["user \"bob smith\" said 'hi' and can't", "user \"<str>\" said '<str>' and can't"],
    ['{"user":"bob","n":1}', '{"user":"<str>","n":<num>}'],
    ["GET /health   200", "GET /health <num>"],
    ["done...", "done..."],
    ["", ""],
  ])("of %s", (message, template) => {
    expect(joinTokens(new Tokenizer().tokens(message))).toBe(template);
  });

  it("have one key exactly when they are equal", () => {
    const word = fc.constantFrom(
      "a",
      "bc",
      "12",
      "7",
      "10.0.0.1",
      '"x"',
      '"',
      "'",
      "/a/b",
      ":",
      "=",
      "-",
      "x-1",
      "ab-12",
      "é",
    );
    const message = fc
      .array(fc.tuple(word, fc.constantFrom(" ", "", ", ")), { maxLength: 8 })
      .map((parts) => parts.flat().join(""));
    const tokenizer = new Tokenizer();
    fc.assert(
      fc.property(message, message, (a, b) => {
        const words = (text: string) => JSON.stringify(tokenizer.tokens(text));
        if (words(a) === words(b)) expect(tokenizer.scan(a)).toBe(tokenizer.scan(b));
        else expect([tokenizer.scan(a), a]).not.toEqual([tokenizer.scan(b), a]);
      }),
      { numRuns: 2000 },
    );
  });

  it.each(['"', "'", " '", "a/", "1-", "::", "é1"])("of a long line of %j are read", (piece) => {
    const { words } = new Tokenizer().tokens(piece.repeat(500_000));
    expect(words.length).toBeLessThanOrEqual(128);
  });
});

describe("templates", () => {
  it("are found again: grouping accuracy over the lines of known kinds", () => {
    const lines = writeLines(20_000, 7);
    const report = summarise(lines).report(1000);
    // A line is right when its template holds exactly the lines of its kind.
    const byTemplate = new Map(report.templates.map((template) => [lines[template.position]?.kind, template.count]));
    let right = 0;
    for (const kind of KINDS.keys()) {
      const count = lines.filter((line) => line.kind === kind).length;
      if (byTemplate.get(kind) === count) right += count;
    }
    expect(KINDS.length).toBeGreaterThanOrEqual(30);
    expect(right / lines.length).toBeGreaterThanOrEqual(0.95);
  });

  it("keep choices of a few words apart, and join names", () => {
    const lines = ["opened", "closed"].flatMap((verb) =>
      ["ann", "bob", "cyd", "dan"].map((user) => ({ message: `session ${verb} for user ${user}` })),
    );
    expect(
      summarise(lines)
        .report(10)
        .templates.map(({ template, count }) => [template, count]),
    ).toEqual([
      ["session closed for user <*>", 4],
      ["session opened for user <*>", 4],
    ]);
  });

  it("tell levels apart, and give the first line as example", () => {
    const summary = summarise([
      { message: "x 1", level: "info", time: 5000 },
      { message: "x 2", level: "error", time: 1000 },
      { message: "x 3", level: "error", time: 9000 },
    ]);
    const { templates, ...all } = summary.report(10);
    expect(
      templates.map(({ levels, example, position, first, last }) => [levels, example, position, first, last]),
    ).toEqual([
      [{ error: 2 }, "x 2", 1, 1000, 9000],
      [{ info: 1 }, "x 1", 0, 5000, 5000],
    ]);
    expect(all).toMatchObject({
      lines: 3,
      levels: { info: 1, error: 2 },
      first: 1000,
      last: 9000,
      known: 2,
      unshown: 0,
      other: 0,
    });
  });
});

const anyLine = fc.record({
  message: fc
    .array(fc.constantFrom("a", "b", "c", "d", "12", "=", '"x"', "/p/q"), { maxLength: 6 })
    .map((words) => words.join(" ")),
  time: fc.option(fc.integer({ min: 0, max: 1e9 }), { nil: undefined }),
  level: fc.constantFrom(undefined, "info" as const, "error" as const),
});

describe("counts", () => {
  it("add up, are bounded, and the same again, with few templates allowed", () => {
    fc.assert(
      fc.property(fc.array(anyLine, { maxLength: 200 }), fc.nat(20), (lines, limit) => {
        const summary = summarise(lines, { maxTemplates: 10 });
        const report = summary.report(limit);
        expect(report.templates.length).toBeLessThanOrEqual(limit);
        expect(report.templates.reduce((sum, { count }) => sum + count, 0) + report.unshown + report.other).toBe(
          lines.length,
        );
        expect(report.unshown).toBeGreaterThanOrEqual(0);
        expect(summary.size).toBeLessThanOrEqual(40);
        expect(summary.report(limit)).toEqual(report);
        expect(summarise(lines, { maxTemplates: 10 }).report(limit)).toEqual(report);
      }),
    );
  });

  it("do not depend on the order of the lines", () => {
    fc.assert(
      fc.property(fc.array(anyLine, { maxLength: 100 }), (lines) => {
        const counts = (summary: Summary) =>
          summary
            .report(1000)
            .templates.map(({ template, count, levels, first, last }) => [template, count, levels, first, last]);
        expect(counts(summarise(lines.toReversed()))).toEqual(counts(summarise(lines)));
      }),
    );
  });

  it("are bounded for lines that have nothing in common", () => {
    const summary = new Summary({ maxTemplates: 50 });
    for (let at = 0; at < 5000; at++) {
      const word = (salt: number) =>
        ((at * 7919 + salt * 104_729) % 1e6).toString().replace(/\d/g, (digit) => "abcdefghij"[Number(digit)] ?? "");
      summary.add({ message: `${word(1)} ${word(2)} ${word(3)}`, time: at }, at);
      expect(summary.size).toBeLessThanOrEqual(200);
    }
    const report = summary.report(10);
    expect(report.other).toBeGreaterThan(0);
    expect(report.templates.reduce((sum, { count }) => sum + count, 0) + report.unshown + report.other).toBe(5000);
  });
});

describe("the time before", () => {
  const every = (message: string, count: number, from: number, level?: "error") =>
    Array.from({ length: count }, (_, at) => ({ message, level, time: from + (at * 100_000) / count }));

  it("shows what is new, rising and stopped, the most important first", () => {
    const before = summarise([
      ...every("steady", 100, 0),
      ...every("grows", 10, 0),
      ...every("bad grows", 5, 0, "error"),
      ...every("gone", 50, 0),
      ...every("bad", 20, 0, "error"),
      ...every("edge", 2, 0),
    ]);
    const now = summarise([
      ...every("steady", 104, 2e5),
      ...every("grows", 60, 2e5),
      ...every("bad grows", 50, 2e5, "error"),
      ...every("bad", 22, 2e5, "error"),
      ...every("fresh", 3, 2e5),
      ...every("oops", 1, 2e5, "error"),
      ...every("edge", 3, 2e5),
    ]);
    const report = now.report(10, { before });
    expect(report.templates.map(({ template, trend }) => [template, trend])).toEqual([
      ["oops", "new"],
      ["bad grows", "rising"],
      ["bad", undefined],
      ["fresh", "new"],
      ["grows", "rising"],
      ["steady", undefined],
      ["edge", undefined],
    ]);
    expect(report.stopped.map(({ template, before: count }) => [template, count])).toEqual([["gone", 50]]);
  });

  it("sees one template in both, though the names in it differ", () => {
    const names = (list: string) => list.split(" ").map((name) => ({ message: `login of ${name} was fine` }));
    const report = summarise(names("ann bob")).report(9, { before: summarise(names("cyd dan eve")) });
    expect(report.templates).toMatchObject([{ template: "login of <*> was fine", count: 2, before: 3 }]);
    expect(report.templates[0]).not.toHaveProperty("trend");
  });
});

describe("a histogram", () => {
  it("counts as a table of all times would", () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: -1e6, max: 1e12 }), { minLength: 1 }),
        fc.integer({ min: 2, max: 50 }),
        (times, buckets) => {
          const histogram = new Histogram(buckets);
          for (const time of times) histogram.add(time);
          const { from, widthMs, counts } = histogram.read() ?? { from: 0, widthMs: 0, counts: [] };
          const expected = counts.map(
            (_, at) => times.filter((time) => Math.floor((time - from) / widthMs) === at).length,
          );
          expect(counts).toEqual(expected);
          expect(counts.reduce((sum, count) => sum + count, 0)).toBe(times.length);
          expect(counts.length).toBeLessThanOrEqual(buckets);
          const halves = [new Histogram(buckets), new Histogram(buckets)] as const;
          for (const [at, time] of times.entries()) halves[at % 2 === 0 ? 0 : 1].add(time);
          halves[0].addAll(halves[1]);
          expect(halves[0].total).toBe(times.length);
        },
      ),
    );
  });

  it("does not count what is no time", () => {
    const histogram = new Histogram(4);
    for (const time of [Number.NaN, Infinity, -Infinity]) histogram.add(time);
    expect(histogram.read()).toBeUndefined();
  });
});

describe("chance", () => {
  it("is that of the binomial distribution", () => {
    expect(chanceOfRise(3, 0, 0.5)).toBeCloseTo(0.125, 10);
    expect(chanceOfRise(2, 2, 0.5)).toBeCloseTo(11 / 16, 10);
    expect(chanceOfRise(0, 5, 0.5)).toBe(1);
    expect(chanceOfRise(1100, 1000, 0.5)).toBeCloseTo(0.0154, 3);
    expect(chanceOfRise(50_000, 0, 0.5)).toBeCloseTo(0, 10);
  });
});
