import { AsyncLocalStorage } from "node:async_hooks";
import { expect, test } from "vitest";
import { ahead } from "../../src/files/ahead.ts";
import { SharedWork } from "../../src/shared.ts";

function deferred(): { promise: Promise<void>; resolve: () => void; reject: (error: Error) => void } {
  let resolve = (): void => {};
  let reject = (_: Error): void => {};
  const promise = new Promise<void>((done, failed) => {
    resolve = done;
    reject = failed;
  });
  return { promise, resolve, reject };
}

/** Work under the test's control. */
function controlled(lifetime = new AbortController().signal): {
  work: SharedWork;
  runs: { signal: AbortSignal; end: ReturnType<typeof deferred> }[];
} {
  const runs: { signal: AbortSignal; end: ReturnType<typeof deferred> }[] = [];
  const work = new SharedWork((signal) => {
    const end = deferred();
    runs.push({ signal, end });
    signal.addEventListener("abort", () => end.reject(new Error("the work was stopped")));
    return end.promise;
  }, lifetime);
  return { work, runs };
}

test("runs once for all who wait, and again for who comes later", async () => {
  const { work, runs } = controlled();
  const waiting = [work.join(), work.join(), work.join()];
  expect(runs).toHaveLength(1);
  runs[0]?.end.resolve();
  await Promise.all(waiting);
  const later = work.join();
  expect(runs).toHaveLength(2);
  runs[1]?.end.resolve();
  await later;
});

test("one who is cancelled leaves; the others get what they came for", async () => {
  const { work, runs } = controlled();
  const first = new AbortController();
  const leaving = work.join(first.signal);
  const staying = work.join();
  first.abort(new Error("enough"));
  await expect(leaving).rejects.toThrow("enough");
  expect(runs[0]?.signal.aborted).toBe(false);
  runs[0]?.end.resolve();
  await staying;
});

test("when the last has left the work is cancelled, and the next one waits until it has stopped", async () => {
  let stopped = deferred();
  let running = 0;
  const signals: AbortSignal[] = [];
  const work = new SharedWork(async (signal) => {
    signals.push(signal);
    running += 1;
    expect(running).toBe(1);
    if (!signal.aborted) await new Promise((resolve) => signal.addEventListener("abort", resolve));
    await stopped.promise;
    running -= 1;
    signal.throwIfAborted();
  }, new AbortController().signal);
  const controllers = [new AbortController(), new AbortController()];
  const leaving = controllers.map(({ signal }) => work.join(signal));
  for (const [index, controller] of controllers.entries()) {
    controller.abort(new Error("enough"));
    await expect(leaving[index]).rejects.toThrow("enough");
  }
  expect(signals.map(({ aborted }) => aborted)).toEqual([true]);
  const last = new AbortController();
  const next = work.join(last.signal);
  const before = stopped;
  stopped = deferred();
  before.resolve();
  await new Promise((resolve) => setImmediate(resolve));
  expect(running).toBe(1);
  expect(signals.map(({ aborted }) => aborted)).toEqual([true, false]);
  last.abort(new Error("enough"));
  stopped.resolve();
  await expect(next).rejects.toThrow("enough");
});

test("a failure reaches all who wait and is not remembered", async () => {
  const { work, runs } = controlled();
  const waiting = [work.join(), work.join()];
  runs[0]?.end.reject(new Error("disk on fire"));
  for (const each of waiting) await expect(each).rejects.toThrow("disk on fire");
  const again = work.join();
  runs[1]?.end.resolve();
  await again;
});

test("who is cancelled already starts nothing", async () => {
  const { work, runs } = controlled();
  await expect(work.join(AbortSignal.abort(new Error("enough")))).rejects.toThrow("enough");
  expect(runs).toHaveLength(0);
});

test("ends with its lifetime", async () => {
  const lifetime = new AbortController();
  const { work } = controlled(lifetime.signal);
  const waiting = work.join();
  lifetime.abort(new Error("disposed"));
  await expect(waiting).rejects.toThrow("the work was stopped");
  await expect(work.join()).rejects.toThrow("disposed");
});

test("tells all who wait how far it is, and runs outside the context of the first", async () => {
  const storage = new AsyncLocalStorage<string>();
  const end = deferred();
  let seen: string | undefined = "nothing";
  const work = new SharedWork(async (_, report) => {
    seen = storage.getStore();
    await Promise.resolve();
    report({ done: 1, total: 2 });
    await end.promise;
  }, new AbortController().signal);
  const told: string[] = [];
  const waiting = storage.run("the first caller", () => [
    work.join(undefined, ({ done, total }) => void told.push(`a ${done}/${total}`)),
    work.join(undefined, ({ done, total }) => void told.push(`b ${done}/${total}`)),
  ]);
  end.resolve();
  await Promise.all(waiting);
  expect(told).toEqual(["a 1/2", "b 1/2"]);
  expect(seen).toBeUndefined();
});

test("looking ahead keeps the order, never has more than so many under way, and fails at its place", async () => {
  let under = 0;
  let most = 0;
  const look = async (entry: number): Promise<number> => {
    under += 1;
    most = Math.max(most, under);
    await new Promise((resolve) => setImmediate(resolve));
    under -= 1;
    if (entry === 7) throw new Error("seven");
    return entry * 2;
  };
  const seen: number[] = [];
  const all = (async () => {
    for await (const { entry, look: found } of ahead([1, 2, 3, 4, 5, 6, 7, 8], 3, look)) {
      expect(found).toBe(entry * 2);
      seen.push(entry);
    }
  })();
  await expect(all).rejects.toThrow("seven");
  expect(seen).toEqual([1, 2, 3, 4, 5, 6]);
  expect(most).toBe(3);
});
