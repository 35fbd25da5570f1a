import { ToolError } from "@plugboard/core";
import { describe, expect, it } from "vitest";
import { whenOf, written } from "../../src/tools/when.ts";

const NOW = Date.parse("2026-11-22T12:00:00Z");
const when = (text: string, zone = "UTC"): string => written(whenOf("since", text, zone, NOW));

describe("a point in time", () => {
  it.each([
    ["now", "2026-11-22T12:00:00Z"],
    ["15m", "2026-11-22T11:45:00Z"],
    ["-15m", "2026-11-22T11:45:00Z"],
    ["2h30m ago", "2026-11-22T09:30:00Z"],
    ["1d", "2026-11-21T12:00:00Z"],
    ["1w", "2026-11-15T12:00:00Z"],
    ["1500ms", "2026-11-22T11:59:58.500Z"],
    ["2026-11-22T10:00:00+02:00", "2026-11-22T08:00:00Z"],
    [" 2026-11-22 10:00 ", "2026-11-22T10:00:00Z"],
    ["2026-11-22 10:00:00,250", "2026-11-22T10:00:00.250Z"],
    ["2026-11-20", "2026-11-20T00:00:00Z"],
    ["Nov 21 08:00:00", "2026-11-21T08:00:00Z"],
    ["21/Nov/2026:08:00:00 +0100", "2026-11-21T07:00:00Z"],
    ["11:30", "2026-11-22T11:30:00Z"],
    ["9:05", "2026-11-22T09:05:00Z"],
    ["23:30", "2026-11-21T23:30:00Z"],
    ["1763805600", "2025-11-22T10:00:00Z"],
    ["1763805600000", "2025-11-22T10:00:00Z"],
  ])("%s", (text, expected) => {
    expect(when(text)).toBe(expected);
  });

  it("takes what names no zone for the given one", () => {
    expect(when("2026-11-22 10:00", "+02:00")).toBe("2026-11-22T08:00:00Z");
    expect(when("13:30", "+02:00")).toBe("2026-11-22T11:30:00Z");
    expect(when("2026-07-01 10:00", "Europe/Berlin")).toBe("2026-07-01T08:00:00Z");
  });

  it.each(["", "yesterday", "15", "m", "5x", "25:00", "2026-13-01", "2026-11-22 10:00 tomorrow", "1e9", "999999999w"])(
    "%j is none, and the error says how to write one",
    (text) => {
      expect(() => when(text)).toThrow(ToolError);
      expect(() => when(text)).toThrow(/^`since`: .*"15m"/);
    },
  );
});
