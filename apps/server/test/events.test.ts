import { RedisLink } from "@plugboard/core/redis";
import { RedisServer, skipsRedis } from "@plugboard/services/redis";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { MemoryEventLog } from "../src/http/events/memory.ts";
import type { EventLog } from "../src/http/events/types.ts";
import { httpSettings } from "../src/config/http-settings.ts";
import { createLog } from "../src/serve/log.ts";
import { RedisFleet } from "../src/redis/fleet.ts";
import { SessionDirectory } from "../src/redis/directory.ts";
import { Life } from "../src/redis/life.ts";
import { RedisEventLog } from "../src/redis/events.ts";

const bounds = { maxEvents: 10, maxBytes: 100_000, maxAgeMs: 60_000 };
type Bounds = Partial<typeof bounds>;

let redis: RedisServer | undefined;
let link: RedisLink | undefined;
let logs = 0;

beforeAll(async () => {
  if (skipsRedis) return;
  redis = await RedisServer.start();
  link = new RedisLink({ url: redis.url, timeoutMs: 5000, plugin: "test", meanwhile: "nothing", warn: console.error });
});
afterAll(async () => {
  await Promise.all(lives.map((each) => each.end()));
  link?.close();
  await redis?.[Symbol.asyncDispose]();
});

const linked = (): RedisLink => {
  if (!link) throw new Error("redis-server is not installed");
  return link;
};

const lives: Life[] = [];
const life = (): Life => {
  const one = new Life(linked(), "lives");
  lives.push(one);
  return one;
};

const kinds: [string, boolean, (of?: Bounds) => EventLog][] = [
  [
    "in memory",
    false,
    (of) => new MemoryEventLog({ ...bounds, maxTotalBytes: 1_000_000, now: () => performance.now(), ...of }),
  ],
  [
    "in Redis",
    skipsRedis,
    (of) => new RedisEventLog(linked(), life(), { prefix: `t${logs++}`, sessionMs: 60_000, ...bounds, ...of }),
  ],
];

describe.each(kinds.filter(([, skips]) => !skips))("events kept %s", (_, __, make) => {
  const texts = async (log: EventLog, stream: string, place: number): Promise<unknown> =>
    (await log.after("s", stream, place))?.events.map(({ place: at, data }) => [at, data]);

  test("come back in their order, each stream and each session by itself", async () => {
    const log = make();
    expect(await log.open("s", "a", [])).toBe(0);
    expect(await log.append("s", "a", '"one"')).toBe(1);
    expect(await log.append("s", "b", '"other stream"')).toBe(1);
    expect(await log.append("t", "a", '"other session"')).toBe(1);
    expect(await log.append("s", "a", '"zwei ü \u0000"')).toBe(2);
    expect(await log.open("s", "a", [])).toBe(2);
    expect(await texts(log, "a", 0)).toEqual([
      [1, '"one"'],
      [2, '"zwei ü \u0000"'],
    ]);
    expect(await texts(log, "a", 1)).toEqual([[2, '"zwei ü \u0000"']]);
    expect(await log.after("s", "a", 2)).toEqual({ events: [], finished: false });
    await log.finish("s", "a");
    expect(await log.after("s", "a", 2)).toEqual({ events: [], finished: true });
  });

  test("of unknown sessions, streams and places are gone", async () => {
    const log = make();
    await log.append("s", "a", "1");
    expect(await log.after("x", "a", 0)).toBeUndefined();
    expect(await log.after("s", "x", 0)).toBeUndefined();
    expect(await log.after("s", "a", 2)).toBeUndefined();
    await log.finish("s", "x");
    expect(await log.after("s", "x", 0)).toBeUndefined();
    await log.drop("s");
    expect(await log.after("s", "a", 0)).toBeUndefined();
    expect(await log.open("s", "a", [])).toBe(0);
  });

  test("make room for newer ones by count, and say so", async () => {
    const log = make({ maxEvents: 3 });
    for (const data of ["1", "2"]) await log.append("s", "a", data);
    for (const data of ["1", "2"]) await log.append("s", "b", data);
    expect(await texts(log, "a", 0)).toBeUndefined();
    expect(await texts(log, "a", 1)).toEqual([[2, "2"]]);
    expect(await texts(log, "b", 0)).toEqual([
      [1, "1"],
      [2, "2"],
    ]);
  });

  test("make room by size; one that is larger than all is not kept, and said to be gone", async () => {
    const log = make({ maxBytes: 3000 });
    await log.append("s", "a", "x".repeat(1000));
    await log.append("s", "a", "y".repeat(2500));
    expect(await texts(log, "a", 0)).toBeUndefined();
    expect(await texts(log, "a", 1)).toHaveLength(1);
    expect(await log.append("s", "a", "z".repeat(4000))).toBe(3);
    expect(await texts(log, "a", 2)).toBeUndefined();
    expect(await texts(log, "a", 3)).toEqual([]);
  });

  test("are given up when they are too old", async () => {
    const log = make({ maxAgeMs: 100 });
    await log.append("s", "a", "1");
    await log.append("s", "b", "1");
    await log.finish("s", "b");
    await expect.poll(async () => texts(log, "a", 0)).toBeUndefined();
    expect(await texts(log, "a", 1)).toEqual([]);
    expect(await log.after("s", "b", 1)).toBeUndefined();
  });

  test("are never skipped silently, whatever happens", async () => {
    const step = fc.record({
      stream: fc.constantFrom("a", "b", "c"),
      size: fc.integer({ min: 0, max: 1200 }),
      finish: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
        const log = make({ maxEvents: 5, maxBytes: 4000 });
        const sent = new Map<string, string[]>();
        const over = new Set<string>();
        for (const { stream, size, finish } of steps) {
          if (over.has(stream)) continue;
          const all = sent.get(stream) ?? [];
          sent.set(stream, [...all, `${all.length}${"x".repeat(size)}`]);
          expect(await log.append("s", stream, sent.get(stream)?.at(-1) ?? "")).toBe(all.length + 1);
          if (!finish) continue;
          over.add(stream);
          await log.finish("s", stream);
        }
        for (const [stream, all] of sent) {
          for (let place = 0; place <= all.length; place++) {
            const missed = await log.after("s", stream, place);
            if (missed)
              expect(missed).toEqual({
                events: all.slice(place).map((data, at) => ({ place: place + at + 1, data })),
                finished: over.has(stream),
              });
          }
        }
      }),
      { numRuns: 25 },
    );
  });
});

