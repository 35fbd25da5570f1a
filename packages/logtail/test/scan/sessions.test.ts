import { closeSync, openSync, writeFileSync } from "node:fs";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { ScanError } from "../../src/scan/error.ts";
import type { PatternSpec } from "../../src/scan/pattern.ts";
import { Scanners } from "../../src/scan/sessions.ts";
import type { ScannersOptions } from "../../src/scan/sessions.ts";
import type { Part } from "../../src/scan/types.ts";
import { folder } from "../read/folder.ts";

let place: Awaited<ReturnType<typeof folder>>;
const open: number[] = [];
const pools: Scanners[] = [];
beforeAll(async () => {
  place = await folder();
});
afterEach(async () => {
  await Promise.all(pools.splice(0).map((pool) => pool.close()));
  for (const fd of open.splice(0)) closeSync(fd);
});
afterAll(async () => place[Symbol.asyncDispose]());

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

const regex = (source: string): PatternSpec => ({ kind: "regex", source, ignoreCase: false });
const text = (source: string): PatternSpec => ({ kind: "text", source, ignoreCase: false });

describe("a session", () => {
  it("searches in its thread", async () => {
    await using session = await scanners().session();
    const part = partOf("one\ntwo error\nthree\n");
    const found = await session.search(part, { pattern: text("error") }, { hits: 5, before: 1, after: 1 });
    expect(found).toMatchObject({ matched: 1, exact: true, ended: "end", hits: [{ before: [{ text: "one" }], line: { text: "two error", start: 4 }, after: [{ text: "three" }] }] });
  });

  it("refuses a pattern with what is wrong", async () => {
    await using session = await scanners().session();
    await expect(session.search(partOf("a\n"), { pattern: regex("a(b") }, { hits: 1 })).rejects.toMatchObject({
      name: "PatternError",
      code: "syntax",
      position: 1,
    });
  });

  it("ends when it is aborted, and the next search works", async () => {
    const pool = scanners({ max: 1 });
    const part = partOf(Buffer.alloc(50_000_000, "2026-11-22T10:00:00Z a line of this log\n"));
    const abort = new AbortController();
    {
      await using session = await pool.session(abort.signal);
      const running = session.search(part, { level: "critical" }, { hits: 1, ms: 60_000 }, () => abort.abort(new Error("enough")));
      await expect(running).rejects.toThrow("enough");
    }
    await using session = await pool.session();
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
});
