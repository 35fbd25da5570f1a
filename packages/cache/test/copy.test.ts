import fc from "fast-check";
import { expect, it } from "vitest";
import { copyAgain, copyOf } from "../src/copy.ts";

/** Any UTF-16 code unit, halves of surrogate pairs among them. */
const codeUnit = fc.nat(0xffff).map((unit) => String.fromCharCode(unit));

it("a copy is the same data as JSON would give, and shares nothing with the original", () => {
  fc.assert(
    fc.property(fc.jsonValue({ stringUnit: codeUnit }), (value) => {
      const copied = copyOf(value, Infinity);
      if (!copied.ok) throw new Error(copied.why);
      expect(copied.value).toEqual(JSON.parse(JSON.stringify(value)));
      expect(copyAgain(copied.value)).toEqual(copied.value);
      expect(shares(value, copied.value) || shares(copied.value, copyAgain(copied.value))).toBe(false);
    }),
    { numRuns: 2000 },
  );
});

function shares(a: unknown, b: unknown): boolean {
  if (typeof a !== "object" || a === null) return false;
  return a === b || Object.keys(a).some((name) => shares((a as never)[name], (b as never)[name]));
}

it.each([
  ["undefined", undefined],
  ["a function", { f: () => 1 }],
  ["a bigint", [1n]],
  ["NaN", { n: NaN }],
  ["a date", { at: new Date() }],
  ["a map", new Map()],
  ["an object that says otherwise", { toJSON: () => 1 }],
])("does not copy %s, which would come back as something else", (_, value) => {
  expect(copyOf(value, Infinity).ok).toBe(false);
});

it("leaves out what is undefined, keeps a property called __proto__, and ends at its bounds", () => {
  expect(copyOf({ a: 1, b: undefined }, Infinity)).toMatchObject({ ok: true, value: { a: 1 } });
  const hostile = JSON.parse('{"__proto__": {"polluted": true}}') as object;
  const copied = copyOf(hostile, Infinity);
  expect(copied.ok && Object.keys(copied.value as object)).toEqual(["__proto__"]);
  expect(Object.keys(copyAgain(hostile))).toEqual(["__proto__"]);
  expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  expect(copyOf("x".repeat(1000), 1000)).toMatchObject({ ok: false, why: "it is too large" });
  let deep: unknown = 1;
  for (let level = 0; level < 65; level++) deep = [deep];
  expect(copyOf(deep, Infinity).ok).toBe(false);
  const cycle: { self?: unknown } = {};
  cycle.self = cycle;
  expect(copyOf(cycle, Infinity).ok).toBe(false);
});
