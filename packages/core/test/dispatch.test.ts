import { describe, expect, it } from "vitest";
import { z } from "zod";
import { type Call, currentCall, definePlugin, type Plugin } from "../src/index.ts";
import { connected, deferred, lines, textOf } from "./lines.ts";

const none = z.strictObject({});

/** A tool that dispatches another one, and a layer that sees every call. */
function caller(): Plugin & { calls: Call[] } {
  return definePlugin({
    name: "caller",
    options: none,
    setup(host) {
      const calls: Call[] = [];
      host.use(async function record(call, next) {
        calls.push(call);
        return next();
      });
      host.tool(
        "caller_run",
        { description: "Runs another tool", inputSchema: z.object({ tool: z.string(), args: z.any().optional() }) },
        (args, call) => call.dispatch(args.tool, args.args),
      );
      return { calls };
    },
  })();
}

describe.each(lines.map((line) => [line.name, line] as const))("dispatch on %s", (_, line) => {
  it("runs a tool through validation and the whole chain, and yields the complete result", async () => {
    const plugin = caller();
    const server = plugin.attach(line.newServer());
    server.registerTool(
      "add",
      {
        inputSchema: z.object({ a: z.number(), b: z.number().default(1) }),
        outputSchema: z.object({ sum: z.number() }),
      },
      ({ a, b }: { a: number; b: number }) => ({
        content: [{ type: "text", text: "the sum" }],
        structuredContent: { sum: a + b },
        _meta: { "example.com/kept": true },
      }),
    );
    await using client = await connected(line, server);
    const result = await client.callTool({ name: "caller_run", arguments: { tool: "add", args: { a: 2 } } });
    expect(result).toMatchObject({ structuredContent: { sum: 3 }, _meta: { "example.com/kept": true } });
    expect(textOf(result)).toBe("the sum");
    const [outer, inner] = plugin.calls;
    expect(inner).toMatchObject({ tool: "add", args: { a: 2, b: 1 } });
    expect(inner?.parent?.tool).toBe("caller_run");
    expect(outer?.parent).toBeUndefined();
    expect(inner?.principal).toEqual(outer?.principal);
    expect(inner?.signal).toBe(outer?.signal);
  });

  it.each([
    ["an unknown tool", { tool: "nothing" }, /no tool `nothing`.*`caller_run`.*`add`/],
    ["bad arguments", { tool: "add", args: { a: "x" } }, /Invalid arguments for `add`: a: /],
    ["arguments that are no object", { tool: "add", args: [1] }, /must be an object/],
  ])("answers %s with a result that says what to do", async (_what, args, message) => {
    const server = caller().attach(line.newServer());
    let ran = false;
    server.registerTool("add", { inputSchema: z.object({ a: z.number() }) }, () => {
      ran = true;
      return { content: [] };
    });
    await using client = await connected(line, server);
    const result = await client.callTool({ name: "caller_run", arguments: args });
    expect(result.isError).toBe(true);
    expect(textOf(result)).toMatch(message);
    expect(ran).toBe(false);
  });

  it("refuses a cycle by the identity of the tools on its path, also after a rename", async () => {
    const plugin = caller();
    const server = line.newServer();
    const ping = server.registerTool("ping", {}, () => currentCall()?.dispatch("pong") as Promise<object>) as {
      update(c: object): void;
    };
    server.registerTool("pong", {}, () => {
      ping.update({ name: "renamed" });
      return currentCall()?.dispatch("renamed") as Promise<object>;
    });
    plugin.attach(server);
    await using client = await connected(line, server);
    const result = await client.callTool({ name: "caller_run", arguments: { tool: "ping" } });
    expect(result.isError).toBe(true);
    expect(textOf(result)).toMatch(/cannot run inside itself \(`caller_run` → `renamed` → `pong` → `renamed`\)/);
  });

  it("carries cancellation to the dispatched tool, and its own signal cancels it alone", async () => {
    const started = deferred();
    const aborted = deferred();
    const wait = (native: { signal?: AbortSignal; mcpReq?: { signal: AbortSignal } }): Promise<object> => {
      const signal = (native.mcpReq?.signal ?? native.signal) as AbortSignal;
      return new Promise((_resolve, reject) => {
        signal.addEventListener("abort", () => {
          aborted.resolve();
          reject(new Error("stopped"));
        });
        started.resolve();
      });
    };
    const timeouts = definePlugin({
      name: "timeouts",
      options: none,
      setup(host) {
        host.tool("timeouts_run", { description: "Runs a tool and stops it" }, async (_args, call) => {
          const controller = new AbortController();
          const outcome = call
            .dispatch("wait", {}, { signal: controller.signal })
            .catch((error: unknown) => `rejected: ${(error as Error).message}`);
          await started.promise;
          controller.abort();
          return String(await outcome);
        });
      },
    })();
    const server = timeouts.attach(line.newServer());
    server.registerTool("wait", {}, wait);
    await using client = await connected(line, server);
    expect(textOf(await client.callTool({ name: "timeouts_run" }))).toBe("rejected: stopped");
    await aborted.promise;
  });

  it("rolls the dispatched tool's progress up into the caller's, never falling", async () => {
    const steps = definePlugin({
      name: "steps",
      options: none,
      setup(host) {
        host.tool("steps_one", { description: "Reports" }, async (_args, call) => {
          for (const progress of [1, 2, 3]) await call.report({ progress, total: 3 });
          return "done";
        });
        host.tool("steps_all", { description: "Runs the other twice" }, async (_args, call) => {
          await call.dispatch("steps_one");
          await call.dispatch("steps_one");
          await call.report({ progress: 4 });
          return "done";
        });
      },
    })();
    const seen: number[] = [];
    await using client = await connected(line, steps.attach(line.newServer()));
    await client.callTool({ name: "steps_all" }, { onprogress: ({ progress }) => seen.push(progress) });
    expect(seen).toEqual([1, 2, 3, 4]);
  });

  it("checks what a layer made of the dispatched tool's result against its output schema", async () => {
    const spoiling = definePlugin({
      name: "spoiling",
      options: none,
      setup: (host) =>
        host.use(async function spoil(call, next) {
          const result = await next();
          return call.tool === "count" ? { ...result, structuredContent: { sum: "spoilt" } } : result;
        }),
    })();
    const server = caller().attach(line.newServer());
    spoiling.attach(server);
    server.registerTool("count", { outputSchema: z.object({ sum: z.number() }) }, () => ({
      content: [],
      structuredContent: { sum: 1 },
    }));
    await using client = await connected(line, server);
    const result = await client.callTool({ name: "caller_run", arguments: { tool: "count" } });
    expect(result.isError).toBe(true);
    expect(textOf(result)).toMatch(/`count` does not fit its output schema: sum: /);
  });

  it("runs no tool that was disabled since it was prepared, and survives a report that fails", async () => {
    const planner = definePlugin({
      name: "planner",
      options: none,
      setup(host) {
        host.tool("planner_run", { description: "Plans" }, async (_args, call) => {
          const prepared = await call.prepare("work");
          if (!prepared.ok) return prepared.error;
          await prepared.run({ report: () => Promise.reject(new Error("report")) });
          tool.disable();
          return prepared.run();
        });
      },
    })();
    const server = planner.attach(line.newServer());
    const tool = server.registerTool("work", {}, async () => {
      await currentCall()?.report({ progress: 1 });
      return { content: [] };
    }) as { disable(): void };
    await using client = await connected(line, server);
    expect(textOf(await client.callTool({ name: "planner_run" }))).toBe("The tool `work` is not available any more.");
  });

  it("refuses a disabled tool", async () => {
    const server = caller().attach(line.newServer());
    const tool = server.registerTool("off", {}, () => ({ content: [] })) as { disable(): void };
    tool.disable();
    await using client = await connected(line, server);
    expect(textOf(await client.callTool({ name: "caller_run", arguments: { tool: "off" } }))).toMatch(
      /There is no tool `off`/,
    );
  });

  it("prepares a call without running it, and says why one cannot be made", async () => {
    const outcomes: unknown[] = [];
    let ran = 0;
    const planner = definePlugin({
      name: "planner",
      options: none,
      setup(host) {
        host.tool("planner_run", { description: "Plans" }, async (_args, call) => {
          const good = await call.prepare("count", { by: 2 });
          const bad = await call.prepare("count", { by: "x" });
          outcomes.push(good.ok && [good.tool.name, good.tool.annotations.readOnlyHint, good.args], bad.ok, ran);
          return good.ok ? good.run() : good.error;
        });
      },
    })();
    const server = planner.attach(line.newServer());
    const inputSchema = z.object({ by: z.number(), from: z.number().default(1) });
    server.registerTool(
      "count",
      { inputSchema, annotations: { readOnlyHint: true } },
      ({ by, from }: { by: number; from: number }) => {
        ran++;
        return { content: [{ type: "text", text: String(by + from) }] };
      },
    );
    await using client = await connected(line, server);
    expect(textOf(await client.callTool({ name: "planner_run" }))).toBe("3");
    expect(outcomes).toEqual([["count", true, { by: 2, from: 1 }], false, 0]);
    expect(ran).toBe(1);
  });

  it("detaches work that outlives its call: same principal and chain, its own lifetime, and nothing reaches the client", async () => {
    const lifetime = new AbortController();
    const answered = deferred();
    const result = deferred<unknown>();
    const seen: Call[] = [];
    const later = definePlugin({
      name: "later",
      options: none,
      setup(host) {
        host.use(async function see(call, next) {
          seen.push(call);
          return next();
        });
        host.tool("later_run", { description: "Runs a tool after its answer" }, (_args, call) => {
          const own = call.detach(lifetime.signal);
          void answered.promise.then(async () => {
            await own.report({ progress: 9 });
            await own.log("error", "nobody hears");
            result.resolve(textOf(await own.dispatch("slow")));
          });
          return "started";
        });
      },
    })();
    const server = later.attach(line.newServer());
    server.registerTool("slow", {}, async (native: never) => {
      const { mcpReq, ...extra } = native as {
        mcpReq?: { notify(n: object): Promise<void> };
        sendNotification(n: object): Promise<void>;
      };
      const notify = mcpReq ? mcpReq.notify : extra.sendNotification;
      await notify({
        method: "notifications/progress",
        params: { progressToken: currentCall()?.meta["progressToken"], progress: 10 },
      });
      const { elicitInput, requestSampling, send } = (mcpReq ?? {}) as Record<
        string,
        (() => Promise<unknown>) | undefined
      >;
      const { sendRequest } = extra as { sendRequest?: () => Promise<unknown> };
      for (const ask of [elicitInput, requestSampling, send, sendRequest]) {
        if (ask) await expect(ask()).rejects.toThrow(/answered already/);
      }
      return { content: [{ type: "text", text: currentCall()?.signal === lifetime.signal ? "own lifetime" : "?" }] };
    });
    await using client = await connected(line, server);
    const progress: unknown[] = [];
    expect(
      textOf(await client.callTool({ name: "later_run" }, { onprogress: (report) => progress.push(report) })),
    ).toBe("started");
    answered.resolve();
    expect(await result.promise).toBe("own lifetime");
    expect(seen.map(({ tool }) => tool)).toEqual(["later_run", "slow"]);
    expect(seen[1]?.principal).toEqual(seen[0]?.principal);
    await client.listTools();
    expect(progress).toEqual([]);
  });
});
