import { describe, expect, it, vi } from "vitest";
import { z } from "zod";
import { type Call, currentCall, definePlugin, type Middleware, type Plugin } from "../src/index.ts";
import type { RegisteredTool } from "../src/call.ts";
import { connected, deferred, isSdk1, lines, textOf } from "./lines.ts";

const text = (value: string): { content: { type: "text"; text: string }[] } => ({
  content: [{ type: "text", text: value }],
});
const none = z.strictObject({});

/** A plugin that is nothing but one middleware. */
function layer(run: Middleware, name = "layer"): Plugin {
  return definePlugin({ name, options: none, setup: (host) => host.use(run) })();
}

/** A layer that writes down what passes. */
function recorder(name = "recorder"): Plugin & { calls: Call[] } {
  const factory = definePlugin({
    name,
    options: none,
    setup(host) {
      const calls: Call[] = [];
      host.use(async function record(call, next) {
        calls.push(call);
        return next();
      });
      return { calls };
    },
  });
  return factory();
}

/** The last argument of a callback, in either SDK. */
interface NativeLike {
  signal: AbortSignal;
  _meta: { progressToken: unknown };
  notify?: (notification: object) => Promise<void>;
  sendNotification?: (notification: object) => Promise<void>;
  mcpReq?: NativeLike;
}

const input = z.object({ word: z.string(), times: z.number().default(2) });

