import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { boundary, cleanLine, cleanText, shorten } from "../../src/documents/clean.ts";
import { highlights, marksOf } from "../../src/tools/marks.ts";
import { snippet } from "../../src/tools/snippet.ts";
import { wholesOf } from "../../src/tools/wholes.ts";
import { parseQuery } from "../../src/query/parse.ts";

const CHARS = 260;
const formsOf = (words: string): ReadonlySet<string> => new Set(words.split(" "));
const of = (text: string, forms: string, chars: number = CHARS): string => snippet(text, formsOf(forms), chars);
const filler = (count: number): string => Array.from({ length: count }, (_, index) => `filler${index}`).join(" ");

describe("snippets", () => {
  test("show the passage with the most of what was asked for", () => {
    const text = `${filler(100)} the cache alone ${filler(100)} the cache is invalidated by writers ${filler(100)}`;
    const shown = of(text, "cache invalidated writers");
    expect(shown).toContain("cache is invalidated by writers");
    expect(shown).toMatch(/^…filler.*…$/);
    expect(shown.length).toBeLessThanOrEqual(CHARS + 2);
  });

  test("a short text is shown whole, and a text without the terms from its beginning", () => {
    expect(of("Short text.", "text")).toBe("Short text.");
    expect(of(filler(100), "nothing")).toMatch(/^filler0 filler1 .*…$/);
  });

  test("find words in scripts without spaces", () => {
    const text = `${"吾輩は猫である。".repeat(60)}東京都に行く。${"名前はまだ無い。".repeat(60)}`;
    expect(of(text, "東京")).toContain("東京都");
  });

  test("are one line without anything invisible", () => {
    const text =
      "a\u001b[31mred\u001b[0m \u001b]8;;http://x\u0007link\u001b]8;;\u0007 \u202egnp.exe\u202c z\u200bero\u200dwidth\n\n\ttab \u{e0041}tag \u0000nul\u0007";
    expect(of(text, "red")).toBe("ared link gnp.exe zerowidth tab tag nul");
  });

  test("are never longer than allowed and never cut a character", () => {
    const unit = fc.constantFrom("a", " ", "🚀", "猫", "é", "word ", "\n", "\u001b[1m", "\u202e", "👩‍👩‍👧");
    fc.assert(
      fc.property(
        fc.string({ unit, maxLength: 400 }),
        fc.constantFrom("a", "🚀", "猫 word", "none"),
        fc.integer({ min: 10, max: 300 }),
        (text, query, chars) => {
          const shown = of(text, query, chars);
          expect(shown.length).toBeLessThanOrEqual(chars + 2);
          expect(shown).not.toMatch(/\p{Cs}/u);
          expect(shown).not.toMatch(/[\p{Cc}\u202a-\u202e\u200b-\u200f\u2066-\u2069]/u);
          expect(shown).toBe(shown.trim());
        },
      ),
      { numRuns: 1_000 },
    );
  });
});

describe("what was asked for as a whole", () => {
  const forms = formsOf("app_state_dir app state dir cache warm c");
  const parts = `APP_CONFIG state --dir the warmed cache ${filler(100)}`;
  const shownOf = (query: string, text: string): [string, string[]] => {
    const wholes = wholesOf(parseQuery(query, () => false));
    const shown = snippet(text, forms, CHARS, wholes);
    return [shown, highlights(shown, forms, wholes)];
  };

  test.each([
    ['"APP_STATE_DIR"', "APP_STATE_DIR"],
    ["where is app_state_dir?", "APP_STATE_DIR"],
    ["APP_STATE_DIR dir", "process.env.APP_STATE_DIR"],
    ['"warm cache"', "warm  cache"],
    ['"warm cache" state', "warm, cache"],
  ])("by %j comes before more of its parts: %j", (query, said) => {
    const [shown, [first]] = shownOf(query, `${parts} app ${said} ${filler(100)}`);
    const clean = said.replace(/ +/, " ");
    expect(shown).toContain(clean);
    expect(first).toBe(clean.replace("process.env.", ""));
  });

  test("is shown with what follows it, not with its parts before it", () => {
    const text = `${filler(100)} dir ${filler(26)} APP_STATE_DIR | where the index is kept ${filler(100)}`;
    expect(shownOf("APP_STATE_DIR", text)[0]).toContain("APP_STATE_DIR | where the index is kept");
  });

  test("is found in scripts without spaces, and not within other words", () => {
    expect(shownOf('"東京"', `${filler(100)}は東京都に行く`)[1][0]).toBe("東京");
    expect(shownOf('"state dir"', `${parts} substate directory`)[0]).toMatch(/^APP_CONFIG/);
    expect(shownOf('"(.*" conf* "C++"', `${parts} C++ ${filler(100)}`)[1][0]).toBe("C++");
  });

  test("is not what was excluded, a plain word, or a beginning", () => {
    expect(wholesOf(parseQuery('cache -"warm cache" -app_state app_st* "\u001b[A"', () => false))).toBeUndefined();
  });
});

