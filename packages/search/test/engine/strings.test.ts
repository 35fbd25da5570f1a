import fc from "fast-check";
import { expect, test } from "vitest";
import { Blocks, pack } from "../../src/engine/blocks.ts";
import { stringBlocks, Strings } from "../../src/engine/strings.ts";

function strings(list: readonly string[]): Strings {
  return new Strings(new Blocks(pack(stringBlocks("list", list), {})), "list");
}

/** By the whole table (Damerau 1964, with neighbours alone changing places). */
function distance(a: string, b: string): number {
  const table = Array.from({ length: a.length + 1 }, (_, line) =>
    Array.from({ length: b.length + 1 }, (_, column) => line + column),
  );
  const cell = (line: number, column: number): number => table[line]?.[column] ?? Number.POSITIVE_INFINITY;
  for (let line = 1; line <= a.length; line += 1) {
    for (let column = 1; column <= b.length; column += 1) {
      const wrong = a[line - 1] === b[column - 1] ? 0 : 1;
      const swapped =
        a[line - 1] === b[column - 2] && a[line - 2] === b[column - 1] ? cell(line - 2, column - 2) + 1 : 99;
      const row = table[line] as number[];
      row[column] = Math.min(
        cell(line - 1, column) + 1,
        cell(line, column - 1) + 1,
        cell(line - 1, column - 1) + wrong,
        line > 1 && column > 1 ? swapped : 99,
      );
    }
  }
  return cell(a.length, b.length);
}

const word = fc.string({ unit: fc.constantFrom("a", "b", "c"), maxLength: 8 });

test("mistakes are counted as far as asked for", () => {
  fc.assert(
    fc.property(word, word, fc.nat(3), (a, b, most) => {
      expect(strings(["x", a, "y"]).distance(1, b, most)).toBe(Math.min(distance(a, b), most + 1));
    }),
    { numRuns: 3_000 },
  );
});

test("a sorted list of any strings is searched by its own order", () => {
  const any = fc.string({ unit: fc.constantFrom("a", "b", "é", "漢", "\ud83d", "\udc00", "\0"), maxLength: 5 });
  fc.assert(
    fc.property(fc.uniqueArray(any, { maxLength: 20 }), any, (list, wanted) => {
      const sorted = list.toSorted();
      const kept = strings(sorted);
      expect(sorted.map((_, index) => kept.at(index))).toEqual(sorted);
      expect(kept.find(wanted)).toBe(sorted.indexOf(wanted));
      const [from, to] = kept.range(wanted);
      expect(sorted.slice(from, to)).toEqual(sorted.filter((each) => each.startsWith(wanted)));
    }),
    { numRuns: 500 },
  );
});

test("a piece that is not whole is not opened", () => {
  const bytes = pack(stringBlocks("list", ["a", "b"]), { fact: 1 });
  for (const at of [0, 9, 13, 20, bytes.length - 1]) {
    const broken = bytes.slice();
    broken[at] = (broken[at] as number) ^ 1;
    expect(() => new Blocks(broken), String(at)).toThrow();
  }
  expect(() => new Blocks(bytes.subarray(0, 40))).toThrow();
  expect(new Blocks(bytes).facts).toEqual({ fact: 1 });
});
