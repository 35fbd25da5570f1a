import assert from "node:assert/strict";
import { setTimeout } from "node:timers/promises";
import type { TestRunner } from "@plugboard/core/testing";
import { ALL, type Entry, type Read, type Store } from "./store.ts";

/** With what the suite is run, and how it gets stores. */
export interface StoreSuiteOptions extends TestRunner {
  /** A store with nothing in it. The suite closes it. */
  readonly make: () => Store | Promise<Store>;
  /** For shared stores: another one that sees the same entries, as another process would. */
  readonly another?: () => Store | Promise<Store>;
}

const tags = [ALL, "tool a"];
const put = async (store: Store, key: string, value: unknown, more: { keepMs?: number; tags?: string[] } = {}) => {
  const own = more.tags ?? tags;
  const { mark } = await begin(store, key, own);
  await store.write(key, value, { tags: own, keepMs: more.keepMs ?? 60_000, bytes: 100, mark });
};

/** Reads as one does who is going to load: with a claim, where the store knows claims. */
async function begin(store: Store, key: string, own: readonly string[]): Promise<Read> {
  const claim = await store.claim?.(key, own);
  if (!claim) return store.read(key, own);
  await claim.release();
  return claim.read;
}

/** Asks again and again until the answer is this one, for 5 seconds. */
async function eventually(ask: () => Promise<unknown>, answer: unknown): Promise<void> {
  const until = performance.now() + 5000;
  while ((await ask()) !== answer && performance.now() < until) await setTimeout(5);
  assert.equal(await ask(), answer);
}

function isRecent(entry: Entry): boolean {
  return entry.ageMs >= 0 && entry.ageMs < 10_000;
}

type Fresh = (make: () => Store | Promise<Store>) => Promise<Store>;

const valueOf = async (store: Store, key: string, own: readonly string[] = tags): Promise<unknown> =>
  (await store.read(key, own)).entry?.value;

/**
 * What every `Store` has to keep to, as tests of any runner:
 * `describe("my store", () => storeSuite({ describe, it, make: () => new MyStore() }))`.
 */
