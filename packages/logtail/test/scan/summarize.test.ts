import fc from "fast-check";
import { closeSync, openSync, writeFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { LineParser } from "../../src/format/parser.ts";
import { fileBytes, gzipBytes } from "../../src/scan/bytes.ts";
import { Control, shared } from "../../src/scan/control.ts";
import type { Query } from "../../src/scan/query.ts";
import { seek } from "../../src/scan/seek.ts";
import { summarize } from "../../src/scan/summarize.ts";
import { PART_SPAN } from "../../src/scan/types.ts";
import type { SummarizeLimits } from "../../src/scan/types.ts";
import { Summary } from "../../src/summary/summary.ts";
import { folder } from "../read/folder.ts";
import { linesOf } from "./naive.ts";

let place: Awaited<ReturnType<typeof folder>>;
beforeAll(async () => {
  place = await folder();
});
afterAll(async () => place[Symbol.asyncDispose]());

const START = Date.UTC(2026, 10, 22, 10);
const stamp = (ms: number): string => new Date(START + ms).toISOString();

async function summarized(content: string, query: Query = {}, limits: SummarizeLimits = {}, compressed = false) {
  const path = place.at("log");
  writeFileSync(path, compressed ? gzipSync(content) : content);
  const fd = openSync(path, "r");
  try {
    await using source = compressed ? gzipBytes(fd) : fileBytes(fd);
    const summaries = { recent: new Summary(), before: new Summary() };
    const control = new Control(shared(), limits.ms ?? 10_000, () => {});
    const to = compressed ? Infinity : Buffer.byteLength(content);
    const scan = { source, part: { fd, compressed, from: 0, to }, query, limits, control };
    const part = await summarize(scan, summaries);
    return { part, recent: summaries.recent.report(10), before: summaries.before.report(10) };
  } finally {
    closeSync(fd);
  }
}

describe("a summary", () => {
  const trace = `${stamp(1000)} ERROR broken\n\tat com.example.Main\nCaused by: nothing\n`;

  it("counts a stack trace once, and knows where it stands", async () => {
    const { part, recent } = await summarized(`${stamp(0)} INFO fine\n${trace}${trace}`, {}, { index: 3 });
    expect(part).toMatchObject({ lines: 7, events: 3, exact: true, ended: "end", first: START, last: START + 1000 });
    expect(recent.templates).toMatchObject([
      { template: "broken", count: 2, levels: { error: 2 }, position: 3 * PART_SPAN + 30 + 5 },
      { template: "fine", count: 1 },
    ]);
  });

  it("counts every line of a log without times, but indented ones", async () => {
    expect((await summarized("one\ntwo\n  more\nthree\n")).part).toMatchObject({ lines: 4, events: 3 });
  });

  it("is of the wanted lines", async () => {
    const content = `${stamp(0)} INFO fine\n${trace}`;
    expect((await summarized(content, { level: "error" })).part).toMatchObject({ lines: 3, events: 1 });
    const pattern = { kind: "text", source: "Caused", ignoreCase: false } as const;
    const { part, recent } = await summarized(content, { pattern, level: "error" });
    expect(part).toMatchObject({ lines: 1, events: 1 });
    expect(recent.templates).toMatchObject([{ levels: { error: 1 } }]);
  });

  it("is of the first line too, behind the mark of UTF-8", async () => {
    // A pattern without literals, for which blocks of lines are looked at.
    const pattern = { kind: "regex", source: "^[fg]\\w", ignoreCase: false } as const;
    const { part } = await summarized("\ufefffine\nfine\nno\n", { pattern });
    expect(part.lines).toBe(2);
  });

  it("is split in time", async () => {
    const { recent, before } = await summarized(
      `${stamp(0)} INFO old\n${stamp(5)} INFO new\n`,
      {},
      { split: START + 5 },
    );
    expect(before.templates).toMatchObject([{ template: "old" }]);
    expect(recent.templates).toMatchObject([{ template: "new" }]);
  });

  it("takes the newest first, and says from where on all is covered", async () => {
    const line = `${stamp(0)} INFO a line\n`;
    const content = line.repeat(20_000);
    const { part } = await summarized(content, {}, { bytes: 100_000, rangeBytes: 65_536, blockBytes: 4096 });
    expect(part).toMatchObject({ ended: "bytes", exact: false, to: content.length });
    expect(part.from % line.length).toBe(0);
    expect(part.lines * line.length).toBe(content.length - part.from);
    expect(part.scannedBytes).toBe(content.length - part.from);
  });

  it("is the same for any size of blocks, compressed or not", async () => {
    const piece = fc.constantFrom(
      `${stamp(0)} INFO fine\n`,
      trace,
      "plain é\n",
      "  more\n",
      `${stamp(5)} WARN 😀 odd\r\n`,
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(piece, { maxLength: 30 }),
        fc.integer({ min: 4, max: 90 }),
        async (pieces, blockBytes) => {
          const content = pieces.join("");
          const whole = await summarized(content);
          expect(whole.part.lines).toBe(linesOf(Buffer.from(content)).length);
          expect((await summarized(content, {}, { blockBytes })).recent).toEqual(whole.recent);
          expect((await summarized(content, {}, { blockBytes }, true)).recent).toEqual(whole.recent);
        },
      ),
      { numRuns: 60 },
    );
  });
});

