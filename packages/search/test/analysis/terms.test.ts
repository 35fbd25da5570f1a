import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fold } from "../../src/analysis/fold.ts";
import { queryWordTerms, wordTerms } from "../../src/analysis/words.ts";
import { anyText, finds, findsPhrase, queryTerms, textTerms, visits } from "./finds.ts";

/** `term@position` of all terms of a word; `~` where it can be stemmed. */
function termsOf(word: string): string[] {
  return wordTerms(word).terms.map(({ term, at, stemmable }) => `${term}@${at}${stemmable === undefined ? "" : "~"}`);
}

describe("terms and their positions", () => {
  test.each([
    ["word", ["word@0~"]],
    ["parseHtmlFile", ["parsehtmlfile@0~", "parse@0~", "html@1~", "file@2~"]],
    ["HTTPServer", ["httpserver@0~", "http@0~", "server@1~"]],
    ["URLs", ["urls@0~"]],
    ["parseURLs", ["parseurls@0~", "parse@0~", "urls@1~"]],
    ["ERR_MODULE_NOT_FOUND", ["err_module_not_found@0", "err@0~", "module@1~", "not@2~", "found@3~"]],
    ["E11000", ["e11000@0"]],
    ["TS2345", ["ts2345@0"]],
    ["0x80070005", ["0x80070005@0"]],
    ["0xDEADbeef", ["0xdeadbeef@0"]],
    ["HTTP/2", ["http/2@0", "http@0~", "2@1"]],
    ["v1.2.3", ["v1.2.3@0", "1.2.3@0"]],
    ["1.2.3-beta.1", ["1.2.3-beta.1@0", "1.2.3@0", "beta@1~", "1@2"]],
    ["10,000.5", ["10,000.5@0", "10000.5@0"]],
    ["1_000", ["1_000@0", "1000@0"]],
    ["src/lib/index.ts", ["src/lib/index.ts@0", "src@0~", "lib@1~", "index.ts@2", "index@2~", "ts@3~"]],
    ["C:\\Temp\\a.txt", ["c:\\temp\\a.txt@0", "c@0", "temp@1~", "a.txt@2", "a@2", "txt@3~"]],
    ["--dry-run", ["--dry-run@0", "dry-run@0", "dry@0~", "run@1~"]],
    ["C++", ["c++@0", "c@0"]],
    ["__init__", ["__init__@0", "init@0~"]],
    ["_", ["_@0"]],
    ["don't", ["don@0~"]],
    ["it’s", ["it@0~"]],
    ["l'école", ["ecole@0~"]],
    ["rock'n'roll", ["rock@0~", "roll@1~"]],
    ["東京", ["東@0", "東京@0"]],
    ["都", ["都@0"]],
    ["🚀", ["🚀@0"]],
    ["\u0640", []],
    ["", []],
  ])("%s", (word, terms) => expect(termsOf(word)).toEqual(terms));

  test("a word takes as many positions as it has parts", () => {
    expect(wordTerms("word").span).toBe(1);
    expect(wordTerms("src/lib/index.ts").span).toBe(4);
    expect(wordTerms("東京").span).toBe(1);
    expect(wordTerms("\u0640").span).toBe(1);
  });

  test("stemmers get the word in lower case with its accents", () => {
    expect(wordTerms("GÉNÉRALES").terms).toEqual([{ term: "generales", at: 0, stemmable: "générales" }]);
    expect(wordTerms("İstanbul").terms[0]?.stemmable).toBe("istanbul");
    expect(wordTerms("x").terms[0]?.stemmable).toBeUndefined();
    expect(wordTerms("a".repeat(41)).terms[0]?.stemmable).toBeUndefined();
  });

  test("a query has of two letters only both, and of the last one nothing", () => {
    expect(queryWordTerms("東京", false).map(({ term }) => term)).toEqual(["東京"]);
    expect(queryWordTerms("都", true)).toEqual([]);
    expect(queryWordTerms("都", false).map(({ term }) => term)).toEqual(["都"]);
    expect(queryWordTerms("a-b", false)).toEqual(wordTerms("a-b").terms);
  });
});

describe("one word in all its spellings", () => {
  test.each([
    ["Café", "cafe"],
    ["cafe\u0301", "CAFÉ"],
    ["Straße", "STRASSE"],
    ["İstanbul", "istanbul"],
    ["ISTANBUL", "ıstanbul"],
    ["Łódź", "lodz"],
    ["Smørrebrød", "smorrebrod"],
    ["ΟΔΟΣ", "οδος"],
    ["МОСКВА", "москва"],
    ["שָׁלוֹם", "שלום"],
    ["docu\u00adment", "document"],
    ["がぎ".normalize("NFD"), "がぎ"],
  ])("%s is found by %s, and the other way round", (one, other) => {
    expect(finds(one, other)).toBe(true);
    expect(finds(other, one)).toBe(true);
  });

  test("accents that make another letter stay", () => {
    expect(finds("мой", "мои")).toBe(false);
    expect(finds("हिन्दी", "हन्द")).toBe(false);
  });
});

