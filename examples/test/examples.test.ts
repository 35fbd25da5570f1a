import { execFile } from "node:child_process";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { getDefaultEnvironment, StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { expect, test } from "vitest";

const home = join(import.meta.dirname, "..");

test("the existing server keeps its tool and has search beside it", async () => {
  const client = new Client({ name: "test", version: "1" });
  const args = ["--import", "tsx", "existing-server.ts"];
  const env = { ...getDefaultEnvironment(), PLUGBOARD_STATE_DIR: process.env["PLUGBOARD_STATE_DIR"] ?? "" };
  await client.connect(new StdioClientTransport({ command: process.execPath, args, cwd: home, env }));
  expect((await client.listTools()).tools.map(({ name }) => name)).toEqual([
    "search",
    "search_similar",
    "fetch",
    "forecast",
  ]);
  expect(await client.callTool({ name: "forecast", arguments: { city: "Oslo" } })).toMatchObject({
    content: [{ text: "Tomorrow it will be sunny in Oslo." }],
  });
  const { structuredContent } = await client.callTool({
    name: "search",
    arguments: { query: "Which example is a config file?" },
  });
  expect(JSON.stringify(structuredContent)).toContain("plugboard.json");
  await client.close();
});

test("the config file is right", async () => {
  const server = dirname(createRequire(import.meta.url).resolve("@plugboard/server/package.json"));
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [join(server, "dist", "main.js"), "check", "plugboard.json"],
    {
      cwd: home,
    },
  );
  expect(stdout).toContain(
    "plugboard.json: all right.\nPlugins: core, progress, cache, ratelimit, batch, search, guides\n",
  );
});
