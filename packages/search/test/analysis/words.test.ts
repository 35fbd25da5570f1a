import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { asciiEnd, JOINER, kindAt, LETTER } from "../../src/analysis/kinds.ts";
import { anyText, visits, wordsOf } from "./finds.ts";

describe("what a word is", () => {
  test.each([
    ["The quick, brown fox.", ["The", "quick", "brown", "fox"]],
    ["snake_case kebab-case a/b.ts std::map", ["snake_case", "kebab-case", "a/b.ts", "std::map"]],
    ["use --dry-run or -v, not ---x", ["use", "--dry-run", "or", "-v", "not", "x"]],
    ["in .net, .env, $HOME and @scope/pkg", ["in", ".net", ".env", "$HOME", "and", "@scope/pkg"]],
    ["C++ and C# and F#.", ["C++", "and", "C#", "and", "F#"]],
    ["v1.2.3 1.2.3-beta.1", ["v1.2.3", "1.2.3-beta.1"]],
    ["me@example.com AT&T", ["me@example.com", "AT&T"]],
    ["HTTP/2 0x80070005 E11000", ["HTTP/2", "0x80070005", "E11000"]],
    [
      "10,000 rows, 1,2 and 1,2345 of 1,234,567.8",
      ["10,000", "rows", "1", "2", "and", "1", "2345", "of", "1,234,567.8"],
    ],
    ["don't l’école", ["don't", "l’école"]],
    ["https://example.com/a?b=c", ["https", "example.com/a", "b", "c"]],
    ["C:\\Temp\\log.txt", ["C:\\Temp\\log.txt"]],
    ["a...b a--b a.-b", ["a", "b", "a--b", "a.-b"]],
    ["🚀 launch ✈️", ["🚀", "launch", "✈"]],
    ["cafe\u0301 docu\u00adment हिन्दी", ["cafe\u0301", "docu\u00adment", "हिन्दी"]],
    ["שָׁלוֹם مُحَمَّد", ["שָׁלוֹם", "مُحَمَّد"]],
    ["𝒳𝒴 𐐷ab", ["𝒳𝒴", "𐐷ab"]],
    ["a\ud800b \udc00", ["a", "b"]],
    ["a\0b", ["a", "b"]],
    ["", []],
    ["?!… — ()", []],
    ["x.", ["x"]],
    ["--", []],
    ["-é", ["é"]],
  ])("%j", (text, words) => expect(wordsOf(text)).toEqual(words));

  test("letters of scripts without spaces come with the next one, the last alone", () => {
    expect(visits("東京都 x").map(({ word, tail }) => [word, tail])).toEqual([
      ["東京", false],
      ["京都", false],
      ["都", true],
      ["x", false],
    ]);
    expect(visits("猫").map(({ word, tail }) => [word, tail])).toEqual([["猫", false]]);
    expect(wordsOf("使用Docker部署")).toEqual(["使用", "用", "Docker", "部署", "署"]);
    expect(wordsOf("𠮷野")).toEqual(["𠮷野", "野"]);
  });

  test("marks stay with their letter", () => {
    expect(wordsOf("ที่นี่")).toEqual(["ที่นี่", "นี่"]);
    expect(wordsOf("が".normalize("NFD"))).toHaveLength(1);
    expect(wordsOf("ｶﾞｷﾞ")).toEqual(["ｶﾞｷﾞ", "ｷﾞ"]);
    for (const text of ["한국어", "がぎ", "ភាសា", "မြန်မာ", "ພາສາ"]) {
      const composed = wordsOf(text).map((word) => word.normalize("NFC"));
      expect(wordsOf(text.normalize("NFD")).map((word) => word.normalize("NFC"))).toEqual(composed);
    }
  });

  test("words without end are cut", () => {
    const words = wordsOf("a".repeat(1_000_000));
    expect(words).toHaveLength(1_000);
    expect(new Set(words)).toEqual(new Set(["a".repeat(1_000)]));
    expect(wordsOf("𝒳".repeat(1_500)).every((word) => word === Buffer.from(word).toString())).toBe(true);
    // A joint is never the end of a word.
    expect(wordsOf(`${"a".repeat(999)}.b`)).toEqual(["a".repeat(999), "b"]);
  });
});

describe("properties", () => {
  test("words lie in the text and come in order; none overlaps another but a letter its pair", () => {
    fc.assert(
      fc.property(anyText, (input) => {
        let last = { start: -1, end: 0 };
        for (const { start, end, tail } of visits(input)) {
          expect(start).toBeGreaterThan(last.start);
          expect(end).toBeGreaterThan(start);
          expect(end).toBeLessThanOrEqual(input.length);
          if (tail) expect(end).toBe(last.end);
          else expect(start < last.end ? kindAt(input, start) > JOINER : true).toBe(true);
          last = { start, end };
        }
      }),
      { numRuns: 1_000 },
    );
  });

  test("white space parts words: a text has the words of its pieces", () => {
    const space = fc.constantFrom(" ", "\n", "\t", "\u00a0", "\u3000", "\u2028");
    fc.assert(
      fc.property(fc.array(anyText, { maxLength: 5 }), space, (pieces, white) => {
        expect(wordsOf(pieces.join(white))).toEqual(pieces.flatMap(wordsOf));
      }),
      { numRuns: 1_000 },
    );
  });

  test("the way for ASCII is the way for all text", () => {
    for (let unit = 0; unit < 0x80; unit += 1) {
      const character = String.fromCharCode(unit);
      expect(asciiEnd(character, 0, 1) === 1, character).toBe(kindAt(character, 0) === LETTER);
    }
    expect(asciiEnd("aé", 0, 2)).toBe(1);
    expect(asciiEnd("abc", 0, 2)).toBe(2);
    fc.assert(
      fc.property(
        fc.string({ unit: fc.integer({ min: 0, max: 0x7f }).map((unit) => String.fromCharCode(unit)), maxLength: 60 }),
        (input) => {
          // A letter that is not ASCII stands for each that is; signs go before ASCII letters only.
          const other = input.replaceAll(/[A-Za-z]/g, "é");
          const strip = (words: ReturnType<typeof visits>): [number, number][] =>
            words.map(({ word, start, end }) => [start + (/^[-.@$]*/.exec(word)?.[0].length ?? 0), end]);
          expect(strip(visits(input))).toEqual(strip(visits(other)));
        },
      ),
      { numRuns: 1_000 },
    );
  });

  test("takes any text without stopping", () => {
    for (const hard of ["a.", "aB", "--", "東", "a'", "é", "\u0301", "a\u0301", "\ud800", "๏ี", "1,000,", "\0", "🚀"]) {
      const input = hard.repeat(Math.ceil(100_000 / hard.length));
      expect(visits(input).length).toBeLessThanOrEqual(input.length);
    }
  });
});