describe("scripts without spaces", () => {
  test.each([
    ["東京都に行く", "東京"],
    ["東京都に行く", "京都"],
    ["一只猫在睡觉", "猫"],
    ["ｶﾀｶﾅ", "カタカナ"],
    ["한국어를 배우다", "한국어"],
    ["ภาษาไทยง่าย", "ไทย"],
    ["使用Docker部署服务", "docker"],
    ["使用Docker部署服务", "部署"],
    ["𠮷野家", "𠮷野"],
  ])("%s is found by %s", (written, asked) => expect(finds(written, asked)).toBe(true));

  test("pairs have to be there in this order", () => {
    expect(finds("東京都", "都京")).toBe(false);
    expect(findsPhrase("東京都に行く", "京都に")).toBe(true);
    expect(findsPhrase("京都は東京に", "東京都")).toBe(false);
  });
});

describe("names that programmers write", () => {
  test.each([
    ["snake_case_name", "case name"],
    ["getUserName()", "getUserName"],
    ["getUserName()", "user name"],
    ["HTTPServer", "httpserver"],
    ["c++ code", "C++ code"],
    ["C#", "c#"],
    ["--dry-run", "dry-run"],
    ["v1.2.3", "1.2.3"],
    ["v2.0.0-rc.1", "2.0.0"],
    ["src/lib/index.ts", "index.ts"],
    ["C:\\Temp\\log.txt", "log.txt"],
    ["std::map", "std::map"],
    ["@scope/package", "package"],
    [".NET", ".net"],
    ["$HOME", "$HOME"],
    ["me@example.com", "example"],
    ["AT&T", "at&t"],
    ["🚀 launch", "🚀"],
    ["10,000", "10000"],
  ])("%s is found by %s", (written, asked) => expect(finds(written, asked)).toBe(true));

  test("the exact name is a term of its own, so that it ranks first", () => {
    for (const name of ["--flag", ".net", "@scope/package", "src/a.ts", "std::map", "a-b", "v1.2", "snake_case"]) {
      expect(textTerms(`the ${name} here`)).toContain(name);
    }
    expect(textTerms("snake case")).not.toContain("snake_case");
    expect(textTerms("C")).not.toContain("c++");
    expect(textTerms("flag")).not.toContain("--flag");
    expect(textTerms("1.2.3")).not.toContain("v1.2.3");
  });

  test.each([
    ["the parseHtmlFile function", "html file function"],
    ["a foo-bar here", "foo bar here"],
    ["a foo bar here", "foo-bar here"],
    ["in src/lib/index.ts line 3", "index.ts line"],
    ["the server's cache", "server cache"],
    ["ERR_MODULE_NOT_FOUND again", "module not found again"],
  ])("the phrase in %s is found by %s", (written, asked) => expect(findsPhrase(written, asked)).toBe(true));

  test("parts in another order are no phrase", () => {
    expect(findsPhrase("parseHtmlFile", "file html")).toBe(false);
  });
});

describe("bounds", () => {
  test.each([
    "a".repeat(1_000),
    "aB".repeat(500),
    "a.".repeat(500),
    "a/".repeat(500),
    "a/b.cD_".repeat(140),
    "v1.".repeat(300),
    "1,000,".repeat(160),
    "a'".repeat(500),
    "𝒳".repeat(500),
    `a${"𐐷".repeat(400)}`,
    `東${"\u0301".repeat(900)}`,
    "\ufdfa".repeat(1_000),
  ])("of terms, their length and their positions: %#", (word) => {
    const { terms, span } = wordTerms(word);
    expect(terms.length).toBeGreaterThan(0);
    expect(terms.length).toBeLessThanOrEqual(40);
    expect(span).toBeLessThanOrEqual(33);
    for (const { term } of terms) expect(term.length).toBeLessThanOrEqual(64);
    for (const { term } of terms) expect(term).toBe(Buffer.from(term).toString());
  });

  test("terms are folded, not empty and in the word; what can be stemmed folds to its term", () => {
    fc.assert(
      fc.property(anyText, (input) => {
        for (const { word } of visits(input)) {
          const { terms, span } = wordTerms(word);
          expect(span).toBeGreaterThanOrEqual(1);
          for (const { term, at, stemmable } of terms) {
            expect(term).not.toBe("");
            expect(fold(term)).toBe(term);
            expect(at).toBeGreaterThanOrEqual(0);
            expect(at).toBeLessThan(span);
            if (stemmable !== undefined) expect(fold(stemmable)).toBe(term);
          }
        }
        const there = textTerms(input);
        for (const term of queryTerms(input)) expect(there.has(term)).toBe(true);
      }),
      { numRuns: 500 },
    );
  });
});
