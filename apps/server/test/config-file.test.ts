import { execFileSync } from "node:child_process";
import { chmodSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { References } from "../src/config/references.ts";
import { folder } from "./folder.ts";
import { problem, settled } from "./settled.ts";

const search = { search: { roots: ["./docs"] } };
const HASH = `sha256:${"0123456789abcdef".repeat(4)}`;
const TOKEN = "a-token-of-enough-letters";

describe("the file", () => {
  test("has comments and trailing commas, and may be called plugboard.jsonc", () => {
    const text = '// ours\n{ /* the name */ "name": "x // y", "plugins": { "search": { "roots": ["./docs",], }, }, }\n';
    expect(settled({ "plugboard.jsonc": text }, []).name).toBe("x // y");
    expect(problem({ "plugboard.json": text, "plugboard.jsonc": text }, [])).toContain(
      "There is plugboard.json and plugboard.jsonc: say which to use",
    );
  });

  test("points at each mistake", () => {
    const text =
      '{\n  "plugins": {\n    "search": {\n      "as": 5,\n      "enabled": "no"\n    }\n  },\n  "nmae": "x"\n}';
    expect(problem({ "c.json": text }, ["c.json"]).split("\n")).toEqual([
      "c.json:8:3: unknown key `nmae`. Did you mean `name`?",
      "c.json:4:13: `plugins.search.as`: expected string, received number.",
      "c.json:5:18: `plugins.search.enabled`: expected boolean, received string.",
    ]);
  });

  test("leaves out what is not enabled, and names what has `as`", () => {
    const plugins = { ...search, cache: { enabled: false, ttlMs: 1 }, ratelimit: { as: "limits", maxQueue: 5 } };
    expect(settled({ "c.json": { plugins } }, ["c.json"]).plugins).toEqual([
      { key: "core", module: "core", as: undefined, options: {} },
      { key: "progress", module: "progress", as: undefined, options: {} },
      { key: "search", module: "search", as: undefined, options: { roots: ["./docs"] } },
      { key: "ratelimit", module: "ratelimit", as: "limits", options: { maxQueue: 5 } },
      { key: "batch", module: "batch", as: undefined, options: {} },
    ]);
  });
});

test("a plugin that comes with the server is the same by its package's name", () => {
  const keys = (plugins: object) =>
    settled({ "c.json": { plugins: { ...search, ...plugins } } }, ["c.json"]).plugins.map(({ key, module }) => [
      key,
      module,
    ]);
  const [core, progress, limits, batch] = ["core", "progress", "ratelimit", "batch"].map((name) => [name, name]);
  expect(keys({ "@plugboard/cache": { ttlMs: 1 } })).toEqual([
    core,
    progress,
    ["search", "search"],
    ["@plugboard/cache", "cache"],
    limits,
    batch,
  ]);
  expect(keys({ "@plugboard/cache": false })).toEqual([core, progress, limits, batch, ["search", "search"]]);
});

describe("references", () => {
  const named = (name: string, env: Record<string, string> = {}, files = {}) =>
    settled({ "sub/c.json": { name, plugins: search }, ...files }, ["sub/c.json"], env).name;
  const wrong = (name: string, env: Record<string, string> = {}, files = {}) =>
    problem({ "sub/c.json": `{"plugins": {},\n "name": ${JSON.stringify(name)}}`, ...files }, ["sub/c.json"], env);

  test("to variables, with a default, and to files beside the config file, are replaced in any text", () => {
    expect(named("a ${ONE} ${TWO:-second} ${THREE:-}b", { ONE: "first", TWO: "" })).toBe("a first second b");
    expect(named("${file:secret}", {}, { "sub/secret": "from file\n\n" })).toBe("from file\n");
    expect(named("${file:../crlf}", {}, { crlf: "x\r\n" })).toBe("x");
    const plugins = { search: { roots: ["${DOCS}/a"] } };
    const taken = settled({ "c.json": { plugins, name: "${TITLE:-x}" } }, ["c.json"], { DOCS: "/d" });
    expect(taken.plugins.at(-1)?.options).toEqual({ roots: ["/d/a"] });
    expect(taken.variables).toEqual(["DOCS", "TITLE"]);
  });

  test("are text after `$${`, and what they bring has no references of its own", () => {
    expect(named("$${ONE} $$${ONE} $x {y} ${ONE}", { ONE: "${TWO}" })).toBe("${ONE} $${ONE} $x {y} ${TWO}");
  });

  test.each([
    ["${NONE}", "the environment variable NONE is not set; set it, or write `${NONE:-default}`"],
    ["${EMPTY}", "the environment variable EMPTY is not set"],
    ["${file:none}", /^the file none is not there \(that is .*sub\/none\)$/],
    ["${file:.}", ". is not a regular file"],
    ["${file:big}", "the file big is larger than 65536 bytes"],
    ["${file:}", "`${file:}` names no file"],
    ["${a b}", "`${a b}` is neither `${NAME}` nor `${file:path}`; for the text `${`, write `$${`"],
    ["${OPEN", "`${OPEN` has no closing brace; for the text `${`, write `$${`"],
  ])("such as %s are a mistake with line and key", (name, message) => {
    const said = wrong(name, { EMPTY: "" }, { "sub/big": "x".repeat(65_537) });
    const [, what = ""] = /^sub\/c\.json:2:10: `name`: (.*)\.$/.exec(said) ?? [];
    if (message instanceof RegExp) expect(what).toMatch(message);
    else expect(what).toContain(message);
  });

  test("bring at most 64 KiB of a file, and 1 MiB in all; a named pipe is not waited for", () => {
    using at = folder({ full: "x".repeat(65_536) });
    const references = new References({}, at.path);
    expect(references.expand("${file:full}").text).toHaveLength(65_536);
    expect(() => references.expand("${file:full}".repeat(16))).toThrow("more than 1048576 characters");
    execFileSync("mkfifo", [join(at.path, "pipe")]);
    expect(() => references.expand("${file:pipe}")).toThrow("pipe is not a regular file");
    chmodSync(join(at.path, "full"), 0);
    if (process.getuid?.() !== 0) expect(() => references.expand("${file:full}")).toThrow("may not be read");
  });
});

describe("layers", () => {
  test("are merged to any depth, each setting by itself", () => {
    const auth = { tokens: [{ name: "ci", hash: HASH }], scopes: { logs: ["logtail_*"] } };
    const file = { http: { auth, resume: { maxEvents: 5 } }, plugins: { search: { roots: ["x"], maxDepth: 3 } } };
    const config = settled({ "c.json": file }, ["c.json", "--search", "/d", "--http"], { PLUGBOARD_TOKEN: TOKEN });
    expect(config.http?.auth).toEqual({
      token: TOKEN,
      tokens: [{ name: "ci", hash: HASH, scopes: [] }],
      scopes: auth.scopes,
    });
    expect(config.http?.resume).toMatchObject({ maxEvents: 5, graceMs: 60_000 });
    expect(config.plugins.at(-1)?.options).toEqual({ roots: ["/d"], maxDepth: 3 });
  });

  test("tell where each setting comes from", () => {
    const text = '{\n "http": {"host": "localhost", "allowedHosts": ["${HOST}"]},\n "plugins": {"search": {}}}';
    const args = ["c.json", "--search", "/d", "--log-level", "warn"];
    const env = { HOST: "h", PLUGBOARD_HTTP_PORT: "8", PLUGBOARD_LOG_LEVEL: "debug" };
    const { layers } = settled({ "c.json": text }, args, env);
    const file = { from: "file", file: "c.json", line: 2, references: [] };
    expect(layers.originOf(["logLevel"])).toEqual({ from: "flag", name: "--log-level" });
    expect(layers.originOf(["plugins", "search", "roots", 0])).toEqual({ from: "flag", name: "--search" });
    expect(layers.originOf(["http", "port"])).toEqual({ from: "variable", name: "PLUGBOARD_HTTP_PORT" });
    expect(layers.originOf(["http", "host"])).toEqual({ ...file, column: 19 });
    expect(layers.originOf(["http", "allowedHosts", 0])).toEqual({ ...file, column: 49, references: ["HOST"] });
    expect(layers.originOf(["http", "maxSessions"])).toEqual({ from: "default" });
    expect(layers.originOf(["plugins", "cache", "ttlMs"])).toEqual({ from: "default" });
  });

  test("a stronger setting that is no object hides all that is below it", () => {
    const { plugins, layers } = settled({ "c.json": { plugins: { search: true, logtail: {} } } }, [
      "c.json",
      "--search",
      "/d",
    ]);
    expect(plugins.find(({ key }) => key === "search")?.options).toEqual({ roots: ["/d"] });
    expect(layers.originOf(["plugins", "search", "maxDepth"])).toEqual({ from: "default" });
  });
});

test("redis at the top is the store of cache and ratelimit that name none, under any name", () => {
  const redis = "redis://localhost:6379";
  const stores = (plugins: object, env = {}) =>
    Object.fromEntries(
      settled({ "c.json": { redis, plugins: { ...search, ...plugins } } }, ["c.json"], env).plugins.map(
        ({ key, options }) => [key, options["store"]],
      ),
    );
  expect(stores({ mine: { plugin: "@plugboard/cache" }, other: { plugin: "cache", store: { prefix: "x" } } })).toEqual({
    core: undefined,
    progress: undefined,
    search: undefined,
    batch: undefined,
    cache: undefined,
    mine: { redis },
    other: { redis, prefix: "x" },
    ratelimit: { redis },
  });
  expect(stores({ cache: { store: "memory" }, ratelimit: { store: { redis: "redis://other" } } })).toMatchObject({
    cache: "memory",
    ratelimit: { redis: "redis://other" },
  });
  expect(stores({}, { PLUGBOARD_REDIS: "rediss://elsewhere" })["cache"]).toEqual({ redis: "rediss://elsewhere" });
  expect(problem({ "c.json": { redis: "localhost" } }, ["c.json"])).toContain(
    "an address such as redis://localhost:6379",
  );
});

describe("access", () => {
  const http = (settings: object, ...args: string[]): [Record<string, object>, string[]] => [
    { "c.json": { http: settings, plugins: search } },
    ["c.json", ...args],
  ];
  test("`auth` that lets nobody in is a mistake", () => {
    expect(problem(...http({ auth: {} }))).toMatch(/^c\.json:1:17: `http\.auth` lets nobody in: give it a `token`/);
    expect(problem(...http({ auth: { tokens: [], scopes: { "*": ["search"] } }, allowAnonymous: true }))).toContain(
      "lets nobody in",
    );
    expect(settled(...http({ auth: {} }), { PLUGBOARD_TOKEN: TOKEN }).http?.auth?.token).toBe(TOKEN);
  });

  test("for others than this machine needs `auth`, or a word that it shall be open", () => {
    const host = "0.0.0.0";
    expect(problem(...http({ host }))).toContain("permit it with `--allow-anonymous`");
    for (const auth of [
      { token: TOKEN },
      { tokens: [{ name: "ci", hash: HASH }] },
      { oauth: { issuer: "https://login.example.com" } },
    ])
      expect(settled(...http({ host, auth })).http?.host).toBe(host);
    expect(settled(...http({ host }, "--allow-anonymous")).http?.allowAnonymous).toBe(true);
    expect(settled(...http({ host }), { PLUGBOARD_HTTP_ALLOW_ANONYMOUS: "yes" }).http?.allowAnonymous).toBe(true);
    expect(problem(...http({ host }), { PLUGBOARD_HTTP_ALLOW_ANONYMOUS: "si" })).toContain("expected boolean");
    expect(problem({ "c.json": { plugins: search } }, ["c.json", "--allow-anonymous"])).toContain(
      "`--allow-anonymous` is for HTTP",
    );
  });
});
