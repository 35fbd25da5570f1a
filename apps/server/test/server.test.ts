import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { join } from "node:path";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";
import { expect, test } from "vitest";
import { folder } from "./folder.ts";
import { initialize, send } from "./http.ts";
import { cleanEnv, fixtures, mainFile, Program, runProgram } from "./process.ts";

const labConfig = (more: object = {}) => ({ plugins: { [`${fixtures}/lab.js`]: {} }, ...more });
const TOKEN = "a-token-of-enough-letters";

async function connect(url: string, headers: Record<string, string> = {}): Promise<Client> {
  const client = new Client({ name: "test", version: "1" });
  await client.connect(new StreamableHTTPClientTransport(new URL(url), { requestInit: { headers } }) as Transport);
  return client;
}
const listening = async (program: Program): Promise<string> =>
  (await program.says(/listens on (\S+)\n[^]*Ctrl\+C/))[1] ?? "";

test("says where it listens, with which tools, and how to connect clients, on stderr only; a rejection that a tool leaves behind does not end it", async () => {
  using at = folder({ "plugboard.json": labConfig({ name: "My lab", version: "1.2.3" }) });
  await using program = new Program(["--http", "0"], { cwd: at.path });
  const url = await listening(program);
  expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/mcp$/);
  expect(program.stderr).toContain(`My lab 1.2.3 listens on ${url}`);
  expect(program.stderr).toMatch(/^ {2}lab_echo +Says it again\.$/m);
  expect(program.stderr).toContain(`claude mcp add --transport http my-lab ${url}\n`);
  expect(program.stderr).toContain(`{"servers":{"my-lab":{"type":"http","url":"${url}"}}}`);
  expect(program.stderr).toContain(`{"mcpServers":{"my-lab":{"url":"${url}"}}}`);
  expect(program.stderr).toContain(
    `npx @modelcontextprotocol/inspector --cli ${url} --transport http --method tools/list\n`,
  );

  const client = await connect(url);
  await client.callTool({ name: "lab_float" });
  await program.says(/a floating rejection/);
  expect(await client.callTool({ name: "lab_echo", arguments: { text: "still here" } })).toMatchObject({
    content: [{ text: "still here" }],
  });
  await client.close();
  program.child.kill("SIGINT");
  expect(await program.exit()).toBe(0);
  expect(program.stdout).toBe("");
});

test("never prints its token, and tells where clients put it; idle clients do not delay the end", async () => {
  using at = folder({ "c.json": labConfig({ logLevel: "debug", shutdownMs: 600_000 }) });
  await using program = new Program(["c.json", "--http", "0"], { cwd: at.path, env: { PLUGBOARD_TOKEN: TOKEN } });
  const url = await listening(program);
  const headers = { Authorization: `Bearer ${TOKEN}` };
  const clients = await Promise.all([connect(url, headers), connect(url, headers)]);
  await expect(connect(url)).rejects.toThrow();
  expect(program.stderr).toContain('--header "Authorization: Bearer $PLUGBOARD_TOKEN"');
  // It would wait for ten minutes.
  program.child.kill("SIGHUP");
  expect(await program.exit()).toBe(0);
  expect(program.stderr).not.toContain(TOKEN);
  await Promise.all(clients.map((client) => client.close()));
});

test("SIGTERM lets running calls finish, takes no new clients, disposes, and exits with 0; clients that vanish leave nothing behind", async () => {
  using at = folder({ "c.json": labConfig({ http: { port: 0, maxSessions: 5 } }) });
  await using program = new Program(["c.json"], { cwd: at.path });
  const url = await listening(program);
  const port = Number(new URL(url).port);
  const statuses = new Set<number>();
  for (let index = 0; index < 20; index++) statuses.add((await send(port, { body: initialize })).status);
  expect([...statuses]).toEqual([200]);

  const [client, other] = await Promise.all([connect(url), connect(url)]);
  const running: { answer?: Promise<unknown> } = {};
  await new Promise<void>((started) => {
    running.answer = client.callTool({ name: "lab_outlast" }, undefined, { onprogress: () => started() });
  });
  program.child.kill("SIGTERM");
  await program.says(/finishing the running calls/);
  await Promise.all([
    expect(connect(url)).rejects.toThrow(),
    expect(other.callTool({ name: "lab_count" })).rejects.toThrow(),
  ]);
  expect(await running.answer).toMatchObject({ content: [{ text: "finished after SIGTERM" }] });
  expect(await program.exit()).toBe(0);
  expect(program.stderr).toContain("lab was disposed");
});

test("a port in use is one sentence and exit code 1, with the plugins disposed", async () => {
  using at = folder({ "c.json": labConfig() });
  const other = createServer().listen(0, "127.0.0.1");
  await once(other, "listening");
  const { port } = other.address() as AddressInfo;
  const { code, stdout, stderr } = await runProgram(["c.json", "--http", String(port)], { cwd: at.path });
  other.close();
  expect([code, stdout]).toEqual([1, ""]);
  const [last] = stderr.trimEnd().split("\n").slice(-1);
  expect(last).toBe(
    `Port ${port} on 127.0.0.1 is in use: stop the program that listens there, or choose another port, such as \`--http 0\` for a free one.`,
  );
  expect(stderr).toContain("lab was disposed");
});

test("stdio and HTTP at once are one server, with the same tools and the same state", async () => {
  using at = folder({ "c.json": labConfig() });
  const stdio = new Client({ name: "test", version: "1" });
  const transport = new StdioClientTransport({
    command: process.execPath,
    args: [mainFile, "c.json", "--stdio", "--http", "0"],
    cwd: at.path,
    env: cleanEnv(),
    stderr: "pipe",
  });
  let said = "";
  const url = new Promise<string>((resolve) => {
    transport.stderr?.on("data", (chunk: Buffer) => {
      said += chunk.toString();
      const found = /listens on (\S+)/.exec(said)?.[1];
      if (found !== undefined) resolve(found);
    });
  });
  await stdio.connect(transport);
  const http = await connect(await url);
  expect(await http.listTools()).toEqual(await stdio.listTools());
  await stdio.callTool({ name: "lab_count" });
  expect(await http.callTool({ name: "lab_count" })).toMatchObject({ content: [{ text: "2" }] });
  expect(await stdio.callTool({ name: "lab_whoami" })).toMatchObject({ content: [{ text: "local local" }] });
  await http.close();
  await stdio.close();
});

test("the JSON Schema that is published is the one of this code", async () => {
  const { code, stdout } = await runProgram(["schema"]);
  expect(code).toBe(0);
  const published = readFileSync(join(import.meta.dirname, "..", "plugboard.schema.json"), "utf8");
  const update = "run: node dist/main.js schema > plugboard.schema.json";
  expect(JSON.parse(published), update).toEqual(JSON.parse(stdout));
});
