import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { mergeByTime } from "../../src/format/merge.ts";

interface Item {
  readonly stream: number;
  readonly at: number;
  readonly time: number | undefined;
}
const timeOf = ({ time }: Item) => time;

async function merged(times: readonly (readonly (number | undefined)[])[], lookAhead = 100): Promise<Item[]> {
  const streams = times.map((list, stream) => list.map((time, at) => ({ stream, at, time })));
  const items: Item[] = [];
  for await (const item of mergeByTime(streams, { timeOf, lookAhead })) items.push(item);
  return items;
}
const names = (items: readonly Item[]) => items.map(({ stream, at }) => `${stream}.${at}`).join(" ");

describe("merged streams", () => {
  it("are in the order of time; equal times in that of the streams", async () => {
    expect(names(await merged([[1, 3, 5], [1, 2, 3], []]))).toBe("0.0 1.0 1.1 0.1 1.2 0.2");
  });

  it("keep what has no time with what stands before it, and at the start with what follows", async () => {
    expect(
      names(
        await merged([
          [1, undefined, undefined, 9],
          [2, 3],
        ]),
      ),
    ).toBe("0.0 0.1 0.2 1.0 1.1 0.3");
    expect(
      names(
        await merged([
          [undefined, 5],
          [2, 3],
        ]),
      ),
    ).toBe("1.0 1.1 0.0 0.1");
    expect(names(await merged([[undefined, undefined, 5], [2]], 2))).toBe("0.0 0.1 1.0 0.2");
  });

  it("keep each stream's own order, and are sorted where the streams are", async () => {
    const time = fc.option(fc.integer({ min: 0, max: 20 }), { nil: undefined });
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(time), { maxLength: 4 }),
        fc.integer({ min: 1, max: 5 }),
        async (times, lookAhead) => {
          const items = await merged(times, lookAhead);
          for (const [stream, list] of times.entries()) {
            expect(items.filter((item) => item.stream === stream).map(({ at }) => at)).toEqual(list.map((_, at) => at));
          }
          const sorted = times.map((list) => list.filter((value) => value !== undefined).toSorted((a, b) => a - b));
          const all = (await merged(sorted)).map((item) => item.time);
          expect(all).toEqual(sorted.flat().toSorted((a, b) => a - b));
        },
      ),
    );
  });

  it("are read one item ahead, and closed when the reader stops", async () => {
    let read = 0;
    let closed = 0;
    async function* endless(): AsyncGenerator<Item> {
      try {
        for (let at = 0; ; at++) {
          read++;
          yield { stream: 0, at, time: at };
        }
      } finally {
        closed++;
      }
    }
    for await (const item of mergeByTime([endless(), endless()], { timeOf })) if (item.at === 10) break;
    expect(read).toBeLessThanOrEqual(24);
    expect(closed).toBe(2);
  });
});
