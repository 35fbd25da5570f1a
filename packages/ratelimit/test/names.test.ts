import fc from "fast-check";
import { expect, it } from "vitest";
import { Names } from "../src/names.ts";
import { Bench } from "./setup.ts";

it("names in Redis are different for different keys, whatever characters are in them", () => {
  const names = new Names("plugboard", "ratelimit");
  const bench = new Bench([{ per: ["principal", "tool"], limit: 1, windowMs: 1000 }]);
  const nameOf = ([tool, who]: readonly [string, string]): string => {
    const { ticket } = bench.call({ tool, who });
    return names.of(ticket, ticket.claims[0]!);
  };
  const part = fc.oneof(
    fc.string({ unit: "binary", maxLength: 3 }),
    fc.constantFrom("\ud800", "\udfff", ",", "{}", "__proto__"),
  );
  const pair = fc.tuple(part, part);
  fc.assert(
    fc.property(pair, pair, (one, other) => {
      const same = one[0] === other[0] && one[1] === other[1];
      expect(nameOf(one) === nameOf(other)).toBe(same);
      expect(nameOf(one)).toMatch(/^plugboard:\{ratelimit:[\w-]{22}\}:[\w-]{22}:[\w-]{22}$/);
    }),
  );
  expect(nameOf(["\ud800", "a"])).not.toBe(nameOf(["\ud801", "a"]));
  expect(nameOf(["a,b", "c"])).not.toBe(nameOf(["a", "b,c"]));
});