describe.each(lines.map((line) => [line.name, line] as const))("the seam on %s", (_, line) => {
  it("wraps tools registered before and after attach, with and without input schema", async () => {
    const plugin = recorder();
    const server = line.newServer();
    const repeat = ({ word, times }: { word: string; times: number }): object => text(word.repeat(times));
    server.registerTool("before", { inputSchema: input }, repeat);
    server.registerTool("bare-before", {}, () => text("bare"));
    plugin.attach(server);
    server.registerTool("after", { inputSchema: input }, repeat);
    server.registerTool("bare-after", {}, () => text("bare"));
    await using client = await connected(line, server);
    for (const name of ["before", "after"])
      expect(textOf(await client.callTool({ name, arguments: { word: "ab" } }))).toBe("abab");
    for (const name of ["bare-before", "bare-after"]) expect(textOf(await client.callTool({ name }))).toBe("bare");
    expect(plugin.calls.map(({ tool, args }) => [tool, args])).toEqual([
      ["before", { word: "ab", times: 2 }],
      ["after", { word: "ab", times: 2 }],
      ["bare-before", {}],
      ["bare-after", {}],
    ]);
  });

  it("is not reached by invalid arguments", async () => {
    const plugin = recorder();
    const server = plugin.attach(line.newServer());
    server.registerTool("repeat", { inputSchema: input }, () => text("no"));
    await using client = await connected(line, server);
    expect((await client.callTool({ name: "repeat", arguments: { word: 1 } })).isError).toBe(true);
    expect(plugin.calls).toEqual([]);
  });

  it("gives a layer the tool's annotations and _meta, as they are now", async () => {
    const plugin = recorder();
    const server = plugin.attach(line.newServer());
    const tool = server.registerTool(
      "look",
      { annotations: { readOnlyHint: true }, _meta: { "dev.plugboard/cache": "no-store" } },
      () => text("seen"),
    ) as RegisteredTool;
    await using client = await connected(line, server);
    await client.callTool({ name: "look" });
    tool.update({ annotations: { readOnlyHint: false } });
    await client.callTool({ name: "look" });
    expect(plugin.calls.map(({ annotations }) => annotations.readOnlyHint)).toEqual([true, false]);
    expect(plugin.calls[0]?.toolMeta).toEqual({ "dev.plugboard/cache": "no-store" });
  });

  it("follows tools that are updated, renamed, disabled and removed later", async () => {
    const plugin = recorder();
    const server = line.newServer();
    const tool = server.registerTool("one", {}, () => text("first")) as RegisteredTool & {
      disable(): void;
      enable(): void;
      remove(): void;
    };
    plugin.attach(server);
    await using client = await connected(line, server);
    const call = async (name: string): Promise<unknown> =>
      textOf(await client.callTool({ name }).catch((error: Error) => text(error.message)));
    tool.update({ callback: () => text("second") });
    expect(await call("one")).toBe("second");
    tool.update({
      paramsSchema: isSdk1(line) ? input.shape : input,
      callback: ((args: { word: string }) => text(args.word)) as never,
    });
    expect(textOf(await client.callTool({ name: "one", arguments: { word: "third" } }))).toBe("third");
    tool.update({ name: "two" });
    tool.update({ name: "three" });
    expect((await client.listTools()).tools.map(({ name }) => name)).toEqual(["three"]);
    expect(textOf(await client.callTool({ name: "three", arguments: { word: "renamed" } }))).toBe("renamed");
    expect(plugin.calls.map(({ tool: name }) => name)).toEqual(["one", "one", "three"]);
    tool.disable();
    expect(await call("three")).toMatch(/disabled/);
    tool.enable();
    expect(textOf(await client.callTool({ name: "three", arguments: { word: "back" } }))).toBe("back");
    tool.remove();
    expect((await client.listTools()).tools).toEqual([]);
    expect(await call("three")).toMatch(/not found/);
    server.registerTool("one", {}, () => text("again"));
    expect(await call("one")).toBe("again");
  });

  it("runs layers in the order of the list, and of successive attach, first outermost", async () => {
    const order: string[] = [];
    const noted = (name: string): Plugin =>
      layer(async (_call, next) => {
        order.push(`${name} in`);
        const result = await next();
        order.push(`${name} out`);
        return result;
      }, name);
    const server = noted("a").attach(line.newServer());
    noted("b").attach(server);
    server.registerTool("tool", {}, () => {
      order.push("tool");
      return text("done");
    });
    await using client = await connected(line, server);
    await client.callTool({ name: "tool" });
    expect(order).toEqual(["a in", "b in", "tool", "b out", "a out"]);
  });

  it("hands changed arguments, a changed signal and changed progress down to a plain callback", async () => {
    const controller = new AbortController();
    const reports: unknown[] = [];
    const plugin = layer((call, next) =>
      next(
        call.with({
          args: { word: "changed", times: 1 },
          signal: controller.signal,
          report: (progress) => {
            reports.push(progress.progress);
            return Promise.resolve();
          },
        }),
      ),
    );
    const server = plugin.attach(line.newServer());
    let seen: AbortSignal | undefined;
    server.registerTool("repeat", { inputSchema: input }, async ({ word }: { word: string }, native: NativeLike) => {
      const { signal, _meta, notify, sendNotification } = native.mcpReq ?? native;
      seen = signal;
      await (notify ?? sendNotification)?.({
        method: "notifications/progress",
        params: { progressToken: _meta.progressToken, progress: 7 },
      });
      return text(word);
    });
    await using client = await connected(line, server);
    const result = await client.callTool({ name: "repeat", arguments: { word: "original" } }, { onprogress: () => {} });
    expect(textOf(result)).toBe("changed");
    expect(seen).toBe(controller.signal);
    expect(reports).toEqual([7]);
  });

  it("turns what a tool throws into a result for the layers, whatever it is", async () => {
    const seen: unknown[] = [];
    const server = layer(async (_call, next) => {
      const result = await next();
      seen.push([result.isError, textOf(result)]);
      return result;
    }).attach(line.newServer());
    const thrown = [new Error("plain"), "text", null, undefined, 42];
    for (const [index, value] of thrown.entries()) {
      server.registerTool(`throws-${index}`, {}, () => {
        throw value;
      });
    }
    await using client = await connected(line, server);
    for (const index of thrown.keys()) await client.callTool({ name: `throws-${index}` });
    expect(seen).toEqual([
      [true, "plain"],
      [true, "text"],
      [true, "null"],
      [true, "undefined"],
      [true, "42"],
    ]);
  });

  it("lets URL elicitation through to the client as the protocol error that it is", async () => {
    const server = recorder().attach(line.newServer());
    const { error } = await elicitation(line.name);
    server.registerTool("ask", {}, () => {
      throw error;
    });
    await using client = await connected(line, server);
    await expect(client.callTool({ name: "ask" })).rejects.toMatchObject({ code: -32042 });
  });

  it("checks a tool's structured content before a layer sees it", async () => {
    const seen: unknown[] = [];
    const server = layer(async (_call, next) => {
      const result = await next();
      seen.push([result.isError, result.structuredContent]);
      return result;
    }).attach(line.newServer());
    const outputSchema = z.object({ count: z.number() });
    server.registerTool("good", { outputSchema }, () => ({ ...text("1"), structuredContent: { count: 1 } }));
    server.registerTool("bad", { outputSchema }, () => ({ ...text("?"), structuredContent: { count: "one" } }));
    await using client = await connected(line, server);
    expect(await client.callTool({ name: "good" })).toMatchObject({ structuredContent: { count: 1 } });
    expect(textOf(await client.callTool({ name: "bad" }))).toMatch(/`bad` does not fit its output schema: count: /);
    expect(seen).toEqual([
      [undefined, { count: 1 }],
      [true, undefined],
    ]);
  });

  it("has what a layer changed checked against the tool's output schema by the SDK", async () => {
    const server = layer(async (_call, next) => ({
      ...(await next()),
      structuredContent: { count: "changed" },
    })).attach(line.newServer());
    server.registerTool("good", { outputSchema: z.object({ count: z.number() }) }, () => ({
      ...text("1"),
      structuredContent: { count: 1 },
    }));
    await using client = await connected(line, server);
    expect(textOf(await client.callTool({ name: "good" }))).toMatch(/Output validation error/);
  });

  it("answers with a layer's own result when it does not call next", async () => {
    const server = layer(() => Promise.resolve(text("from the layer"))).attach(line.newServer());
    let ran = false;
    server.registerTool("tool", {}, () => {
      ran = true;
      return text("tool");
    });
    await using client = await connected(line, server);
    expect(textOf(await client.callTool({ name: "tool" }))).toBe("from the layer");
    expect(ran).toBe(false);
  });

  it("refuses a second next(), and the tool ran once", async () => {
    const warnings = silenceWarnings();
    let runs = 0;
    const server = layer(async (_call, next) => {
      await next();
      return next();
    }, "greedy").attach(line.newServer());
    server.registerTool("tool", {}, () => text(String(++runs)));
    await using client = await connected(line, server);
    const result = await client.callTool({ name: "tool" });
    expect(result.isError).toBe(true);
    expect(textOf(result)).toContain("`greedy`");
    expect(runs).toBe(1);
    expect(warnings()).toMatch(/NEXT_TWICE/);
  });

  it.each([
    ["returns nothing", (() => Promise.resolve(undefined)) as unknown as Middleware, "BAD_RESULT"],
    ["throws", (() => Promise.reject(new TypeError("x is undefined"))) as Middleware, "x is undefined"],
    [
      "throws at once",
      (() => {
        throw new Error("at once");
      }) as Middleware,
      "at once",
    ],
  ])("makes a layer that %s an error result that names it, for the outer layers too", async (_what, run, warning) => {
    const warnings = silenceWarnings();
    const outer = recorder("outer");
    const server = outer.attach(line.newServer());
    layer(run, "broken").attach(server);
    server.registerTool("tool", {}, () => text("never"));
    await using client = await connected(line, server);
    const result = await client.callTool({ name: "tool" });
    expect(result.isError).toBe(true);
    expect(textOf(result)).toContain("`broken`");
    expect(textOf(result)).not.toContain("undefined");
    expect(outer.calls).toHaveLength(1);
    expect(warnings()).toContain(warning);
  });

  it("survives a layer that does not wait for what it started", async () => {
    const unhandled: unknown[] = [];
    const hear = (reason: unknown): void => void unhandled.push(reason);
    process.on("unhandledRejection", hear);
    const { error } = await elicitation(line.name);
    const server = layer((_call, next) => {
      void next();
      return Promise.resolve(text("at once"));
    }).attach(line.newServer());
    server.registerTool("tool", {}, async () => {
      await Promise.resolve();
      throw error;
    });
    await using client = await connected(line, server);
    expect(textOf(await client.callTool({ name: "tool" }))).toBe("at once");
    await new Promise((resolve) => setImmediate(resolve));
    process.off("unhandledRejection", hear);
    expect(unhandled).toEqual([]);
  });

  it("takes anything that can be awaited from a tool, and a schema that throws as one that does not fit", async () => {
    const server = recorder().attach(line.newServer());
    type Settle = (done: (value: object) => void, failed: (error: Error) => void) => void;
    const thenable = (settle: Settle): object => ({
      // oxlint-disable-next-line unicorn/no-thenable
      then: settle,
    });
    server.registerTool("later", {}, () => thenable((done) => done(text("later"))));
    server.registerTool("never", {}, () => thenable((_done, failed) => failed(new Error("it broke"))));
    const throwing = z.object({
      n: z.number().refine(() => {
        throw new Error("schema");
      }),
    });
    server.registerTool("odd", { outputSchema: throwing }, () => ({ ...text("1"), structuredContent: { n: 1 } }));
    await using client = await connected(line, server);
    expect(textOf(await client.callTool({ name: "later" }))).toBe("later");
    expect(textOf(await client.callTool({ name: "never" }))).toBe("it broke");
    expect(textOf(await client.callTool({ name: "odd" }))).toMatch(
      /`odd` does not fit its output schema: the schema itself failed/,
    );
  });

  it("does not start a tool whose call was cancelled on the way", async () => {
    const reached = deferred();
    const go = deferred();
    let ran = false;
    const server = layer(async (call, next) => {
      reached.resolve();
      await go.promise;
      const outcome = await next().catch((error: unknown) => error);
      settled.resolve([call.signal.aborted, outcome instanceof Error]);
      return text("late");
    }).attach(line.newServer());
    const settled = deferred<unknown>();
    server.registerTool("tool", {}, () => {
      ran = true;
      return text("ran");
    });
    await using client = await connected(line, server);
    const controller = new AbortController();
    const call = client.callTool({ name: "tool" }, { signal: controller.signal });
    const rejected = expect(call).rejects.toThrow();
    await reached.promise;
    controller.abort();
    await rejected;
    await client.listTools(); // the cancellation has arrived by the time this is answered
    go.resolve();
    expect(await settled.promise).toEqual([true, true]);
    expect(ran).toBe(false);
  });

  it("knows the current call from any depth of nested code, also when calls interleave", async () => {
    const server = recorder().attach(line.newServer());
    const gate = deferred();
    const deep = async (): Promise<string> => {
      await gate.promise;
      return (await Promise.resolve().then(() => currentCall()))?.args["word"] as string;
    };
    server.registerTool("repeat", { inputSchema: input }, async () => text(await deep()));
    await using client = await connected(line, server);
    const calls = ["a", "b", "c"].map((word) => client.callTool({ name: "repeat", arguments: { word } }));
    await client.listTools();
    gate.resolve();
    expect((await Promise.all(calls)).map(textOf)).toEqual(["a", "b", "c"]);
    expect(currentCall()).toBeUndefined();
  });

  it("keeps one state for a new server per request, and never mixes answers", async () => {
    const plugin = recorder();
    for (let request = 0; request < 100; request++) {
      const server = plugin.attach(line.newServer());
      server.registerTool("repeat", { inputSchema: input }, ({ word }: { word: string }) => text(word));
      await using client = await connected(line, server);
      expect(textOf(await client.callTool({ name: "repeat", arguments: { word: `r${request}` } }))).toBe(`r${request}`);
    }
    expect(plugin.calls).toHaveLength(100);
  });

  it("leaves results that are no ordinary ones alone", async () => {
    const plugin = recorder();
    const server = plugin.attach(line.newServer());
    server.registerTool("odd", {}, () => ({ content: [], "x-unknown": { kept: true } }));
    await using client = await connected(line, server);
    expect(await client.callTool({ name: "odd" })).toMatchObject({ content: [] });
  });
});

async function elicitation(line: string): Promise<{ error: Error }> {
  if (line.startsWith("sdk")) {
    const { UrlElicitationRequiredError } = line.endsWith("1.24.0")
      ? await import("sdk-oldest/types.js")
      : await import("@modelcontextprotocol/sdk/types.js");
    return {
      error: new UrlElicitationRequiredError([
        { mode: "url", message: "Sign in", url: "https://example.com", elicitationId: "1" },
      ]),
    };
  }
  const { UrlElicitationRequiredError } = line.endsWith("2.0.0")
    ? await import("server-oldest")
    : await import("@modelcontextprotocol/server");
  return {
    error: new UrlElicitationRequiredError([
      { mode: "url", message: "Sign in", url: "https://example.com", elicitationId: "1" },
    ]),
  };
}

function silenceWarnings(): () => string {
  const lines: unknown[] = [];
  vi.spyOn(console, "warn").mockImplementation((...args) => void lines.push(...args));
  return () => lines.map(String).join("\n");
}
