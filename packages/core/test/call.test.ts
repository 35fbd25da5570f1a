import { describe, expect, it } from "vitest";
import { type Call, currentCall, definePlugin, type Middleware, type Plugin, toolResult } from "../src/index.ts";
import { z } from "zod";
import { connected, deferred, lines, textOf } from "./lines.ts";

const text = (value: string): { content: { type: "text"; text: string }[] } => ({
  content: [{ type: "text", text: value }],
});

function layer(run: Middleware, name = "layer"): Plugin {
  return definePlugin({ name, options: z.strictObject({}), setup: (host) => host.use(run) })();
}

/** What a tool can ask its client with, in either SDK. */
interface Asking {
  sendRequest?: (request: object, schema: unknown) => Promise<unknown>;
  mcpReq?: { send(request: object, schema: unknown): Promise<unknown> };
}

const roots = { method: "roots/list", params: {} };
const anything = z.object({}).loose();
const ask = (native: Asking): Promise<unknown> =>
  native.mcpReq ? native.mcpReq.send(roots, anything) : (native.sendRequest?.(roots, anything) as Promise<unknown>);

describe.each(lines.map((line) => [line.name, line] as const))("what a layer knows of a call on %s", (_, line) => {
  it("one identity in all copies, another in a detached call, and the server that it is of", async () => {
    const ids: object[] = [];
    let inside: Call | undefined;
    let detached: Call | undefined;
    const server = line.newServer();
    layer((call, next) => {
      ids.push(call.id);
      detached = call.detach(new AbortController().signal);
      return next(call.with({ args: {} }));
    }).attach(server);
    layer((call, next) => {
      ids.push(call.id);
      return next();
    }, "inner").attach(server);
    server.registerTool("say", { inputSchema: z.object({}) }, () => {
      inside = currentCall();
      return text("said");
    });
    await using client = await connected(line, server);
    await client.callTool({ name: "say", arguments: {} });
    await client.callTool({ name: "say", arguments: {} });
    expect(ids[1]).toBe(ids[0]);
    expect(inside?.id).toBe(ids[2]);
    expect(ids[2]).not.toBe(ids[0]);
    expect(detached?.id).not.toBe(ids[2]);
    expect(inside?.server).toEqual({ name: "test", version: "1.0.0" });
    expect(inside?.inputSchema).toBeDefined();
  });

  it("what the tool itself returned, and nothing where it did not run", async () => {
    const returned: unknown[] = [];
    const server = line.newServer();
    layer(async (call, next) => {
      returned.push(call.returned);
      const result = await next();
      returned.push(call.returned);
      return result;
    }).attach(server);
    layer(async (call, next) => {
      if (call.tool === "never") return toolResult("answered by a layer");
      return { ...(await next()), _meta: { "com.example/layer": 1 } };
    }, "inner").attach(server);
    const own = { ...text("mine"), _meta: { "com.example/own": 1 } };
    server.registerTool("say", {}, () => own);
    server.registerTool("never", {}, () => own);
    await using client = await connected(line, server);
    await client.callTool({ name: "say" });
    await client.callTool({ name: "never" });
    expect(returned).toEqual([undefined, own, undefined, undefined]);
  });

  it("whether the tool's code still runs, also when a layer answered in its place", async () => {
    const release = deferred();
    const server = line.newServer();
    let call: Call | undefined;
    layer((passing, next) => {
      call = passing;
      return next();
    }).attach(server);
    layer((passing, next) => {
      if (passing.tool !== "slow") return next();
      void next();
      return Promise.resolve(toolResult("too slow"));
    }, "deadline").attach(server);
    server.registerTool("slow", {}, () => release.promise.then(() => text("done")));
    server.registerTool("fails", {}, () => Promise.reject(new Error("no")));
    server.registerTool("quick", {}, () => text("done"));
    await using client = await connected(line, server);
    expect(textOf(await client.callTool({ name: "slow" }))).toBe("too slow");
    const running = call?.running;
    expect(running).toBeInstanceOf(Promise);
    release.resolve();
    await running;
    expect(call?.running).toBeUndefined();
    for (const name of ["fails", "quick"]) {
      const result = await client.callTool({ name });
      expect(call?.returned).toMatchObject({ content: result.content });
      expect(call?.tool).toBe(name);
      expect(call?.running).toBeUndefined();
    }
  });

  it("whether the client was asked something, by the tool or by one that it dispatched", async () => {
    const asked: Record<string, boolean> = {};
    const server = line.newServer();
    layer(async (call, next) => {
      expect(call.asked).toBe(false);
      const result = await next();
      asked[call.tool] = call.asked;
      return result;
    }).attach(server);
    server.registerTool("asks", {}, async (native: Asking) => {
      await ask(native).catch(() => undefined);
      return text("asked");
    });
    server.registerTool("outer", {}, async () => (await currentCall()?.dispatch("asks")) as object);
    server.registerTool("quiet", {}, async () => {
      await (server.server as unknown as { ping(): Promise<unknown> }).ping();
      return text("quiet");
    });
    await using client = await connected(line, server);
    for (const name of ["asks", "outer", "quiet"]) await client.callTool({ name });
    expect(asked).toEqual({ asks: true, outer: true, quiet: false });
  });

  it("work that goes on after its caller has left asks nobody", async () => {
    const left = deferred();
    const failure = deferred<unknown>();
    const server = line.newServer();
    layer((call, next) => {
      const outcome = next(call.with({ signal: new AbortController().signal }));
      return new Promise((resolve, reject) => {
        call.signal.addEventListener("abort", () => reject(new Error("left")));
        outcome.then(resolve, reject);
      });
    }, "leaving").attach(server);
    const entered = deferred();
    server.registerTool("asks", {}, async (native: Asking) => {
      entered.resolve();
      await left.promise;
      failure.resolve(await ask(native).catch((error: unknown) => error));
      return text("asked");
    });
    await using client = await connected(line, server);
    const controller = new AbortController();
    const outcome = client.callTool({ name: "asks" }, { signal: controller.signal }).catch(() => "left");
    await entered.promise;
    controller.abort();
    expect(await outcome).toBe("left");
    left.resolve();
    expect(await failure.promise).toMatchObject({
      message: expect.stringMatching(/cannot be asked any more|was cancelled/),
    });
  });
});
