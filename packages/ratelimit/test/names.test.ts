import fc from "fast-check";
import { expect, it } from "vitest";
import { Names } from "../src/names.ts";
import { Bench } from "./setup.ts";

/** Any UTF-16 code unit, halves of surrogate pairs among them. */
const codeUnit = fc.nat(0xffff).map((unit) => String.fromCharCode(unit));

it("names in Redis are different for different keys, whatever characters are in them", () => {
  const names = new Names("plugboard", "ratelimit");
  const bench = new Bench([{ per: ["principal", "tool"], limit: 1, windowMs: 1000 }]);
  const nameOf = ([tool, who]: readonly [string, string]): string => {
    const { ticket } = bench.call({ tool, who });
    return names.of(ticket, ticket.claims[0]!);
  };
  const part = fc.oneof(
    fc.string({ unit: codeUnit, maxLength: 3 }),
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

it("names of servers are remembered for so many, and are the same when they are worked out again", () => {
  const names = new Names("plugboard", "ratelimit");
  const { limiter } = new Bench([{ limit: 1, windowMs: 1000 }]);
  const nameOf = (server: string): string => {
    const ticket = limiter.ticket("tool", {}, { owner: "ann", sessionId: undefined, server });
    return names.of(ticket, ticket.claims[0]!);
  };
  const all = Array.from({ length: 2000 }, (_, n) => nameOf(`server ${n}`));
  expect(new Set(all).size).toBe(2000);
  expect(nameOf("server 0")).toBe(all[0]);
});
