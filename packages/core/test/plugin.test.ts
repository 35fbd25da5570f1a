import { readFileSync } from "node:fs";
import { ResourceTemplate } from "@modelcontextprotocol/sdk/server/mcp.js";
import { describe, expect, it, vi } from "vitest";
import { z } from "zod";
import {
  compose,
  core,
  definePlugin,
  type Host,
  isPluginFactory,
  LIVE,
  type Plugin,
  PluginError,
  type PluginErrorCode,
  pluginErrors,
  READ_ONLY,
} from "../src/index.ts";
import type { TestServer } from "../src/testing/index.ts";
import { connected, lines, textOf } from "./lines.ts";

const [line] = lines.slice(1);
if (!line) throw new Error("no SDK");
const none = z.strictObject({});

function plugin(name: string, setup: (host: Host) => object | void = () => {}): Plugin {
  return definePlugin({ name, options: none, setup })();
}

function expectCode(code: PluginErrorCode, fn: () => unknown): PluginError {
  let error: unknown;
  try {
    fn();
  } catch (thrown) {
    error = thrown;
  }
  expect(error).toBeInstanceOf(PluginError);
  const found = error as PluginError;
  expect(found.code).toBe(code);
  expect(found.message).toContain(found.plugin);
  expect(found.message).toContain(pluginErrors[code]);
  return found;
}

describe("definePlugin", () => {
  it("checks options when the instance is made, and names plugin, field and problem", () => {
    const limits = definePlugin({
      name: "limits",
      options: z.strictObject({ rules: z.array(z.strictObject({ limit: z.int().min(1) })).default([]) }),
      setup: () => {},
    });
    const error = expectCode("BAD_OPTIONS", () => limits({ rules: [{ limit: 1 }, { limit: 0 }] }));
    expect(error.field).toBe("rules[1].limit");
    expect(error.message).toBe(`limits: ${error.problem} ${error.fix} [BAD_OPTIONS]`);
    expect(error.cause).toBeInstanceOf(z.ZodError);
    expect(error.message).toMatch(/^limits: the options are wrong: rules\[1\]\.limit: Too small/);
    expect(expectCode("BAD_OPTIONS", () => limits({ ruels: [] } as never)).message).toContain('"ruels"');
    expect(limits().name).toBe("limits");
    const store = definePlugin({
      name: "store",
      options: z.strictObject({ at: z.union([z.literal("memory"), z.strictObject({ redis: z.string() })]) }),
      setup: () => {},
    });
    expect(expectCode("BAD_OPTIONS", () => store({ at: "redis" as "memory" })).problem).toMatch(
      /at: .*expected "memory", or .*expected object/,
    );
  });

  it("refuses names that are no name", () => {
    for (const as of ["", "Upper", "a b", "1st", "x".repeat(33)])
      expectCode("BAD_NAME", () => definePlugin({ name: "x", options: none, setup: () => {} })({}, { as }));
  });

  it("renames the instance, its tools and its service with `as`", async () => {
    const notes = definePlugin({
      name: "notes",
      options: none,
      setup(host) {
        for (const name of ["notes", "notes_add", "fetch"])
          host.tool(name, { description: host.toolName(name) }, () => host.name);
        return { hello: () => host.name };
      },
    });
    const both = compose([notes(), notes({}, { as: "memos" })]);
    await using client = await connected(line, both.attach(line.newServer()));
    const tools = (await client.listTools()).tools;
    expect(tools.map(({ name }) => name)).toEqual(["notes", "notes_add", "fetch", "memos", "memos_add", "memos_fetch"]);
    expect(tools.map(({ description }) => description)).toEqual(tools.map(({ name }) => name));
    expect(textOf(await client.callTool({ name: "memos_add" }))).toBe("memos");
  });

  it("lists a tool as read-only and live that says so", async () => {
    const clock = plugin("clock", (host) =>
      host.tool("clock_read", { description: "", annotations: READ_ONLY, _meta: LIVE }, () => "noon"),
    );
    await using client = await connected(line, clock.attach(line.newServer()));
    expect((await client.listTools()).tools).toMatchObject([
      {
        annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false },
        _meta: { "dev.plugboard/cache": "no-store" },
      },
    ]);
  });

  it("gives plugins each other's API by name, and none after dispose", async () => {
    const giver = plugin("giver", () => ({ gift: () => 42 })) as Plugin & { gift(): number };
    const taker = plugin("taker", (host) => {
      host.tool("taker_ask", { description: "Asks" }, (_args, call) =>
        String((call.service("giver" as never) as { gift(): number } | undefined)?.gift()),
      );
    });
    const server = compose([giver, taker]).attach(line.newServer());
    await using client = await connected(line, server);
    expect(giver.gift()).toBe(42);
    expect(textOf(await client.callTool({ name: "taker_ask" }))).toBe("42");
    await giver.dispose();
    expect(textOf(await client.callTool({ name: "taker_ask" }))).toBe("undefined");
  });

  it.each([
    ["a promise", () => Promise.resolve({}), "BAD_SETUP"],
    ["a class instance", () => new Map(), "BAD_SETUP"],
    ["a reserved member", () => ({ attach: () => {} }), "BAD_SETUP"],
  ] as const)("refuses a setup that returns %s", (_what, setup, code) => {
    expectCode(code, () => plugin("bad", setup as () => object));
  });

  it("closes what a failing setup had opened, last first, and keeps the cause", async () => {
    const closed: string[] = [];
    const cause = new Error("disk on fire");
    const error = expectCode("SETUP_FAILED", () =>
      plugin("bad", (host) => {
        host.onDispose(() => void closed.push("first"));
        host.onDispose(() => void closed.push("second"));
        throw cause;
      }),
    );
    expect(error.cause).toBe(cause);
    expect(error.message).toContain("disk on fire");
    await new Promise((resolve) => setImmediate(resolve));
    expect(closed).toEqual(["second", "first"]);
  });

  it("refuses contributions after setup", () => {
    let kept!: Host;
    plugin("late", (host) => void (kept = host));
    const attempts = [
      () => kept.tool("x", { description: "x" }, () => ""),
      () => kept.use((_call, next) => next()),
      () => kept.filter(() => true),
      () => kept.onDispose(() => {}),
      () => kept.resource("x", "x://y", {}, () => ""),
    ];
    for (const attempt of attempts) expectCode("BAD_SETUP", attempt);
  });

  it.each([
    ["a bad name", (host: Host) => host.tool("a b", { description: "" }, () => ""), /A–Z/],
    [
      "the same name twice",
      (host: Host) => {
        host.tool("a", { description: "" }, () => "");
        host.tool("a", { description: "" }, () => "");
      },
      /defined twice/,
    ],
    [
      "a default in its output",
      (host: Host) =>
        host.tool("a", { description: "", outputSchema: z.object({ x: z.string().default("d") }) }, () => ({})),
      /"default"/,
    ],
    [
      "a transform in its output",
      (host: Host) =>
        host.tool("a", { description: "", outputSchema: z.object({ x: z.string().transform(Number) }) }, () => ({
          x: "",
        })),
      /JSON Schema|transform/,
    ],
    [
      "an output that is no object",
      (host: Host) => host.tool("a", { description: "", outputSchema: z.array(z.string()) }, () => []),
      /object schema/,
    ],
  ])("refuses a tool with %s", (_what, setup, message) => {
    expect(expectCode("BAD_TOOL", () => plugin("tools", setup as (host: Host) => void)).message).toMatch(message);
  });

  it("marks factories, so that a plugin can be found in a module", () => {
    expect(isPluginFactory(core)).toBe(true);
    expect([() => {}, {}, null, core()].some(isPluginFactory)).toBe(false);
  });
});

