import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { expect, test } from "vitest";
import { Faults } from "../src/serve/faults.ts";
import { folder } from "./folder.ts";
import { cleanEnv, fixtures, mainFile, Program } from "./process.ts";

const labConfig = (options: object = {}, more: object = {}) => ({
  plugins: { [`${fixtures}/lab.js`]: options },
  ...more,
});
const initialize = {
  jsonrpc: "2.0",
  id: 0,
  method: "initialize",
  params: { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "test", version: "1" } },
};
const call = (id: number, name: string, args: object = {}) => ({
  jsonrpc: "2.0",
  id,
  method: "tools/call",
  params: { name, arguments: args, _meta: { progressToken: id } },
});
const lines = (...messages: object[]) => messages.map((message) => `${JSON.stringify(message)}\n`).join("");
const messages = (text: string) =>
  text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as { id?: number; result?: { content?: { text: string }[] } });
const answer = (program: Program, id: number) =>
  messages(program.stdout).find((message) => message.id === id)?.result?.content?.[0]?.text;

test("a client lists the tools, searches, and fetches what it found", async () => {
  using docs = folder({
    "docs/limits.md": "# Limits\n\nA token bucket refills at a steady rate.\n",
    "docs/other.md": "# Other\n\nNothing.\n",
  });
  const client = new Client({ name: "test", version: "1" });
  const args = [mainFile, "--search", "docs"];
  const transport = new StdioClientTransport({
    command: process.execPath,
    args,
    cwd: docs.path,
    env: cleanEnv(),
    stderr: "ignore",
  });
  await client.connect(transport);
  expect(client.getServerVersion()?.name).toBe("plugboard");
  expect((await client.listTools()).tools.map(({ name }) => name)).toEqual([
    "batch",
    "batch_status",
    "batch_cancel",
    "search",
    "search_similar",
    "fetch",
  ]);
  const progress: (number | undefined)[][] = [];
  const calls = ["token", "bucket", "nothing"].map((query) => ({ tool: "search", arguments: { query } }));
  const together = await client.callTool({ name: "batch", arguments: { calls } }, undefined, {
    onprogress: (report) => progress.push([report.progress, report.total]),
  });
  expect(together.structuredContent).toMatchObject({ succeeded: 3, failed: 0 });
  expect(progress.at(-1)).toEqual([3, 3]);
  const found = await client.callTool({ name: "search", arguments: { query: "how does a token bucket refill?" } });
  const { results } = found.structuredContent as { results: { id: string }[] };
  const fetched = await client.callTool({ name: "fetch", arguments: { id: results[0]?.id } });
  expect(JSON.stringify(fetched.structuredContent)).toContain("A token bucket refills at a steady rate.");
  await client.close();
});

test("relative paths in a config file start at its folder", async () => {
  using at = folder({
    "sub/plugboard.json": { plugins: { search: { roots: ["docs"] } } },
    "sub/docs/a.md": "# Found\n\nHere.\n",
  });
  const client = new Client({ name: "test", version: "1" });
  const args = [mainFile, "sub/plugboard.json"];
  await client.connect(
    new StdioClientTransport({ command: process.execPath, args, cwd: at.path, env: cleanEnv(), stderr: "ignore" }),
  );
  const { structuredContent } = await client.callTool({ name: "search", arguments: { query: "found" } });
  expect(structuredContent).toMatchObject({ results: [{ title: "Found" }] });
  await client.close();
});

test("nothing but MCP reaches stdout, whatever a tool writes", async () => {
  using at = folder({ "c.json": labConfig() });
  await using program = new Program(["c.json"], { cwd: at.path });
  program.child.stdin.write(lines(initialize, call(1, "lab_noise")));
  await program.says(/"quiet"/);
  program.child.stdin.end();
  expect(await program.exit()).toBe(0);
  expect(messages(program.stdout).map(({ id }) => id)).toEqual([0, 1]);
  expect(program.stdout).not.toContain("noise");
  for (const source of ["console.log", "console.info", "console.dir", "process.stdout"])
    expect(program.stderr).toContain(`from ${source}`);
});

test("the end of stdin ends the program with 0 within a second, plugins disposed", async () => {
  using at = folder({ "c.json": labConfig() });
  await using program = new Program(["c.json"], { cwd: at.path });
  program.child.stdin.write(lines(initialize));
  await program.says(/"protocolVersion"/);
  const started = performance.now();
  program.child.stdin.end();
  expect(await program.exit()).toBe(0);
  expect(performance.now() - started).toBeLessThan(1000);
  expect(program.stderr).toContain("lab was disposed");
});

test("the end of stdin lets running calls finish", async () => {
  using at = folder({ "c.json": labConfig() });
  await using program = new Program(["c.json"], { cwd: at.path });
  program.child.stdin.end(lines(initialize, call(1, "lab_wait", { ms: 200 })));
  expect(await program.exit()).toBe(0);
  expect(answer(program, 1)).toBe("waited 200");
});

test.each(["SIGTERM", "SIGINT"] as const)(
  "%s lets running calls finish, refuses new ones, disposes, and exits with 0",
  async (signal) => {
    using at = folder({ "c.json": labConfig() });
    await using program = new Program(["c.json"], { cwd: at.path });
    program.child.stdin.write(lines(initialize, call(1, "lab_wait", { ms: 400 })));
    await program.says(/"progressToken":1/);
    program.child.kill(signal);
    await program.says(/finishing the running calls/);
    program.child.stdin.write(lines(call(2, "lab_echo", { text: "late" })));
    expect(await program.exit()).toBe(0);
    expect(answer(program, 1)).toBe("waited 400");
    expect(program.stdout).toContain("The server is shutting down.");
    expect(answer(program, 2)).toBeUndefined();
    expect(program.stderr).toContain("lab was disposed");
  },
);

