import { definePlugin } from "@plugboard/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { comparable } from "../src/compare.ts";
import { decodeResume, encodeResume } from "../src/cursor.ts";
import { batch } from "../src/index.ts";
import { policyOf } from "../src/policy.ts";
import { fairShares, show } from "../src/room.ts";
import type { Slot } from "../src/slots.ts";
import { bench, lines } from "./setup.ts";

describe("batch.map", () => {
  it("settles every item once, in order, never more than concurrency at a time, whatever takes how long and fails", async () => {
    const item = fc.record({ turns: fc.integer({ min: 0, max: 5 }), fails: fc.boolean() });
    await fc.assert(
      fc.asyncProperty(
        fc.array(item, { maxLength: 40 }),
        fc.integer({ min: 1, max: 10 }),
        async (items, concurrency) => {
          let running = 0;
          let peak = 0;
          const settled = await batch.map(
            items,
            async ({ turns, fails }, index) => {
              peak = Math.max(peak, ++running);
              for (let turn = 0; turn < turns; turn++) await Promise.resolve();
              running--;
              if (fails) throw new Error(String(index));
              return index;
            },
            { concurrency },
          );
          expect(settled.map(({ index }) => index)).toEqual(items.map((_item, index) => index));
          expect(settled.map(({ status }) => status)).toEqual(
            items.map(({ fails }) => (fails ? "rejected" : "fulfilled")),
          );
          expect(peak).toBeLessThanOrEqual(concurrency);
        },
      ),
    );
  });

  it("skips what has not begun after an error with stopOnError, and after an abort", async () => {
    const stopped = await batch.map([1, 2, 3, 4], (item) => (item === 2 ? Promise.reject(new Error("no")) : item), {
      concurrency: 1,
      stopOnError: true,
    });
    expect(stopped.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "skipped", "skipped"]);
    const controller = new AbortController();
    const aborted = await batch.map(
      [1, 2, 3],
      (item, _index, signal) => {
        if (item === 2) controller.abort();
        return signal.aborted;
      },
      { concurrency: 1, signal: controller.signal },
    );
    expect(aborted).toEqual([
      { index: 0, status: "fulfilled", value: false },
      { index: 1, status: "fulfilled", value: true },
      { index: 2, status: "skipped" },
    ]);
  });

  it("waits for nobody after an abort, and is not spoilt by whoever watches", async () => {
    const controller = new AbortController();
    const hanging = batch.map([1, 2, 3], () => new Promise(() => {}), { concurrency: 2, signal: controller.signal });
    controller.abort(new Error("enough"));
    expect((await hanging).map(({ status }) => status)).toEqual(["rejected", "rejected", "skipped"]);
    const watched = await batch.map([1, 2], (item) => item, {
      onProgress: () => {
        throw new Error("watcher");
      },
    });
    expect(watched.map(({ status }) => status)).toEqual(["fulfilled", "fulfilled"]);
  });

  it("takes any iterable, an empty one too, and anything that is thrown", async () => {
    expect(await batch.map([], () => 1)).toEqual([]);
    const settled = await batch.map(new Set(["a"]), () => {
      throw null;
    });
    expect(settled).toEqual([{ index: 0, status: "rejected", reason: null }]);
    for (const concurrency of [0, 1.5, Number.NaN, 1001])
      await expect(batch.map([1], () => 1, { concurrency })).rejects.toThrow(/concurrency must be/);
  });

  it("reports the progress of the tool that it runs in, and follows its signal", async () => {
    const sdk = lines[0];
    if (!sdk) throw new Error("no SDK");
    const tool = definePlugin({
      name: "many",
      options: z.strictObject({}),
      setup(host) {
        host.tool("many_run", { description: "Works on many items" }, async (_args, call) => {
          const signals = await batch.map([1, 2, 3], (_item, _index, signal) => signal === call.signal, {
            concurrency: 1,
          });
          return signals.map((each) => each.status === "fulfilled" && each.value);
        });
      },
    })();
    const b = await bench(sdk, [tool]);
    const seen: number[] = [];
    const result = await b.client.callTool({ name: "many_run" }, { onprogress: ({ progress }) => seen.push(progress) });
    expect(result.content?.[0]?.["text"]).toBe("[true,true,true]");
    expect(seen.at(-1)).toBe(3);
    await b.close();
  });
});

describe("the resume cursor", () => {
  it("says of any calls which have finished, and of no others", () => {
    const entry = fc.record({
      tool: fc.string(),
      arguments: fc.jsonValue(),
      id: fc.option(fc.string(), { nil: undefined }),
    });
    fc.assert(
      fc.property(
        fc.array(entry, { minLength: 1, maxLength: 40 }),
        fc.infiniteStream(fc.boolean()),
        (entries, coin) => {
          const finished = entries.map((_entry, index) => index).filter(() => coin.next().value);
          const cursor = encodeResume(entries, finished) as string;
          expect([...decodeResume(cursor, entries)]).toEqual(finished);
          expect(() => decodeResume(cursor, [...entries, { tool: "more" }])).toThrow(/other calls/);
        },
      ),
    );
    for (const cursor of ["", ".", "a.b", "x".repeat(22), `${"x".repeat(22)}.`, `${"x".repeat(22)}.AA.AA`]) {
      expect(() => decodeResume(cursor, [{ tool: "a" }])).toThrow(/resume/);
    }
  });
});

