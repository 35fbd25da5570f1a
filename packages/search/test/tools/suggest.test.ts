import { expect, test } from "vitest";
import { didYouMean } from "../../src/tools/suggest.ts";

test.each([
  ["how to confgure it", { confgure: "configure" }, "how to configure it"],
  ["Confgure, CONFGURE!", { confgure: "configure" }, "configure, configure!"],
  ['"confgure it" -draft path:x', { confgure: "configure" }, '"configure it" -draft path:x'],
  ["instal confgure", { instal: "install", confgure: "configure" }, "install configure"],
  ["東京都へ", { 東京: "北京", 京都: "京城" }, "北京都へ"],
  ["confgure", {}, null],
  ["fine", { other: "word" }, null],
  ["", { a: "b" }, null],
])("%j with %j", (query, corrections, expected) => {
  expect(didYouMean(query, new Map(Object.entries(corrections)))).toBe(expected);
});
