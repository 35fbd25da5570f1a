import assert from "node:assert/strict";
import { z } from "zod";
import { PluginError } from "../errors.ts";
import { compose } from "../plugin.ts";
import type { Plugin, ToolResult } from "../types.ts";
import {
  installedLines,
  isInstalled,
  LINE_NAMES,
  type LineName,
  type SdkLine,
  type TestClient,
  type TestServer,
} from "./lines.ts";
import type { TestRunner } from "./runner.ts";

/** What the contract suite needs to know of a plugin, and with what it is run. */
export interface PluginCase extends TestRunner {
  /** Options that make a working instance, as JSON. Default: none. */
  readonly options?: Readonly<Record<string, unknown>>;
  /** An option with a value that must be refused. Default: an unknown option. */
  readonly badOption?: Readonly<Record<string, unknown>>;
  /** The tools that the plugin adds with these options, each with arguments that it accepts. Default: none. */
  readonly tools?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  /** Whether a call of somebody else's tool reaches it, as it does unless the plugin refuses or answers calls itself. Default: true. */
  readonly passesCalls?: boolean;
}

type Make = (options: unknown, instance?: object) => Plugin;
type AnyFactory = ((options: never, instance?: { as?: string }) => Plugin) & {
  readonly definition: { readonly name: string; readonly options: unknown };
};

/**
 * The contract that every plugin keeps, as tests of any runner, against each installed line of the SDK:
 * `testPlugin(cache, { describe, it })`. Call it at the top level of a test file.
 */
