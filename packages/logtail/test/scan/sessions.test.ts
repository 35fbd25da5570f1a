import { closeSync, openSync, writeFileSync } from "node:fs";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { ScanError } from "../../src/scan/error.ts";
import type { PatternSpec } from "../../src/scan/pattern.ts";
import { Scanners } from "../../src/scan/sessions.ts";
import type { ScannersOptions } from "../../src/scan/sessions.ts";
import type { Part, SearchPart } from "../../src/scan/types.ts";
import { folder } from "../read/folder.ts";

let place: Awaited<ReturnType<typeof folder>>;
const open: number[] = [];
const pools: Scanners[] = [];
/** For the tests that need no threads of their own: starting one from the source takes long. */
const common = new Scanners({ max: 1 });
beforeAll(async () => {
  place = await folder();
});
afterEach(async () => {
  await Promise.all(pools.splice(0).map((pool) => pool.close()));
  for (const fd of open.splice(0)) closeSync(fd);
});
afterAll(async () => {
  await common.close();
  await place[Symbol.asyncDispose]();
});

function scanners(options?: ScannersOptions): Scanners {
  const pool = new Scanners(options);
  pools.push(pool);
  return pool;
}

function partOf(content: string | Buffer): Part {
  const path = place.at(`log-${open.length}`);
  writeFileSync(path, content);
  const fd = openSync(path, "r");
  open.push(fd);
  return { fd, compressed: false, from: 0, to: Buffer.byteLength(content) };
}

/** What takes about a second to be searched for a level. */
const long = (): Part => partOf(Buffer.alloc(50_000_000, "2026-11-22T10:00:00Z a line of this log\n"));

const regex = (source: string): PatternSpec => ({ kind: "regex", source, ignoreCase: false });
const text = (source: string): PatternSpec => ({ kind: "text", source, ignoreCase: false });

