import { expect, test } from "vitest";
import { inTurn } from "../in-turn.mjs";

/** Work that ends when it is told to, and what of it goes on. */
function work() {
  const begun: number[] = [];
  const ends = new Map<number, (failure?: Error) => void>();
  const run = (item: number) =>
    new Promise<void>((resolve, reject) => {
      begun.push(item);
      ends.set(item, (failure) => (failure ? reject(failure) : resolve()));
    });
  return { begun, ends, run };
}

test("so many are worked on at a time, in their order", async () => {
  const { begun, ends, run } = work();
  const done = inTurn([1, 2, 3, 4], 2, run);
  expect(begun).toEqual([1, 2]);
  ends.get(2)!();
  await expect.poll(() => begun).toEqual([1, 2, 3]);
  ends.get(1)!();
  await expect.poll(() => begun).toEqual([1, 2, 3, 4]);
  ends.get(3)!();
  ends.get(4)!();
  await done;
});

test("after a failure nothing more is begun, and what has begun is waited for", async () => {
  const { begun, ends, run } = work();
  let over = false;
  const done = inTurn([1, 2, 3], 2, run).finally(() => (over = true));
  const failure = expect(done).rejects.toThrow("first");
  ends.get(1)!(new Error("first"));
  await new Promise((resolve) => setImmediate(resolve));
  expect(over).toBe(false);
  ends.get(2)!(new Error("second"));
  await failure;
  expect(begun).toEqual([1, 2]);
});
