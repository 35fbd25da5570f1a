import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fold, stem } from "../src/analysis/fold.ts";
import { queryTerms, textTerms, words } from "../src/analysis/tokens.ts";

/** Whether a text with `written` in it is found by `asked`: by all that is asked. */
function finds(written: string, asked: string): boolean {
  const there = new Set(textTerms(`before ${written} after`));
  const { terms } = queryTerms(asked, 100);
  return terms.size > 0 && [...terms.keys()].every((term) => there.has(term));
}

describe("one word in all its spellings", () => {
  test.each([
    ["Café", "cafe"],
    ["cafe\u0301", "CAFÉ"],
    ["Straße", "STRASSE"],
    ["ﬁle", "file"],
    ["ＦＵＬＬ", "full"],
    ["İstanbul", "istanbul"],
    ["ISTANBUL", "ıstanbul"],
    ["Łódź", "lodz"],
    ["Smørrebrød", "smorrebrod"],
    ["Ελλάδα", "ελλαδα"],
    ["ΟΔΟΣ", "οδος"],
    ["ёлка", "елка"],
    ["МОСКВА", "москва"],
    ["שָׁלוֹם", "שלום"],
    ["مُحَمَّد", "محمد"],
    ["docu\u00adment", "document"],
    ["naïve", "naive"],
  ])("%s is found by %s, and the other way round", (one, other) => {
    expect(finds(one, other)).toBe(true);
    expect(finds(other, one)).toBe(true);
  });

  test("accents that make another letter stay", () => {
    expect(finds("мой", "мои")).toBe(false);
    expect(finds("हिन्दी", "हिन्दी")).toBe(true);
    expect(finds("हिन्दी", "हन्द")).toBe(false);
  });

  test("English words are found in their other forms", () => {
    expect(textTerms("the server's, l'école and don’t")).toEqual(["the", "server", "ecol", "and", "don"]);
    expect(finds("configurations", "configuring")).toBe(true);
    expect(finds("the server's caches", "server cache")).toBe(true);
    expect(stem("привет")).toBe("привет");
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
  });
});

describe("names that programmers write", () => {
  test.each([
    ["snake_case_name", "snake_case_name"],
    ["snake_case_name", "case name"],
    ["getUserName()", "getUserName"],
    ["getUserName()", "user name"],
    ["HTTPServer", "http server"],
    ["HTTPServer", "httpserver"],
    ["C++", "C++"],
    ["c++ code", "C++ code"],
    ["C#", "c#"],
    ["--dry-run", "--dry-run"],
    ["--dry-run", "dry-run"],
    ["-v", "-v"],
    ["v1.2.3", "v1.2.3"],
    ["v1.2.3", "1.2.3"],
    ["src/lib/index.ts", "src/lib/index.ts"],
    ["src/lib/index.ts", "index.ts"],
    ["C:\\Temp\\log.txt", "log.txt"],
    ["std::map", "std::map"],
    ["@scope/package", "@scope/package"],
    ["@scope/package", "package"],
    [".env", ".env"],
    [".NET", ".net"],
    ["$HOME", "$HOME"],
    ["__init__", "init"],
    ["me@example.com", "me@example.com"],
    ["AT&T", "at&t"],
    ["🚀 launch", "🚀"],
    ["_emphasis_", "emphasis"],
  ])("%s is found by %s", (written, asked) => expect(finds(written, asked)).toBe(true));

  test("the exact name is a term of its own, so that it ranks first", () => {
    for (const name of ["--flag", ".net", "@scope/package", "src/a.ts", "std::map", "a-b", "v1.2"]) {
      expect(textTerms(`the ${name} here`)).toContain(name);
    }
    expect(textTerms("snake_case")).toContain("snake_case");
    expect(textTerms("snake case")).not.toContain("snake_case");
    expect(textTerms("C")).not.toContain("c++");
    expect(textTerms("flag")).not.toContain("--flag");
    expect(textTerms("1.2.3")).not.toContain("v1.2.3");
  });
});

describe("queries", () => {
  const terms = (query: string, max = 100): string[] => [...queryTerms(query, max).terms.keys()];

  test("English stop words are left out, unless there is nothing else", () => {
    expect(terms("how do I use the cache")).toEqual(["cach"]);
    expect(terms("to be or not to be")).toEqual(["to", "be", "or", "not"]);
  });

  test("nothing is syntax", () => {
    for (const query of [
      '"exact',
      "a*b",
      "NEAR(x y)",
      "-not",
      "^up",
      "title:x",
      "x OR y AND z",
      "(",
      "\\",
      "\0",
      "a\0b",
    ]) {
      expect(() => terms(query)).not.toThrow();
    }
    expect(terms('"')).toEqual([]);
    expect(terms("?!… — ()")).toEqual([]);
    expect(terms("title:x")).toContain("x");
    expect(terms("-not found")).toContain("found");
  });

  test("a word that is asked for twice counts twice", () => {
    expect(queryTerms("cache cache miss", 10).terms).toEqual(
      new Map([
        ["cach", 2],
        ["miss", 1],
      ]),
    );
  });

  test("are bounded in terms", () => {
    const long = Array.from({ length: 1_000 }, (_, index) => `w${index}`).join(" ");
    expect(queryTerms(long, 1_000)).toMatchObject({ cut: false });
    expect(queryTerms(long, 999)).toMatchObject({ cut: true });
    expect(terms(long, 999)).toHaveLength(999);
  });
});

describe("properties", () => {
  const text = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.string({ unit: "grapheme" }),
    fc.string({ unit: fc.constantFrom(..."aB1_-.+#:'/ \u0301東ไ\ud83d\u{1f680}ß") }),
  );

  test("never throws; offsets lie in the text and rise; terms are short and not empty", () => {
    fc.assert(
      fc.property(text, (input) => {
        let last = 0;
        for (const { start, end, terms } of words(input)) {
          expect(start).toBeGreaterThanOrEqual(last === 0 ? 0 : last - 2);
          expect(end).toBeGreaterThan(start);
          expect(end).toBeLessThanOrEqual(input.length);
          for (const term of terms) expect(term.length).toBeGreaterThan(0);
          for (const term of terms) expect(term.length).toBeLessThanOrEqual(65);
          last = start;
        }
      }),
      { numRuns: 2_000 },
    );
  });

  test("a text is found by itself: a query has no term that the text has not", () => {
    fc.assert(
      fc.property(text, (input) => {
        const there = new Set(textTerms(input));
        for (const term of queryTerms(input, 10_000).terms.keys()) expect(there.has(term)).toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });

  test("composed and decomposed text is the same, and folding twice changes nothing", () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(..."éÉñöåŁßΆςйЁ가ｶ") }), (input) => {
        expect(fold(input.normalize("NFD"))).toBe(fold(input.normalize("NFC")));
        expect(fold(fold(input))).toBe(fold(input));
      }),
    );
  });

  test("takes time in proportion to the text", () => {
    for (const hard of [
      "a".repeat(200_000),
      "a.".repeat(100_000),
      "aB".repeat(100_000),
      "--".repeat(100_000),
      "東".repeat(100_000),
      "a'".repeat(100_000),
      "é".repeat(100_000),
    ]) {
      expect([...words(hard)].length).toBeGreaterThanOrEqual(0);
    }
  });
});
