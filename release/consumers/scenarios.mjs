// What each package must do for a server that was written without it: one server, one real client, one look at what comes
// back. Runs in a consumer's folder, from ES modules and from CommonJS, so it imports nothing but Node's own modules.
import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/**
 * @typedef {object} Sdk the parts of either line of the SDK
 * @property {1 | 2} line
 * @property {new (info: any) => any} McpServer
 * @property {new (info: any) => any} Client
 * @property {{ createLinkedPair(): [any, any] }} InMemoryTransport
 * @property {any} z
 *
 * @typedef {object} Scenario
 * @property {object} [options] of the plugin
 * @property {(server: any, z: any, plugin: any) => void} [tools] what the server has of its own
 * @property {(call: Call, folder: string) => Promise<void>} use
 *
 * @typedef {(tool: string, args?: object, onprogress?: (progress: any) => void) => Promise<any>} Call
 */

const text = (/** @type {string} */ words) => ({ content: [{ type: "text", text: words }] });

let runs = 0;

/** @type {Record<string, (folder: string) => Scenario>} by package */
const scenarios = {
  core: () => ({
    tools: (server) =>
      server.registerTool("open", { description: "Fails" }, () => {
        throw new Error("no note in /home/somebody/notes/today.md");
      }),
    use: async (call) => {
      const { isError, content } = await call("open");
      assert.equal(isError, true);
      assert.match(content[0].text, /no note in \[path\]/);
    },
  }),
  progress: () => ({
    options: { intervalMs: 0 },
    tools: (server, _z, { setTotal, step }) =>
      server.registerTool("import", { description: "Three steps" }, async () => {
        setTotal(3);
        for (let at = 0; at < 3; at++) step();
        return text("imported");
      }),
    use: async (call) => {
      /** @type {any[]} */
      const reports = [];
      await call("import", {}, (progress) => reports.push(progress));
      assert.equal(reports.at(-1)?.progress, 3);
      assert.match(reports.at(-1).message, /3 of 3/);
    },
  }),
  cache: () => ({
    tools: (server) =>
      server.registerTool("clock", { description: "Counts", annotations: { readOnlyHint: true } }, () =>
        text(`run ${++runs}`),
      ),
    use: async (call) => {
      const first = await call("clock");
      assert.deepEqual((await call("clock")).content, first.content);
    },
  }),
  ratelimit: () => ({
    options: { rules: [{ name: "one", limit: 1, windowMs: 60_000, maxWaitMs: 0 }] },
    tools: (server) => server.registerTool("costly", { description: "Costs" }, () => text("paid")),
    use: async (call) => {
      assert.equal((await call("costly")).content[0].text, "paid");
      const refused = await call("costly");
      assert.equal(refused.isError, true);
      assert.ok(refused._meta["dev.plugboard/ratelimit"].retryAfterMs > 0);
    },
  }),
  batch: () => ({
    tools: (server, z) =>
      server.registerTool(
        "forecast",
        { description: "Weather", inputSchema: { city: z.string() }, annotations: { readOnlyHint: true } },
        (/** @type {{ city: string }} */ { city }) => text(`Sunny in ${city}`),
      ),
    use: async (call) => {
      const calls = ["Oslo", "Rome"].map((city) => ({ tool: "forecast", arguments: { city } }));
      const { structuredContent } = await call("batch", { calls });
      assert.equal(structuredContent.succeeded, 2);
      assert.match(JSON.stringify(structuredContent.results), /Sunny in Oslo.*Sunny in Rome/);
    },
  }),
  logtail: (folder) => ({
    options: { paths: [join(folder, "logs", "*.log")] },
    use: async (call) => {
      mkdirSync(join(folder, "logs"), { recursive: true });
      writeFileSync(join(folder, "logs", "shop.log"), "2026-01-02T03:04:05Z ERROR the till is empty\n");
      assert.match((await call("logtail_read", { lines: 5 })).content[0].text, /the till is empty/);
      const { structuredContent } = await call("logtail_search", { text: "till" });
      assert.equal(structuredContent.hits.length, 1);
      assert.match(JSON.stringify((await call("logtail_summarize")).structuredContent), /the till is empty/);
    },
  }),
  search: (folder) => ({
    options: { roots: [join(folder, "docs")] },
    use: async (call) => {
      mkdirSync(join(folder, "docs"), { recursive: true });
      writeFileSync(join(folder, "docs", "cats.md"), "# Cats\n\nCats sleep through most of the day.\n");
      const { structuredContent } = await call("search", { query: "sleeping cats" });
      assert.equal(structuredContent.results.length, 1);
      const document = await call("fetch", { id: structuredContent.results[0].id });
      assert.match(document.structuredContent.text, /most of the day/);
    },
  }),
};

/**
 * Attaches the plugin of one package to a server of its own, and uses it through a client.
 * @param {string} name of the package, without its scope
 * @param {Record<string, any>} module what the package exports
 * @param {Sdk} sdk
 * @param {string} folder for files
 */
export async function tryPackage(name, module, { line, McpServer, Client, InMemoryTransport, z }, folder) {
  // A package that is new here is attached to a server that a client connects to, at least.
  const scenario = scenarios[name]?.(folder) ?? { use: async () => {} };
  const server = new McpServer({ name: "consumer", version: "1.0.0" });
  const plugin = module[name](scenario.options);
  plugin.attach(server);
  // SDK 1 takes the fields of a schema, SDK 2 the schema.
  const register = server.registerTool.bind(server);
  const registerTool = (/** @type {string} */ tool, /** @type {any} */ config, /** @type {any} */ run) => {
    const fields = config.inputSchema;
    register(tool, fields && line === 2 ? { ...config, inputSchema: z.object(fields) } : config, run);
  };
  scenario.tools?.({ registerTool }, z, module);
  const client = new Client({ name: "consumer", version: "1.0.0" });
  const [here, there] = InMemoryTransport.createLinkedPair();
  await Promise.all([server.connect(there), client.connect(here)]);
  const call = (/** @type {string} */ tool, args = {}, /** @type {any} */ onprogress) => {
    const options = onprogress && { onprogress };
    const params = { name: tool, arguments: args };
    return line === 1 ? client.callTool(params, undefined, options) : client.callTool(params, options);
  };
  try {
    await scenario.use(call, folder);
  } finally {
    await client.close();
    await plugin.dispose();
  }
}
