import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { describe, expect, test } from "vitest";
import { ask } from "../src/cli/ask.ts";
import { banner } from "../src/cli/banner.ts";
import { Bar } from "../src/cli/bar.ts";
import { find } from "../src/cli/find.ts";
import { harmless } from "../src/cli/output.ts";
import { readable } from "../src/cli/result.ts";
import { folder } from "./folder.ts";
import { runHere } from "./here.ts";
import { settled } from "./settled.ts";
import { fixtures, Program } from "./process.ts";

const TOKEN = "a-token-of-enough-letters";
const HASH = `sha256:${"0123456789abcdef".repeat(4)}`;
const lab = `${fixtures}/lab.js`;

describe("check", () => {
  test("says what would run, where, and who may call", async () => {
    using at = folder({
      "c.json": {
        http: { port: 8080, auth: { tokens: [{ name: "ci", hash: HASH }], scopes: { "*": ["fetch"] } } },
        plugins: { search: { roots: ["docs"] }, logtail: { paths: ["later/*.log"] } },
        tools: { allow: ["search", "fetch"] },
      },
      "docs/a.md": "# A",
    });
    const text = await runHere(["check", "c.json", "--stdio", "--http"], { cwd: at.path });
    expect(text.stderr).toBe("");
    const note = `Note:    c.json:1:${JSON.stringify(JSON.parse(readFileSync(join(at.path, "c.json"), "utf8"))).indexOf('"later') + 1}`;
    expect(text.stdout.replaceAll(at.path, "")).toMatch(
      /^c\.json: all right\.\nPlugins: core, progress, cache, ratelimit, batch, search, logtail\nServes: {2}over stdio\nServes: {2}http:\/\/127\.0\.0\.1:8080\/mcp\nAccess: {2}1 named token; tools by scope\nNote: .*\nTools:\n {2}search .*\n {2}fetch .*\n$/,
    );
    expect(text.stdout).toContain(`${note}: \`plugins.logtail.paths[0]\`: there is nothing at ${at.path}/later`);
    expect(text.code).toBe(0);
  });

  test("opens what is to be searched; with --json problems are a list", async () => {
    using at = folder({ "c.json": { plugins: { search: { roots: ["a", "b"] } } } });
    const { code, stdout } = await runHere(["check", "c.json", "--json"], { cwd: at.path });
    expect(JSON.parse(stdout)).toEqual({
      ok: false,
      problems: [
        `c.json:1:32: \`plugins.search.roots[0]\`: there is no file or folder a (that is ${at.path}/a).`,
        `c.json:1:36: \`plugins.search.roots[1]\`: there is no file or folder b (that is ${at.path}/b).`,
      ],
    });
    expect(code).toBe(2);
  });
});

