import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { LineParser } from "../../src/format/parser.ts";

const AT = Date.UTC(2026, 10, 22, 10, 11, 12);
const options = { zone: "UTC", reference: Date.UTC(2026, 10, 23) };

const NO_TIMES = [
  "2026-02-31T10:11:12Z x",
  "2026-02-29 10:11:12 x",
  "2026-04-31 10:11:12 x",
  "2026-13-01T10:11:12Z x",
  "2026-00-10T10:11:12Z x",
  "0001-01-01T00:00:00Z x",
  "0001-01-01 00:00:00 x",
  "1601-01-01 00:00:00 x",
  "Feb 30 10:11:12 host app: x",
  "Nov 31 10:11:12 host app: x",
  "[Sun Feb 29 10:11:12.5 2026] x",
  "31/Feb/2026:10:11:12 +0000 x",
  "26/02/29 10:11:12 INFO x",
  "E0230 10:11:12.123456       1 main.go:12] x",
] as const;

it.each(NO_TIMES)("there is no such day: %s", (line) => {
  for (const zone of ["UTC", "local", "Europe/Berlin"])
    expect(new LineParser({ ...options, zone }).parse(line).time).toBeUndefined();
});

it.each([
  ["2024-02-29T10:11:12Z x", Date.UTC(2024, 1, 29, 10, 11, 12)],
  ["2000-02-29T10:11:12Z x", Date.UTC(2000, 1, 29, 10, 11, 12)],
  ["2026-12-31T10:11:12Z x", Date.UTC(2026, 11, 31, 10, 11, 12)],
  ["Feb 29 10:11:12 host app: x", Date.UTC(2024, 1, 29, 10, 11, 12)],
])("there is such a day: %s", (line, time) => {
  expect(new LineParser(options).parse(line).time).toBe(time);
});

