import { RedisServer, skipsRedis } from "@plugboard/services/redis";
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { MemoryStore } from "../src/memory.ts";
import { RedisStore } from "../src/redis.ts";
import { ALL } from "../src/store.ts";
import { storeSuite } from "../src/testing.ts";
import { TieredStore } from "../src/tiered.ts";

const clock = (): number => performance.now();
const memory = { maxEntries: 1000, maxBytes: 10_000_000, clock };

describe("the store in memory", () => {
  storeSuite({ make: () => new MemoryStore(memory) });

  const write = (store: MemoryStore, key: string, bytes = 100, tags: readonly string[] = [ALL]): void =>
    store.write(key, key, { tags, keepMs: 1000, bytes, mark: store.read(key).mark });

  it("holds so many entries, and lets go of the one that was not used for longest", () => {
    const store = new MemoryStore({ ...memory, maxEntries: 2 });
    for (const key of ["a", "b"]) write(store, key);
    store.read("a");
    write(store, "c");
    expect(["a", "b", "c"].map((key) => store.read(key).entry?.value)).toEqual(["a", undefined, "c"]);
    expect(store.stats()).toMatchObject({ entries: 2, evicted: 1 });
  });

  it("holds so many bytes, and one entry that is too large throws out no other", () => {
    const store = new MemoryStore({ ...memory, maxBytes: 10_000 });
    for (let index = 0; index < 100; index++) write(store, `key ${index}`, 1000);
    const { entries, bytes } = store.stats();
    expect(bytes).toBeLessThanOrEqual(10_000);
    expect(entries).toBeGreaterThan(5);
    write(store, "giant", 20_000);
    expect(store.read("giant").entry).toBeUndefined();
    expect(store.stats().entries).toBe(entries);
  });

  it("counts time by its own clock: an entry ends exactly when it should", () => {
    let now = 1000;
    const store = new MemoryStore({ ...memory, clock: () => now });
    write(store, "key");
    now += 999.5;
    expect(store.read("key").entry).toEqual({ value: "key", ageMs: 999.5 });
    now += 0.5;
    expect(store.read("key").entry).toBeUndefined();
    expect(store.stats().entries).toBe(0);
  });

  it("remembers so many invalidated tags, and forgets everything rather than one of them", () => {
    const store = new MemoryStore(memory);
    write(store, "key", 100, [ALL, "rare"]);
    const { mark } = store.read("loading");
    for (let index = 0; index <= 10_000; index++) store.invalidate([`tag ${index}`]);
    expect(store.read("key").entry).toBeUndefined();
    store.write("loading", 1, { tags: [ALL, "tag 3"], keepMs: 1000, bytes: 1, mark });
    expect(store.read("loading").entry).toBeUndefined();
    write(store, "key", 100, [ALL, "rare"]);
    expect(store.read("key").entry?.value).toBe("key");
  });
});

describe.skipIf(skipsRedis)(`stores in Redis${skipsRedis ? " (redis-server is not installed)" : ""}`, () => {
  let server: RedisServer;
  let round = 0;
  beforeAll(async () => {
    server = await RedisServer.start();
  });
  beforeEach(() => void round++);
  afterAll(() => server[Symbol.asyncDispose]());

  const redis = (): RedisStore =>
    new RedisStore({ url: server.url, prefix: `test-${round}`, name: "cache", timeoutMs: 2000, warn: console.warn });
  const tiered = (): TieredStore => new TieredStore(redis(), { ...memory, nearMs: 5000 });

  describe("alone", () => {
    storeSuite({ make: redis, another: redis });
  });
  describe("with memory in front", () => {
    storeSuite({ make: tiered, another: tiered });

    it("keeps nothing in front for longer than it is kept behind", async () => {
      const [front, behind] = [tiered(), redis()];
      onTestFinished(() => [front, behind].forEach((store) => store.close()));
      const put = async (key: string, keepMs: number): Promise<void> => {
        const claim = await behind.claim(key, [ALL]);
        await behind.write(key, key, { tags: [ALL], keepMs, bytes: 1, mark: claim?.read.mark });
        await claim?.release();
      };
      await put("long", 60_000);
      // From when on it hears, it keeps.
      await expect
        .poll(async () => {
          await front.read("long", [ALL]);
          return front.stats().entries;
        })
        .toBe(1);
      await put("short", 300);
      await front.read("short", [ALL]);
      expect(front.stats().entries).toBe(2);
      await expect.poll(async () => (await front.read("short", [ALL])).entry, { timeout: 3000 }).toBeUndefined();
    });
  });
  describe("with an idle front", () => {
    storeSuite({ make: () => new TieredStore(redis(), { ...memory, nearMs: 0 }), another: redis });
  });
});
