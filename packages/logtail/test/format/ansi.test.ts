import fc from "fast-check";
import { expect, it } from "vitest";
import { displayText, stripEscapes } from "../../src/format/ansi.ts";

it.each([
  ["\u001b[1;31mred\u001b[0m", "red"],
  ["\u001b]8;;http://x\u0007link\u001b]8;;\u001b\\", "link"],
  ["\u009b31mred", "red"],
  ["\u001b]0;title\u001b\\x\u001b7y\u001b(Bz", "xyz"],
  ["plain é 漢 🙂", "plain é 漢 🙂"],
])("strips %j", (text, plain) => {
  expect(stripEscapes(text)).toBe(plain);
});

it.each([
  ["a\u0000b\u0008\tc", "a\\x00b\\x08\tc"],
  ["abc\u202ecba\u2066", "abc\\u202ecba\\u2066"],
  ["ig\u200bnore\ufeff", "ig\\u200bnore\\ufeff"],
  ["a\u{e0041}b", "a\\u{e0041}b"],
  ["a\ud800b", "a\\ud800b"],
  ["a\u200db", "a\\u200db"],
  ["👩\u200d💻 ❤\ufe0f", "👩\u200d💻 ❤\ufe0f"],
  ["\u001b[2Jx\rfake", "x\\x0dfake"],
])("shows %j", (text, shown) => {
  expect(displayText(text)).toBe(shown);
});

it("leaves nothing that acts, and does not change what it made", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      const shown = displayText(text);
      expect(shown).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069\u200b\ufeff]/);
      expect(displayText(shown)).toBe(shown);
    }),
  );
});
