import fc from "fast-check";
import { expect, test } from "vitest";
import { CursorError, decodeCursor, encodeCursor } from "../src/tools/cursor.ts";

const generation = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map((number) => number.toString(16).padStart(16, "0"));
const offset = fc.integer({ min: 0, max: 2 ** 32 - 1 });

function codeOf(decode: () => number): string {
  try {
    return String(decode());
  } catch (error) {
    expect(error).toBeInstanceOf(CursorError);
    return (error as CursorError).code;
  }
}

test("leads back to where it was made", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), generation, offset, (query, state, at) => {
      const cursor = encodeCursor(query, state, at);
      expect(decodeCursor(cursor, query, state)).toBe(at);
      expect(cursor).toMatch(/^[\w-]{36}$/);
    }),
  );
});

test("is refused with another query, and once the documents have changed", () => {
  const cursor = encodeCursor("cache", "00000000000000aa", 10);
  expect(codeOf(() => decodeCursor(cursor, "caches", "00000000000000aa"))).toBe("foreign");
  expect(codeOf(() => decodeCursor(cursor, "cache", "00000000000000ab"))).toBe("stale");
});

test("is refused when anything in it was changed", () => {
  fc.assert(
    fc.property(
      fc.string(),
      generation,
      offset,
      fc.nat(35),
      fc.constantFrom(..."ABCabc019-_=+/ \0é"),
      (query, state, at, where, sign) => {
        const cursor = encodeCursor(query, state, at);
        fc.pre(cursor[where] !== sign);
        const changed = cursor.slice(0, where) + sign + cursor.slice(where + 1);
        expect(codeOf(() => decodeCursor(changed, query, state))).toBe("invalid");
      },
    ),
    { numRuns: 1_000 },
  );
});

test("is refused when it is none", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      expect(codeOf(() => decodeCursor(text, "q", "0".repeat(16)))).toBe("invalid");
    }),
  );
  const cursor = encodeCursor("q", "0".repeat(16), 1);
  for (const text of [`${cursor}A`, cursor.slice(1), `${cursor}=`, cursor + cursor, ` ${cursor}`]) {
    expect(codeOf(() => decodeCursor(text, "q", "0".repeat(16)))).toBe("invalid");
  }
});
