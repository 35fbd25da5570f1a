import fc from "fast-check";
import { expect, it } from "vitest";
import { type Due, Heap } from "../src/heap.ts";

it("a heap has the item on top that is due first, also after that was made due later", () => {
  const step = fc.record({
    dueAt: fc.integer({ min: 0, max: 100 }),
    what: fc.constantFrom("push", "push", "pop", "sink"),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 100 }), (steps) => {
      const heap = new Heap<Due>();
      const all: Due[] = [];
      for (const { dueAt, what } of steps) {
        const { top } = heap;
        if (what === "push") {
          const item = { dueAt };
          heap.push(item);
          all.push(item);
        } else if (what === "pop") {
          heap.pop();
          if (top) all.splice(all.indexOf(top), 1);
        } else if (top) {
          top.dueAt += dueAt;
          heap.sink();
        }
        expect(heap.top?.dueAt ?? Infinity).toBe(Math.min(Infinity, ...all.map((item) => item.dueAt)));
      }
    }),
  );
});
