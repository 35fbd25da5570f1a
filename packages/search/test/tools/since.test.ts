import { ToolError } from "@plugboard/core";
import fc from "fast-check";
import { expect, test } from "vitest";
import { parseSince } from "../../src/tools/since.ts";

const now = Date.UTC(2026, 2, 31, 12);
const HOUR = 3_600_000;

test.each([
  ["2026-01-31", Date.UTC(2026, 0, 31)],
  ["2026-01-31T08:30:00Z", Date.UTC(2026, 0, 31, 8, 30)],
  ["2026-01-31T08:30", Date.UTC(2026, 0, 31, 8, 30)],
  ["2026-01-31 08:30:15.5", Date.UTC(2026, 0, 31, 8, 30, 15, 500)],
  ["2026-01-31T08:30+02:00", Date.UTC(2026, 0, 31, 6, 30)],
  ["2026-01-31t08:30:00-0130", Date.UTC(2026, 0, 31, 10)],
  ["24h", now - 24 * HOUR],
  ["7d", now - 7 * 24 * HOUR],
  ["2W", now - 14 * 24 * HOUR],
  [" 1 d ", now - 24 * HOUR],
  ["0h", now],
  ["2024-02-29", Date.UTC(2024, 1, 29)],
])("%s", (since, expected) => {
  expect(parseSince(since, now)).toBe(expected);
});

test.each([
  "yesterday",
  "",
  "7",
  "7m",
  "-7d",
  "2026",
  "2026-13-01",
  "2026-02-30",
  "2026-01-31T25:00",
  "1e3d",
  "2026-01-31T08:00X",
])("%j is an error that names the field and what it takes", (since) => {
  expect(() => parseSince(since, now)).toThrow(ToolError);
  expect(() => parseSince(since, now)).toThrow(
    /^`since` is ".*", which is not a time\. Give a date \(2026-01-31\).*7d/,
  );
});

test("is read as it was written, whatever the time", () => {
  const date = fc.date({ min: new Date(0), max: new Date(Date.UTC(9999, 11, 31)), noInvalidDate: true });
  fc.assert(
    fc.property(date, (at) => {
      expect(parseSince(at.toISOString(), now)).toBe(at.getTime());
    }),
  );
});
