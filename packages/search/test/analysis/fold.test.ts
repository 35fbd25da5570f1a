import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fold, lower } from "../../src/analysis/fold.ts";
import { anyText } from "./finds.ts";

describe("fold", () => {
  test.each([
    ["Café", "cafe"],
    ["cafe\u0301", "cafe"],
    ["Straße", "strasse"],
    ["ﬁle", "file"],
    ["ＦＵＬＬ", "full"],
    ["İstanbul", "istanbul"],
    ["ıstanbul", "istanbul"],
    ["Łódź", "lodz"],
    ["Ελλάδα", "ελλαδα"],
    ["ΟΔΟΣ", "οδοσ"],
    ["Ёлка", "елка"],
    ["мой", "мой"],
    ["שָׁלוֹם", "שלום"],
    ["مُحَمَّد", "محمد"],
    ["docu\u00adment", "document"],
    ["✈\ufe0f", "✈"],
    ["ｶﾞ", "ガ"],
    ["हिन्दी", "हिन्दी"],
    ["a\u200b\u0301", "a"],
    ["a\u3099\u0301", "a\u3099"],
    ["", ""],
  ])("%s becomes %s", (word, folded) => expect(fold(word)).toBe(folded));

  test("folding twice changes nothing, whatever the text", () => {
    fc.assert(
      fc.property(anyText, (text) => {
        expect(fold(fold(text))).toBe(fold(text));
      }),
      { numRuns: 2_000 },
    );
  });

  test("composed and decomposed text is the same", () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(..."éÉñöåŁßΆςйЁ가ｶ") }), (text) => {
        expect(fold(text.normalize("NFD"))).toBe(fold(text.normalize("NFC")));
      }),
    );
  });
});

test("lower keeps accents", () => {
  expect(lower("GÉNÉRALE")).toBe("générale");
  expect(lower("ge\u0301ne\u0301rale")).toBe("générale");
  expect(lower("İZMİR")).toBe("izmir");
  expect(lower("docu\u00adMENT")).toBe("document");
});
