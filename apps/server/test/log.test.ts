import { expect, test } from "vitest";
import { createLog, readable } from "../src/serve/log.ts";

test("a line for a program is JSON, with its level, time and error", () => {
  const lines: string[] = [];
  const log = createLog("info", { write: (line) => lines.push(line) });
  log.debug("not this");
  log.warn({ port: 3333, err: new Error("broken") }, "careful");
  expect(lines).toHaveLength(1);
  expect(JSON.parse(lines[0] ?? "")).toMatchObject({
    level: 40,
    time: expect.stringMatching(/^\d{4}-/),
    port: 3333,
    msg: "careful",
    err: { message: "broken" },
  });
});

test("a line for a person has the time, the level unless it is info, the message and the rest", () => {
  const line = (more: object) =>
    readable(JSON.stringify({ time: "2026-01-02T03:04:05.678Z", level: 30, msg: "hello", ...more }));
  expect(line({})).toBe("03:04:05 hello\n");
  expect(line({ level: 40, port: 1, why: "x", err: { stack: "Error: a\n    at b" } })).toBe(
    "03:04:05 warning: hello port=1 why=x\nError: a\n    at b\n",
  );
});

test("silent says nothing", () => {
  const lines: string[] = [];
  createLog("silent", { write: (line) => lines.push(line) }).fatal("nothing");
  expect(lines).toEqual([]);
});
