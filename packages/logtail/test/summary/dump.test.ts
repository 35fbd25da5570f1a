import { deserialize, serialize } from "node:v8";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { SummaryLine } from "../../src/summary/summary.ts";
import { Summary } from "../../src/summary/summary.ts";
import { Tokenizer } from "../../src/summary/tokens.ts";
import { writeLines } from "./kinds.ts";

const anyLine = fc.record({
  message: fc
    .array(fc.constantFrom("a", "b", "c", "d", "12", "=", '"x"', "/p/q", "job-1"), { maxLength: 6 })
    .map((words) => words.join(" ")),
  time: fc.option(fc.integer({ min: 0, max: 1e9 }), { nil: undefined }),
  level: fc.constantFrom(undefined, "info" as const, "error" as const),
});

function summarise(lines: readonly (SummaryLine & { at: number })[], options = {}): Summary {
  const summary = new Summary(options);
  for (const line of lines) summary.add(line, line.at);
  return summary;
}

/** As another thread gets it. */
function merged(into: Summary, from: Summary): Summary {
  into.merge(deserialize(serialize(from.dump())) as ReturnType<Summary["dump"]>);
  return into;
}

describe("two summaries merged", () => {
  it("are one, wherever the lines were split, in either order", () => {
    fc.assert(
      fc.property(fc.array(anyLine, { maxLength: 80 }), fc.nat(80), fc.nat(12), (all, middle, limit) => {
        const lines = all.map((line, at) => ({ ...line, at }));
        const one = summarise(lines).report(limit);
        const low = lines.slice(0, middle);
        const high = lines.slice(middle);
        expect(merged(summarise(low), summarise(high)).report(limit)).toEqual(one);
        expect(merged(summarise(high), summarise(low)).report(limit)).toEqual(one);
        expect(merged(merged(new Summary(), summarise(high)), summarise(low)).report(limit)).toEqual(one);
      }),
    );
  });

  it("go on counting what either knows", () => {
    const lines = writeLines(4000, 5).map((line, at) => ({ ...line, at }));
    const summary = merged(summarise(lines.slice(0, 1000)), summarise(lines.slice(1000, 3000)));
    for (const line of lines.slice(3000)) summary.add(line, line.at);
    expect(summary.report(100)).toEqual(summarise(lines).report(100));
  });

  it("add up and are bounded when there are too many templates", () => {
    fc.assert(
      fc.property(fc.array(anyLine, { maxLength: 300 }), fc.nat(300), (all, middle) => {
        const lines = all.map((line, at) => ({
          ...line,
          at,
          message: `${line.message} ${"xyzuvw"[at % 6]} ${line.message}`,
        }));
        const options = { maxTemplates: 10 };
        const summary = merged(summarise(lines.slice(0, middle), options), summarise(lines.slice(middle), options));
        expect(summary.size).toBeLessThanOrEqual(40);
        const report = summary.report(5);
        expect(report.lines).toBe(lines.length);
        expect(report.templates.reduce((sum, { count }) => sum + count, 0) + report.unshown + report.other).toBe(
          lines.length,
        );
        expect(report.unshown).toBeGreaterThanOrEqual(0);
      }),
    );
  });
});

it("gives the example with the lowest position, in whatever order lines come", () => {
  const summary = new Summary();
  for (const at of [5, 3, 9]) summary.add({ message: `job ${at}` }, at);
  expect(summary.report(1).templates).toMatchObject([{ example: "job 3", position: 3, count: 3 }]);
});

it("reads bytes as it reads text", () => {
  const piece = fc.constantFrom(
    "a",
    "GET ",
    '"',
    "'",
    "12",
    "-",
    "/",
    ":",
    " ",
    ",",
    "x-1",
    "10.0.0.1",
    '"POST /x"',
    ".",
  );
  const tokenizer = new Tokenizer();
  const keys = (): readonly number[] => [tokenizer.key, tokenizer.check];
  fc.assert(
    fc.property(
      fc.array(piece, { maxLength: 20 }),
      fc.constantFrom("", "1", '"', "a:"),
      fc.constantFrom("\n", "\r\n", ""),
      (pieces, before, after) => {
        const message = pieces.join("");
        tokenizer.scan(message, 3);
        const expected = keys();
        const bytes = Buffer.from(before + message + after + (after === "" ? "" : 'x:"'));
        tokenizer.scanBytes(bytes, before.length, before.length + message.length, 3);
        expect({ message, keys: keys() }).toEqual({ message, keys: expected });
        const [one, other] = [new Summary(), new Summary()];
        one.add({ message, level: "info", time: 5 }, 7);
        other.addBytes(bytes, before.length, before.length + message.length, { level: "info", time: 5 }, 7);
        expect(other.report(3)).toEqual(one.report(3));
      },
    ),
    { numRuns: 2000 },
  );
});
