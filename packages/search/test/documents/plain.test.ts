import fc from "fast-check";
import { expect, test } from "vitest";
import { eachWord } from "../../src/analysis/words.ts";
import { indexable, plain } from "../../src/documents/parse.ts";

function wordsOf(text: string): string[] {
  const words: string[] = [];
  eachWord(text, (start, end) => words.push(text.slice(start, end)));
  return words;
}

test("what is indexed of Markdown has the words that people read", () => {
  const pieces = [
    "word",
    "snake_case",
    "_",
    "__",
    " *",
    "** ",
    " `",
    "` ",
    "\n```\n",
    "\n  ~~~ts\n",
    " ",
    "\n",
    "# ",
    "> ",
    "--",
    "[a](b)",
    "<b>",
    "\\_",
    "x",
    "é",
    ".",
  ];
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...pieces), { maxLength: 30 }), (parts) => {
      const text = parts.join("");
      expect(wordsOf(indexable(text, "markdown"))).toEqual(wordsOf(plain(text, "markdown")));
    }),
    { numRuns: 2_000 },
  );
});
