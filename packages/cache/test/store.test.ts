import { RedisServer, skipsRedis } from "@plugboard/services/redis";
import { Redis } from "ioredis";
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished, vi } from "vitest";
import { MemoryStore } from "../src/memory.ts";
import { RedisStore } from "../src/redis.ts";
import { ALL } from "../src/store.ts";
import { storeSuite } from "../src/testing.ts";
import { TieredStore } from "../src/tiered.ts";

const clock = (): number => performance.now();
const memory = { maxEntries: 1000, maxBytes: 10_000_000, clock };

describe("the store in memory", () => {
  storeSuite({ describe, it, make: () => new MemoryStore(memory) });

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
    storeSuite({ describe, it, make: redis, another: redis });
  });
  describe("with memory in front", () => {
    storeSuite({ describe, it, make: tiered, another: tiered });

    it("keeps nothing in front for longer than it is kept behind, nor than nearMs", async () => {
      let now = 0;
      const front = new TieredStore(redis(), { ...memory, clock: () => now, nearMs: 60_000 });
      const behind = redis();
      onTestFinished(() => [front, behind].forEach((store) => store.close()));
      for (const [key, keepMs] of [
        ["short", 30_000],
        ["long", 3_600_000],
      ] as const) {
        const claim = await behind.claim(key, [ALL]);
        await behind.write(key, key, { tags: [ALL], keepMs, bytes: 1, mark: claim?.read.mark });
        await claim?.release();
      }
      // From when on it hears, it keeps. Whoever has to ask Redis has to wait.
      const isNear = (key: string): boolean => !(front.read(key, [ALL]) instanceof Promise);
      for (const key of ["short", "long"]) {
        await expect
          .poll(async () => {
            await front.read(key, [ALL]);
            return isNear(key);
          })
          .toBe(true);
      }
      now = 30_000;
      expect([isNear("short"), isNear("long")]).toEqual([false, true]);
      now = 60_000;
      expect(isNear("long")).toBe(false);
    });
  });
  describe("with an idle front", () => {
    storeSuite({ describe, it, make: () => new TieredStore(redis(), { ...memory, nearMs: 0 }), another: redis });
  });

  describe("claims", () => {
    const claimKey = "*:claim:*";
    async function clientOf(): Promise<Redis> {
      const client = new Redis(server.url);
      onTestFinished(() => client.disconnect());
      await client.flushall();
      return client;
    }
    const open = (): RedisStore => {
      const store = redis();
      onTestFinished(() => store.close());
      return store;
    };

    it("are renewed for as long as their process lives, and not when another one has them", async () => {
      const [client, store] = [await clientOf(), open()];
      vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
      onTestFinished(() => void vi.useRealTimers());
      const claim = await store.claim("key", [ALL]);
      const [key = ""] = await client.keys(claimKey);
      expect(await client.pttl(key)).toBeGreaterThan(5000);
      await client.pexpire(key, 4000);
      vi.advanceTimersByTime(3000);
      await expect.poll(() => client.pttl(key)).toBeGreaterThan(5000);
      await client.set(key, "of another process", "PX", 4000);
      vi.advanceTimersByTime(3000);
      await claim?.release();
      expect(await client.get(key)).toBe("of another process");
      expect(await client.pttl(key)).toBeLessThanOrEqual(4000);
      expect(vi.getTimerCount()).toBe(0);
    });

    it("are given with what is there, garbage being nothing, which is written over", async () => {
      const [client, store] = [await clientOf(), open()];
      const load = async (value: string): Promise<unknown> => {
        const claim = await store.claim("key", [ALL]);
        await store.write("key", value, { tags: [ALL], keepMs: 60_000, bytes: 1, mark: claim?.read.mark });
        await claim?.release();
        return claim?.read.entry?.value;
      };
      expect([await load("one"), await load("two")]).toEqual([undefined, "one"]);
      const [entry = ""] = await client.keys("*:entry:*");
      await client.hset(entry, "value", "{garbage");
      expect([await load("three"), await load("four")]).toEqual([undefined, "three"]);
    });
  });

  it("what is invalidated while Redis does not answer is made up for: by its tags, up to a thousand of them, else everything", async () => {
    const [writer, other] = [redis(), redis()];
    const warn = vi.fn<() => void>();
    const away = new RedisStore({ url: server.url, prefix: `test-${round}`, name: "cache", timeoutMs: 100, warn });
    onTestFinished(() => [writer, other, away].forEach((store) => store.close()));
    const put = async (key: string): Promise<void> => {
      const claim = await writer.claim(key, [ALL, key]);
      await writer.write(key, key, { tags: [ALL, key], keepMs: 60_000, bytes: 1, mark: claim?.read.mark });
      await claim?.release();
    };
    const kept = async (): Promise<boolean[]> =>
      Promise.all(["tag 0", "unrelated"].map(async (key) => (await other.read(key, [ALL, key])).entry !== undefined));
    for (const [count, expected] of [
      [1000, [false, true]],
      [1001, [false, false]],
    ] as const) {
      for (const key of ["tag 0", "unrelated"]) await put(key);
      expect(await kept()).toEqual([true, true]);
      server.pause();
      onTestFinished(() => server.resume());
      const invalidated = Array.from({ length: count }, (_, n) => away.invalidate([`tag ${n}`]));
      expect((await Promise.allSettled(invalidated)).every(({ status }) => status === "rejected")).toBe(true);
      server.resume();
      await expect.poll(kept, { timeout: 5000, interval: 10 }).toEqual(expected);
    }
  });
});
