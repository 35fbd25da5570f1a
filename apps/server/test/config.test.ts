import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { readEnvironment } from "../src/config/env.ts";
import { problem, settled } from "./settled.ts";

const TOKEN = "a-token-of-enough-letters";
const search = { search: { roots: ["./docs"] } };

describe("precedence", () => {
  const file = {
    name: "from-file",
    logLevel: "error",
    http: { port: 1, host: "localhost", maxSessions: 7, allowedHosts: ["file"] },
    plugins: search,
  };

  test("flags, then environment, then file, then defaults, each setting by itself", () => {
    const env = {
      PLUGBOARD_HTTP_PORT: "2",
      PLUGBOARD_HTTP_HOST: "127.0.0.2",
      PLUGBOARD_TOKEN: TOKEN,
      PLUGBOARD_HTTP_ALLOWED_HOSTS: "a, b:80",
    };
    const config = settled({ "c.json": file }, ["c.json", "--http", "3"], env);
    expect(config).toMatchObject({ name: "from-file", logLevel: "error", shutdownMs: 5000, stdio: false });
    expect(config.http).toMatchObject({
      port: 3,
      host: "127.0.0.2",
      auth: { token: TOKEN },
      maxSessions: 7,
      allowedHosts: ["a", "b:80"],
      maxBodyBytes: 4_194_304,
    });
  });

  test("each layer wins over the next", () => {
    const level = (args: string[], env: Record<string, string>) =>
      settled({ "c.json": file }, ["c.json", ...args], env).logLevel;
    expect(level(["--log-level", "debug"], { PLUGBOARD_LOG_LEVEL: "warn" })).toBe("debug");
    expect(level([], { PLUGBOARD_LOG_LEVEL: "warn" })).toBe("warn");
    expect(level([], {})).toBe("error");
    expect(settled({ "c.json": { plugins: search } }, ["c.json"]).logLevel).toBe("info");
  });

  test("an empty variable counts as unset", () => {
    expect(settled({ "c.json": file }, ["c.json"], { PLUGBOARD_HTTP_PORT: "", PLUGBOARD_CONFIG: "" }).http?.port).toBe(
      1,
    );
  });
});

describe("transport", () => {
  const at = (args: string[], env: Record<string, string>, http?: unknown) => {
    const { stdio, http: settings } = settled(
      { "c.json": { plugins: search, ...(http !== undefined && { http }) } },
      ["c.json", ...args],
      env,
    );
    return `${stdio ? "stdio" : ""}${settings ? `http:${settings.port}` : ""}`;
  };
  test.each([
    [[], {}, undefined, "stdio"],
    [["--http"], {}, undefined, "http:3333"],
    [["--http", "--stdio"], {}, undefined, "stdiohttp:3333"],
    [[], {}, true, "http:3333"],
    [[], {}, { port: 9 }, "http:9"],
    [[], {}, false, "stdio"],
    [["--stdio"], {}, { port: 9 }, "stdio"],
    [["--http"], {}, { port: 9 }, "http:9"],
    [[], { PLUGBOARD_HTTP_PORT: "8" }, undefined, "http:8"],
    [[], { PLUGBOARD_HTTP_HOST: "localhost" }, undefined, "stdio"],
    [["--stdio"], { PLUGBOARD_HTTP_PORT: "8" }, undefined, "stdio"],
  ] as const)("%j %j %j serves over %s", (args, env, http, expected) => {
    expect(at([...args], env, http)).toBe(expected);
  });
});