test("a call that does not finish is given up after shutdownMs", async () => {
  using at = folder({ "c.json": labConfig({}, { shutdownMs: 100 }) });
  await using program = new Program(["c.json"], { cwd: at.path });
  program.child.stdin.write(lines(initialize, call(1, "lab_hold")));
  await program.says(/"progressToken":1/);
  program.child.kill("SIGTERM");
  expect(await program.exit()).toBe(0);
  expect(program.stderr).toContain("calls that did not finish in time are cancelled");
  expect(answer(program, 1)).toBeUndefined();
});

test("a second SIGINT ends the program at once with 130", async () => {
  using at = folder({ "c.json": labConfig() });
  await using program = new Program(["c.json"], { cwd: at.path });
  program.child.stdin.write(lines(initialize, call(1, "lab_hold")));
  await program.says(/"progressToken":1/);
  const impatience = setInterval(() => program.child.kill("SIGINT"), 100);
  expect(await program.exit()).toBe(130);
  clearInterval(impatience);
});

test("a signal that comes twice at once, from a supervisor and from a wrapper, counts once", async () => {
  using at = folder({ "c.json": labConfig() });
  await using program = new Program(["c.json"], { cwd: at.path });
  program.child.stdin.write(lines(initialize, call(1, "lab_wait", { ms: 300 })));
  await program.says(/"progressToken":1/);
  program.child.kill("SIGTERM");
  await program.says(/finishing the running calls/);
  program.child.kill("SIGTERM");
  expect(await program.exit()).toBe(0);
  expect(answer(program, 1)).toBe("waited 300");
});

test.each([
  ["hangs", { hangOnDispose: true }, "the plugins did not close in time"],
  ["fails", { failOnDispose: true }, "the lab does not close"],
])("a dispose that %s does not keep the program", async (_, options, message) => {
  using at = folder({ "c.json": labConfig(options, { disposeMs: 100 }) });
  await using program = new Program(["c.json"], { cwd: at.path });
  program.child.stdin.end(lines(initialize));
  expect(await program.exit()).toBe(0);
  expect(program.stderr).toContain(message);
});

test("a client that closes the pipe for the answers ends the program quietly", async () => {
  using at = folder({ "c.json": labConfig() });
  await using program = new Program(["c.json"], { cwd: at.path });
  await program.says(/serves over stdio/);
  program.child.stdout.destroy();
  program.child.stdin.write(lines(initialize));
  expect(await program.exit()).toBe(0);
  expect(program.stderr).not.toMatch(/EPIPE|Error:/);
});

test("a rejection that a tool leaves behind is logged, and the server goes on", async () => {
  using at = folder({ "c.json": labConfig() });
  await using program = new Program(["c.json"], { cwd: at.path });
  program.child.stdin.write(lines(initialize, call(1, "lab_float")));
  await program.says(/a floating rejection/);
  program.child.stdin.write(lines(call(2, "lab_echo", { text: "still here" })));
  await program.says(/"still here"/);
  program.child.stdin.end();
  expect(await program.exit()).toBe(0);
});

test("an unknown PLUGBOARD_ variable is a warning in the log, a line of JSON", async () => {
  using at = folder({ "c.json": labConfig() });
  await using program = new Program(["c.json"], { cwd: at.path, env: { PLUGBOARD_LOGLEVEL: "debug" } });
  program.child.stdin.end(lines(initialize));
  await program.exit();
  expect(JSON.parse(program.stderr.split("\n")[0] ?? "")).toMatchObject({
    level: 40,
    msg: expect.stringContaining("Did you mean PLUGBOARD_LOG_LEVEL?"),
  });
});

test("an exception that nobody catches is logged, and the server goes on; ten in a minute end it with 1, plugins disposed", async () => {
  using at = folder({ "c.json": labConfig() });
  await using program = new Program(["c.json"], { cwd: at.path });
  program.child.stdin.write(lines(initialize, call(1, "lab_throw")));
  await program.says(/nobody catches this/);
  program.child.stdin.write(lines(call(2, "lab_echo", { text: "still here" })));
  await program.says(/"still here"/);
  program.child.stdin.write(lines(...Array.from({ length: 9 }, (_, at) => call(3 + at, "lab_throw"))));
  expect(await program.exit()).toBe(1);
  expect(program.stderr).toContain("lab was disposed");
});

test("exceptions are too many when ten come within a minute", () => {
  let now = 0;
  const faults = new Faults({ now: () => now });
  const add = (count: number, everyMs: number): boolean[] =>
    Array.from({ length: count }, () => ((now += everyMs), faults.add()));
  expect(add(30, 7000)).not.toContain(true);
  expect(add(10, 6000).at(-1)).toBe(true);
});

test("a line of more than 10 MiB ends the program with 1", async () => {
  using at = folder({ "c.json": labConfig() });
  await using program = new Program(["c.json"], { cwd: at.path });
  program.child.stdin.write(lines(initialize));
  program.child.stdin.write("x".repeat(11 * 1024 * 1024));
  expect(await program.exit()).toBe(1);
});
