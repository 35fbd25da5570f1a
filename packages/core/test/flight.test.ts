import { AsyncLocalStorage } from "node:async_hooks";
import { expect, it, vi } from "vitest";
import { Flight, runOutside, WaitedTooLong } from "../src/flight.ts";
import { deferred } from "./lines.ts";

it("runs once, and answers all who join, also afterwards", async () => {
  const work = vi.fn<() => Promise<{ n: number }>>(() => Promise.resolve({ n: 1 }));
  const flight = new Flight(work);
  const [first, second] = await Promise.all([flight.join(), flight.join()]);
  expect(first).toBe(second);
  expect(await flight.join()).toBe(first);
  expect(work).toHaveBeenCalledTimes(1);
  expect(flight.waiting).toBe(0);
});

it("a caller who leaves disturbs no other; the last one to leave cancels the work", async () => {
  const done = deferred<string>();
  const flight = new Flight<string>(() => done.promise);
  const [one, two] = [new AbortController(), new AbortController()];
  const first = flight.join({ signal: one.signal });
  const second = flight.join({ signal: two.signal });
  one.abort(new Error("one left"));
  await expect(first).rejects.toThrow("one left");
  expect(flight.signal.aborted).toBe(false);
  expect(flight.waiting).toBe(1);
  two.abort(new Error("two left"));
  await expect(second).rejects.toThrow("two left");
  expect(flight.signal.reason).toMatchObject({ message: "two left" });
  done.resolve("late");
  await expect(flight.outcome).resolves.toBe("late");
  expect(flight.waiting).toBe(0);
});

it("a caller who has left already does not wait, and cancels what nobody wants", async () => {
  const flight = new Flight<void>(() => new Promise(() => undefined));
  await expect(flight.join({ signal: AbortSignal.abort(new Error("gone")) })).rejects.toThrow("gone");
  expect(flight.waiting).toBe(0);
  expect(flight.signal.aborted).toBe(true);
});

it("who comes with an aborted signal is refused at once, also when the work is done already", async () => {
  const flight = new Flight(() => Promise.resolve("done"));
  await flight.outcome;
  await expect(flight.join({ signal: AbortSignal.abort(new Error("gone")) })).rejects.toThrow("gone");
  expect(flight.waiting).toBe(0);
  expect(flight.signal.aborted).toBe(false);
});

it("waits no longer than it is told, and the work goes on for others", async () => {
  const done = deferred<string>();
  const flight = new Flight<string>(() => done.promise);
  const patient = flight.join();
  await expect(flight.join({ maxWaitMs: 1 })).rejects.toBeInstanceOf(WaitedTooLong);
  expect(flight.signal.aborted).toBe(false);
  done.resolve("done");
  expect(await patient).toBe("done");
});

it("tells its news to those who wait, and not to those who left", async () => {
  const done = deferred<void>();
  const flight = new Flight<void, number>(() => done.promise);
  const [stays, leaves] = [vi.fn<(news: number) => void>(), vi.fn<(news: number) => void>()];
  const controller = new AbortController();
  const staying = flight.join({ onNews: stays });
  const leaving = flight.join({ onNews: leaves, signal: controller.signal });
  flight.tell(1);
  controller.abort();
  await leaving.catch(() => undefined);
  flight.tell(2);
  done.resolve();
  const later = vi.fn<(news: number) => void>();
  const joining = flight.join({ onNews: later });
  await Promise.all([staying, joining]);
  expect(later.mock.calls).toEqual([[2]]);
  flight.tell(3);
  expect(stays.mock.calls).toEqual([[1], [2]]);
  expect(leaves.mock.calls).toEqual([[1]]);
});

it("fails all who wait with what the work threw, at once or later, and nobody else hears of it", async () => {
  const now = new Flight<void>(() => {
    throw new Error("now");
  });
  const later = new Flight<void>(() => Promise.reject(new Error("later")));
  await expect(now.join()).rejects.toThrow("now");
  await expect(later.join()).rejects.toThrow("later");
  // Unhandled rejections fail the test run.
  void new Flight<void>(() => Promise.reject(new Error("nobody waits")));
  await new Promise((resolve) => setImmediate(resolve));
});

it("leaves no listener at a signal", async () => {
  const { signal } = new AbortController();
  const removed = vi.spyOn(signal, "removeEventListener");
  const added = vi.spyOn(signal, "addEventListener");
  await new Flight(() => Promise.resolve(1)).join({ signal });
  expect(removed.mock.calls.length).toBe(added.mock.calls.length);
  expect(removed.mock.calls[0]?.[1]).toBe(added.mock.calls[0]?.[1]);
});

it("runs outside of every context", () => {
  const storage = new AsyncLocalStorage<string>();
  storage.run("inside", () => {
    expect(storage.getStore()).toBe("inside");
    expect(runOutside(() => storage.getStore())).toBeUndefined();
  });
});
