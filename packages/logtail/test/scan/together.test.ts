import { closeSync, openSync, writeFileSync } from "node:fs";
import fc from "fast-check";
import { afterAll, expect, it } from "vitest";
import { Claims } from "../../src/scan/claims.ts";
import { Scanners } from "../../src/scan/sessions.ts";
import type { Part } from "../../src/scan/types.ts";
import { folder } from "../read/folder.ts";

const START = Date.UTC(2026, 10, 22, 10);
const stamp = (ms: number): string => new Date(START + ms).toISOString();

/** One pool for all: starting a thread from the source takes long. */
const scanners = new Scanners({ max: 2, parallelBytes: 1 });
afterAll(() => scanners.close());
/** With a bound of bytes one thread does it alone. */
const ALONE = { bytes: Number.MAX_SAFE_INTEGER };

/** A file whose parts are summarized. */
async function written(content: string) {
  const place = await folder();
  writeFileSync(place.at("log"), content);
  const fd = openSync(place.at("log"), "r");
  const part: Part = { fd, compressed: false, from: 0, to: Buffer.byteLength(content) };
  return {
    part,
    async [Symbol.asyncDispose]() {
      closeSync(fd);
      await place[Symbol.asyncDispose]();
    },
  };
}

it("two threads summarize what one does, with traces over the borders of ranges", async () => {
  await using session = await scanners.session();
  const piece = fc.constantFrom(
    "INFO fine 1",
    "ERROR bad\n\tat a.B(C.java:5)\n\nCaused by: x",
    "WARN [x] odd é",
    "INFO job-7",
  );
  await fc.assert(
    fc.asyncProperty(fc.array(piece, { minLength: 1, maxLength: 60 }), fc.nat(60_000), async (pieces, split) => {
      const content = pieces.map((text, at) => `${stamp(at * 1000)} ${text}\n`).join("");
      await using file = await written(content);
      const limits = { rangeBytes: 64, split: START + split, index: 2 };
      const results = [];
      for (const how of [ALONE, {}]) {
        await session.begin({ buckets: 10 });
        const part = await session.summarize(file.part, {}, { ...limits, ...how });
        results.push({ part, report: await session.report({ limit: 20, includeBefore: true }) });
      }
      expect(results[1]).toEqual(results[0]);
      const [{ part, report } = results[0] as never] = results;
      expect(part).toMatchObject({ from: 0, to: file.part.to, exact: true, events: pieces.length });
      expect(report?.lines).toBe(pieces.length);
      expect(part?.lines).toBe(content.split("\n").length - 1);
      expect(part?.scannedBytes).toBe(file.part.to);
    }),
    { numRuns: 25 },
  );
  expect(scanners.size).toBe(2);
});

it("says exactly what was covered when the time is over, and goes on from there", async () => {
  await using session = await scanners.session();
  const line = `${stamp(0)} INFO a line of this log\n`;
  const count = 60_000;
  await using file = await written(line.repeat(count));
  let to = file.part.to;
  let parts = 0;
  let lines = 0;
  while (to > 0) {
    const covered = await session.summarize({ ...file.part, to }, {}, { ms: 1, rangeBytes: 65_536 });
    expect(covered.to).toBe(to);
    expect(covered.lines * line.length).toBe(covered.to - covered.from);
    expect(covered.events).toBe(covered.lines);
    expect(covered.scannedBytes).toBe(covered.to - covered.from);
    expect(covered.exact).toBe(covered.from === 0);
    lines += covered.lines;
    expect((await session.report({ limit: 1 })).lines).toBe(lines);
    to = covered.from;
    parts++;
  }
  expect(lines).toBe(count);
  expect(parts).toBeGreaterThan(1);
});

it("keeps what it had when it is ended in the middle of a match", async () => {
  await using session = await scanners.session();
  await session.begin({ maxExample: 5 });
  let state = 1;
  const letter = (): string => ((state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0) & 65_536 ? "a" : "b");
  const long = Array.from({ length: 40_000 }, letter).join("").repeat(100);
  const found = `${"a".repeat(201)}d`;
  await using earlier = await written("something else\n");
  await using file = await written(`${found}\n${long}\n${`${found} behind\n`.repeat(3)}`);
  const query = {
    pattern: { kind: "regex", source: "a[ab]{200}(?:[cd]|e*[fg])", ignoreCase: false },
  } as const;
  await session.summarize(earlier.part, {}, {});
  // The last range is scanned whatever time it takes; then the long line is under test when the time is over.
  const behind = 3 * (found.length + 8);
  const limits = { ms: 1000, rangeBytes: behind, maxLineBytes: 5_000_000 };
  const covered = await session.summarize(file.part, query, limits);
  const from = file.part.to - behind;
  expect(covered).toMatchObject({ ended: "killed", exact: false, lines: 3, events: 3, from, to: file.part.to });
  const report = await session.report({ limit: 5 });
  expect(report.lines).toBe(4);
  expect(report.templates.map(({ example }) => example)).toContain("somet");
  expect(await session.summarize(earlier.part, {}, {})).toMatchObject({ exact: true, lines: 1 });
  expect((await session.report({ limit: 5 })).lines).toBe(5);
});

it("hands out a part once, without a gap, and not to one who waits no longer", async () => {
  const claims = Claims.until(10);
  const other = new Claims(claims.memory);
  const startOf = async (end: number): Promise<number> => {
    expect(await other.next(0, startOf, () => true)).toBeUndefined();
    return end - 5;
  };
  expect(await claims.next(0, startOf, () => false)).toEqual({ from: 5, to: 10 });
  expect(
    await other.next(
      0,
      async (end) => end - 5,
      () => false,
    ),
  ).toEqual({ from: 0, to: 5 });
  expect(await claims.next(0, startOf, () => false)).toBeUndefined();
  expect(other.start).toBe(0);
});
