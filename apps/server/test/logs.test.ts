import { appendFileSync, renameSync } from "node:fs";
import { join } from "node:path";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { expect, test } from "vitest";
import { folder } from "./folder.ts";
import { cleanEnv, mainFile } from "./process.ts";

interface Page {
  readonly lines: string[];
  readonly cursor: string;
  readonly more: boolean;
  readonly gaps: object[];
}

/** A client of a server of its own, which can be killed. */
async function serve(logs: string, cwd: string) {
  const client = new Client({ name: "test", version: "1" });
  const args = [mainFile, "--logs", logs];
  const transport = new StdioClientTransport({
    command: process.execPath,
    args,
    cwd,
    env: cleanEnv(),
    stderr: "ignore",
  });
  await client.connect(transport);
  return {
    async read(args: object = {}): Promise<Page> {
      const { structuredContent } = await client.callTool({ name: "logtail_read", arguments: { ...args } });
      return structuredContent as never;
    },
    async kill(): Promise<void> {
      const closed = new Promise<void>((resolve) => (client.onclose = resolve));
      process.kill(transport.pid ?? 0, "SIGKILL");
      await closed;
    },
    client,
  };
}

test("--logs: a cursor leads on after kill -9, a restart and two rotations, and nothing is lost; threads of the built package search and summarize", async () => {
  using at = folder({ "logs/app.log": "one\ntwo\n" });
  const log = join(at.path, "logs/app.log");
  const first = await serve("logs/*.log", at.path);
  let { cursor } = await first.read();
  await first.kill();
  const lines = Array.from(
    { length: 300 },
    (_, number) => `2020-11-22T10:00:00Z ${number === 250 ? "ERROR bad" : "INFO fine"} ${number}`,
  );
  for (const [number, line] of lines.entries()) {
    appendFileSync(log, `${line}\n`);
    if (number !== 100 && number !== 200) continue;
    if (number === 200) renameSync(`${log}.1`, `${log}.2`);
    renameSync(log, `${log}.1`);
  }
  const second = await serve("logs/*.log", at.path);
  const page = await second.read({ cursor, lines: 150 });
  await second.kill();
  ({ cursor } = page);
  const third = await serve("logs/*.log", at.path);
  const rest = await third.read({ cursor, lines: 200 });
  expect([page.gaps, page.more, rest.gaps, rest.more]).toEqual([[], true, [], false]);
  expect([...page.lines, ...rest.lines]).toEqual(lines);

  const { client } = third;
  const call = async (name: string, args: object): Promise<unknown> =>
    (await client.callTool({ name, arguments: { ...args } })).structuredContent;
  expect(await call("logtail_search", { pattern: "b[aeiou]d 250$" })).toMatchObject({
    hits: [{ line: lines[250] }],
    totals: { matched: 1, exact: true },
  });
  expect(await call("logtail_summarize", {})).toMatchObject({ messages: 302, complete: true, levels: { error: 1 } });
  const batched = (await call("batch", {
    calls: [
      { tool: "logtail_search", arguments: { text: "bad" } },
      { tool: "logtail_list", arguments: {} },
    ],
  })) as { succeeded: number };
  expect(batched.succeeded).toBe(2);
  await client.close();
});