describe("a summary with odd times", () => {
  const ordinary = Array.from({ length: 3000 }, (_, at) => `${stamp(at * 1000)} INFO fine ${at}\n`).join("");

  it.each([
    ["9999-12-31T23:59:59Z INFO odd\n", 1],
    ["9999-12-31T23:59:59 é INFO odd\n", 1],
    [`${stamp(86_400_000 + 3_600_001)} INFO odd\n`, 1],
    [`${stamp(86_400_000 + 3_600_000)} INFO odd\n`, 0],
  ])("takes a time later than the file's last change for none: %s", async (odd, none) => {
    const query = { reference: START + 3_600_000 };
    const { part, recent } = await summarized(ordinary + odd, query, { split: 0 });
    expect(part).toMatchObject({ lines: 3001, events: 3001 });
    expect(part.last).toBe(none === 1 ? START + 2_999_000 : START + 90_000_000);
    expect(recent.lines).toBe(3001);
    const sum = recent.histogram?.counts.reduce((all, count) => all + count, 0);
    expect((sum ?? 0) + (recent.histogram?.outside ?? 0)).toBe(3001 - none);
    const wanted = await summarized(ordinary + odd, { ...query, since: START });
    expect(wanted.part.lines).toBe(3001 - none);
  });

  it("shows where most lines are, and counts the others", async () => {
    const odd = "1970-01-01T00:00:10Z ERROR odd\n";
    const whole = (await summarized(ordinary)).recent;
    const { recent } = await summarized(odd + ordinary);
    expect(recent.histogram).toMatchObject({
      from: whole.histogram?.from,
      widthMs: whole.histogram?.widthMs,
      outside: 1,
    });
    expect(recent).toMatchObject({ lines: 3001, first: START, last: START + 2_999_000, levels: { error: 1 } });
    expect(recent.histogram?.errors.every((count) => count === 0)).toBe(true);
    expect(whole.histogram).not.toHaveProperty("outside");
  });

  it("leaves out nothing of a log that is spread, or short", async () => {
    const early = `${stamp(-10_000_000)} INFO early\n`;
    for (const content of [early + ordinary, early + ordinary.slice(0, 4000), early.repeat(4) + ordinary]) {
      const { recent } = await summarized(content);
      expect(recent.histogram).not.toHaveProperty("outside");
      expect(recent.first).toBe(START - 10_000_000);
    }
  });
});

