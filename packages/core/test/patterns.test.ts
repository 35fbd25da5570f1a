import { expect, it } from "vitest";
import { matcher } from "../src/index.ts";

it.each([
  ["read_note", "read_note", true],
  ["read_note", "read_notes", false],
  ["list_*", "list_", true],
  ["list_*", "a_list_", false],
  ["*_read", "log_read", true],
  ["*", "", true],
  ["a*b*c", "a-b-b-c", true],
  ["a*b*c", "acb", false],
  ["ab*ba", "aba", false],
  ["a**b", "ab", true],
  [".*", "x", false],
])("the pattern %s on %s: %s", (pattern, name, expected) => {
  expect(matcher([pattern])(name)).toBe(expected);
  expect(matcher(["other", pattern])(name)).toBe(expected);
});

it("no pattern fits nothing, and a hostile one takes no time", () => {
  expect(matcher([])("x")).toBe(false);
  expect(matcher(["*a".repeat(64) + "b"])("a".repeat(100_000))).toBe(false);
});