test("check notes a wildcard host without a name, and patterns of scopes that fit no tool, and a banner the host", async () => {
  const scopes = { logs: ["lab_*", "lba_*", "log:*"] };
  const http = { host: "0.0.0.0", auth: { token: TOKEN, scopes } };
  const notes = async (more: object): Promise<string[]> => {
    using at = folder({ "c.json": { plugins: { [lab]: {} }, http: { ...http, ...more } } });
    const { stdout } = await runHere(["check", "c.json", "--json"], { cwd: at.path });
    return (JSON.parse(stdout) as { notes: string[] }).notes.map((note) => note.replace(/:1:\d+/, ""));
  };
  const pattern = "c.json: `http.auth.scopes.logs[1]`: `lba_*` fits no tool. Did you mean `lab_*`?";
  const host = "c.json: `http.host`: on 0.0.0.0 only clients that call this server localhost are let in";
  expect(await notes({})).toEqual([expect.stringContaining(host), pattern]);
  for (const known of [{ publicUrl: "https://x.com/mcp" }, { allowedHosts: ["x.com"] }, { host: "127.0.0.1" }])
    expect(await notes(known)).toEqual([pattern]);
  const config = settled({ "c.json": { plugins: { [lab]: {} }, http } }, ["c.json"]);
  expect(banner(config, "http://localhost:1/mcp", [])).toMatch(
    /localhost:1\/mcp\nNote: on 0\.0\.0\.0 only .*allowedHosts`\.\n/,
  );
});

test("check notes tools and arguments in the options of plugins that are nowhere, and so does the log at start", async () => {
  const plugins = {
    [lab]: {},
    batch: { allow: ["lab_*", "lba_*"], deny: ["lab_ecko", "batch"] },
    cache: { tools: { lab_echp: false, "*": { ttlMs: 5 } }, invalidates: { lab_echo: ["tag:x", "lab_ehco"] } },
    ratelimit: {
      rules: [
        { tools: ["lab_echo", "nothing"], limit: 5, windowMs: 1000 },
        { limit: 5, windowMs: 1000, cost: { lab_echo: { argument: "txet" }, "lab_*": { argument: "text" }, none: 2 } },
      ],
    },
  };
  using at = folder({ "c.json": { plugins } });
  const { stdout } = await runHere(["check", "c.json", "--json"], { cwd: at.path });
  const notes = [
    "`plugins.batch.allow[1]`: no tool fits `lba_*`.",
    "`plugins.batch.deny[0]`: no tool is called `lab_ecko`. Did you mean `lab_echo`?",
    "`plugins.cache.tools.lab_echp`: no tool is called `lab_echp`. Did you mean `lab_echo`?",
    "`plugins.cache.invalidates.lab_echo[1]`: no tool is called `lab_ehco`. Did you mean `lab_echo`?",
    "`plugins.ratelimit.rules[0].tools[1]`: no tool is called `nothing`.",
    "`plugins.ratelimit.rules[1].cost.lab_echo.argument`: `lab_echo` has no argument `txet`. Did you mean `text`?",
    "`plugins.ratelimit.rules[1].cost.none`: no tool is called `none`.",
  ];
  const said = (JSON.parse(stdout) as { notes: string[] }).notes;
  expect(said.map((note) => note.replace(/^c\.json:1:\d+: /, "")).toSorted()).toEqual(notes.toSorted());
  await using program = new Program(["c.json", "--http", "0"], { cwd: at.path });
  await program.says(/127\.0\.0\.1:\d+\/mcp/);
  for (const note of said) expect(program.stderr).toContain(JSON.stringify(note).slice(1, -1));
});

test("check says which settings leave no tools, and names files by their references", async () => {
  using at = folder({
    "none.json": { plugins: { [lab]: {} }, tools: { allow: [] } },
    "c.json": { plugins: { search: { roots: ["${DOCS}/a", "b"] } } },
  });
  expect((await runHere(["check", "none.json"], { cwd: at.path })).stdout).toContain(
    "none: `tools.allow` and `tools.deny` leave out all of them",
  );
  const { stderr } = await runHere(["check", "c.json"], { cwd: at.path, env: { DOCS: "/hidden" } });
  expect(stderr).not.toContain("hidden");
  expect(stderr).toContain("roots[0]`: there is no file or folder at the path made of `${DOCS}`.");
  expect(stderr).toContain(`roots[1]\`: there is no file or folder b (that is ${at.path}/b).`);
});

test("config prints each setting with its source, and no secret", async () => {
  using at = folder({
    "c.json": `{
      "name": "\${NAME}",
      "redis": "redis://me:hidden1@localhost:6379/?password=hidden2",
      "http": { "auth": { "token": "hidden3-hidden3-hidden3", "tokens": [
        { "name": "ci", "hash": "${HASH}" }, { "name": "me", "token": "hidden4-hidden4-hidden4" }
      ] } },
      "plugins": { "${lab}": {}, "./third.js": { "apiKey": "hidden5", "words": ["\${file:secret}", "shown"] } }
    }`,
    secret: "hidden6\n",
    "package.json": { type: "module" },
    "third.js": `export { third } from ${JSON.stringify(join(fixtures, "third.js"))};`,
  });
  const env = { NAME: "hidden7", PLUGBOARD_HTTP_PORT: "8081" };
  const { code, stdout, stderr } = await runHere(["config", "c.json", "--host", "::1", "--json"], {
    cwd: at.path,
    env,
  });
  expect(stderr).toBe("");
  expect(code).toBe(0);
  expect(stdout).not.toMatch(/hidden\d/);
  const settings = JSON.parse(stdout) as Record<string, { value: unknown; source: string }>;
  expect(settings).toMatchObject({
    name: { value: "***", source: "c.json:2:15 from ${NAME}" },
    version: { source: "default" },
    redis: { value: "redis://me:***@localhost:6379/?password=***", source: "c.json:3:16" },
    "plugins.cache.store.redis": { value: "redis://me:***@localhost:6379/?password=***", source: "c.json:3:16" },
    "plugins.cache.ttlMs": { value: 60_000, source: "default" },
    "http.port": { value: 8081, source: "PLUGBOARD_HTTP_PORT" },
    "http.host": { value: "::1", source: "--host" },
    "http.auth.token": { value: "***", source: "c.json:4:36" },
    'plugins["./third.js"].apiKey': { value: "***" },
    'plugins["./third.js"].words': { value: ["***", "shown"] },
  });
  expect(settings["http.auth.tokens"]?.value).toEqual([
    { name: "ci", hash: "sha256:01234567…", scopes: [] },
    { name: "me", token: "***", scopes: [] },
  ]);
});

test("tools says what they cost, and what all of them cost every client", async () => {
  using at = folder({ "c.json": { plugins: { [lab]: {} }, tools: { allow: ["lab_echo", "lab_count"] } } });
  const { stdout } = await runHere(["tools", "c.json", "--json"], { cwd: at.path });
  const { tools, tokens } = JSON.parse(stdout) as {
    tools: { name: string; description: number; inputSchema: number }[];
    tokens: { total: number };
  };
  expect(tools.map(({ name }) => name)).toEqual(["lab_echo", "lab_count"]);
  expect(tools[0]).toMatchObject({ summary: "Says it again.", description: Math.ceil(40 / 4), outputSchema: 0 });
  expect(tokens.total).toBe(tools.reduce((sum, tool) => sum + tool.description + tool.inputSchema, 0));
});

describe("add", () => {
  type Entry = Record<string, { plugboard: { args: string[] } }>;
  const added = async (...args: string[]): Promise<Entry> => {
    const { code, stdout } = await runHere(["add", ...args, "--json"]);
    expect(code).toBe(0);
    return JSON.parse(stdout) as never;
  };
  test("over stdio, with absolute paths and --stdio where the file says HTTP", async () => {
    using at = folder({ "c.json": { name: "My docs", http: { port: 8080 }, plugins: { [lab]: {} } } });
    const config = join(at.path, "c.json");
    const own = { command: process.execPath, args: [expect.any(String), config, "--stdio"] };
    expect(await added("claude-code", "-c", config)).toEqual({ mcpServers: { "my-docs": { type: "stdio", ...own } } });
    expect(await added("claude-desktop", "-c", config)).toEqual({ mcpServers: { "my-docs": own } });
    expect(await added("vscode", "-c", config)).toEqual({ servers: { "my-docs": { type: "stdio", ...own } } });
    expect(await added("cursor", "-c", config)).toEqual({ mcpServers: { "my-docs": own } });
    expect(await added("codex", "-c", config)).toEqual({ mcp_servers: { "my-docs": own } });
    expect((await added("codex", "--search", "docs"))["mcp_servers"]?.plugboard.args.slice(1)).toEqual([
      "--search",
      join(process.cwd(), "docs"),
    ]);
    expect((await runHere(["add", "claude-code", "-c", config])).stdout).toMatch(
      /^Run\nclaude mcp add my-docs -- \S+ .* --stdio\n\nor put this into \.mcp\.json/,
    );
  });

  test("over stdio, with the variables that the file takes, as each client passes them on; values stand nowhere", async () => {
    using at = folder({
      "c.json": {
        name: "${TITLE:-docs}",
        instructions: "${NONE:-}",
        plugins: { [lab]: {}, search: { roots: ["${DOCS}"] } },
      },
    });
    const env = { TITLE: "mine", DOCS: "hidden" };
    const entry = async (client: string): Promise<unknown> => {
      const { stdout } = await runHere(["add", client, "-c", "c.json"], { cwd: at.path, env });
      expect(stdout).not.toContain("hidden");
      return stdout;
    };
    expect(await entry("claude-code")).toMatch(
      /^Run\nclaude mcp add mine -e TITLE="\$TITLE" -e DOCS="\$DOCS" -- [^]*"env": \{\s+"TITLE": "\$\{TITLE\}",\s+"DOCS": "\$\{DOCS\}"\s+\}[^]*The server takes TITLE, DOCS from the environment/,
    );
    expect(await entry("claude-desktop")).toMatch(
      /"TITLE": "YOUR_TITLE",[^]*Put the values of TITLE, DOCS in the place/,
    );
    expect(await entry("vscode")).toMatch(
      /"id": "DOCS",\s+"description": "DOCS of mine",\s+"password": true[^]*"DOCS": "\$\{input:DOCS\}"/,
    );
    expect(await entry("cursor")).toMatch(/"DOCS": "\$\{env:DOCS\}"[^]*from the environment/);
    expect(await entry("codex")).toContain('\nenv_vars = ["TITLE","DOCS"]\n');
  });

  test("over HTTP, with the token where the client has it from", async () => {
    const url = "https://mcp.example.com/mcp";
    const secured = [["--url", url, "--bearer"]].flat();
    expect(await added("claude-code", ...secured)).toEqual({
      mcpServers: { plugboard: { type: "http", url, headers: { Authorization: "Bearer ${PLUGBOARD_TOKEN}" } } },
    });
    expect(await added("claude-desktop", ...secured)).toEqual({
      mcpServers: {
        plugboard: {
          command: "npx",
          args: ["-y", "mcp-remote", url, "--header", "Authorization:${AUTH_HEADER}"],
          env: { AUTH_HEADER: "Bearer YOUR_TOKEN" },
        },
      },
    });
    expect((await added("claude-desktop", "--url", "http://box/mcp"))["mcpServers"]?.plugboard.args).toContain(
      "--allow-http",
    );
    expect(await added("vscode", ...secured)).toEqual({
      inputs: [{ type: "promptString", id: "plugboard-token", description: "Token of plugboard", password: true }],
      servers: { plugboard: { type: "http", url, headers: { Authorization: "Bearer ${input:plugboard-token}" } } },
    });
    expect(await added("cursor", ...secured)).toEqual({
      mcpServers: { plugboard: { url, headers: { Authorization: "Bearer ${env:PLUGBOARD_TOKEN}" } } },
    });
    expect(await added("cursor", "--url", url)).toEqual({ mcpServers: { plugboard: { url } } });
    expect((await runHere(["add", "codex", ...secured])).stdout).toContain(
      `[mcp_servers.plugboard]\nurl = "${url}"\nbearer_token_env_var = "PLUGBOARD_TOKEN"\n`,
    );
  });

  test("over HTTP where the configuration says, with a token if it wants one", async () => {
    using at = folder({
      "c.json": { http: { port: 8080, auth: { token: TOKEN } }, plugins: { [lab]: {} } },
      "free.json": { http: { port: 0 }, plugins: { [lab]: {} } },
    });
    expect(await added("cursor", "--http", "-c", join(at.path, "c.json"))).toEqual({
      mcpServers: {
        plugboard: { url: "http://127.0.0.1:8080/mcp", headers: { Authorization: "Bearer ${env:PLUGBOARD_TOKEN}" } },
      },
    });
    expect((await runHere(["add", "cursor", "--http", "-c", join(at.path, "free.json")])).stderr).toContain(
      "With port 0 the address changes with every start",
    );
  });
});

test("token makes another one each time, with the entry that stands for it", async () => {
  const [first, second] = [await runHere(["token", "ci"]), await runHere(["token", "ci"])];
  const [token = "", , , entry = ""] = first.stdout.split("\n");
  expect(Buffer.from(token, "base64url")).toHaveLength(32);
  const hash = `sha256:${createHash("sha256").update(token).digest("hex")}`;
  expect(JSON.parse(entry)).toEqual({ name: "ci", hash, scopes: [] });
  expect(second.stdout).not.toContain(token);
});

describe("init", () => {
  test("writes a config file for what is there, which check accepts, and overwrites nothing", async () => {
    using at = folder({
      "docs/a.md": "",
      "guide/README.md": "",
      "node_modules/x/README.md": "",
      "logs/a.log": "",
      "b.log": "",
      "README.md": "",
    });
    const first = await runHere(["init", "--yes", "--http", "8080"], { cwd: at.path });
    expect(first).toEqual({
      code: 0,
      stdout: "Wrote plugboard.json. Next: `plugboard check plugboard.json`, then `plugboard plugboard.json`.\n",
      stderr: "",
    });
    const text = readFileSync(join(at.path, "plugboard.json"), "utf8");
    expect(text).toContain('    "search": { "roots": ["./docs", "./guide", "./README.md"] },\n');
    expect(text).toContain('    "logtail": { "paths": ["./logs/*.log", "./*.log"] },\n');
    expect(text).toContain('  "http": { "port": 8080 },\n');
    const checked = await runHere(["check", "--json"], { cwd: at.path });
    expect(JSON.parse(checked.stdout)).toMatchObject({ ok: true, http: { url: "http://127.0.0.1:8080/mcp" } });

    const again = await runHere(["init", "--search", "docs"], { cwd: at.path });
    expect(again).toMatchObject({ code: 2, stdout: "", stderr: expect.stringContaining("`--force` overwrites it") });
    expect(readFileSync(join(at.path, "plugboard.json"), "utf8")).toBe(text);
    await runHere(["init", "--force", "--search", "docs"], { cwd: at.path });
    const forced = readFileSync(join(at.path, "plugboard.json"), "utf8");
    expect(forced).toContain('"roots": ["./docs"]');
    expect(forced).not.toContain('"logtail": {');
  });

  test("writes no file that `check` would refuse", async () => {
    using at = folder();
    const { code, stderr } = await runHere(["init", "--search", "nowhere"], { cwd: at.path });
    expect([code, stderr]).toEqual([2, "There is no file or folder nowhere to search.\n"]);
    expect(readdirSync(at.path)).toEqual([]);
  });

  test("asks nobody where there is no terminal", async () => {
    using at = folder({ "docs/a.md": "" });
    const { code, stderr } = await runHere(["init"], { cwd: at.path });
    expect([code, stderr]).toEqual([2, expect.stringContaining("`--yes` takes what is found")]);
  });

  test("finds documents and logs, and nothing in an empty folder", () => {
    using empty = folder();
    expect(find(empty.path)).toEqual({ search: [], logs: [] });
    expect(find(join(empty.path, "none"))).toEqual({ search: [], logs: [] });
  });

  test("asks on a terminal, and Ctrl-C gives up", async () => {
    const found = { search: ["./docs", "./notes"], logs: [] };
    const answer = (...keys: string[]) => {
      const input = Object.assign(new PassThrough(), { isTTY: true, setRawMode: () => undefined });
      const output = Object.assign(new PassThrough(), { isTTY: true, columns: 80, rows: 24 });
      // Each question is answered when it is there.
      const questions = [/Which documents/, /Logs:/, /over HTTP/];
      output.on("data", (chunk: Buffer) => {
        if (!questions[0]?.test(chunk.toString())) return;
        questions.shift();
        setImmediate(() => input.write(keys.shift() ?? "\r"));
      });
      return ask(found, undefined, { input: input as never, output: output as never });
    };
    expect(await answer()).toEqual({ search: ["./docs", "./notes"], logs: [], http: undefined });
    expect(await answer("\r", "\r", "y")).toEqual({ search: ["./docs", "./notes"], logs: [], http: 3333 });
    expect(await answer("\r", "\u0003")).toBeUndefined();
  });
});

describe("what people see of a call", () => {
  test("a bar, on a terminal only, without what a server could do to the terminal", () => {
    let text = "";
    const output = { out: () => undefined, err: (more: string) => void (text += more) };
    const quiet = new Bar(output);
    quiet.update({ progress: 1, total: 2 });
    quiet.clear();
    expect(text).toBe("");
    const bar = new Bar({ ...output, errIsTerminal: true });
    bar.update({ progress: 1, total: 4, message: "a\u001B[2Jb\n" });
    expect(text.replaceAll(/\u001B\[[\d;]*[mK]/g, "")).toBe(`\r${"█".repeat(6)}${"░".repeat(18)}  25 % a [2Jb`);
    text = "";
    bar.update({ progress: 9 });
    bar.clear();
    expect(text).toContain("9 ");
    expect(text.endsWith("\r\u001B[K")).toBe(true);
  });

  test("nothing that moves the cursor or hides text", () => {
    expect(harmless("a\u001B[2J\u202Eb\u009Bc\n\td \u{1F469}\u200D\u{1F4BB}\r")).toBe(
      "a [2J b c\n\td \u{1F469}\u200D\u{1F4BB} ",
    );
  });

  test("text as it is, data in lines, and a word for what is neither", () => {
    const content = [
      { type: "text", text: "hello" },
      { type: "text", text: '{"a":1}' },
      { type: "image", data: "AAAA", mimeType: "image/png" },
      { type: "resource_link", uri: "docs://a", name: "a" },
      { type: "resource", resource: { uri: "docs://b", text: "b" } },
    ] as const;
    expect(readable({ content: [...content] })).toBe(
      'hello\n\n{\n  "a": 1\n}\n\n[image image/png, 3 bytes; --json has it]\n\n[a: docs://a]\n\nb\n',
    );
    expect(readable({ content: [], structuredContent: { a: 1 } })).toBe('{\n  "a": 1\n}\n');
  });
});