const LINES: readonly (readonly [string, object])[] = [
  [
    "2026-11-22 10:11:12,123 ERROR name - text",
    { time: AT + 123, level: "error", message: "text", fields: { logger: "name" }, format: "plain" },
  ],
  [
    "2026-11-22 10:11:12,123 - mod - WARNING - text",
    { time: AT + 123, level: "warning", message: "text", fields: { context: "mod" }, format: "plain" },
  ],
  [
    "2026-11-22T10:11:12.5+01:00  INFO 1 --- [main] c.x.Y : Up",
    { time: AT - 3_599_500, zone: "+01:00", level: "info", message: "1 --- [main] c.x.Y : Up", format: "plain" },
  ],
  ["ERROR:root:it broke", { level: "error", message: "it broke", fields: { logger: "root" }, format: "plain" }],
  ["[2026-11-22 10:11:12] [warn] careful", { time: AT, level: "warning", message: "careful", format: "plain" }],
  [
    "2026/11/22 10:11:12 [error] 31#31: *5 open() failed",
    { time: AT, level: "error", message: "31#31: *5 open() failed", format: "plain" },
  ],
  ["2026/11/22 10:11:12 listening", { time: AT, message: "listening", format: "plain" }],
  [
    "E1122 10:11:12.123456       1 main.go:12] boom",
    { time: AT + 123, level: "error", message: "boom", fields: { context: "1 main.go:12" }, format: "plain" },
  ],
  [
    "[Sun Nov 22 10:11:12.5 2026] [core:error] [pid 12] AH1",
    { time: AT + 500, level: "error", message: "[pid 12] AH1", format: "plain" },
  ],
  ["\u001b[32mINFO\u001b[0m [main] ok", { level: "info", message: "[main] ok", format: "plain" }],
  ["TypeError: x is not a function", { level: "error", message: "TypeError: x is not a function", format: "plain" }],
  ["there was an error in information", { message: "there was an error in information", format: "plain" }],
  ["", { message: "", format: "plain" }],
  [
    '{"level":30,"time":1795342272123,"pid":1,"msg":"hi"}',
    { time: AT + 123, level: "info", message: "hi", fields: { pid: 1 }, format: "json" },
  ],
  [
    '{"level":"error","ts":1795342272.5,"logger":"a","msg":"zap"}',
    { time: AT + 500, level: "error", message: "zap", fields: { logger: "a" }, format: "json" },
  ],
  [
    '{"@timestamp":"2026-11-22T10:11:12Z","level":"WARN","level_value":30000,"message":"m"}',
    { time: AT, zone: "Z", level: "warning", message: "m", fields: { level_value: 30_000 }, format: "json" },
  ],
  ['{"level":50,"err":{"message":"boom"}}', { level: "error", message: "boom", format: "json" }],
  [
    '{"log":"ERROR bad\\n","stream":"stderr","time":"2026-11-22T10:11:12Z"}',
    { time: AT, zone: "Z", level: "error", message: "bad", fields: { stream: "stderr" }, format: "plain" },
  ],
  [
    '2026-11-22T10:11:12Z stdout F {"level":"error","msg":"x"}',
    { time: AT, zone: "Z", level: "error", message: "x", fields: { stream: "stdout" }, format: "json" },
  ],
  [
    'ts=2026-11-22T10:11:12Z level=warn msg="a \\"b\\"" x=1',
    { time: AT, zone: "Z", level: "warning", message: 'a "b"', fields: { x: "1" }, format: "logfmt" },
  ],
  [
    "<34>Nov 22 10:11:12 mymachine su[12]: fail",
    {
      time: AT,
      level: "critical",
      message: "fail",
      fields: { host: "mymachine", app: "su", pid: "12", facility: 4 },
      format: "syslog",
    },
  ],
  [
    "Nov 22 10:11:12 host sshd[12]: Failed password",
    { time: AT, message: "Failed password", fields: { host: "host", app: "sshd", pid: "12" }, format: "syslog" },
  ],
  [
    "Nov  2 10:11:12 host kernel: error: x",
    { time: AT - 20 * 86_400_000, level: "error", message: "error: x", format: "syslog" },
  ],
  ["2026-11-22T10:11:12.5+00:00 host app[1]: m", { time: AT + 500, zone: "+00:00", message: "m", format: "syslog" }],
  [
    '<165>1 2026-11-22T10:11:12Z h app 1 ID47 [a@1 k="v\\"x"] An event',
    {
      time: AT,
      zone: "Z",
      level: "notice",
      message: "An event",
      fields: { host: "h", app: "app", pid: "1", msgid: "ID47", "a@1": { k: 'v"x' }, facility: 20 },
      format: "syslog",
    },
  ],
  [
    '1.2.3.4 - bob [22/Nov/2026:10:11:12 -0700] "GET /a?x HTTP/1.0" 503 23 "-" "M/5"',
    {
      time: AT + 7 * 3_600_000,
      zone: "-0700",
      level: "error",
      message: "GET /a?x 503",
      fields: {
        client: "1.2.3.4",
        user: "bob",
        method: "GET",
        path: "/a?x",
        protocol: "HTTP/1.0",
        status: 503,
        bytes: 23,
        agent: "M/5",
      },
      format: "access",
    },
  ],
];

describe("a line", () => {
  it.each(LINES)("%s", (line, record) => {
    expect(new LineParser(options).parse(line)).toMatchObject(record);
    expect("time" in new LineParser(options).parse(line)).toBe("time" in record);
    expect("level" in new LineParser(options).parse(line)).toBe("level" in record);
  });

  it("means the same whatever stood before it", () => {
    const line = fc.constantFrom(...LINES.map(([text]) => text));
    fc.assert(
      fc.property(fc.array(line), line, (before, last) => {
        const parser = new LineParser(options);
        for (const text of before) parser.parse(text);
        expect(parser.parse(last)).toEqual(new LineParser(options).parse(last));
      }),
    );
  });

  it("never throws, whatever it is, and has finite times", () => {
    const piece = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.constantFrom(...LINES.map(([text]) => text)),
      fc.constantFrom("<34>1 ", "[", '"', "=", "\\", "{", "2026-11-22T", "Nov 22 "),
    );
    const parser = new LineParser(options);
    fc.assert(
      fc.property(fc.array(fc.tuple(piece, fc.nat(40)), { maxLength: 4 }), (pieces) => {
        const record = parser.parse(pieces.map(([text, length]) => text.slice(0, length)).join(""));
        if (record.time !== undefined) expect(Number.isFinite(record.time)).toBe(true);
      }),
      { numRuns: 3000 },
    );
  });

  it.each([
    ['{"a":', 200_000],
    ["[", 1e6],
    ["<34>1 ", 200_000],
    ["a=", 500_000],
    ["a=b ", 200_000],
    ['a="\\', 200_000],
    ["\u001b]", 500_000],
    ["\u001b[1", 300_000],
    [" [22/", 200_000],
    ["ERROR ", 200_000],
    ["Nov 22 10:11:12 ", 60_000],
    ['<1>1 - - - - - [a k="', 50_000],
  ])("of %j again and again is read at once", (piece, times) => {
    expect(new LineParser(options).parse(piece.repeat(times)).message.length).toBeLessThanOrEqual(piece.length * times);
  });

  it("with hostile names and depth does no harm", () => {
    const parser = new LineParser(options);
    const deep = `{"msg":"m","a":${"[".repeat(5000)}${"]".repeat(5000)},"__proto__":{"polluted":1}}`;
    const { fields, message } = parser.parse(deep);
    expect(message).toBe("m");
    expect(fields?.["a"]).toBe("[too deep]");
    expect(Object.keys(fields ?? {})).toContain("__proto__");
    expect(Object.getPrototypeOf(fields)).toBeNull();
    expect(parser.parse("__proto__=1 constructor=2").fields).toEqual(
      Object.assign(Object.create(null), { ["__proto__"]: "1", constructor: "2" }),
    );
    expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
  });
});

