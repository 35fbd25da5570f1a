import { expect, it } from "vitest";
import { logtail } from "../src/index.ts";

it.each([
  [{ zone: "Mars/Olympus" }, "zone"],
  [{ eventStart: "(" }, "eventStart"],
  [{ eventStart: "(?=x)" }, "eventStart"],
  [{ maskPatterns: ["a", "["] }, "maskPatterns"],
  [{ maxWaitMs: 50_000 }, "maxWaitMs"],
  [{ path: ["x"] }, "path"],
])("%j is refused by name, at start", (options, field) => {
  expect(() => logtail(options as never)).toThrow(expect.objectContaining({ code: "BAD_OPTIONS" }));
  expect(() => logtail(options as never)).toThrow(field);
});
