import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { globMatcher, isGlob } from "../src/glob.ts";

describe("a glob of names", () => {
  it.each([
    ["*.log", "app.log", true],
    ["*.log", "web/app.log", false],
    ["**/*.log", "app.log", true],
    ["**/*.log", "a/b/app.log", true],
    ["web/**", "web/a/b.log", true],
    ["web/**", "other/a", false],
    ["app?.log", "app1.log", true],
    ["app?.log", "app/.log", false],
    ["app[12].log", "app2.log", true],
    ["app[!12].log", "app2.log", false],
    ["app[^12].log", "app3.log", true],
    ["{app,web}.log", "web.log", true],
    ["{app,web}.log", "xweb.log", false],
    ["a.c*", "abc", false],
    ["a{b", "a{b", true],
    ["a[b", "a[b", true],
    ["a[z-a]", "a[z-a]", true],
    ["st*r[1]", "star1", true],
    ["*", "new\nline", true],
    ["stream:*", "stream:web", true],
  ])("%j and %j: %s", (glob, name, expected) => {
    expect(globMatcher(glob)(name)).toBe(expected);
  });

  it("never throws, and a name without its marks means itself", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme", maxLength: 30 }), fc.string({ maxLength: 20 }), (glob, name) => {
        expect(typeof globMatcher(glob)(name)).toBe("boolean");
        if (!isGlob(glob)) expect(globMatcher(glob)(glob)).toBe(true);
      }),
    );
  });

  it("cannot be made to hang", () => {
    const name = `${"a".repeat(250)}!`;
    for (const glob of ["*a".repeat(100), "**/".repeat(100), "{a,aa}*".repeat(80), "?*".repeat(200)])
      expect(globMatcher(`${glob}b`)(name)).toBe(false);
  });
});
