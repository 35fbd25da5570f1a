import { expect, onTestFinished, test } from "vitest";
import { tokensOf } from "../src/cli/tokens.ts";
import { composePlugins } from "../src/plugins/compose.ts";
import { connectInMemory, serverFactory } from "../src/serve/server.ts";
import { fixtures } from "./process.ts";
import { settled } from "./settled.ts";

/** A client of the lab with these tools, `batch` allowed to call them all. */
async function offering(tools: object, more: object = {}) {
  const plugins = { batch: { allow: ["*"] }, [`${fixtures}/lab.js`]: {} };
  const config = settled({ "c.json": { tools, plugins, ...more } }, ["c.json"]);
  const { plugin, tools: offered } = await composePlugins(config);
  onTestFinished(() => plugin.dispose());
  const client = await connectInMemory(serverFactory(config, plugin));
  onTestFinished(() => client.close());
  const listed = (await client.listTools()).tools;
  // What `check`, `tools` and the banner show is what a client gets.
  expect(offered.map(({ name, description }) => [name, description])).toEqual(
    listed.map(({ name, description }) => [name, description]),
  );
  const call = async (name: string, args: Record<string, unknown> = {}): Promise<string> =>
    JSON.stringify(await client.callTool({ name, arguments: args }));
  return { client, names: listed.map(({ name }) => name), listed, call };
}

test("tools that are not allowed, or denied, are neither listed nor called, nor reached by `batch`", async () => {
  const { names, call } = await offering({ allow: ["lab_*", "batch"], deny: ["lab_w*", "lab_count"] });
  expect(names).toContain("lab_echo");
  expect(names).toContain("batch");
  expect(names.filter((name) => ["batch_status", "lab_wait", "lab_whoami", "lab_count"].includes(name))).toEqual([]);
  expect(await call("lab_count")).toMatch(/lab_count not found/);
  const calls = [{ tool: "lab_count" }, { tool: "lab_echo", arguments: { text: "hello" } }];
  const answer = await call("batch", { calls });
  expect(answer).toContain("There is no tool `lab_count`");
  expect(answer).toContain("hello");
});

test("a description is the one of the configuration", async () => {
  const { listed } = await offering({ describe: { lab_echo: "Repeats. In my words." } });
  const described = Object.fromEntries(listed.map(({ name, description }) => [name, description]));
  expect(described["lab_echo"]).toBe("Repeats. In my words.");
  expect(described["lab_count"]).toBe("Counts its calls.");
});

test("clients get the instructions of the configuration, and its name and version", async () => {
  const { client } = await offering({}, { name: "ours", version: "1.2.3", instructions: "Ask the lab first." });
  expect(client.getInstructions()).toBe("Ask the lab first.");
  expect(client.getServerVersion()).toMatchObject({ name: "ours", version: "1.2.3" });
});

test("a name of no tool is a mistake at start, with the nearest one", async () => {
  const tools = { allow: ["lab_*", "nothing_*"], deny: ["lab_ecko"], describe: { lab_cuont: "x" } };
  await expect(offering(tools)).rejects.toThrow(
    /^c\.json:1:28: `tools\.allow\[1\]`: no tool is called `nothing_\*`\. Tools: .*lab_echo.*\nc\.json:1:49: `tools\.deny\[0\]`: .*`lab_ecko`\. Did you mean `lab_echo`\?\nc\.json:1:73: `tools\.describe\.lab_cuont`: .*Did you mean `lab_count`\?$/,
  );
  const http = { auth: { token: "a-token-of-enough-letters", scopes: { read: ["lab_ecko"], all: ["*", "docs://x"] } } };
  await expect(offering({}, { http })).rejects.toThrow(
    "`http.auth.scopes.read[0]`: no tool is called `lab_ecko`. Did you mean `lab_echo`?",
  );
});

test("callers on this machine have all tools, whatever the scopes", async () => {
  const http = { auth: { token: "a-token-of-enough-letters", scopes: { read: ["lab_echo"] } } };
  expect((await offering({}, { http })).names).toContain("lab_count");
});

test("tokens are estimated by bytes, so that other scripts count for what they are", () => {
  expect(tokensOf("a".repeat(400))).toBe(100);
  expect(tokensOf("日本語です")).toBe(4);
});