describe("the head of a line", () => {
  const parser = new LineParser(options);
  const same = (line: string): void => {
    const { time, level, message } = new LineParser(options).parse(line);
    expect({ ...parser.head(line) }).toEqual({ time, level, message });
  };

  it("is what the whole has", () => {
    for (const [line] of LINES) same(line);
  });

  it("is so for what is nearly a line of a known form, and for any JSON", () => {
    const piece = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.constantFrom(...LINES.map(([text]) => text)),
      fc.constantFrom("<34>1 ", "[", '"', "=", "\\", "{", "2026-11-22T", "Nov 22 ", ' "GET / HTTP/1.1" 200 1'),
    );
    const mutant = fc
      .array(fc.tuple(piece, fc.nat(80)), { maxLength: 4 })
      .map((pieces) => pieces.map(([text, length]) => text.slice(0, length)).join(""));
    const name = fc.constantFrom("time", "ts", "level", "severity", "msg", "message", "log", "stream", "err", "x");
    const value = fc.oneof(fc.jsonValue(), fc.constantFrom("error", 30, "2026-11-22T10:11:12Z", "stdout", "ERROR x"));
    const json = fc.dictionary(name, value).map((object) => JSON.stringify(object));
    fc.assert(fc.property(fc.oneof(mutant, json), same), { numRuns: 3000 });
  });
});