describe("seeking a time", () => {
  async function sought(content: string, time: number, skewMs = 0): Promise<number> {
    const path = place.at("sought");
    writeFileSync(path, content);
    const fd = openSync(path, "r");
    try {
      await using source = fileBytes(fd);
      const control = new Control(shared(), 10_000, () => {});
      const part = { fd, compressed: false, from: 0, to: Buffer.byteLength(content) };
      return await seek(source, part, time, skewMs, new LineParser(), control);
    } finally {
      closeSync(fd);
    }
  }
  const many = Array.from(
    { length: 20_000 },
    (_, at) => `${stamp(at * 1000)} INFO line ${String(at).padStart(5, "0")}\n`,
  );
  const length = many[0]?.length ?? 0;

  it.each([0, 1, 7777, 19_999])("finds line %i", async (at) => {
    expect(await sought(many.join(""), START + at * 1000)).toBe(at * length);
    expect(await sought(many.join(""), START + at * 1000 - 1)).toBe(at * length);
  });

  it("finds the end when all is earlier, and begins earlier by the skew", async () => {
    expect(await sought(many.join(""), START + 1e9)).toBe(20_000 * length);
    expect(await sought(many.join(""), START + 5_000_000, 60_000)).toBe(4940 * length);
  });

  it("finds the first of many with one time", async () => {
    const content = many.map((line, at) => (at > 5000 && at < 15_000 ? `${stamp(5_000_000)}${line.slice(24)}` : line));
    expect(await sought(content.join(""), START + 5_000_000)).toBe(5000 * length);
  });

  it("passes over lines without a time", async () => {
    const silent = "no time here\n".repeat(12_000);
    const content = many.slice(0, 10).join("") + silent + many.slice(10).join("");
    expect(await sought(content, START + 10_000)).toBe(10 * length + silent.length);
    expect(await sought(content, START + 9000)).toBe(9 * length);
    expect(await sought(silent, START)).toBe(silent.length);
    expect(await sought(silent + many[0], START)).toBe(silent.length);
  });

  it("loses no line of a log whose times are out of order by the skew", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.nat(5000), { minLength: 3000, maxLength: 3000 }),
        fc.nat(3000),
        async (shifts, wanted) => {
          const times = shifts.map((shift, at) => at * 1000 - shift);
          const lines = times.map((time) => `${stamp(time)} INFO ${"x".repeat(60)}\n`);
          const from = await sought(lines.join(""), START + wanted * 1000, 5000);
          const missed = times.filter((time, at) => time >= wanted * 1000 && at * (lines[0]?.length ?? 0) < from);
          expect(missed).toEqual([]);
        },
      ),
      { numRuns: 20 },
    );
  });
});

describe("lines without a time", () => {
  const timed = `${stamp(0)} ERROR broken\n`;

  it("go with a line at most 200 above, and each is an event of its own beyond", async () => {
    const lines = (count: number): string => Array.from({ length: count }, (_, at) => `more ${at}\n`).join("");
    expect((await summarized(timed + lines(200))).part).toMatchObject({ lines: 201, events: 1 });
    expect((await summarized(timed + lines(203))).part).toMatchObject({ lines: 204, events: 4 });
    const { recent } = await summarized(timed + lines(203), { level: "error" });
    expect(recent).toMatchObject({ lines: 1 });
    const at = async (above: number) => {
      const pattern = { kind: "text", source: "wanted", ignoreCase: false } as const;
      const { part } = await summarized(`${timed + lines(above)}wanted\n`, { pattern, level: "error" });
      return part.lines;
    };
    expect([await at(199), await at(200)]).toEqual([1, 0]);
  });

  it("make one event whatever the ranges are", async () => {
    const piece = fc.constantFrom(timed, "more\n", "  more\n", "\n");
    await fc.assert(
      fc.asyncProperty(
        fc.array(piece, { maxLength: 40 }),
        fc.integer({ min: 2, max: 80 }),
        async (pieces, rangeBytes) => {
          const whole = await summarized(pieces.join(""));
          expect(await summarized(pieces.join(""), {}, { rangeBytes })).toEqual(whole);
        },
      ),
      { numRuns: 100 },
    );
  });
});

it("reads UTF-16 in ranges of any size", async () => {
  const text = Array.from({ length: 20 }, (_, at) => `${stamp(at)} INFO ${"\u0a41\u4100".repeat(at)}\n`).join("");
  const path = place.at("utf16");
  const bytes = Buffer.from(`\ufeff${text}`, "utf16le");
  for (const content of [bytes, Buffer.from(bytes).swap16()]) {
    writeFileSync(path, content);
    const fd = openSync(path, "r");
    try {
      const reports = [];
      for (const rangeBytes of [1_000_000, ...Array.from({ length: 24 }, (_, at) => 40 + at)]) {
        const summaries = { recent: new Summary(), before: new Summary() };
        const part = { fd, compressed: false, from: 0, to: content.length };
        const control = new Control(shared(), 10_000, () => {});
        const done = await summarize(
          { source: fileBytes(fd), part, query: {}, limits: { rangeBytes }, control },
          summaries,
        );
        expect(done).toMatchObject({ lines: 20, events: 20, scannedBytes: content.length, from: 0 });
        reports.push(summaries.recent.report(9));
      }
      for (const report of reports) expect(report).toEqual(reports[0]);
    } finally {
      closeSync(fd);
    }
  }
});
