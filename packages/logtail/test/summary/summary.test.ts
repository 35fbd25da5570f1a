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
    ["took 12 ms, 1.5s, -3, 40%", "took <num> ms, <num>%"],
    ["from 10.0.0.1:80 and fe80::1:2", "from <ip> and <ip>"],
    ["at 10:11:12 on 2026-11-22T10:11:12Z", "at <time> on <time>"],
    ["id 550e8400-e29b-41d4-a716-446655440000 0xdeadbeef12", "id <id>"],
    ["delete blk_1 blk_2 blk_3, job-1 job-2 x-1", "delete blk_<id>, job-<id> x-1".replace("x-1", "<id>")],
    ["from 10.0.0.1,10.0.0.2, 10.0.0.3: 1:2", "from <ip>: <id>"],
    ['"GET /a b" "SELECT 1" "Get it"', '"GET <str>" "SELECT <str>" "<str>"'],
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

  it("have another key after the smallest change that shows", () => {
    const tokenizer = new Tokenizer();
    const key = (text: string) => [tokenizer.scan(text), tokenizer.check].join();
    for (const [a, b] of [
      ["done", "done."],
      ["a: b", "a b"],
      ["x", "x:"],
      ["n 1", "n 1."],
      ['"GET /"', '"PUT /"'],
      ["job-1 b", "row-1 b"],
    ] as const) {
      expect([key(a), joinTokens(tokenizer.tokens(a))]).not.toContain(key(b));
      expect(joinTokens(tokenizer.tokens(a))).not.toBe(joinTokens(tokenizer.tokens(b)));
    }
  });

  it("of a text that was read after a longer one are its own", () => {
    const tokenizer = new Tokenizer();
    const key = tokenizer.scan('"x"');
    tokenizer.scan('"x":y and more');
    expect(tokenizer.scan('"x"')).toBe(key);
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

  it("keep states apart that many lines are in, and join the names in few lines", () => {
    const states = ["Started", "Paused", "Resumed"].flatMap((state) =>
      Array.from({ length: 20 }, (_, at) => ({ message: `VM ${at} is now ${state} (event)` })),
    );
    const templates = (lines: readonly SummaryLine[]) =>
      summarise(lines)
        .report(10)
        .templates.map(({ template }) => template);
    expect(templates(states)).toEqual([
      "VM <num> is now Paused (event)",
      "VM <num> is now Resumed (event)",
      "VM <num> is now Started (event)",
    ]);
    expect(templates(states.slice(1))).toEqual(["VM <num> is now <*> (event)"]);
  });

  it("are told of lines again, and only of those that were counted", () => {
    const lines = writeLines(2000, 3);
    const summary = summarise(lines);
    const templateOf = summary.classifier();
    const counts = new Map<string | undefined, number>();
    for (const line of lines) counts.set(templateOf(line), (counts.get(templateOf(line)) ?? 0) + 1);
    const { templates } = summary.report(1000);
    expect(counts).toEqual(new Map(templates.map(({ template, count }) => [template, count])));
    expect(templateOf({ message: "never seen before, not at all" })).toBeUndefined();
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

  it("is counted with the present on demand, and compared all the same", () => {
    const before = summarise([...every("steady", 100, 0), ...every("gone", 50, 0), ...every("bad", 20, 0, "error")]);
    const now = summarise([...every("steady", 104, 2e5), ...every("oops", 4, 2e5, "error")]);
    const apart = now.report(9, { before });
    const both = now.report(9, { before, includeBefore: true });
    expect(both.templates.map((row) => [row.template, row.count, row.recent, row.before, row.trend])).toEqual([
      ["oops", 4, 4, 0, "new"],
      ["bad", 20, 0, 20, "stopped"],
      ["steady", 204, 104, 100, undefined],
      ["gone", 50, 0, 50, "stopped"],
    ]);
    expect(both).toMatchObject({ lines: 278, levels: { error: 24 }, first: 0, unshown: 0, known: 4 });
    expect(both.last).toBe(apart.last);
    expect(both.templates[2]).toMatchObject({ first: 0, share: 204 / 278 });
    expect(both.templates[2]?.histogram?.counts.reduce((sum, count) => sum + count, 0)).toBe(204);
    expect(both.histogram?.counts.reduce((sum, count) => sum + count, 0)).toBe(278);
    expect(both.stopped).toEqual(apart.stopped);
    expect(apart.templates.every((row) => !("recent" in row))).toBe(true);
    expect(now.report(9, { before })).toEqual(apart);
  });

  it("adds up with the present, whatever the lines are", () => {
    fc.assert(
      fc.property(
        fc.array(anyLine, { maxLength: 80 }),
        fc.array(anyLine, { maxLength: 80 }),
        fc.nat(10),
        (then, since, limit) => {
          const before = summarise(then, { maxTemplates: 10 });
          const report = summarise(since, { maxTemplates: 10 }).report(limit, { before, includeBefore: true });
          expect(report.lines).toBe(then.length + since.length);
          expect(report.templates.reduce((sum, { count }) => sum + count, 0) + report.unshown + report.other).toBe(
            report.lines,
          );
          expect(report.unshown).toBeGreaterThanOrEqual(0);
          for (const row of report.templates) expect(row.count).toBe((row.before ?? 0) + (row.recent ?? 0));
        },
      ),
    );
  });

  it("leaves what matters on top: an error burst is what the first rows are", () => {
    const quiet = writeLines(20_000, 1);
    const burst = writeLines(5000, 2).map((line) => ({ ...line, time: (line.time ?? 0) + 200_000 }));
    const errors = Array.from({ length: 300 }, (_, at) => ({
      message: `upstream timed out after ${at} ms while connecting to 10.0.0.${at % 9}`,
      time: 220_000 + at,
      level: "error" as const,
    }));
    const critical = { message: "circuit breaker of payments opened", time: 220_010, level: "critical" as const };
    const report = summarise([...burst, ...errors, critical]).report(10, { before: summarise(quiet) });
    expect(report.templates.slice(0, 2).map(({ template, trend, count }) => [template, trend, count])).toEqual([
      ["upstream timed out after <num> ms while connecting to <ip>", "new", 300],
      ["circuit breaker of payments opened", "new", 1],
    ]);
    expect(report.templates.slice(2).every(({ trend }) => trend !== "new")).toBe(true);
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
          expect(halves[0].read()?.counts.reduce((sum, count) => sum + count, 0)).toBe(times.length);
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
