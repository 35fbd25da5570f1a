import { expect, test } from "vitest";
import { type Flags, parseFlags } from "../src/cli/flags.ts";
import { Failure } from "../src/config/failure.ts";

const silent = { out: () => undefined, err: () => undefined };
const parse = (...args: string[]) => parseFlags(args, "/here", silent) as Flags;

test("takes a file, folders and transports in any order; paths are relative to the current folder", () => {
  expect(parse("a.json", "--search", "docs", "--http", "8080", "--search", "/notes", "--stdio")).toEqual({
    file: "/here/a.json",
    search: ["/here/docs", "/notes"],
    logs: [],
    http: { port: 8080 },
    stdio: true,
    host: undefined,
    logLevel: undefined,
    action: "serve",
  });
  expect(parse("--http", "--search", ".").http).toEqual({});
  expect(parse("--http=0")).toMatchObject({ http: { port: 0 }, file: undefined, search: [] });
  expect(parse("--logs", "a/*.log", "--logs", "/var/log").logs).toEqual(["/here/a/*.log", "/var/log"]);
  expect(parse("--host", "0.0.0.0", "--log-level", "debug", "--check")).toMatchObject({
    host: "0.0.0.0",
    logLevel: "debug",
    action: "check",
  });
  expect(parse("--print-schema").action).toBe("printSchema");
});

test.each([
  [["--serach", "x"], "Unknown option '--serach' (Did you mean --search?)"],
  [["--search"], "Option '--search <dir>' argument missing."],
  [["a.json", "b.json"], "Too many arguments."],
  [["--logs", "a.log", "b.log", "c.log"], "Quote a glob, so that the shell does not expand it: `--logs '*.log'`."],
  [
    ["--http", "a.json"],
    "`--http a.json`: the port is a number from 0 to 65535. To name a config file too, put it first: `plugboard a.json --http`.",
  ],
  [["--http", "65536"], "`--http 65536`: the port is a number from 0 to 65535."],
  [["--log-level", "loud"], "Allowed choices are silent, error, warn, info, debug."],
])("%j is a mistake with exit code 2", (args, message) => {
  expect(() => parse(...args)).toThrow(Failure);
  expect(() => parse(...args)).toThrow(message);
});

test("--help names every flag and --version the version of the package; both end the program", () => {
  let text = "";
  const output = { ...silent, out: (more: string) => (text += more) };
  expect(parseFlags(["--help"], "/here", output)).toBe(0);
  for (const flag of [
    "--search",
    "--logs",
    "--http",
    "--stdio",
    "--host",
    "--log-level",
    "--check",
    "--print-schema",
    "--version",
    "--help",
  ]) {
    expect(text).toContain(flag);
  }
  expect(parseFlags(["--version"], "/here", output)).toBe(0);
  expect(text).toMatch(/\n\d+\.\d+\.\d+\n$/);
});
