import fc from "fast-check";
import { expect, it } from "vitest";
import { LineParser } from "../../src/format/parser.ts";
import { QuickReader } from "../../src/format/quick.ts";

const options = { zone: "Europe/Berlin", reference: Date.UTC(2026, 10, 22) };

/** The first as often as all others. */
function often(first: string, ...others: readonly string[]): fc.Arbitrary<string> {
  return fc.oneof(fc.constant(first), fc.constantFrom(...others));
}

function quickly(reader: QuickReader, line: string) {
  // Between other bytes, as in a block of lines.
  const bytes = Buffer.from(`9\n${line}\n[x/y/ - `);
  if (!reader.read(bytes, 2, 2 + line.length)) return undefined;
  return { time: reader.time, level: reader.level, message: bytes.toString("latin1", reader.start, 2 + line.length) };
}

it("reads what the parser reads, or leaves it to the parser", () => {
  const digits = often("11", "00", "07", "59", "60", "61", "0x");
  const time = fc
    .tuple(
      often("2026-11-22T", "2026-11-22 ", "2026/11/22 ", "2026-10-25T", "2026-13-22T", "2026-11-22t"),
      often("02", "00", "03", "10", "24"),
      digits,
      digits,
      often(".123", "", ".1", ".12", ".123", ",123", ".1234", ".123456", "."),
      often("Z", "", "z", " UTC", " EST", "+01:00", "-0530", "+1", " +0100", "Zx", "Z:"),
    )
    .map(([day, hour, minute, second, fraction, zone]) => `${day}${hour}:${minute}:${second}${fraction}${zone}`);
  const part = fc.constantFrom(
    ...' |  | INFO|INFO|ERROR|WARN|WARM|Warning|info|LOG|PHP Fatal error:  x|[|]|[x] |(|: | - | : |, |-| |a.b-c|x|[22/Nov/2026:10:11:12 +0000] "GET / HTTP/1.1" 200 5|:|é'.split(
      "|",
    ),
  );
  const line = fc.tuple(
    time,
    often(" INFO ", " WARN ", " ERROR ", " INFO", " ", "", "  INFO "),
    fc.array(part, { maxLength: 6 }),
  );
  let read = 0;
  fc.assert(
    fc.property(fc.array(line, { maxLength: 8 }), (lines) => {
      const reader = new QuickReader(options);
      const parser = new LineParser(options);
      for (const [stamp, blank, parts] of lines) {
        const text = `${stamp}${blank}${parts.join("")}`;
        const found = /^[\0-\x7f]*$/.test(text) ? quickly(reader, text) : undefined;
        if (found === undefined) continue;
        read++;
        expect({ text, ...found }).toEqual({ text, ...parser.head(text) });
      }
    }),
    { numRuns: 1500 },
  );
  expect(read).toBeGreaterThan(200);
});

it.each([
  "2026-11-22T10:11:12.123Z INFO [http-1] GET /",
  "2026-11-22T10:11:12Z ERROR a.b.C - broken",
  "2026-11-22 10:11:12,123 WARN x",
  "2026-11-22T10:11:12+01:00 CRITICAL x",
])("reads %s itself", (line) => {
  expect(quickly(new QuickReader(options), line)).toEqual(new LineParser(options).head(line));
});
