import fc from "fast-check";
import { expect, it } from "vitest";
import { canonical, NotCanonical } from "../src/canonical.ts";

const text = (value: unknown): string => canonical(value, 1_000_000);

/** Data as tools get it, with all that is hard to tell apart. */
const leaf = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.constantFrom(
    "1",
    "null",
    "true",
    "undefined",
    "-0",
    "NaN",
    "date 0",
    "1n",
    "\ud800",
    "\ufffd",
    '"',
    "\\",
    "a:b",
    "[",
    "]",
    "{}",
    ",",
  ),
  fc.double(),
  fc.integer({ min: -3, max: 3 }),
  fc.constantFrom(0, -0, null, undefined, true, false, NaN, Infinity, -Infinity),
  fc.bigInt({ min: -3n, max: 3n }),
  fc.date(),
);
const key = fc.oneof(
  fc.string({ unit: "binary", maxLength: 3 }),
  fc.constantFrom("__proto__", "constructor", "a", "b", "1", ""),
);
const { data } = fc.letrec<{ data: unknown }>((tie) => ({
  data: fc.oneof(
    { depthSize: "small" },
    leaf,
    fc.array(tie("data"), { maxLength: 4 }),
    fc.array(fc.tuple(key, tie("data")), { maxLength: 4 }).map((pairs) => objectOf(pairs)),
  ),
}));

function objectOf(pairs: readonly (readonly [string, unknown])[]): object {
  const made = {};
  for (const [name, value] of pairs)
    Object.defineProperty(made, name, { value, enumerable: true, writable: true, configurable: true });
  return made;
}

/** Whether two values are the same data, by the plainest means. */
function same(a: unknown, b: unknown): boolean {
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return Object.is(a, b);
  if (a instanceof Date || b instanceof Date)
    return a instanceof Date && b instanceof Date && Object.is(a.getTime(), b.getTime());
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const [left, right] = [Object.keys(a).toSorted(), Object.keys(b).toSorted()];
  return (
    left.length === right.length &&
    left.every((name, index) => name === right[index] && same((a as never)[name], (b as never)[name]))
  );
}

function shuffled(value: unknown): unknown {
  if (typeof value !== "object" || value === null || value instanceof Date) return value;
  if (Array.isArray(value)) return value.map(shuffled);
  return objectOf(
    Object.entries(value)
      .toReversed()
      .map(([name, inner]) => [name, shuffled(inner)] as const),
  );
}

it("two values have one text exactly when they are the same data", () => {
  fc.assert(
    fc.property(data, data, (a, b) => {
      expect(text(a) === text(b)).toBe(same(a, b));
    }),
    { numRuns: 2000 },
  );
});

it("small values that look alike never have one text", () => {
  const values = [
    0,
    -0,
    1,
    "1",
    "",
    null,
    "null",
    undefined,
    "undefined",
    true,
    "true",
    1n,
    "1n",
    NaN,
    "NaN",
    [],
    {},
    [[]],
    [{}],
    [null],
    [undefined],
    { a: undefined },
    { a: null },
    { "": 0 },
    { a: { b: 1 } },
    { "a.b": 1 },
    { a: ["b", 1] },
    new Date(0),
    "date 0",
    new Date(NaN),
    "\ud800",
    "\udbff",
    "\ufffd",
    { a: "x;b:y" },
    { a: "x", b: "y" },
    JSON.parse('{"__proto__": 1}'),
    "é",
    "e\u0301",
  ];
  expect(new Set(values.map(text)).size).toBe(values.length);
});

it("the order of properties changes nothing", () => {
  fc.assert(
    fc.property(data, (value) => {
      expect(text(shuffled(value))).toBe(text(value));
    }),
    { numRuns: 500 },
  );
});

it.each([
  ["a function", () => 1],
  ["a symbol", Symbol("s")],
  ["a map", new Map([[1, 2]])],
  ["a set", new Set([1])],
  ["an instance", new (class Point {})()],
  ["bytes", new Uint8Array(3)],
  ["a URL", new URL("http://localhost")],
  ["a pattern", /x/],
])("has no text for %s, anywhere", (_, value) => {
  for (const data of [value, [value], { deep: [{ value }] }]) expect(() => text(data)).toThrow(NotCanonical);
});

it("ends at its bounds: depth, length, number of values", () => {
  let deep: unknown = 1;
  for (let level = 0; level < 64; level++) deep = [deep];
  expect(text(deep)).toContain("[1]");
  expect(() => text([deep])).toThrow("levels");
  for (let level = 0; level < 200_000; level++) deep = { deep };
  expect(() => text(deep)).toThrow("levels");
  expect(() => canonical("x".repeat(10_000_000), 1000)).toThrow("too large");
  expect(() => canonical(Array.from({ length: 10_000 }), 1000)).toThrow("too large");
  expect(() => canonical({ ["k".repeat(2000)]: 1 }, 1000)).toThrow("too large");
  expect(canonical({ a: "x".repeat(900) }, 1000)).toHaveLength(908);
});
