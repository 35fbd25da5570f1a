import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseQuery } from "../../src/query/parse.ts";
import type { Query } from "../../src/query/types.ts";

const metadata = new Set(["tag", "author", "__proto__"]);
const parse = (source: string): Query => parseQuery(source, (name) => metadata.has(name));

/** Words as they were typed, with the star of a prefix. */
const wordsOf = ({ words }: Query): string[] => words.map(({ text, prefix }) => (prefix ? `${text}*` : text));
/** Everything but notices, in one line. */
function show(source: string): string {
  const query = parse(source);
  const { phrases, excluded, fields } = query;
  const out = excluded.map((each) => ("phrase" in each ? `"${each.phrase}"` : `${each.text}${each.prefix ? "*" : ""}`));
  return [
    ...wordsOf(query),
    ...phrases.map((phrase) => `"${phrase}"`),
    ...out.map((each) => `-${each}`),
    ...fields.map(({ field, value, excluded: not }) => `${not ? "-" : ""}${field}=${value}`),
  ].join(" | ");
}

describe("a query", () => {
  test.each([
    // Words
    ["how do I restart it?", "how | do | I | restart | it?"],
    ["don't l'école rock'n'roll 'tis dogs'", "don't | l'école | rock'n'roll | 'tis | dogs'"],
    [" \t\n a\u00a0b\u3000c ", "a | b | c"],
    ["", ""],
    ["? - * : ( )", "? | - | * | : | ( | )"],
    // Phrases
    ['"two words" and', 'and | "two words"'],
    ["“one two” „drei vier“ «cinq six» »sieben acht«", '"one two" | "drei vier" | "cinq six" | "sieben acht"'],
    ['a"b" 19" rack 21" rack', 'a"b" | 19" | rack | 21" | rack'],
    ['"a"b "c"?', 'b | ? | "a" | "c"'],
    ['("a b" or c)', 'or | c) | "a b"'],
    ['"" " " "?!" x', "x"],
    ['"it\'s here"', '"it\'s here"'],
    // Exclusions
    ["cache -draft -conf*", "cache | -draft | -conf*"],
    ['cache -"work in progress" -“a b”', 'cache | -"work in progress" | -"a b"'],
    ["cache -type:html -title:'x", "cache | -type=html | -title='x"],
    [
      "a -r --flag - a-b -5 -0.5 -- -- x -é -. ->",
      "a | -r | --flag | - | a-b | -5 | -0.5 | -- | -- | x | -é | -. | ->",
    ],
    ["x -été -𝒳𝒴 -4x", "x | -été | -𝒳𝒴 | -4x"],
    ['x -""', "x"],
    // Fields
    ["type:markdown path:docs/** install", "install | type=markdown | path=docs/**"],
    ['title:"two words" Heading:Setup lang:de', "title=two words | heading=Setup | lang=de"],
    ["title:“two words”", "title=two words"],
    ["tag:draft author:ann other:x", "other:x | tag=draft | author=ann"],
    ['x title:"" type: y:', "x | type: | y:"],
    ['title:"open end', "end | title=open"],
    ["path:C:\\docs x", "x | path=C:\\docs"],
    ["https://x.dev std::map 12:30 C:\\x error:ENOENT", "https://x.dev | std::map | 12:30 | C:\\x | error:ENOENT"],
    ["type::x type:/x", "type::x | type:/x"],
    // Prefixes
    ["conf* a* co* c_* **bold** a*b* x.* 設定*", "conf* | a* | co* | c_* | **bold** | a*b* | x.* | 設定*"],
    // Exclusions only
    ["-draft", "draft"],
    ['-draft -"a b" -type:html', 'draft | "a b" | -type=html'],
    ["-type:html", "type:html"],
    ["type:html", "type=html"],
    ["type:html -draft", "-draft | type=html"],
    // Other languages' syntax
    ["cats AND (dogs OR NOT birds)", "cats | AND | (dogs | OR | NOT | birds)"],
  ])("%j", (source, expected) => {
    expect(show(source)).toBe(expected);
  });

  test("says which stars stand for a beginning", () => {
    const { words } = parse("conf* a* co* c_* **bold** a*b* x.* 設定* ..a*");
    expect(words.filter(({ prefix }) => prefix).map(({ text }) => text)).toEqual(["conf", "co", "設定"]);
  });

  test.each([
    ["error:ENOENT", /no field "error" here, so "error:ENOENT" was searched as words/],
    [`x ${"f".repeat(50)}:${"y".repeat(500)}`, /no field "f{50}" here, so "f{50}:.{1,12}" was/],
    ['one "two', /quote is not closed/],
    ["-draft", /only what to leave out/],
    ["cats AND dogs", /read as words/],
    ["cats (dogs OR birds)", /read as words/],
    ["w ".repeat(65), /Only the first 64 words/],
  ])("%j has a notice", (source, notice) => {
    const { notices } = parse(source);
    expect(notices).toHaveLength(1);
    expect(notices[0]).toMatch(notice);
  });

  test.each([
    "how do I restart it?",
    "see https://x.dev/a:b at 12:30 in C:\\temp, std::map or node::fs",
    "THIS AND THAT",
    "NOT found",
    "nothing and all or none",
    'the "last one" -but tag:x',
    "urn:isbn:1",
    "make && ./run || (exit 1)",
    "note: this",
  ])("%j has none", (source) => {
    expect(parse(source).notices).toEqual([]);
  });

  test("has four notices at most", () => {
    expect(parse("aa:x bb:x cc:x dd:x ee:x ff:x").notices).toHaveLength(4);
  });

  test("comes through untouched where it is a sentence", () => {
    const word = fc
      .string({ unit: fc.constantFrom(..."abzé猫Ж9_.,;!?'’&/\\#+@$%=()"), minLength: 1, maxLength: 12 })
      .filter((text) => !text.includes("*"));
    fc.assert(
      fc.property(fc.array(word, { maxLength: 64 }), (words) => {
        const { phrases, excluded, fields, ...query } = parse(words.join(" "));
        expect(wordsOf({ phrases, excluded, fields, ...query })).toEqual(words);
        expect([phrases, excluded, fields, query.notices]).toEqual([[], [], [], []]);
      }),
    );
  });

  test("puts together from its parts is read as these parts", () => {
    const name = fc.string({ unit: fc.constantFrom(..."abcé9"), minLength: 2, maxLength: 8 }).map((text) => `x${text}`);
    const phrase = fc.array(name, { minLength: 1, maxLength: 3 }).map((words) => words.join(" "));
    fc.assert(
      fc.property(
        fc.array(name, { minLength: 1, maxLength: 9 }),
        fc.array(phrase, { maxLength: 9 }),
        fc.array(name, { maxLength: 9 }),
        fc.array(fc.record({ field: fc.constantFrom("path", "tag"), value: phrase, excluded: fc.boolean() }), {
          maxLength: 9,
        }),
        fc.infiniteStream(fc.nat()),
        (words, phrases, excluded, fields, order) => {
          const items = [
            ...words,
            ...phrases.map((text) => `"${text}"`),
            ...excluded.map((text) => `-${text}`),
            ...fields.map(({ field, value, excluded: not }) => `${not ? "-" : ""}${field}:"${value}"`),
          ];
          // Kinds may come in any order; those of one kind keep theirs.
          const kinds = items.map((item) => ({ item, at: order.next().value }));
          const groups = [
            kinds.slice(0, words.length),
            kinds.slice(words.length, words.length + phrases.length),
            kinds.slice(words.length + phrases.length, words.length + phrases.length + excluded.length),
            kinds.slice(words.length + phrases.length + excluded.length),
          ];
          const mixed: string[] = [];
          while (groups.some((group) => group.length > 0)) {
            const group = groups.filter((each) => each.length > 0).toSorted((a, b) => a[0]!.at - b[0]!.at)[0]!;
            mixed.push(group.shift()!.item);
          }
          expect(parse(mixed.join(" "))).toEqual({
            words: words.map((text) => ({ text, prefix: false })),
            phrases,
            excluded: excluded.map((text) => ({ text, prefix: false })),
            fields,
            notices: [],
          });
        },
      ),
    );
  });

  test("never fails, and is bounded", () => {
    const unit = fc.constantFrom(..."ab \"“”„«»-:*()[]\\/'\n\0é", "\ud800", "type:", "AND", "__proto__:");
    fc.assert(
      fc.property(fc.string({ unit, maxLength: 200 }), (source) => {
        const query = parse(source);
        for (const { text } of query.words) expect(text).toMatch(/^\S+$/);
        for (const phrase of query.phrases) expect(phrase).toMatch(/\S/);
        for (const { value } of query.fields) expect(value).not.toBe("");
      }),
      { numRuns: 1_000 },
    );
    for (const piece of [
      'a" ',
      ' "',
      "« ",
      "“a ",
      "-",
      "-a",
      ' -"a" ',
      "type:",
      ' tag:"',
      "a*",
      "-tag:x ",
      "x:y ",
      "((",
    ]) {
      const { words, phrases, excluded, fields, notices } = parse(piece.repeat(20_000));
      for (const items of [words, phrases, excluded, fields]) expect(items.length).toBeLessThanOrEqual(64);
      expect(notices.length).toBeLessThanOrEqual(4);
    }
  });
});