describe("a time", () => {
  it("means the same whatever was read before it", () => {
    const date = fc.date({ min: new Date(0), max: new Date("2027-01-02"), noInvalidDate: true });
    const pad = (value: number) => String(value).padStart(2, "0");
    const MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");
    const clock = (at: Date) => `${pad(at.getUTCHours())}:${pad(at.getUTCMinutes())}:${pad(at.getUTCSeconds())}`;
    const day = (at: Date) => `${MONTHS[at.getUTCMonth()]} ${String(at.getUTCDate()).padStart(2)}`;
    const forms: readonly ((at: Date) => string)[] = [
      (at) => at.toISOString(),
      (at) => `${at.toISOString().slice(0, 19)}+05:30`,
      (at) => `${at.toISOString().slice(0, 10)} ${clock(at)},5 -0100`,
      (at) => `${at.toISOString().slice(0, 10)} ${clock(at).slice(0, 5)}`,
      (at) => `${day(at)} ${clock(at)}`,
      (at) => `Sun ${day(at)} ${clock(at)}.25 2019`,
      (at) => `${day(at)} 2019 ${clock(at)}`,
      (at) => `I${pad(at.getUTCMonth() + 1)}${pad(at.getUTCDate())} ${clock(at)}.123456`,
      (at) => `${pad(at.getUTCDate())}/${MONTHS[at.getUTCMonth()]}/2026:${clock(at)} +0000`,
    ];
    // Days around the reference, and around the hour that a clock change repeats.
    const near = fc
      .constantFrom("2026-11-23T23:59:00Z", "2026-11-24T00:10:00Z", "2026-10-25T00:30:00Z")
      .chain((at) => fc.integer({ min: -5400, max: 5400 }).map((seconds) => new Date(Date.parse(at) + seconds * 1000)));
    const line = fc.tuple(fc.oneof(date, near), fc.nat(forms.length - 1)).map(([at, form]) => `${forms[form]?.(at)} x`);
    fc.assert(
      fc.property(
        fc.array(line, { maxLength: 6 }),
        fc.constantFrom("UTC", "Europe/Berlin", "-03:30"),
        (lines, zone) => {
          const reference = Date.parse("2026-11-23T00:05:00Z");
          const parser = new LineParser({ zone, reference });
          for (const text of lines) {
            expect(parser.parse(text)).toEqual(new LineParser({ zone, reference }).parse(text));
          }
        },
      ),
      { numRuns: 300 },
    );
  });

  const timeOf = (text: string, zone: string, reference = options.reference) =>
    new LineParser({ zone, reference }).parse(text).time;

  it("without a zone is in the reader's", () => {
    expect(timeOf("2026-11-22 10:11:12 x", "+02:00")).toBe(AT - 7_200_000);
    expect(timeOf("2026-11-22 10:11:12 x", "Europe/Berlin")).toBe(AT - 3_600_000);
    expect(timeOf("2026-07-22 10:11:12 x", "Europe/Berlin")).toBe(Date.UTC(2026, 6, 22, 8, 11, 12));
    expect(timeOf("2026-11-22 10:11:12 x", "local")).toBe(new Date(2026, 10, 22, 10, 11, 12).getTime());
    expect(() => new LineParser({ zone: "Nowhere/At_All" })).toThrow(RangeError);
  });

  it("in the hour that a clock change repeats is the earlier one, and in the one it skips is near", () => {
    expect(timeOf("2026-10-25 02:30:00 x", "Europe/Berlin")).toBe(Date.UTC(2026, 9, 25, 0, 30));
    expect(timeOf("2026-10-25 03:30:00 x", "Europe/Berlin")).toBe(Date.UTC(2026, 9, 25, 2, 30));
    const skipped = timeOf("2026-03-29 02:30:00 x", "Europe/Berlin") ?? 0;
    expect(Math.abs(skipped - Date.UTC(2026, 2, 29, 1, 0))).toBeLessThanOrEqual(1_800_000);
  });

  it("without a year is at most a day after the reference", () => {
    const reference = Date.UTC(2027, 0, 1, 0, 30);
    expect(timeOf("Dec 31 23:59:59 host a: x", "UTC", reference)).toBe(Date.UTC(2026, 11, 31, 23, 59, 59));
    expect(timeOf("Jan  1 12:00:00 host a: x", "UTC", reference)).toBe(Date.UTC(2027, 0, 1, 12));
    expect(timeOf("Jan  1 00:00:00 host a: x", "UTC", Date.UTC(2026, 11, 31, 23))).toBe(Date.UTC(2027, 0, 1));
  });

  it("is the one that Date writes", () => {
    const date = fc.date({ min: new Date("1900-01-03"), max: new Date("9999-12-30"), noInvalidDate: true });
    fc.assert(
      fc.property(date, fc.integer({ min: -14 * 60, max: 14 * 60 }), (value, offset) => {
        expect(timeOf(`${value.toISOString()} x`, "local")).toBe(value.getTime());
        const sign = offset < 0 ? "-" : "+";
        const minutes = Math.abs(offset);
        const zone = `${sign}${String(Math.floor(minutes / 60)).padStart(2, "0")}:${String(minutes % 60).padStart(2, "0")}`;
        expect(timeOf(`${value.toISOString().slice(0, -1)}${zone} x`, "local")).toBe(value.getTime() - offset * 60_000);
      }),
    );
  });

  it.each([
    "2026-13-01 10:00:00 x",
    "2026-11-22 25:00:00 x",
    "2026-11-22 10:61:00 x",
    "Foo 22 10:11:12 x",
    "99/Nov/2026:10:11:12 x",
  ])("is not in %s", (text) => {
    expect(timeOf(text, "UTC")).toBeUndefined();
  });
});
