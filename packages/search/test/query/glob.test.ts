import fc from "fast-check";
import picomatch from "picomatch";
import { describe, expect, test } from "vitest";
import { Automaton } from "../../src/query/automaton.ts";
import type { State } from "../../src/query/automaton.ts";
import { globMatcher } from "../../src/query/glob.ts";

const paths = ["readme.md", "docs/guide.md", "docs/api/v1/Users.MD", "src/docs/notes.txt", "docs-old/a.md", "a[1].md"];
const found = (glob: string): string[] => paths.filter(globMatcher(glob));

describe("a glob", () => {
  test.each([
    ["docs/**", ["docs/guide.md", "docs/api/v1/Users.MD"]],
    ["docs/*", ["docs/guide.md"]],
    ["docs/**/*.md", ["docs/guide.md", "docs/api/v1/Users.MD"]],
    ["**/docs/**", ["docs/guide.md", "docs/api/v1/Users.MD", "src/docs/notes.txt"]],
    ["**", paths],
    ["*.{md,txt}", paths],
    ["*.txt", ["src/docs/notes.txt"]],
    ["READ??.md", ["readme.md"]],
    ["[!a-d]*.md", ["readme.md", "docs/guide.md", "docs/api/v1/Users.MD"]],
    ["docs/{guide,api/v[0-9]/users}.md", ["docs/guide.md", "docs/api/v1/Users.MD"]],
    ["a\\[1\\].md", ["a[1].md"]],
  ])("%s", (glob, expected) => {
    expect(found(glob)).toEqual(expected);
  });

  test.each([
    ["docs", ["docs/guide.md", "docs/api/v1/Users.MD", "src/docs/notes.txt"]],
    ["docs/", ["docs/guide.md", "docs/api/v1/Users.MD"]],
    ["/docs", ["docs/guide.md", "docs/api/v1/Users.MD"]],
    ["./docs/", ["docs/guide.md", "docs/api/v1/Users.MD"]],
    ["docs\\api", ["docs/api/v1/Users.MD"]],
    ["DOCS/API", ["docs/api/v1/Users.MD"]],
    ["docs*/", ["docs/guide.md", "docs/api/v1/Users.MD", "docs-old/a.md"]],
    ["docs/guide.md", ["docs/guide.md"]],
    ["guide.md", ["docs/guide.md"]],
    [".", paths],
    ["/", paths],
    ["", []],
  ])("%s that is a folder stands for all in it", (glob, expected) => {
    expect(found(glob)).toEqual(expected);
  });

  test.each([
    ["{a}", "{a}", "a"],
    ["{a,b", "{a,b", "a"],
    ["a,b}", "a,b}", "b"],
    ["[a", "[a", "a"],
    ["[]a]", "]", "[]a]"],
    ["{a,{b,{c,d}}}", "d", "{"],
    ["Ünï*", "u\u0308NI\u0308code", "uni"],
    ["🚀?", "🚀🚀", "🚀"],
    ["a*b", "a\nb", "a/b"],
    ["x/[!a]b", "x/cb", "x//b"],
  ])("%s matches %j, not %j", (glob, yes, no) => {
    expect([globMatcher(glob)(yes), globMatcher(glob)(no)]).toEqual([true, false]);
  });

  test("means what it means to picomatch", () => {
    const name = fc.string({ unit: fc.constantFrom("a", "b", "B"), minLength: 1, maxLength: 4 });
    const part = fc.oneof(
      { weight: 3, arbitrary: fc.constantFrom("a", "b", "*", "?", "[ab]", "[^a]") },
      fc.constantFrom("{a,b}", "{a*,?b}", "{ab,{b,aa}}", "b"),
    );
    const star = /\*\*/;
    const piece = fc.oneof(
      fc
        .array(part, { minLength: 1, maxLength: 4 })
        .map((parts) => parts.join(""))
        .filter((each) => !star.test(each)),
      fc.constant("**"),
    );
    fc.assert(
      fc.property(
        fc.array(piece, { minLength: 2, maxLength: 4 }).map((pieces) => pieces.join("/")),
        fc.array(name, { minLength: 1, maxLength: 5 }).map((names) => names.join("/")),
        (glob, path) => {
          // A plain path stands for a folder as well here; and a folder itself is no document in it.
          const wanted = /[*?[{]/.test(glob) ? glob : `{${glob},${glob}/**}`;
          fc.pre(!glob.endsWith("/**") || !picomatch.isMatch(path, glob.slice(0, -3), { nocase: true }));
          expect(globMatcher(glob)(path)).toBe(picomatch.isMatch(path, wanted, { nocase: true, dot: true }));
        },
      ),
      { numRuns: 1_000 },
    );
  });

  test("an automaton remembers a bounded number of sets of states, and matches all the same", () => {
    // An "a" with twelve signs behind it: there are 2^13 sets of states.
    const any = (): boolean => true;
    const states: State[] = [{ next: [] }];
    for (let next = 0; next < 12; next += 1) states.push({ test: any, next });
    states.push({ test: (code) => code === 97, next: 12 }, { next: [13, 15] }, { test: any, next: 14 });
    const automaton = new Automaton(states, 14);
    let most = 0;
    let seed = 1;
    for (let text = 0; text < 1_000; text += 1) {
      let signs = "";
      for (let sign = 0; sign < 40; sign += 1) {
        seed = (seed * 48_271) % 2_147_483_647;
        signs += seed % 2 === 0 ? "a" : "b";
      }
      expect(automaton.matches(signs)).toBe(signs.at(-13) === "a");
      most = Math.max(most, automaton.size);
    }
    expect(most).toBeGreaterThan(1_900);
    expect(most).toBeLessThanOrEqual(2_040);
  });

  test("never fails and takes no more steps than signs of the path times signs of the glob", () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(..."ab*?[]{},!-\\/é🚀") }), fc.string(), (glob, path) => {
        expect(typeof globMatcher(glob)(path)).toBe("boolean");
      }),
    );
    // Each of these takes a backtracking matcher longer than anybody waits.
    for (const glob of ["*a".repeat(490), "**/a/".repeat(190), "{a,aa}".repeat(160), "{*,?}".repeat(190)]) {
      expect(globMatcher(`${glob}x`)("a/".repeat(60))).toBe(false);
      expect(globMatcher(`${glob}x`)("a".repeat(600))).toBe(false);
    }
    expect(globMatcher("{".repeat(900))("{".repeat(900))).toBe(true);
    expect(globMatcher("*".repeat(1_001))("a")).toBe(false);
  });
});
