import { PassThrough } from "node:stream";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { compose } from "@plugboard/core";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { Faults } from "../src/serve/faults.ts";
import { createLog } from "../src/serve/log.ts";
import { serverFactory } from "../src/serve/server.ts";
import { serveStdio } from "../src/serve/stdio.ts";
import { Traffic } from "../src/serve/traffic.ts";
import { lab } from "./fixtures/lab.js";
import { folder } from "./folder.ts";
import { initialize, toolCall as call } from "./http.ts";
import { cleanEnv, fixtures, mainFile, Program } from "./process.ts";

const lines = (...messages: object[]) => messages.map((message) => `${JSON.stringify(message)}\n`).join("");
interface Message {
  readonly id?: number | string;
  readonly result?: { readonly content?: readonly { readonly text: string }[] };
}
const messages = (program: Program): Message[] =>
  program.stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Message);
const textOf = (program: Program, id: number | string): string | undefined =>
  messages(program).find((message) => message.id === id)?.result?.content?.[0]?.text;

/** Calls a tool; what it returns is the text of the answer. */
async function ask(
  program: Program,
  id: number | string,
  name: string,
  args: object = {},
): Promise<string | undefined> {
  program.child.stdin.write(lines(call(id, name, args)));
  await program.says(new RegExp(`"id":${JSON.stringify(id)}}\n`));
  return textOf(program, id);
}

/** The program with the lab, as a client that has introduced itself finds it. */
function start(options: object = {}, more: object = {}): Program {
  const at = folder({ "c.json": { plugins: { [`${fixtures}/lab.js`]: options }, ...more } });
  onTestFinished(() => at[Symbol.dispose]());
  return started(new Program([`${at.path}/c.json`]));
}
function started(program: Program): Program {
  program.child.stdin.write(lines(initialize));
  return program;
}

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

describe("one program for all of this", () => {
  let program: Program;
  let at: ReturnType<typeof folder>;
  beforeAll(async () => {
    at = folder({
      "sub/plugboard.json": { plugins: { search: { roots: ["docs"] }, [`${fixtures}/lab.js`]: {} } },
      "sub/docs/a.md": "# Found\n\nHere.\n",
    });
    program = started(new Program(["sub/plugboard.json"], { cwd: at.path, env: { PLUGBOARD_LOGLEVEL: "debug" } }));
    await program.says(/"protocolVersion"/);
  });
  afterAll(async () => {
    await program[Symbol.asyncDispose]();
    at[Symbol.dispose]();
  });

  test("an unknown PLUGBOARD_ variable is a warning in the log, a line of JSON", () => {
    expect(JSON.parse(program.stderr.split("\n")[0] ?? "")).toMatchObject({
      level: 40,
      msg: expect.stringContaining("Did you mean PLUGBOARD_LOG_LEVEL?"),
    });
  });

  test("relative paths in a config file start at its folder", async () => {
    expect(await ask(program, 1, "search", { query: "found" })).toContain("Found");
  });

  test("nothing but MCP reaches stdout, whatever a tool writes", async () => {
    expect(await ask(program, 2, "lab_noise")).toBe("quiet");
    expect(messages(program).flatMap(({ id }) => id ?? [])).toEqual([0, 1, 2]);
    expect(program.stdout).not.toContain("noise");
    for (const source of ["console.log", "console.info", "console.dir", "process.stdout"])
      expect(program.stderr).toContain(`from ${source}`);
  });

  test("a rejection that a tool leaves behind is logged, and the server goes on", async () => {
    await ask(program, 3, "lab_float");
    await program.says(/a floating rejection/);
    expect(await ask(program, 4, "lab_echo", { text: "still here" })).toBe("still here");
  });

  test("whatever lines come on stdin, the next call is answered, and stdout has nothing but messages", async () => {
    const line = fc.oneof(
      fc.string({ maxLength: 50 }),
      fc.json({ maxDepth: 4 }),
      fc.constantFrom(
        "[]",
        "{}",
        "null",
        "\0",
        "{",
        `${"[".repeat(50_000)}`,
        `"${"x".repeat(100_000)}"`,
        "\u2028",
        "\r",
      ),
      fc
        .record({ jsonrpc: fc.constant("2.0"), id: fc.jsonValue(), method: fc.string(), params: fc.jsonValue() })
        .map((message) => JSON.stringify(message)),
    );
    const sample = fc.sample(line, { numRuns: 300, seed: 1 }).map((text) => text.replaceAll("\n", " "));
    program.child.stdin.write(`${sample.join("\n")}\n`);
    expect(await ask(program, "last", "lab_echo", { text: "after all" })).toBe("after all");
    for (const message of messages(program)) expect(message).toHaveProperty("jsonrpc", "2.0");
  });

  test("the end of stdin lets running calls finish, and ends the program with 0, plugins disposed", async () => {
    program.child.stdin.end(lines(call(5, "lab_wait", { ms: 200 })));
    expect(await program.exit()).toBe(0);
    expect(textOf(program, 5)).toBe("waited 200");
    expect(program.stderr).toContain("lab was disposed");
  });
});

