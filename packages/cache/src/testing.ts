import { afterEach, describe, expect, it } from "vitest";
import { ALL, type Read, type Store } from "./store.ts";

/** How the suite gets stores. */
export interface StoreSuiteOptions {
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

/**
 * What every `Store` has to keep to, as tests for vitest: `describe("my store", () => storeSuite({ make: () => new MyStore() }))`.
 */
export function storeSuite({ make, another }: StoreSuiteOptions): void {
  const open: Store[] = [];
  const fresh = async (): Promise<Store> => {
    const store = await make();
    open.push(store);
    return store;
  };
  afterEach(async () => {
    for (const store of open.splice(0).toReversed()) await store.close();
  });
  const valueOf = async (store: Store, key: string, own: readonly string[] = tags): Promise<unknown> =>
    (await store.read(key, own)).entry?.value;

  it("gives what was written, and how old it is, and nothing under another key", async () => {
    const store = await fresh();
    expect(await valueOf(store, "key")).toBeUndefined();
    await put(store, "key", { n: 1 });
    const { entry } = await store.read("key", tags);
    expect(entry?.value).toEqual({ n: 1 });
    expect(entry?.ageMs).toBeGreaterThanOrEqual(0);
    expect(entry?.ageMs).toBeLessThan(10_000);
    for (const key of ["", "ke", "key ", "Key", "key\0"]) expect(await valueOf(store, key)).toBeUndefined();
  });

  it("tells keys apart, whatever is in them, and gives values back as they were", async () => {
    const store = await fresh();
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
    for (const [index, key] of keys.entries()) expect(await valueOf(store, key)).toEqual({ ...value, index });
  });

  it("replaces what was there", async () => {
    const store = await fresh();
    await put(store, "key", 1);
    await put(store, "key", 2);
    expect(await valueOf(store, "key")).toBe(2);
  });

  it("forgets in time", async () => {
    const store = await fresh();
    await put(store, "key", 1, { keepMs: 30 });
    // What was read from elsewhere must not live on here.
    await store.read("key", tags);
    await put(store, "other", 2);
    await expect.poll(() => valueOf(store, "key"), { timeout: 5000, interval: 5 }).toBeUndefined();
    expect(await valueOf(store, "other")).toBe(2);
  });

  it("forgets every entry with an invalidated tag, and no other", async () => {
    const store = await fresh();
    const own = { a: [ALL, "tool a"], b: [ALL, "tool b"], ab: [ALL, "tool a", "tool b"] };
    for (const [key, list] of Object.entries(own)) await put(store, key, key, { tags: list });
    await store.invalidate(["tool a", "of nothing"]);
    expect(await valueOf(store, "a", own.a)).toBeUndefined();
    expect(await valueOf(store, "ab", own.ab)).toBeUndefined();
    expect(await valueOf(store, "b", own.b)).toBe("b");
    await put(store, "a", "new", { tags: own.a });
    expect(await valueOf(store, "a", own.a)).toBe("new");
    await store.invalidate([ALL]);
    for (const [key, list] of Object.entries(own)) expect(await valueOf(store, key, list)).toBeUndefined();
  });

  it("does not keep what was loaded before an invalidation", async () => {
    const store = await fresh();
    const { mark } = await begin(store, "key", tags);
    await store.invalidate(["tool a"]);
    await store.write("key", "old", { tags, keepMs: 60_000, bytes: 100, mark });
    expect(await valueOf(store, "key")).toBeUndefined();
  });

  it("says what it holds", async () => {
    const store = await fresh();
    const { entries, bytes, evicted } = store.stats();
    expect([entries, bytes, evicted].every((number) => Number.isFinite(number) && number >= 0)).toBe(true);
  });

  if (!another) return;

  describe("shared by processes", () => {
    const both = async (): Promise<[Store, Store]> => {
      const one = await fresh();
      const two = await another();
      open.push(two);
      return [one, two];
    };

    it("gives one process what another has written, with its age", async () => {
      const [one, two] = await both();
      expect(one.shared && two.shared).toBe(true);
      await put(one, "key", { n: 1 });
      const { entry } = await two.read("key", tags);
      expect(entry?.value).toEqual({ n: 1 });
      expect(entry?.ageMs).toBeLessThan(10_000);
    });

    it("forgets in all processes, and what another one is loading too", async () => {
      const [one, two] = await both();
      await put(one, "key", 1);
      const { mark } = await begin(two, "loading", tags);
      const told: (readonly string[])[] = [];
      two.onInvalidated?.((list) => told.push(list));
      expect(await valueOf(two, "key")).toBe(1);
      // A listener may need a moment before it hears.
      await expect
        .poll(async () => {
          await one.invalidate(["tool a"]);
          return told.length > 0;
        })
        .toBe(true);
      expect(told.flat()).toContain("tool a");
      await two.write("loading", "old", { tags, keepMs: 60_000, bytes: 100, mark });
      for (const store of [one, two]) {
        await expect.poll(() => valueOf(store, "key")).toBeUndefined();
        expect(await valueOf(store, "loading")).toBeUndefined();
      }
    });

    it("lets one process at a time load a key, and tells the others when it is done", async () => {
      const [one, two] = await both();
      const claim = await one.claim?.("key", tags);
      expect(claim).toBeDefined();
      expect(await two.claim?.("key", tags)).toBeUndefined();
      expect(await two.claim?.("other", tags)).toBeDefined();
      const released = two.waitForRelease?.("key", 10_000, new AbortController().signal);
      await one.write("key", "loaded", { tags, keepMs: 60_000, bytes: 100, mark: claim?.read.mark });
      await claim?.release();
      await released;
      const next = await two.claim?.("key", tags);
      expect(next?.read.entry?.value).toBe("loaded");
      await next?.release();
    });

    it("waits no longer than it is told, and stops when it is cancelled", async () => {
      const [one, two] = await both();
      const claim = await one.claim?.("key", tags);
      await two.waitForRelease?.("key", 5, new AbortController().signal);
      const controller = new AbortController();
      const waiting = two.waitForRelease?.("key", 10_000, controller.signal);
      controller.abort(new Error("cancelled"));
      await expect(waiting).rejects.toThrow("cancelled");
      await claim?.release();
    });
  });
}