describe("the file", () => {
  test("is the argument, then PLUGBOARD_CONFIG, then plugboard.json where no folder to search is given", () => {
    const files = {
      "a.json": { name: "a", plugins: search },
      "b.json": { name: "b", plugins: search },
      "plugboard.json": { name: "usual", plugins: search },
    };
    expect(settled(files, ["a.json"], { PLUGBOARD_CONFIG: "b.json" }).name).toBe("a");
    expect(settled(files, [], { PLUGBOARD_CONFIG: "b.json" }).name).toBe("b");
    expect(settled(files, []).name).toBe("usual");
    expect(settled(files, ["--search", "docs"]).name).toBe("plugboard");
  });

  test("is where its relative paths start", () => {
    const { folder: base, at } = settled({ "deep/c.json": { plugins: search } }, ["deep/c.json"]);
    expect(base).toBe(join(at, "deep"));
  });

  test.each([
    ["{", "c.json:1:2: this is not JSON: the closing } is missing."],
    ['{\n  "plugins": {}\n  name: 1}', "c.json:3:3: this is not JSON: keys and texts stand in double quotes,"],
    ["", "c.json:1:1: this is not JSON: the file is empty."],
    ['{"name": "a}', "c.json:1:10: this is not JSON: the text does not end: its closing quote is missing."],
    [
      '{"logLevel": "wran"}',
      'c.json:1:14: `logLevel`: Invalid option: expected one of "silent"|"error"|"warn"|"info"|"debug". Did you mean "warn"?',
    ],
    [
      '{\n  // where\n  "http": {"auth": {"tokens": [\n    {"hash": "sha256:0"}\n]}}}',
      "c.json:4:5: `http.auth.tokens[0].name`: it is missing, expected string.",
    ],
    ['{"__proto__": {"name": "x"}}', "c.json:1:2: unknown key `__proto__`."],
    ["[]", "c.json:1:1: expected object, received array."],
    ['{"serach": {}, "plugins": {}}', "c.json:1:2: unknown key `serach`. Known keys: $schema, name, version,"],
    ['{"plugin": {}}', "c.json:1:2: unknown key `plugin`. Did you mean `plugins`?"],
    ['{"http": {"prot": 1}}', "c.json:1:11: unknown key `prot` in `http`. Did you mean `port`?"],
    ['{"http": {"port": "80"}}', "c.json:1:19: `http.port`: expected number, received string."],
    [
      '{"http": {"auth": {"token": "short"}}}',
      "c.json:1:29: `http.auth.token`: Too small: expected string to have >=16 characters.",
    ],
    ['{"http": {"resume": 5}}', "c.json:1:21: `http.resume`: expected false or object."],
    ...["https://x.com", "x.com/mcp", "*.x.com", "x.com:", "a b", ""].map((host) => [
      `{"http": {"allowedHosts": ["box:8080", ${JSON.stringify(host)}]}}`,
      "c.json:1:40: `http.allowedHosts[1]`: expected a name, or name:port, such as mcp.example.com or box:8080, without",
    ]),
    [
      `{"plugins": {"search": {}}, "http": {"auth": {"tokens": [{"name": "a", "hash": "sha256:${"0".repeat(64)}", "scopes": ["dosc"]}], "scopes": {"docs": ["search"]}}}}`,
      "c.json:1:166: `http.auth.tokens[0].scopes[0]`: `a` has the scope `dosc`, and `http.auth.scopes` does not say what it permits. Did you mean `docs`?",
    ],
    [
      '{"plugins": {"search": {}}, "http": {"host": "0.0.0.0"}}',
      "c.json:1:46: listening on 0.0.0.0 would let everybody on the network call the tools",
    ],
    ['{"http": 3333}', "c.json:1:10: `http`: expected boolean or object."],
    ['{"plugins": {"search": "docs"}}', "c.json:1:24: `plugins.search`: expected boolean or object."],
    ['{"plugins": {"docs": {"plugin": 1}}}', "c.json:1:33: `plugins.docs.plugin`: expected string, received number."],
  ])("%j is refused", (text, message) => {
    expect(problem({ "c.json": text }, ["c.json"])).toContain(message);
  });

  test("that cannot be read is named with the reason", () => {
    expect(problem({}, ["c.json"])).toBe("The config file c.json cannot be read: there is no such file.");
    expect(problem({ "docs/a.md": "" }, ["docs"])).toBe(
      "The config file docs cannot be read: it is a folder. To search it: `plugboard --search docs`.",
    );
    expect(problem({}, [], { PLUGBOARD_CONFIG: "x.json" })).toContain("The config file x.json cannot be read");
  });

  test("may start with a byte order mark", () => {
    expect(settled({ "c.json": `\uFEFF${JSON.stringify({ plugins: search })}` }, ["c.json"]).plugins).toHaveLength(6);
  });

  test("has its first five problems listed", () => {
    const keys = Object.fromEntries(Array.from({ length: 8 }, (_, index) => [`unknown${index}`, 1]));
    const lines = problem({ "c.json": keys }, ["c.json"]).split("\n");
    expect(lines).toHaveLength(6);
    expect(lines.at(-1)).toBe("There are 3 more problems.");
  });
});

describe("plugins", () => {
  const keys = (plugins: object, ...args: string[]) => settled({ "c.json": { plugins } }, ["c.json", ...args]).plugins;

  /** Without the defaults but core. */
  const few = (plugins: object, ...args: string[]) =>
    keys({ progress: false, cache: false, ratelimit: false, batch: false, ...plugins }, ...args);

  test("keep the order of the file, and core comes first unless the file says where", () => {
    expect(few({ b: {}, a: {} }).map(({ key }) => key)).toEqual(["core", "b", "a"]);
    expect(few({ b: {}, core: {}, a: {} }).map(({ key }) => key)).toEqual(["b", "core", "a"]);
    expect(few({ b: {}, outer: { plugin: "core" } }).map(({ key }) => key)).toEqual(["b", "outer"]);
    expect(few({ core: false, b: true, c: false }).map(({ key }) => key)).toEqual(["b"]);
  });

  test("have a name of their own where `plugin` says what they are", () => {
    expect(few({ docs: { plugin: "search", roots: ["x"] }, "./a.js": { n: 1 } }).slice(1)).toEqual([
      { key: "docs", module: "search", as: "docs", options: { roots: ["x"] } },
      { key: "./a.js", module: "./a.js", as: undefined, options: { n: 1 } },
    ]);
  });

  test("--search sets the roots of search, which joins at the end if the file does not have it", () => {
    const [, first, second] = few({ search: { roots: ["x"], maxDepth: 3 }, b: {} }, "--search", "/docs");
    expect(first?.options).toEqual({ roots: ["/docs"], maxDepth: 3 });
    expect(second?.key).toBe("b");
    expect(few({ b: {}, search: false }, "--search", "/docs").at(-1)?.options).toEqual({ roots: ["/docs"] });
    expect(few({ b: {} }, "--search", "/docs").map(({ key }) => key)).toEqual(["core", "b", "search"]);
  });

  test("--logs sets the paths of logtail likewise", () => {
    const [, logs, docs] = few({ logtail: { paths: ["x"], zone: "UTC" }, search: { roots: ["x"] } }, "--logs", "/l");
    expect(logs?.options).toEqual({ paths: ["/l"], zone: "UTC" });
    expect(docs?.options).toEqual({ roots: ["x"] });
    expect(few({ b: {} }, "--logs", "/l").map(({ key }) => key)).toEqual(["core", "b", "logtail"]);
  });

  test("there must be one", () => {
    expect(problem({}, [])).toContain("No plugins are chosen: name a folder to search, `plugboard --search ./docs`");
    expect(problem({ "c.json": { plugins: { core: {}, search: false } } }, ["c.json"])).toContain(
      "No plugins are chosen",
    );
  });
});