test("SIGTERM, also when it comes twice at once, lets running calls finish, refuses new ones, disposes, and exits with 0", async () => {
  await using program = start();
  program.child.stdin.write(lines(call(1, "lab_wait", { ms: 400 })));
  await program.says(/"progressToken":"p1"/);
  // From a supervisor and from a wrapper.
  for (let times = 0; times < 2; times++) program.child.kill("SIGTERM");
  await program.says(/finishing the running calls/);
  program.child.stdin.write(lines(call(2, "lab_echo", { text: "late" })));
  expect(await program.exit()).toBe(0);
  expect(textOf(program, 1)).toBe("waited 400");
  expect(program.stdout).toContain("The server is shutting down.");
  expect(textOf(program, 2)).toBeUndefined();
  expect(program.stderr).toContain("lab was disposed");
});

test("after SIGINT running calls may finish; a second one ends the program at once with 130", async () => {
  await using program = start();
  program.child.stdin.write(lines(call(1, "lab_hold")));
  await program.says(/"progressToken":"p1"/);
  program.child.kill("SIGINT");
  await program.says(/SIGINT: finishing the running calls/);
  const impatience = setInterval(() => program.child.kill("SIGINT"), 100);
  expect(await program.exit()).toBe(130);
  clearInterval(impatience);
});

test("a call that does not finish is given up after shutdownMs, a plugin that does not close after disposeMs", async () => {
  await using program = start({ hangOnDispose: true }, { shutdownMs: 100, disposeMs: 100 });
  program.child.stdin.write(lines(call(1, "lab_hold")));
  await program.says(/"progressToken":"p1"/);
  program.child.kill("SIGTERM");
  expect(await program.exit()).toBe(0);
  expect(program.stderr).toContain("calls that did not finish in time are cancelled");
  expect(program.stderr).toContain("the plugins did not close in time");
  expect(textOf(program, 1)).toBeUndefined();
});

test("a client that closes the pipe for the answers ends the program quietly, also where a plugin fails to close", async () => {
  await using program = start({ failOnDispose: true });
  await program.says(/"protocolVersion"/);
  program.child.stdout.destroy();
  program.child.stdin.write(lines(call(1, "lab_count")));
  expect(await program.exit()).toBe(0);
  expect(program.stderr).toContain("the lab does not close");
  expect(program.stderr).not.toContain("EPIPE");
});

test("an exception that nobody catches is logged, and the server goes on; ten in a minute end it with 1, plugins disposed", async () => {
  await using program = start();
  await ask(program, 1, "lab_throw");
  await program.says(/nobody catches this/);
  expect(await ask(program, 2, "lab_echo", { text: "still here" })).toBe("still here");
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
  const plugin = compose([lab()]);
  const create = serverFactory({ name: "test", version: "1", instructions: undefined }, plugin);
  const stdin = new PassThrough();
  let onEnd: (code: number) => void = () => undefined;
  const code = new Promise<number>((resolve) => (onEnd = resolve));
  const options = { create, traffic: new Traffic(), log: createLog("silent"), onEnd };
  await serveStdio({ ...options, stdin, stdout: new PassThrough() });
  stdin.write("x".repeat(11 * 1024 * 1024));
  expect(await code).toBe(1);
  await plugin.dispose();
});
