import fc from "fast-check";
import { expect, it } from "vitest";
import { Line, type Waiting } from "../src/line.ts";

const waiter = fc.record({ owner: fc.constantFrom("ann", "bob", "eve"), order: fc.nat(1000) });
const waiters = fc.uniqueArray(waiter, { selector: ({ order }) => order, maxLength: 20 });

it("a line serves each caller in the order of arrival, callers in turn, and tells before whom others are", () => {
  fc.assert(
    fc.property(waiters, waiters, fc.nat(19), (before, later, leaver) => {
      const line = new Line();
      before.forEach((each) => line.add(each));
      const served: Waiting[] = [];
      const serve = (): void => {
        const { head } = line;
        if (!head) return;
        served.push(head);
        line.pass(head);
      };
      serve();
      const known = new Set(before.map(({ order }) => order));
      later.filter(({ order }) => !known.has(order)).forEach((each) => line.add(each));
      const gone = line.all()[leaver];
      if (gone) line.delete(gone);
      const rest = line.all();
      expect(line.size).toBe(rest.length);
      const places = new Map(rest.map((each) => [each, line.ahead(each)]));
      const start = served.length;
      while (line.head) serve();
      for (const [each, ahead] of places) expect(served.slice(start, served.indexOf(each, start))).toEqual(ahead);
      for (const owner of ["ann", "bob", "eve"]) {
        const orders = served
          .slice(start)
          .filter((each) => each.owner === owner)
          .map(({ order }) => order);
        expect(orders).toEqual(orders.toSorted((a, b) => a - b));
        expect(line.countOf(owner)).toBe(0);
      }
      expect(new Set(served.slice(start))).toEqual(new Set(rest));
      expect(line.size).toBe(0);
    }),
  );
});
