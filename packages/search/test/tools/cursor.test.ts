import fc from "fast-check";
import { expect, test } from "vitest";
import { CursorError, decodeCursor, encodeCursor } from "../../src/tools/cursor.ts";

/** Any characters, lone surrogates too. */
const text = fc.string({ unit: fc.integer({ min: 0, max: 0x10_ff_ff }).map((code) => String.fromCodePoint(code)) });
const generation = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map((number) => number.toString(16).padStart(16, "0"));
const offset = fc.integer({ min: 0, max: 2 ** 32 - 1 });

function codeOf(decode: () => unknown): string {
  try {
    return String(decode());
  } catch (error) {
    expect(error).toBeInstanceOf(CursorError);
    return (error as CursorError).code;
  }
}

test("leads back to where it was made", () => {
  fc.assert(
    fc.property(text, generation, offset, (query, state, at) => {
      const cursor = encodeCursor(query, { offset: at, generation: state });
      expect(decodeCursor(cursor, query)).toEqual({ offset: at, generation: state });
      expect(cursor).toMatch(/^[\w-]{36}$/);
    }),
  );
});

test("is refused with another request", () => {
  const cursor = encodeCursor("cache", { offset: 10, generation: "00000000000000aa" });
  expect(codeOf(() => decodeCursor(cursor, "caches"))).toBe("foreign");
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
        const cursor = encodeCursor(query, { offset: at, generation: state });
        fc.pre(cursor[where] !== sign);
        const changed = cursor.slice(0, where) + sign + cursor.slice(where + 1);
        expect(codeOf(() => decodeCursor(changed, query))).toBe("invalid");
      },
    ),
    { numRuns: 1_000 },
  );
});

test("is refused when it is none", () => {
  fc.assert(
    fc.property(text, (other) => {
      expect(codeOf(() => decodeCursor(other, "q"))).toBe("invalid");
    }),
  );
  const cursor = encodeCursor("q", { offset: 1, generation: "0".repeat(16) });
  for (const other of [`${cursor}A`, cursor.slice(1), `${cursor}=`, cursor + cursor, ` ${cursor}`]) {
    expect(codeOf(() => decodeCursor(other, "q"))).toBe("invalid");
  }
});