export function testPlugin(factory: AnyFactory, plugin: PluginCase): void {
  const { describe, it, options = {}, passesCalls = true } = plugin;
  const tools = Object.keys(plugin.tools ?? {});
  const { name } = factory.definition;
  const make = (as?: string): Plugin =>
    (factory as unknown as Make)(JSON.parse(JSON.stringify(options)), as === undefined ? {} : { as });

  describe(`the plugin contract: ${name}`, () => {
    describe("options", () => {
      it("are usable from JSON alone, and its name is its own", async () => {
        assert.equal(make().name, name);
        assert.equal(make("other").name, "other");
      });

      it("that are wrong are refused with the plugin's name and the field", async () => {
        const badOption = plugin.badOption ?? { thisOptionDoesNotExist: true };
        const field = Object.keys(badOption)[0] ?? "";
        assert.throws(
          () => (factory as unknown as Make)({ ...options, ...badOption }),
          (error) => {
            assert.ok(error instanceof PluginError, `not a PluginError: ${String(error)}`);
            assert.equal(error.code, "BAD_OPTIONS");
            assert.equal(error.plugin, name);
            assert.ok(error.message.includes(field), `does not name ${field}: ${error.message}`);
            return true;
          },
        );
      });

      it("have a JSON Schema, with a description of every option", async () => {
        const schema = z.toJSONSchema(factory.definition.options as z.ZodType, { io: "input", unrepresentable: "any" });
        for (const [option, { description }] of Object.entries(
          (schema.properties ?? {}) as Record<string, { description?: string }>,
        )) {
          assert.ok(description, `the option ${option} has no .describe()`);
        }
      });
    });

    const onLine = (line: LineName) => (): void => {
      const withLine = (run: (sdk: SdkLine) => Promise<void>) => async (): Promise<void> => {
        const sdk = (await installedLines()).find((installed) => installed.name === line);
        assert.ok(sdk, `${line} is not installed`);
        await run(sdk);
      };

      it(
        "works alone on a plain server, with tools registered before and after",
        withLine(async (sdk) => {
          await using instance = make();
          const server = sdk.newServer();
          registerEcho(server, "before");
          instance.attach(server);
          registerEcho(server, "after");
          await using client = await connected(sdk, server);
          assert.deepEqual(await names(client), ["after", "before", ...tools].toSorted());
          if (!passesCalls) return;
          for (const tool of ["before", "after"])
            assert.equal(textOf(await client.callTool({ name: tool, arguments: { say: "hi" } })), "hi");
        }),
      );

      it(
        "works in a composition, twice under two names",
        withLine(async (sdk) => {
          await using both = compose([make(), [make("second")], false, null]);
          const server = both.attach(sdk.newServer());
          registerEcho(server, "echo");
          await using client = await connected(sdk, server);
          assert.equal((await names(client)).length, 1 + 2 * tools.length);
          if (passesCalls) await echoes(client);
        }),
      );

      it(
        "attached twice is attached once, also after connecting",
        withLine(async (sdk) => {
          await using instance = make();
          const server = instance.attach(instance.attach(sdk.newServer()));
          registerEcho(server, "echo");
          await using client = await connected(sdk, server);
          instance.attach(server);
          assert.deepEqual(await names(client), ["echo", ...tools].toSorted());
        }),
      );

      it(
        "serves many servers from one instance, and keeps working when one closes",
        withLine(async (sdk) => {
          await using instance = make();
          const servers = [sdk.newServer(), sdk.newServer(), sdk.newServer()];
          for (const server of servers) registerEcho(instance.attach(server), "echo");
          const clients = await Promise.all(servers.map((server) => sdk.connect(server)));
          await clients[0]?.close();
          for (const client of clients.slice(1)) {
            if (passesCalls) await echoes(client);
            await client.close();
          }
        }),
      );

      it(
        "leaves result fields and shapes that it does not know untouched",
        withLine(async (sdk) => {
          await using instance = make();
          const server = instance.attach(sdk.newServer());
          const content = [
            { type: "text", text: "hi" },
            { type: "resource_link", uri: "file:///x", name: "x" },
          ];
          server.registerTool("odd", {}, () => ({
            content,
            _meta: { "example.com/x": [1] },
            unknownField: { deep: true },
          }));
          await using client = await connected(sdk, server);
          if (!passesCalls) return;
          const result = await client.callTool({ name: "odd" });
          assert.deepEqual(result.content, content);
          assert.deepEqual(result._meta?.["example.com/x"], [1]);
          if (sdk.name === "SDK 1") assert.deepEqual(result["unknownField"], { deep: true });
        }),
      );

      it(
        "lets cancellation reach the tool",
        withLine(async (sdk) => {
          if (!passesCalls) return;
          await using instance = make();
          const server = instance.attach(sdk.newServer());
          const started = deferred();
          const aborted = deferred();
          server.registerTool(
            "wait",
            {},
            async (native: { signal?: AbortSignal; mcpReq?: { signal: AbortSignal } }) => {
              const signal = native.mcpReq?.signal ?? native.signal;
              signal?.addEventListener("abort", () => aborted.resolve());
              started.resolve();
              await aborted.promise;
              return { content: [] };
            },
          );
          await using client = await connected(sdk, server);
          const controller = new AbortController();
          const call = client.callTool({ name: "wait" }, { signal: controller.signal });
          const outcome = assert.rejects(call);
          await started.promise;
          controller.abort();
          await Promise.all([outcome, aborted.promise]);
        }),
      );

      it(
        "disposed, lets calls pass and answers its own tools with an error; disposing twice is fine",
        withLine(async (sdk) => {
          const instance = make();
          const server = instance.attach(sdk.newServer());
          registerEcho(server, "echo");
          await using client = await connected(sdk, server);
          await instance.dispose();
          await instance.dispose();
          await echoes(client);
          for (const [tool, args] of Object.entries(plugin.tools ?? {})) {
            const result = await client.callTool({ name: tool, arguments: { ...args } });
            assert.equal(result.isError, true);
            assert.match(String(textOf(result)), /no longer available/);
          }
          assert.throws(() => instance.attach(sdk.newServer()), PluginError);
        }),
      );
    };
    for (const line of LINE_NAMES) {
      if (isInstalled(line)) describe(`on ${line}`, onLine(line));
      else it.skip?.(`on ${line}, which is not installed`, async () => {});
    }

    it("leaves nothing open after dispose", async () => {
      const [sdk] = await installedLines();
      if (!sdk) return;
      const before = process.getActiveResourcesInfo().filter(isHandle).length;
      const instance = make();
      const server = instance.attach(sdk.newServer());
      registerEcho(server, "echo");
      const client = await sdk.connect(server);
      await client.callTool({ name: "echo", arguments: { say: "hi" } });
      for (const [name, args] of Object.entries(plugin.tools ?? {}))
        await client.callTool({ name, arguments: { ...args } });
      await client.close();
      await instance.dispose();
      await new Promise((resolve) => setImmediate(resolve));
      const after = process.getActiveResourcesInfo().filter(isHandle).length;
      assert.ok(after <= before, `open before: ${before}, after: ${after}`);
    });

    it("has stats that are numbers and cost nothing to read", async () => {
      const instance = make();
      for (const [key, value] of Object.entries(instance.stats())) assert.equal(typeof value, "number", key);
      assert.deepEqual(instance.stats(), instance.stats());
    });
  });
}

function registerEcho(server: TestServer, name: string): void {
  const echo = ({ say }: { say: string }): object => ({ content: [{ type: "text", text: say }] });
  server.registerTool(name, { inputSchema: z.object({ say: z.string() }), annotations: { readOnlyHint: true } }, echo);
}

async function connected(sdk: SdkLine, server: TestServer): Promise<TestClient & AsyncDisposable> {
  const client = await sdk.connect(server);
  return { ...client, [Symbol.asyncDispose]: () => client.close() };
}

async function names(client: TestClient): Promise<string[]> {
  return (await client.listTools()).tools.map((tool) => tool.name).toSorted();
}

async function echoes(client: TestClient): Promise<void> {
  assert.equal(textOf(await client.callTool({ name: "echo", arguments: { say: "hi" } })), "hi");
}

function textOf(result: ToolResult): unknown {
  return result.content?.[0]?.["text"];
}

function deferred(): { promise: Promise<void>; resolve: () => void } {
  let resolve = (): void => {};
  const promise = new Promise<void>((done) => (resolve = done));
  return { promise, resolve };
}

/** Timers, sockets, pipes and watchers; not the pools that Node itself keeps. */
function isHandle(resource: string): boolean {
  return /^(Timeout|TCP|Pipe|FSEvent|FSReqCallback|StatWatcher|ChildProcess|MessagePort|Worker)/.test(resource);
}
