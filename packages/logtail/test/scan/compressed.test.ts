import { closeSync, openSync, writeFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { gzipBytes } from "../../src/scan/bytes.ts";
import { Control, shared } from "../../src/scan/control.ts";
import { MIN_NEW_BYTES, reach, wholeMs } from "../../src/scan/reach.ts";
import { search } from "../../src/scan/search.ts";
import { summarize } from "../../src/scan/summarize.ts";
import type { Hit, SearchLimits } from "../../src/scan/types.ts";
import { Summary } from "../../src/summary/summary.ts";
import { folder } from "../read/folder.ts";

let place: Awaited<ReturnType<typeof folder>>;
beforeAll(async () => {
  place = await folder();
});
afterAll(async () => place[Symbol.asyncDispose]());

const QUERY = { pattern: { kind: "text", source: "wanted", ignoreCase: false } } as const;
const FILLER = "a line of this log that nobody looks for\n".repeat(30_000);
const CONTENT = `wanted 1\n${FILLER}wanted 2\n${FILLER}wanted 3\n`;
const COMPRESSED = gzipSync(CONTENT);

/** A time that is always over. */
class Over extends Control {
  override get expired(): boolean {
    return true;
  }
}

function fileOf(bytes: Buffer) {
  writeFileSync(place.at("log"), bytes);
  const fd = openSync(place.at("log"), "r");
  const part = (from: number, to: number) => ({ fd, compressed: true, from, to });
  return {
    async search(limits: SearchLimits, from = 0, to = Infinity, Clock = Control) {
      await using source = gzipBytes(fd);
      const hits: Hit[] = [];
      const control = new Clock(shared(), limits.ms ?? 10_000, (told) => hits.push(...told.hits));
      const found = await search({ source, part: part(from, to), query: QUERY, limits, control });
      return { ...found, texts: [...hits, ...found.hits].map(({ line }) => line.text) };
    },
    async summarize(from = 0, ms = 10_000) {
      await using source = gzipBytes(fd);
      const summaries = { recent: new Summary(), before: new Summary() };
      const control = new Control(shared(), ms, () => {});
      return await summarize({ source, part: part(from, Infinity), query: {}, limits: {}, control }, summaries);
    },
    async reach(from: number, ms: number) {
      await using source = gzipBytes(fd);
      const control = new Control(shared(), ms, () => {});
      return { reached: await reach(source, part(from, Infinity), control), expired: control.expired };
    },
    [Symbol.dispose]: () => closeSync(fd),
  };
}

describe("a compressed file, when the time is over", () => {
  it("gives no hits of what was not read to its end, newest first, and comes again to all of it", async () => {
    using file = fileOf(COMPRESSED);
    const limits = { hits: 5, newestFirst: true };
    const short = await file.search({ ...limits, ms: 0 });
    expect(short).toMatchObject({ texts: [], exact: false, ended: "time", next: Number.MAX_SAFE_INTEGER });
    expect(short.scannedBytes).toBeGreaterThan(0);
    expect(short.scannedBytes).toBeLessThan(CONTENT.length);
    expect(await file.search({ ...limits, ms: 0 }, 0, CONTENT.length - 9)).toMatchObject({ next: CONTENT.length - 9 });
    const again = await file.search(limits, 0, short.next);
    expect(again).toMatchObject({ texts: ["wanted 3", "wanted 2", "wanted 1"], exact: true, next: undefined });
  });

  it("is searched oldest first in pages that each look at something new", async () => {
    using file = fileOf(COMPRESSED);
    const texts: string[] = [];
    let pages = 0;
    for (let from: number | undefined = 0; from !== undefined; pages++) {
      const page = await file.search({ hits: 5 }, from, Infinity, Over);
      texts.push(...page.texts);
      if (page.ended === "time") expect(page.scannedBytes).toBeGreaterThanOrEqual(MIN_NEW_BYTES);
      from = page.next;
      if (pages > 20) break;
    }
    expect(pages).toBeGreaterThan(1);
    expect(texts).toEqual(["wanted 1", "wanted 2", "wanted 3"]);
  });

  it("is reached in a time of its own, and the scan has its own from there", async () => {
    using file = fileOf(COMPRESSED);
    expect(await file.reach(CONTENT.length - 9, 10_000)).toEqual({ reached: true, expired: false });
    expect((await file.reach(CONTENT.length - 9, 0)).reached).toBe(false);
    expect(await file.search({ hits: 1, ms: 0 }, CONTENT.length - 9)).toMatchObject({
      ended: "time",
      exact: false,
      scannedBytes: 0,
      next: CONTENT.length - 9,
    });
    const part = { fd: 0, compressed: true, from: 1, to: 9 };
    expect([wholeMs(part, 5), wholeMs({ ...part, from: 0 }, 5)]).toEqual([55, 5]);
  });

  it("is summarized in pages that each cover something new", async () => {
    using file = fileOf(COMPRESSED);
    const page = await file.summarize(0, 0);
    expect(page).toMatchObject({ ended: "time", exact: false, from: 0 });
    expect(page.to).toBeGreaterThanOrEqual(MIN_NEW_BYTES);
    const rest = await file.summarize(page.to);
    expect(rest).toMatchObject({ ended: "end", exact: true, from: page.to });
    expect(page.lines + rest.lines).toBe(60_003);
  });
});

describe("a damaged compressed file", () => {
  const stored = gzipSync(CONTENT, { level: 0 });
  const broken = Buffer.from(stored);
  broken.fill(0xff, stored.length - 600_000, stored.length - 300_000);
  it.each([
    ["cut off before its check", COMPRESSED.subarray(0, -8), 3],
    ["cut off", stored.subarray(0, -1_000_000), 2],
    ["broken in the middle", broken, 2],
    ["not compressed", Buffer.from(CONTENT), 0],
    ["with a wrong check", Buffer.concat([COMPRESSED.subarray(0, -8), Buffer.alloc(8)]), 2],
  ])("that is %s is searched as far as it can be read, and never said to be whole", async (_, bytes, count) => {
    using file = fileOf(bytes);
    const wanted = ["wanted 1", "wanted 2", "wanted 3"].slice(0, count);
    for (const newestFirst of [false, true]) {
      const found = await file.search({ hits: 5, newestFirst });
      expect(found).toMatchObject({ exact: false, damaged: true, ended: "end", next: undefined, matched: count });
      expect(newestFirst ? found.texts.reverse() : found.texts).toEqual(wanted);
      const one = await file.search({ hits: 1, newestFirst, count: true });
      if (count > 1) expect(one.next).toBeDefined();
    }
    const summary = await file.summarize();
    expect(summary).toMatchObject({ exact: false, damaged: true, ended: "end" });
    if (count === 3) expect(summary.lines).toBe(60_003);
    if (count === 2) expect(summary.lines).toBeGreaterThan(30_000);
  });

  it("is not one that is whole, whatever stands behind it", async () => {
    for (const bytes of [
      COMPRESSED,
      Buffer.concat([COMPRESSED, Buffer.alloc(512)]),
      Buffer.concat([COMPRESSED, COMPRESSED]),
    ]) {
      using file = fileOf(bytes);
      const found = await file.search({ hits: 9 });
      expect(found).toMatchObject({ exact: true, ended: "end" });
      expect(found).not.toHaveProperty("damaged");
      expect(await file.summarize()).not.toHaveProperty("damaged");
    }
  });
});