export function storeSuite({ describe, it, make, another }: StoreSuiteOptions): void {
  /** A test whose stores are closed when it is over. */
  const test = (name: string, run: (fresh: Fresh) => Promise<void>): unknown =>
    it(name, async () => {
      const open: Store[] = [];
      try {
        await run(async (from) => {
          const store = await from();
          open.push(store);
          return store;
        });
      } finally {
        for (const store of open.toReversed()) await store.close();
      }
    });

  test("gives what was written, and how old it is, and nothing under another key", async (fresh) => {
    const store = await fresh(make);
    assert.equal(await valueOf(store, "key"), undefined);
    await put(store, "key", { n: 1 });
    const { entry } = await store.read("key", tags);
    assert.deepEqual(entry?.value, { n: 1 });
    assert.ok(isRecent(entry), `not an age: ${entry.ageMs}`);
    for (const key of ["", "ke", "key ", "Key", "key\0"]) assert.equal(await valueOf(store, key), undefined);
  });

  test("tells keys apart, whatever is in them, and gives values back as they were", async (fresh) => {
    const store = await fresh(make);
    const keys = [
      "a:b",
      "a",
      "b",
      "__proto__",
      "constructor",
      "\ud800",
      "\ufffd",
      "{x}",
      "a\nb",
      "é",
      "e\u0301",
      "k".repeat(100_000),
    ];
    const value = { text: "\ud800 \0 é 💡", list: [1, null, true, "1", { a: [] }], empty: {}, "": 0, __proto: 1 };
    for (const [index, key] of keys.entries()) await put(store, key, { ...value, index });
    for (const [index, key] of keys.entries()) assert.deepEqual(await valueOf(store, key), { ...value, index });
  });

  test("replaces what was there", async (fresh) => {
    const store = await fresh(make);
    await put(store, "key", 1);
    await put(store, "key", 2);
    assert.equal(await valueOf(store, "key"), 2);
  });

  test("forgets in time", async (fresh) => {
    const store = await fresh(make);
    await put(store, "key", 1, { keepMs: 30 });
    // What was read from elsewhere must not live on here.
    await store.read("key", tags);
    await put(store, "other", 2);
    await eventually(() => valueOf(store, "key"), undefined);
    assert.equal(await valueOf(store, "other"), 2);
  });

  test("forgets every entry with an invalidated tag, and no other", async (fresh) => {
    const store = await fresh(make);
    const own = { a: [ALL, "tool a"], b: [ALL, "tool b"], ab: [ALL, "tool a", "tool b"] };
    for (const [key, list] of Object.entries(own)) await put(store, key, key, { tags: list });
    await store.invalidate(["tool a", "of nothing"]);
    assert.equal(await valueOf(store, "a", own.a), undefined);
    assert.equal(await valueOf(store, "ab", own.ab), undefined);
    assert.equal(await valueOf(store, "b", own.b), "b");
    await put(store, "a", "new", { tags: own.a });
    assert.equal(await valueOf(store, "a", own.a), "new");
    await store.invalidate([ALL]);
    for (const [key, list] of Object.entries(own)) assert.equal(await valueOf(store, key, list), undefined);
  });

  test("does not keep what was loaded before an invalidation", async (fresh) => {
    const store = await fresh(make);
    const { mark } = await begin(store, "key", tags);
    await store.invalidate(["tool a"]);
    await store.write("key", "old", { tags, keepMs: 60_000, bytes: 100, mark });
    assert.equal(await valueOf(store, "key"), undefined);
  });

  test("says what it holds", async (fresh) => {
    const store = await fresh(make);
    const { entries, bytes, evicted } = store.stats();
    for (const number of [entries, bytes, evicted]) assert.ok(Number.isFinite(number) && number >= 0, String(number));
  });

  if (!another) return;

  describe("shared by processes", () => {
    const both = async (fresh: Fresh): Promise<[Store, Store]> => [await fresh(make), await fresh(another)];

    test("gives one process what another has written, with its age", async (fresh) => {
      const [one, two] = await both(fresh);
      assert.ok(one.shared && two.shared);
      await put(one, "key", { n: 1 });
      const { entry } = await two.read("key", tags);
      assert.deepEqual(entry?.value, { n: 1 });
      assert.ok(isRecent(entry), `not an age: ${entry.ageMs}`);
    });

    test("forgets in all processes, and what another one is loading too", async (fresh) => {
      const [one, two] = await both(fresh);
      await put(one, "key", 1);
      const { mark } = await begin(two, "loading", tags);
      const told: (readonly string[])[] = [];
      two.onInvalidated?.((list) => told.push(list));
      assert.equal(await valueOf(two, "key"), 1);
      // A listener may need a moment before it hears.
      await eventually(async () => {
        await one.invalidate(["tool a"]);
        return told.length > 0;
      }, true);
      assert.ok(told.flat().includes("tool a"));
      await two.write("loading", "old", { tags, keepMs: 60_000, bytes: 100, mark });
      for (const store of [one, two]) {
        await eventually(() => valueOf(store, "key"), undefined);
        assert.equal(await valueOf(store, "loading"), undefined);
      }
    });

    test("lets one process at a time load a key, and tells the others when it is done", async (fresh) => {
      const [one, two] = await both(fresh);
      const claim = await one.claim?.("key", tags);
      assert.ok(claim);
      assert.equal(await two.claim?.("key", tags), undefined);
      assert.ok(await two.claim?.("other", tags));
      const released = two.waitForRelease?.("key", 10_000, new AbortController().signal);
      await one.write("key", "loaded", { tags, keepMs: 60_000, bytes: 100, mark: claim.read.mark });
      await claim.release();
      await released;
      const next = await two.claim?.("key", tags);
      assert.equal(next?.read.entry?.value, "loaded");
      await next.release();
    });

    test("waits no longer than it is told, and stops when it is cancelled", async (fresh) => {
      const [one, two] = await both(fresh);
      const claim = await one.claim?.("key", tags);
      await two.waitForRelease?.("key", 5, new AbortController().signal);
      const controller = new AbortController();
      const waiting = two.waitForRelease?.("key", 10_000, controller.signal);
      controller.abort(new Error("cancelled"));
      await assert.rejects(async () => waiting, /cancelled/);
      await claim?.release();
    });
  });
}
