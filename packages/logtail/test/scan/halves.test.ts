import { closeSync, openSync, writeFileSync } from "node:fs";
import fc from "fast-check";
import { expect, it } from "vitest";
import { Scanners } from "../../src/scan/sessions.ts";
import type { Hit } from "../../src/scan/types.ts";
import { folder } from "../read/folder.ts";
import { naive } from "./naive.ts";

it("a search by two threads finds what one finds, either way, in parts", async () => {
  await using place = await folder();
  const scanners = new Scanners({ max: 2, parallelBytes: 1 });
  try {
    await using session = await scanners.session();
    const line = fc.constantFrom("ab\n", "x\n", "\n", "é ab é\n", "long line without it\n");
    await fc.assert(
      fc.asyncProperty(
        fc.array(line, { maxLength: 20 }),
        fc.constantFrom(1, 3, 100),
        fc.boolean(),
        async (lines, hits, newestFirst) => {
          const bytes = Buffer.from(lines.join(""));
          writeFileSync(place.at("log"), bytes);
          const fd = openSync(place.at("log"), "r");
          try {
            const query = { pattern: { kind: "text", source: "ab", ignoreCase: false } } as const;
            const expected = naive(bytes, (text) => text.includes("ab"));
            if (newestFirst) expected.reverse();
            const whole = { fd, compressed: false, from: 0, to: bytes.length };
            const limits = { hits, newestFirst };
            const all: Hit[] = [];
            for (let part: typeof whole | undefined = whole; part !== undefined;) {
              const found = await session.search(part, query, limits);
              all.push(...found.hits);
              const { next } = found;
              if (next === undefined) break;
              part = newestFirst ? { ...part, to: next } : { ...part, from: next };
            }
            expect(all.map((hit) => hit.line)).toEqual(expected);
            const counted = await session.search(whole, query, { ...limits, count: true });
            expect(counted).toMatchObject({ matched: expected.length, exact: true, scannedBytes: bytes.length });
            expect(counted.hits.map((hit) => hit.line)).toEqual(expected.slice(0, hits));
            if (expected.length > hits) {
              const last = counted.hits.at(-1)?.line;
              expect(counted.next).toBe(newestFirst ? last?.start : last?.end);
            }
          } finally {
            closeSync(fd);
          }
        },
      ),
      { numRuns: 60 },
    );
    expect(scanners.size).toBe(2);
  } finally {
    await scanners.close();
  }
});