test.skipIf(skipsRedis)("the requests of an instance that died are orphans, until they are answered", async () => {
  const [dead, living] = [life(), life()];
  const options = { prefix: "o", sessionMs: 60_000, ...bounds };
  const [theirs, ours] = [dead, living].map((each) => new RedisEventLog(linked(), each, options));
  await theirs?.open("s", "a", [1, "two"]);
  await expect.poll(() => living.isAlive(dead.instance)).toBe(true);
  expect(await ours?.after("s", "a", 0)).toEqual({ events: [], finished: false });
  await dead.end();
  expect(await ours?.after("s", "a", 0)).toEqual({ events: [], finished: false, orphans: [1, "two"] });
  await ours?.append("s", "a", "lost");
  await ours?.finish("s", "a");
  expect(await ours?.after("s", "a", 0)).toEqual({ events: [{ place: 1, data: "lost" }], finished: true });
});

describe.skipIf(skipsRedis)("sessions in Redis", () => {
  const request = (method: string, params: object) => ({
    jsonrpc: "2.0" as const,
    id: 0,
    method,
    params: { ...params },
  });
  const initialize = request("initialize", { clientInfo: { name: "c" } });

  test("are remembered for as long as they are asked for, with what their clients said", async () => {
    const directory = new SessionDirectory(linked(), { prefix: "d", keepMs: 400 });
    await directory.remember("one", { owner: "ann", initialize });
    await directory.remember("two", { owner: undefined, initialize });
    const other = new SessionDirectory(linked(), { prefix: "d", keepMs: 60_000 });
    const level = request("logging/setLevel", { level: "debug" });
    await other.note("one", { name: "level", request: request("logging/setLevel", { level: "info" }) });
    await other.note("one", { name: "level", request: level });
    await other.note("one", { name: "uri a:", request: level });
    await other.note("one", { name: "uri a:", request: undefined });
    await other.note("three", { name: "level", request: level });
    expect(await other.recall("one")).toEqual({ owner: "ann", initialize, said: [level] });
    const exists = { lua: "return redis.call('EXISTS', 'd:{two}:session')", digest: "0".repeat(40) };
    await expect.poll(() => linked().run(exists, [], [])).toBe(0);
    expect(await directory.recall("two")).toBeUndefined();
    expect(await directory.recall("three")).toBeUndefined();
    expect(await other.recall("one")).toMatchObject({ owner: "ann" });
    await directory.forget("one");
    expect(await other.recall("one")).toBeUndefined();
  });

  test("have their messages handed to the other instances, and to nobody else", async () => {
    const settings = httpSettings.parse({});
    const heard: unknown[] = [];
    const fleets = ["f", "f", "g"].map(
      (prefix) => new RedisFleet({ url: redis?.url ?? "", prefix, settings, log: createLog("silent") }),
    );
    try {
      for (const [at, fleet] of fleets.entries()) fleet.onRelayed((id, message) => heard.push([at, id, message]));
      const message = request("ping", {});
      await expect.poll(async () => (await fleets[0]?.relay("s", message), heard.length)).toBeGreaterThan(0);
      expect(heard.every((each) => JSON.stringify(each) === JSON.stringify([1, "s", message]))).toBe(true);
    } finally {
      await Promise.all(fleets.map((fleet) => fleet.close()));
    }
  });
});
