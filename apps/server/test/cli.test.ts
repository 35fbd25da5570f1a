import { expect, test } from "vitest";
import { parseCommandLine } from "../src/cli/command-line.ts";
import type { Invocation } from "../src/cli/invocation.ts";
import { styles } from "../src/cli/output.ts";
import { Failure } from "../src/config/failure.ts";

const silent = { out: () => undefined, err: () => undefined };
const parse = (...args: string[]) => parseCommandLine(args, "/here", silent) as Invocation;
const flags = (...args: string[]) => (parse(...args) as Extract<Invocation, { command: "serve" }>).flags;

test("takes a file, folders and transports in any order; paths are relative to the current folder", () => {
  expect(flags("a.json", "--search", "docs", "--http", "8080", "--search", "/notes", "--stdio")).toMatchObject({
    file: "/here/a.json",
    http: true,
    stdio: true,
    values: { http: { port: 8080 }, plugins: { search: { roots: ["/here/docs", "/notes"] } } },
  });
  expect(flags("--http", "--search", ".")).toMatchObject({ http: true, values: { plugins: {} } });
  expect(flags("--http", "--search", ".").values).not.toHaveProperty("http");
  expect(flags("--http=0")).toMatchObject({ file: undefined, values: { http: { port: 0 } } });
  expect(flags("--logs", "a/*.log", "--logs", "/var/log").values).toMatchObject({
    plugins: { logtail: { paths: ["/here/a/*.log", "/var/log"] } },
  });
  expect(flags("--host", "0.0.0.0", "--log-level", "debug", "--allow-anonymous").values).toEqual({
    http: { host: "0.0.0.0", allowAnonymous: true },
    logLevel: "debug",
  });
});

test("a command takes its own flags, also those that stand before its name", () => {
  expect(parse("check", "a.json", "--json")).toMatchObject({
    command: "check",
    json: true,
    flags: { file: "/here/a.json" },
  });
  expect(parse("--search", "docs", "tools")).toMatchObject({
    command: "tools",
    flags: { values: { plugins: { search: { roots: ["/here/docs"] } } } },
  });
  expect(parse("call", "search", "-", "--url", "http://h/mcp", "--token", "t")).toMatchObject({
    command: "call",
    tool: "search",
    args: "-",
    url: "http://h/mcp",
    token: "t",
  });
  expect(parse("call", "search", "-c", "a.json")).toMatchObject({ flags: { file: "/here/a.json" } });
  expect(parse("call", "search")).toMatchObject({ args: "{}", url: undefined, json: false });
  expect(parse("add", "cursor", "--http")).toMatchObject({ command: "add", client: "cursor", flags: { http: true } });
  expect(parse("init", "--http", "-y")).toMatchObject({ file: "plugboard.json", http: 3333, yes: true, force: false });
  expect(parse("token")).toEqual({ command: "token", name: "client" });
  expect(parse("schema")).toEqual({ command: "schema" });
});

test("a config file is no command, whatever it is called", () => {
  expect(flags("check.json").file).toBe("/here/check.json");
  expect(flags("./check").file).toBe("/here/check");
});

test.each([
  [["--serach", "x"], "Unknown option '--serach' (Did you mean --search?)"],
  [["--search"], "Option '--search <dir>' argument missing."],
  [["a.json", "b.json"], "There is one config file at most: what is b.json? See"],
  [
    ["serve", "a.json"],
    "called `serve`. Commands: init, check, config, tools, call, add, token, schema; without one it serves.",
  ],
  [["--port", "80"], "Unknown option '--port'. The port goes with `--http`: `--http 8080`."],
  [["check", "--config", "a.json"], "The config file stands without a flag: `plugboard plugboard.json`."],
  [["-v"], "Unknown option '-v'. The version is `-V`."],
  [["call", "search", "--token", "t"], "`--token` goes with `--url`"],
  [["call", "search", "--url", "http://h/mcp", "--search", "."], "cannot be used with option '--search <dir>'"],
  [["add", "cursor", "--url", "http://h/mcp", "-c", "a.json"], "cannot be used with option '-c, --config <file>'"],
  [["--logs", "a.log", "b.log", "c.log"], "Quote a glob, so that the shell does not expand it: `--logs '*.log'`."],
  [
    ["--http", "a.json"],
    "`--http a.json`: the port is a number from 0 to 65535. To name a config file too, put it first: `plugboard a.json --http`.",
  ],
  [["--http", "65536"], "`--http 65536`: the port is a number from 0 to 65535."],
  [["--log-level", "loud"], "Allowed choices are silent, error, warn, info, debug."],
  [["chekc"], "There is no command, and no config file, called `chekc`. Did you mean `plugboard check`?"],
  [["something"], "called `something`. Commands: init, check,"],
  [["check", "--jsno"], "Unknown option '--jsno' (Did you mean --json?)"],
  [["--stdio", "token"], "`--stdio` does not belong to `plugboard token`."],
  [["add", "cursr"], "There is no client called `cursr`. Did you mean `cursor`?"],
  [["add", "emacs"], "Known clients: claude-code, claude-desktop, vscode, cursor, codex."],
  [["add", "cursor", "--bearer"], "`--bearer` goes with `--url`"],
  [
    ["token", "a", "b", "c"],
    "`plugboard token` takes one argument at most: what is b, c? See `plugboard token --help`.",
  ],
  [["schema", "x"], "`plugboard schema` takes no arguments: what is x?"],
  [
    ["check", "--logs", "a.log", "b.log", "c.log"],
    "`plugboard check` takes one argument at most: what is c.log? Quote",
  ],
  [["call", "search", "{}", "{}"], "`plugboard call` takes 2 arguments at most: what is {}?"],
  [["call"], "Missing required argument 'tool'."],
  [["call", "search", "--url", "localhost"], "`--url localhost`: an address such as http://127.0.0.1:3333/mcp"],
])("%j is a mistake with exit code 2", (args, message) => {
  expect(() => parse(...args)).toThrow(Failure);
  expect(() => parse(...args)).toThrow(message);
});

test("--help names every flag and command on one screen, and --version the version of the package; both end the program", () => {
  let text = "";
  const output = { ...silent, out: (more: string) => (text += more) };
  expect(parseCommandLine(["--help"], "/here", output)).toBe(0);
  const names = ["--search", "--logs", "--http", "--stdio", "--host", "--allow-anonymous", "--log-level", "--version"];
  const commands = ["init", "check", "config", "tools", "call", "add", "token", "schema"];
  for (const name of [...names, ...commands.map((command) => `\n  ${command} `), "Examples:"])
    expect(text).toContain(name);
  const lines = text.trimEnd().split("\n");
  expect(lines.length).toBeLessThanOrEqual(40);
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(82);
  text = "";
  expect(parseCommandLine(["call", "--help"], "/here", output)).toBe(0);
  expect(text).toContain("plugboard call [options] <tool> [json]");
  expect(parseCommandLine(["--version"], "/here", output)).toBe(0);
  expect(text).toMatch(/\n\d+\.\d+\.\d+\n$/);
});

test("colours are for terminals, and for nobody who says NO_COLOR", () => {
  expect(styles(true, { TERM: "xterm" }).bold("x")).toBe("\u001B[1mx\u001B[22m");
  expect(styles(false, { TERM: "xterm" }).bold("x")).toBe("x");
  expect(styles(true, { NO_COLOR: "1" }).bold("x")).toBe("x");
  expect(styles(true, { TERM: "dumb" }).bold("x")).toBe("x");
});