describe("compose", () => {
  it("skips falsy entries, flattens lists, nests, and counts an instance once", () => {
    const one = plugin("one");
    expect(compose([one, false, null, undefined, [plugin("two"), one], compose([plugin("three")])]).name).toBe(
      "one+two+three",
    );
  });

  it("prefixes counters with the plugin's name, in nested compositions too", () => {
    const counting = (name: string): Plugin => plugin(name, () => ({ stats: () => ({ calls: 1 }) }));
    expect(compose([counting("a"), compose([counting("b"), counting("c")])]).stats()).toEqual({
      "a.calls": 1,
      "b.calls": 1,
      "c.calls": 1,
    });
  });

  it("refuses the same name twice, the same tool twice, the same resource twice, and what is no plugin", () => {
    const withTool = (name: string): Plugin =>
      plugin(name, (host) => host.tool("shared", { description: "" }, () => ""));
    expectCode("DUPLICATE_PLUGIN", () => compose([plugin("a"), plugin("a")]));
    const error = expectCode("DUPLICATE_TOOL", () => compose([withTool("a"), withTool("b")]));
    expect(error.message).toMatch(/^b: .*"shared".*"a"/);
    const withResource = (name: string): Plugin =>
      plugin(name, (host) => void host.resource("r", "x://r", {}, () => ""));
    expectCode("DUPLICATE_RESOURCE", () => compose([withResource("a"), withResource("b")]));
    expect(expectCode("NOT_A_PLUGIN", () => compose([core as unknown as Plugin])).message).toContain("core()");
    expectCode("NOT_A_PLUGIN", () => compose([{ name: "x" } as Plugin]));
    expect(expectCode("NOT_A_PLUGIN", () => compose({ name: "x" } as never)).message).toContain("a list");
  });

  it("disposes the last first, each once, and one failure does not skip the rest", async () => {
    const closed: string[] = [];
    const closing = (name: string, fail = false): Plugin =>
      plugin(name, (host) =>
        host.onDispose(() => {
          closed.push(name);
          if (fail) throw new Error(`${name} jammed`);
        }),
      );
    const all = compose([closing("a", true), closing("b"), closing("c", true)]);
    await expect(all.dispose()).rejects.toMatchObject({ code: "DISPOSE_FAILED", plugin: "a+b+c" });
    await all.dispose().catch(() => {});
    expect(closed).toEqual(["c", "b", "a"]);
  });
});

