import { expect, test } from "vitest";
import { MemoryEventLog, OVERHEAD_BYTES } from "../src/http/events/memory.ts";

function eventLog(bounds: Partial<ConstructorParameters<typeof MemoryEventLog>[0]> = {}) {
  const clock = { now: 0 };
  const options = { maxEvents: 100, maxBytes: 1_000_000, maxTotalBytes: 1_000_000, maxAgeMs: 1000, ...bounds };
  const log = new MemoryEventLog({ ...options, now: () => clock.now });
  const data = async (session: string, stream: string, place: number) =>
    (await log.after(session, stream, place))?.events.map((event) => event.data);
  return { log, clock, data };
}

test("what follows a place comes in order, of that stream only", async () => {
  const { log, data } = eventLog();
  expect(await log.open("s", "a")).toBe(0);
  for (const text of ["1", "2", "3"]) {
    await log.append("s", "a", `a${text}`);
    await log.append("s", "b", `b${text}`);
  }
  expect(await log.open("s", "a")).toBe(3);
  expect(await data("s", "a", 0)).toEqual(["a1", "a2", "a3"]);
  expect(await data("s", "b", 2)).toEqual(["b3"]);
  expect(await data("s", "b", 3)).toEqual([]);
});

test("a place that was never given, another session's stream and an unknown one are not known", async () => {
  const { log, data } = eventLog();
  await log.append("s", "a", "secret");
  expect(await data("other", "a", 0)).toBeUndefined();
  expect(await data("s", "b", 0)).toBeUndefined();
  expect(await data("s", "a", 2)).toBeUndefined();
});

test.each([
  ["events", { maxEvents: 3 }],
  ["bytes of a session", { maxBytes: 3 * (OVERHEAD_BYTES + 1) }],
  ["bytes of all", { maxTotalBytes: 3 * (OVERHEAD_BYTES + 1) }],
])("at the bound of %s the oldest go, and who needs them is told so", async (_, bounds) => {
  const { log, data } = eventLog(bounds);
  for (const text of ["1", "2", "3"]) await log.append("s", "a", text);
  expect(await data("s", "a", 0)).toEqual(["1", "2", "3"]);
  await log.append("s", "a", "4");
  expect(await data("s", "a", 0)).toBeUndefined();
  expect(await data("s", "a", 1)).toEqual(["2", "3", "4"]);
  expect(log.size.bytes).toBe(3 * (OVERHEAD_BYTES + 1));
});

test("one session at its bound takes nothing from another, all at theirs take the oldest of all", async () => {
  const { log, data } = eventLog({ maxEvents: 2, maxTotalBytes: 4 * (OVERHEAD_BYTES + 1) });
  await log.append("quiet", "a", "1");
  for (let index = 0; index < 10; index++) await log.append("busy", "a", String(index));
  expect(await data("quiet", "a", 0)).toEqual(["1"]);
  expect(await data("busy", "a", 8)).toEqual(["8", "9"]);
  await log.append("third", "a", "x");
  await log.append("third", "a", "y");
  expect(await data("quiet", "a", 0)).toBeUndefined();
  expect(await data("third", "a", 0)).toEqual(["x", "y"]);
});

test("an event larger than the bound is gone at once, and said to be", async () => {
  const { log, data } = eventLog({ maxBytes: 1000 });
  await log.append("s", "a", "x".repeat(2000));
  expect(await data("s", "a", 0)).toBeUndefined();
  expect(await data("s", "a", 1)).toEqual([]);
  expect(log.size.bytes).toBe(0);
});

test("events grow too old exactly at their age; who has seen them all misses nothing", async () => {
  const { log, clock, data } = eventLog();
  await log.append("s", "a", "1");
  clock.now = 500;
  await log.append("s", "a", "2");
  clock.now = 999;
  expect(await data("s", "a", 0)).toEqual(["1", "2"]);
  clock.now = 1000;
  expect(await data("s", "a", 0)).toBeUndefined();
  expect(await data("s", "a", 1)).toEqual(["2"]);
  clock.now = 5000;
  expect(await data("s", "a", 2)).toEqual([]);
});

test("a finished stream is forgotten with its last event, a dropped session with all its streams", async () => {
  const { log, clock } = eventLog();
  await log.append("s", "a", "1");
  await log.finish("s", "a");
  expect(await log.after("s", "a", 0)).toMatchObject({ finished: true });
  clock.now = 1000;
  expect(await log.after("s", "a", 1)).toBeUndefined();
  await log.append("s", "b", "1");
  await log.append("t", "b", "1");
  await log.drop("s");
  expect(await log.after("s", "b", 0)).toBeUndefined();
  expect(log.size).toEqual({ sessions: 1, bytes: OVERHEAD_BYTES + 1 });
});

test("100,000 events of 1,000 sessions stay within the bounds", async () => {
  const { log } = eventLog({ maxEvents: 50, maxTotalBytes: 2_000_000 });
  for (let index = 0; index < 100_000; index++) await log.append(`s${index % 1000}`, "a", "x".repeat(index % 500));
  expect(log.size.bytes).toBeLessThanOrEqual(2_000_000);
  expect(log.size.bytes).toBeGreaterThan(1_990_000);
});