describe("a session", () => {
  it("searches in its thread", async () => {
    await using session = await common.session();
    const part = partOf("one\ntwo error\nthree\n");
    const found = await session.search(part, { pattern: text("error") }, { hits: 5, before: 1, after: 1 });
    expect(found).toMatchObject({
      matched: 1,
      exact: true,
      ended: "end",
      hits: [{ before: [{ text: "one" }], line: { text: "two error", start: 4 }, after: [{ text: "three" }] }],
    });
  });

  it("refuses a pattern with what is wrong", async () => {
    await using session = await common.session();
    await expect(session.search(partOf("a\n"), { pattern: regex("a(b") }, { hits: 1 })).rejects.toMatchObject({
      name: "PatternError",
      code: "syntax",
      position: 1,
    });
  });

  it("leaves the event loop free, tells the progress, ends when it is aborted, and the next search works", async () => {
    const abort = new AbortController();
    const seen: number[] = [];
    let ticks = 0;
    const timer = setInterval(() => ticks++, 1);
    {
      await using session = await common.session(abort.signal);
      const running = session.search(long(), { level: "critical" }, { hits: 1, ms: 60_000 }, ({ scannedBytes }) => {
        seen.push(scannedBytes);
        if (seen.length === 3) abort.abort(new Error("enough"));
      });
      await expect(running).rejects.toThrow("enough");
    }
    clearInterval(timer);
    expect(ticks).toBeGreaterThan(1);
    expect(seen).toHaveLength(3);
    expect(seen).toEqual([...new Set(seen)].toSorted((a, b) => a - b));
    await using session = await common.session();
    expect(await session.search(partOf("x\n"), { pattern: text("x") }, { hits: 1 })).toMatchObject({ matched: 1 });
  });

  it("bounds those who wait", async () => {
    const pool = scanners({ max: 1, maxWaiting: 1 });
    const session = await pool.session();
    const waiting = pool.session();
    await expect(pool.session()).rejects.toEqual(expect.objectContaining({ name: ScanError.name, code: "busy" }));
    await session[Symbol.asyncDispose]();
    await (await waiting)[Symbol.asyncDispose]();
  });

  it("is ended in the middle of a match, says what was left out, and the next search works", async () => {
    await using session = await common.session();
    let state = 1;
    const letter = (): string => ((state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0) & 65_536 ? "a" : "b");
    const long = Array.from({ length: 1_000_000 }, letter).join("");
    const part = partOf(`start\n${long}\nend ${"a".repeat(201)}d\n`);
    const line = { from: 6, to: 6 + long.length + 1 };
    const query = { pattern: regex("a[ab]{200}(?:[cd]|e*[fg])") };
    const limits = { hits: 10, ms: 1, maxLineBytes: 5_000_000 };
    const first = await session.search({ ...part, from: line.from }, query, limits);
    expect(first).toMatchObject({ ended: "killed", exact: false, matched: 0, skipped: line, next: line.to });
    const second = await session.search({ ...part, from: line.to }, query, { ...limits, ms: 5000 });
    expect(second).toMatchObject({ ended: "end", matched: 1, hits: [{ line: { start: line.to } }] });
    const backwards = await session.search({ ...part, to: line.to }, query, { ...limits, newestFirst: true });
    expect(backwards).toMatchObject({ ended: "killed", skipped: line, next: line.from });
  });

  it("gives what was found before it was ended in the middle of a match", async () => {
    await using session = await common.session();
    let state = 1;
    const letter = (): string => ((state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0) & 65_536 ? "a" : "b");
    const found = `${"a".repeat(201)}d\n`;
    const long = Array.from({ length: 600_000 }, letter).join("");
    const query = { pattern: regex("a[ab]{200}(?:[cd]|e*[fg])") };
    const block = { firstBlockBytes: 1_000_000, blockBytes: 1_000_000 };
    const part = partOf(`${found}${long}\n`);
    const result = await session.search(part, query, { hits: 10, ms: 1, maxLineBytes: 900_000, ...block });
    expect(result).toMatchObject({ ended: "killed", matched: 1, hits: [{ line: { start: 0 } }] });
    expect(result.skipped).toEqual({ from: found.length, to: part.to });
  });

  it("goes on where the time ended", async () => {
    await using session = await common.session();
    const part = partOf("2026-11-22T10:00:00Z INFO a line\n".repeat(50_000));
    let from: number | undefined = 0;
    let matched = 0;
    let parts = 0;
    while (from !== undefined) {
      const found: SearchPart = await session.search({ ...part, from }, { level: "info" }, { hits: 0, ms: 5 });
      matched += found.matched;
      parts++;
      from = found.ended === "end" ? undefined : from + found.scannedBytes;
    }
    expect(matched).toBe(50_000);
    expect(parts).toBeGreaterThan(1);
  });
});

describe("the threads", () => {
  it("end when they are idle", async () => {
    const pool = scanners({ idleMs: 1 });
    const session = await pool.session();
    expect(pool.size).toBe(1);
    await session[Symbol.asyncDispose]();
    while (pool.size > 0) await new Promise((resolve) => setImmediate(resolve));
  });

  it("are used again, at most as many as allowed, first come first served", async () => {
    const pool = scanners({ max: 1 });
    const order: number[] = [];
    const use = async (number: number): Promise<void> => {
      await using session = await pool.session();
      order.push(number);
      await session.search(partOf("x\n"), { pattern: text("x") }, { hits: 1 });
    };
    await Promise.all([use(1), use(2), use(3)]);
    expect(order).toEqual([1, 2, 3]);
    expect(pool.size).toBe(1);
  });

  it("are not waited for any more after an abort", async () => {
    const pool = scanners({ max: 1 });
    const session = await pool.session();
    const abort = new AbortController();
    const waiting = pool.session(abort.signal);
    abort.abort(new Error("enough"));
    await expect(waiting).rejects.toThrow("enough");
    await session[Symbol.asyncDispose]();
    await (await pool.session())[Symbol.asyncDispose]();
  });

  it("are closed in the middle of a search", async () => {
    const pool = scanners();
    const session = await pool.session();
    const running = session.search(long(), { level: "critical" }, { hits: 1, ms: 60_000 }, () => void pool.close());
    await expect(running).rejects.toMatchObject({ code: "closed" });
    await expect(pool.session()).rejects.toMatchObject({ code: "closed" });
    expect(pool.size).toBe(0);
  });
});