describe("the environment", () => {
  test("with a wrong value is refused by name", () => {
    expect(problem({}, ["--search", "."], { PLUGBOARD_HTTP_PORT: "x" })).toBe(
      "The environment variable PLUGBOARD_HTTP_PORT: expected number, received string.",
    );
    expect(problem({}, ["--search", "."], { PLUGBOARD_TOKEN: "short" })).toContain(
      "The environment variable PLUGBOARD_TOKEN: Too small",
    );
    expect(problem({}, ["--search", "."], { PLUGBOARD_LOG_LEVEL: "loud" })).toContain(
      "The environment variable PLUGBOARD_LOG_LEVEL: Invalid option",
    );
  });

  test("with an unknown variable gives a warning", () => {
    const { warnings } = readEnvironment({ PLUGBOARD_HTTP_PROT: "1", PLUGBOARD_X: "1", OTHER: "1" }, "/");
    expect(warnings).toEqual([
      "The environment variable PLUGBOARD_HTTP_PROT is not one of Plugboard's and has no effect. Did you mean PLUGBOARD_HTTP_PORT?",
      "The environment variable PLUGBOARD_X is not one of Plugboard's and has no effect.",
    ]);
  });
});

describe("listening to the network", () => {
  const args = ["--search", ".", "--http", "--host", "0.0.0.0"];
  test("needs a token, or a word that it shall be open", () => {
    expect(problem({}, args)).toContain(
      "--host: listening on 0.0.0.0 would let everybody on the network call the tools: set a token in the environment variable PLUGBOARD_TOKEN",
    );
    expect(problem({}, ["--search", ".", "--http", "--host", "::"])).toContain("listening on :: would");
    expect(settled({}, args, { PLUGBOARD_TOKEN: TOKEN }).http?.auth?.token).toBe(TOKEN);
    expect(
      settled({ "c.json": { http: { allowAnonymous: true }, plugins: search } }, ["c.json", ...args.slice(2)]).http
        ?.host,
    ).toBe("0.0.0.0");
  });
  test.each(["127.0.0.1", "127.1.2.3", "localhost", "::1", "[::1]"])("does not begin with %s", (host) => {
    expect(settled({}, ["--search", ".", "--http", "--host", host]).http?.host).toBe(host);
  });
});

test("a key that is there twice is told, with its line, instead of losing the first", () => {
  const text = '{\n  "plugins": {\n    "search": {"roots": ["./a"]},\n    "search": {"roots": ["./b"]}\n  }\n}';
  expect(problem({ "c.json": text }, ["c.json"])).toMatch(
    /^c\.json:4:5: the key "search" is there twice\. .*"plugin": "search"/,
  );
  const same = { plugins: { a: { plugin: "search", roots: ["{"] }, b: { plugin: "search", roots: ['"a":'] } } };
  expect(settled({ "c.json": same }, ["c.json"]).plugins.map(({ as }) => as)).toEqual([
    undefined,
    undefined,
    undefined,
    undefined,
    undefined,
    "a",
    "b",
  ]);
});

test("an address to listen on needs HTTP", () => {
  expect(problem({ "c.json": { plugins: search } }, ["c.json", "--host", "127.0.0.1"])).toMatch(
    /`--host`.*add `--http`/,
  );
});

test("default plugins that are not spoken of take their usual place", () => {
  const order = (plugins: object): string[] =>
    settled({ "c.json": { plugins } }, ["c.json"]).plugins.map(({ key }) => key);
  expect(order(search)).toEqual(["core", "progress", "cache", "ratelimit", "batch", "search"]);
  expect(order({ ...search, core: {} })).toEqual(["search", "core", "progress", "cache", "ratelimit", "batch"]);
  expect(order({ progress: false, cache: false, ...search })).toEqual(["core", "ratelimit", "batch", "search"]);
});