describe("attach", () => {
  it("refuses what is no McpServer", () => {
    const low = (line.newServer() as unknown as { server: object }).server;
    for (const server of [undefined, {}, low])
      expectCode("UNSUPPORTED_SERVER", () => plugin("a").attach(server as never));
  });

  it("refuses an SDK that looks different inside", () => {
    const server = line.newServer();
    Object.defineProperty(server, "_registeredTools", { value: undefined });
    expectCode("UNSUPPORTED_SDK", () => plugin("a").attach(server));
  });

  it("refuses a connected server, a disposed plugin, and a second plugin of the same name", async () => {
    const server = line.newServer();
    const first = plugin("a").attach(server);
    expect(expectCode("DUPLICATE_PLUGIN", () => plugin("a").attach(first)).field).toBe("as");
    await using _client = await connected(line, server);
    expectCode("ATTACH_AFTER_CONNECT", () => plugin("b").attach(server));
    const gone = plugin("gone");
    await gone.dispose();
    expectCode("DISPOSED", () => gone.attach(line.newServer()));
  });

  it("refuses a tool that is there already, whoever has it, and changes nothing then", async () => {
    const tool = (name: string): Plugin =>
      plugin(name, (host) => {
        host.tool(`${name}_own`, { description: "" }, () => "");
        host.tool("shared", { description: "" }, () => "");
      });
    const server = line.newServer();
    server.registerTool("shared", {}, () => ({ content: [] }));
    expect(expectCode("DUPLICATE_TOOL", () => tool("a").attach(server)).message).toContain("the server itself");
    await using client = await connected(line, server);
    expect((await client.listTools()).tools.map(({ name }) => name)).toEqual(["shared"]);

    const other = tool("a").attach(line.newServer());
    expect(expectCode("DUPLICATE_TOOL", () => tool("b").attach(other)).message).toContain('the plugin "a"');
    expect(expectCode("DUPLICATE_TOOL", () => other.registerTool("shared", {}, () => ({ content: [] }))).plugin).toBe(
      "a",
    );
    const mine = other.registerTool("mine", {}, () => ({ content: [] })) as { update(changes: object): void };
    expectCode("DUPLICATE_TOOL", () => mine.update({ name: "shared" }));
  });

  it("refuses a resource that is there already", () => {
    const withResource = (name: string, uri: string): Plugin =>
      plugin(name, (host) => void host.resource("r", uri, {}, () => ""));
    const server = withResource("a", "x://r").attach(line.newServer());
    expectCode("DUPLICATE_RESOURCE", () => withResource("b", "x://other").attach(server));
  });

  it.each([
    ["a resource", "x://r", "x://r"],
    ["a template", "x://r/{id}", "x://other/{id}"],
  ])("refuses %s that the server itself has, and changes nothing then", async (_what, theirs, ours) => {
    const server = line.newServer() as TestServer & { registerResource(...args: unknown[]): unknown };
    const target = theirs.includes("{") ? new ResourceTemplate(theirs, { list: undefined }) : theirs;
    server.registerResource("r", target, {}, () => ({ contents: [] }));
    const own = plugin("a", (host) => {
      host.tool("a_own", { description: "" }, () => "");
      host.resource("r", ours, {}, () => "");
    });
    expect(expectCode("DUPLICATE_RESOURCE", () => own.attach(server)).message).toContain("the server itself");
    server.registerTool("one", {}, () => ({ content: [] }));
    await using client = await connected(line, server);
    expect((await client.listTools()).tools.map(({ name }) => name)).toEqual(["one"]);
  });

  it("refuses a server that has plugins of another copy of core", async () => {
    vi.resetModules();
    const copy = await import("../src/index.ts");
    expect(copy.definePlugin).not.toBe(definePlugin);
    const server = plugin("a").attach(line.newServer());
    const other = copy.definePlugin({ name: "b", options: none, setup: () => {} })();
    let error: unknown;
    try {
      other.attach(server);
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toMatchObject({ code: "TWO_CORES", plugin: "b", message: expect.stringContaining("npm dedupe") });
    expectCode("NOT_A_PLUGIN", () => compose([other as unknown as Plugin]));
  });
});

describe("the table of codes", () => {
  it("has no code that nothing throws, and no test misses one", () => {
    const read = (file: string): string => readFileSync(new URL(file, import.meta.url), "utf8");
    const source = ["plugin", "install", "host", "resource", "chain", "sdk"]
      .map((name) => read(`../src/${name}.ts`))
      .join("\n");
    const tests = ["plugin", "seam", "resource"].map((name) => read(`./${name}.test.ts`)).join("\n");
    for (const code of Object.keys(pluginErrors)) {
      expect({ code, thrown: source.includes(`"${code}"`), tested: tests.includes(code) }).toEqual({
        code,
        thrown: true,
        tested: true,
      });
    }
  });
});