describe("highlights", () => {
  test.each([
    ["Restart the daemon, then RESTART it; restarted.", "restart daemon", ["Restart", "daemon", "RESTART"]],
    ["Crème brûlée and creme", "creme", ["Crème", "creme"]],
    ["call parseHtmlFile or std::map", "html map", ["parseHtmlFile", "std::map"]],
    ["東京都に行く。大阪へ。東京", "東京 京都", ["東京都", "東京"]],
    ["吾輩は猫である", "猫", ["猫"]],
    ["nothing here", "other", []],
    ["", "a", []],
    [`${"x".repeat(101)} b`, `${"x".repeat(64)} b`, ["b"]],
  ])("of %j with %j", (text, forms, expected) => {
    expect(highlights(text, formsOf(forms))).toEqual(expected);
  });

  test("are at most eight, and stand in the text", () => {
    const unit = fc.constantFrom("a", "b", " ", "🚀", "猫", "犬", "é", "word", "-", "\u0301");
    fc.assert(
      fc.property(fc.string({ unit, maxLength: 200 }), (text) => {
        const shown = highlights(text, formsOf("a b 🚀 猫 猫犬 e word"));
        expect(shown.length).toBeLessThanOrEqual(8);
        expect(new Set(shown).size).toBe(shown.length);
        for (const each of shown) expect(text).toContain(each);
        for (const { start, end } of marksOf(text, formsOf("a 猫"))) expect(end).toBeGreaterThan(start);
      }),
    );
    const many = Array.from({ length: 20 }, (_, index) => `w${index}`).join(" ");
    expect(highlights(many, formsOf(many))).toHaveLength(8);
  });
});

describe("cleaning", () => {
  const anything = fc.oneof(
    fc.integer({ min: 0, max: 0x10_ff_ff }).map((code) => String.fromCodePoint(code)),
    fc.constantFrom(..."\0\t\n\r\u001b[]0;\u0007\u009f\u200b\u202a\u202e\u2069\ufeff", "\u{e0001}", "\u{e007f}"),
  );

  test("keeps text as it is, tabs and newlines too", () => {
    const text = "Plain\ttext\nwith çäé, עברית, 日本語, 👩‍👩‍👧 and नमस्\u200dते";
    expect(cleanText(text)).toBe(text);
  });

  test("makes all ends of lines one", () => {
    expect(cleanText("a\r\nb\rc\u2028d")).toBe("a\nb\nc\nd");
  });

  test("takes out what terminals obey and people cannot see", () => {
    fc.assert(
      fc.property(fc.string({ unit: anything, maxLength: 200 }), (text) => {
        expect(cleanText(text)).not.toMatch(
          /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b\u202a-\u202e\u2066-\u2069\ufeff\u{e0000}-\u{e007f}]/u,
        );
        expect(cleanLine(text)).not.toMatch(/\n/);
      }),
    );
    expect(cleanText("\u001b[2Jx\u001b]0;title\u0007y\u001bcz")).toBe("xyz");
    expect(cleanText("an open \u001b]0;sequence does not eat\nthe rest")).toContain("the rest");
  });

  test("shortening cuts at words and never in a character", () => {
    expect(shorten("one two three", 13)).toBe("one two three");
    expect(shorten("one two three", 10)).toBe("one two…");
    expect(shorten("🚀🚀🚀", 4)).toBe("🚀…");
    expect(boundary("🚀", 1)).toBe(0);
  });
});