describe("what calls are compared by", () => {
  it("is the data, in any order of keys, and nothing where data cannot be told apart", () => {
    expect(comparable({ a: 1, b: [2] })).toBe(comparable({ b: [2], a: 1 }));
    expect(comparable({ a: 1 })).not.toBe(comparable({ a: "1" }));
    expect(comparable({ at: new Date(1) })).not.toBe(comparable({ at: new Date(2) }));
    let deep: unknown = 1;
    for (let level = 0; level < 10_000; level++) deep = [deep];
    expect(comparable(deep)).toBeUndefined();
    expect(comparable({ by: new Map([[1, 2]]) })).toBeUndefined();
  });
});

describe("the policy", () => {
  const tool = (name: string, readOnlyHint?: boolean) => ({ name, annotations: { readOnlyHint }, toolMeta: {} });
  it.each([
    ["a*", "a", true],
    ["a*", "ba", false],
    ["*_read", "log_read", true],
    ["*_read", "log_read_all", false],
    ["a*b*c", "axxbyyc", true],
    ["a*b*c", "acb", false],
    ["ab*ba", "aba", false],
    ["*", "anything", true],
    ["a.c", "abc", false],
  ])("%s and %s: %s", (pattern, name, fits) => {
    expect(policyOf([pattern], []).refuse(tool(name)) === undefined).toBe(fits);
    expect(policyOf([], [pattern]).refuse(tool(name, true)) === undefined).toBe(!fits);
  });

  it("takes no longer for a hostile pattern", () => {
    expect(policyOf([`${"*a".repeat(60)}b`], []).refuse(tool("a".repeat(128)))).toBeDefined();
  });
});

describe("slots within their room", () => {
  const room = { maxChars: 30_000, maxBlobBytes: 1_000_000 };
  const slot = (index: number, result: object): Slot => ({
    index,
    tool: "t",
    ok: true,
    status: "ok",
    duration_ms: 1,
    result: { ...result },
  });
  const said = (text: string): object => ({ content: [{ type: "text", text }] });
  it.each([
    ["100 texts of 400 characters", Array.from({ length: 100 }, (_s, n) => slot(n, said("x".repeat(400))))],
    ["100 texts of 2 kB", Array.from({ length: 100 }, (_s, n) => slot(n, said("x".repeat(2000))))],
    [
      "20 images of 240 kB",
      Array.from({ length: 20 }, (_s, n) => slot(n, { content: [{ type: "image", data: "A".repeat(320_000) }] })),
    ],
    ["notes", [slot(0, { ...said("a"), _meta: { "example.com/x": "y".repeat(500_000) } })]],
    [
      "links",
      [
        slot(0, {
          content: Array.from({ length: 5000 }, (_l, n) => ({ type: "resource_link", uri: `x://${n}`, name: "n" })),
        }),
      ],
    ],
    [
      "errors",
      Array.from({ length: 5 }, (_s, n): Slot => ({
        index: n,
        tool: "t",
        ok: false,
        status: "error",
        duration_ms: 1,
        error: '"'.repeat(500_000),
      })),
    ],
  ])("%s: every slot is there, and all of them fit", (_what, slots) => {
    const shown = show(slots, room);
    expect(shown.slots.map(({ index }) => index)).toEqual(slots.map(({ index }) => index));
    expect(JSON.stringify(shown.slots).length).toBeLessThanOrEqual(room.maxChars + 2 * slots.length);
    expect(JSON.stringify(shown.blocks.filter(({ type }) => type === "image")).length).toBeLessThanOrEqual(1_400_000);
  });
});

describe("fair shares", () => {
  it("give the small ones all they need, and the large ones the same", () => {
    expect(fairShares([10, 5000, 5000], 4010)).toEqual([10, 2000, 2000]);
    expect(fairShares([10, 20], 1000)).toEqual([10, 20]);
    fc.assert(
      fc.property(
        fc.array(fc.nat(10_000), { minLength: 1, maxLength: 30 }),
        fc.integer({ min: 15_000, max: 50_000 }),
        (sizes, total) => {
          const shares = fairShares(sizes, total);
          expect(shares.every((share, index) => share <= (sizes[index] ?? 0))).toBe(true);
          expect(shares.reduce((sum, share) => sum + share, 0)).toBeLessThanOrEqual(total);
        },
      ),
    );
  });
});
