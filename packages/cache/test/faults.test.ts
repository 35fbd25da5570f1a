import { currentCall, toolError, toolResult } from "@plugboard/core";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { z } from "zod";
import { fingerprint } from "../src/fingerprint.ts";
import { Keys } from "../src/key.ts";
import {
  connect,
  countingTool,
  deferred,
  layer,
  newCache,
  newServer,
  overtake,
  statusOf,
  stopClock,
  text,
  textOf,
  turn,
} from "./setup.ts";

const readOnly = { annotations: { readOnlyHint: true } };

describe("order of events", () => {
  it("a refresh is not overwritten by the older run that it overtook", async () => {
    const server = newServer();
    newCache().attach(server);
    const call = await overtake(server);
    expect(textOf(await call("read"))).toBe("run 2");
  });

  it("a refresh is not overwritten by an older run that nobody could join either", async () => {
    const server = newServer();
    newCache({ maxFlights: 1 }).attach(server);
    const read = countingTool(server, "read");
    const [first, second] = [deferred(), deferred()];
    const { call } = await connect(server);
    read.gate = first.promise;
    const other = call("read", { n: 1 });
    await vi.waitFor(() => expect(read.runs).toBe(1));
    read.gate = second.promise;
    const older = call("read");
    await vi.waitFor(() => expect(read.runs).toBe(2));
    first.resolve();
    await other;
    read.gate = undefined;
    expect(textOf(await call("read", {}, { meta: { "dev.plugboard/cache": { refresh: true } } }))).toBe("run 3");
    second.resolve();
    expect(textOf(await older)).toBe("run 2");
    expect(textOf(await call("read"))).toBe("run 3");
  });

  it("a failure that is kept does not push out the good result that stands in for it", async () => {
    const advance = stopClock();
    const server = newServer();
    newCache({ jitter: 0, ttlMs: 100, staleIfErrorMs: 10_000, tools: { read: { errorTtlMs: 1000 } } }).attach(server);
    const read = countingTool(server, "read");
    const { call } = await connect(server);
    await call("read");
    read.answer = () => toolError("down");
    advance(200);
    for (let round = 0; round < 3; round++) expect(textOf(await call("read"))).toBe("run 1");
    advance(500);
    expect(statusOf(await call("read"))).toBe("stale");
  });

  it("a write that did its work and ended as an error above the tool invalidates; so does one that goes on after its answer, at its end", async () => {
    const server = newServer();
    newCache({ invalidates: { "write*": ["read"] } }).attach(server);
    layer(async (call, next) => {
      if (call.tool === "write_refused") return toolError("no");
      const done = next();
      if (call.tool === "write_slow") return toolError("too slow");
      const result = await done;
      return call.tool === "write" ? toolError("changed by a layer") : result;
    }, "inner").attach(server);
    const read = countingTool(server, "read");
    const gate = deferred();
    for (const name of ["write", "write_refused"]) countingTool(server, name, {});
    countingTool(server, "write_slow", {}).gate = gate.promise;
    const { call } = await connect(server);
    await call("read");
    await call("write_refused");
    await call("read");
    expect(read.runs).toBe(1);
    await call("write");
    await call("read");
    expect(read.runs).toBe(2);
    await call("write_slow");
    await call("read");
    const before = read.runs;
    gate.resolve();
    await vi.waitFor(async () => {
      await call("read");
      expect(read.runs).toBe(before + 1);
    });
  });

  it("a revalidation that dispatches does not lock with a flight that dispatches back", async () => {
    const advance = stopClock();
    const server = newServer();
    newCache({
      jitter: 0,
      ttlMs: 100,
      staleMs: 10_000,
      maxWaitMs: 600_000,
      tools: { b: { ttlMs: 50, staleMs: 0 } },
    }).attach(server);
    const [inB, aAgain] = [deferred(), deferred()];
    let runs = 0;
    let crossing = false;
    server.registerTool("a", readOnly, async () => {
      if (++runs > 1) aAgain.resolve();
      if (crossing) await inB.promise;
      await currentCall()?.dispatch("b");
      return text(`a ${runs}`) as never;
    });
    server.registerTool("b", readOnly, async () => {
      if (!crossing) return text("b") as never;
      inB.resolve();
      await aAgain.promise;
      await turn();
      await currentCall()?.dispatch("a", {});
      return text("b again") as never;
    });
    const { call } = await connect(server);
    await call("a");
    advance(200);
    crossing = true;
    const b = call("b");
    await inB.promise;
    expect(statusOf(await call("a"))).toBe("stale");
    expect(textOf(await b)).toBe("b again");
  });

  it("dispose cancels what is loaded, also what was invalidated since it began, and keeps nothing afterwards", async () => {
    const server = newServer();
    const plugin = newCache();
    plugin.attach(server);
    const aborted = deferred();
    const started = deferred();
    server.registerTool("read", readOnly, (async ({ signal }: { signal: AbortSignal }) => {
      signal.addEventListener("abort", () => aborted.resolve());
      started.resolve();
      await aborted.promise;
      return text("late");
    }) as never);
    const { call } = await connect(server);
    const calling = call("read").catch(() => undefined);
    await started.promise;
    await plugin.invalidate("all");
    await plugin.dispose();
    await aborted.promise;
    await calling;
    const load = vi.fn<() => number>(() => 1);
    for (let round = 0; round < 2; round++) await plugin.getOrSet("key", load, { scope: "public" });
    expect(load).toHaveBeenCalledTimes(2);
  });

  it("three calls in a circle do not lock", async () => {
    const server = newServer();
    newCache({ maxWaitMs: 600_000 }).attach(server);
    const all = deferred();
    let started = 0;
    for (const [name, other] of [
      ["a", "b"],
      ["b", "c"],
      ["c", "a"],
    ] as const) {
      server.registerTool(name, readOnly, async () => {
        if (++started === 3) all.resolve();
        await all.promise;
        await currentCall()?.dispatch(other);
        return text(name) as never;
      });
    }
    const { call } = await connect(server);
    expect((await Promise.all([call("a"), call("b"), call("c")])).map(textOf)).toEqual(["a", "b", "c"]);
  });

  it("a revalidation outlives its call: its client's cancellation and progress do not reach it", async () => {
    const advance = stopClock();
    const server = newServer();
    newCache({ jitter: 0, ttlMs: 100, staleMs: 10_000 }).attach(server);
    const seen: AbortSignal[] = [];
    const [gate, again] = [deferred(), deferred()];
    server.registerTool("read", readOnly, (async ({ signal }: { signal: AbortSignal }) => {
      seen.push(signal);
      if (seen.length === 2) {
        again.resolve();
        await currentCall()?.report({ progress: 1 });
        await gate.promise;
      }
      return text(`run ${seen.length}`);
    }) as never);
    const { call, client } = await connect(server);
    await call("read");
    advance(200);
    const onprogress = vi.fn<() => void>();
    expect(statusOf(await call("read", {}, { onprogress }))).toBe("stale");
    await again.promise;
    await client.close();
    expect(seen[1]?.aborted).toBe(false);
    gate.resolve();
    expect(onprogress).not.toHaveBeenCalled();
  });
});

describe("whose", () => {
  it("anonymous callers share no failure, and a kept failure is for its caller only", async () => {
    const shared = newCache({ scope: "public", tools: { read: { errorTtlMs: 60_000 } } });
    const runs: string[] = [];
    const as = async (subject: string) => {
      const server = newServer();
      shared.attach(server);
      server.registerTool("read", readOnly, () => {
        runs.push(subject);
        return toolError(`401 for ${subject}`) as never;
      });
      return connect(server, { subject });
    };
    const [ann, bob] = [await as("ann"), await as("bob")];
    expect([await ann.call("read"), await ann.call("read"), await bob.call("read")].map(textOf)).toEqual([
      "401 for ann",
      "401 for ann",
      "401 for bob",
    ]);
    expect(runs).toEqual(["ann", "bob"]);
  });

  it("sessions of one caller have their own, where that is the scope", () => {
    const keys = new Keys({ namespace: "cache", version: "", maxChars: 1000, shared: false });
    const of = (sessionId: string | undefined, id = "ann"): string | undefined =>
      keys.ofResult(
        {
          tool: "t",
          args: {},
          server: { name: "s", version: "1" },
          sessionId,
          principal: { kind: "subject", id, scopes: [] },
        } as never,
        "session",
      );
    expect(new Set([of("1"), of("2"), of("1", "bob")]).size).toBe(3);
    expect(of("1")).toBe(of("1"));
    expect(of(undefined)).toBeUndefined();
  });

  it("values go with their caller", async () => {
    const memo = newCache();
    let loads = 0;
    let id = "";
    const server = newServer();
    memo.attach(server);
    server.registerTool("load", {}, async () => {
      id = currentCall()?.principal.id ?? "";
      return text(String(await memo.getOrSet("key", () => ++loads))) as never;
    });
    const { call } = await connect(server, { subject: "ann" });
    await call("load");
    await memo.invalidate({ principal: "somebody else" });
    expect(textOf(await call("load"))).toBe("1");
    await memo.invalidate({ principal: id });
    expect(textOf(await call("load"))).toBe("2");
  });
});

describe("keys", () => {
  const key = (options: object, call: object): string | undefined =>
    new Keys({ namespace: "cache", version: "", maxChars: 1000, shared: false, ...options }).ofResult(
      {
        tool: "t",
        args: {},
        server: { name: "s", version: "1" },
        principal: { kind: "local", id: "local", scopes: [] },
        ...call,
      } as never,
      "principal",
    );

  it("the option `version`, the server's version and both schemas are part of them", () => {
    const all = [
      key({}, {}),
      key({ version: "2" }, {}),
      key({}, { server: { name: "s", version: "2" } }),
      key({}, { inputSchema: z.object({ a: z.string() }) }),
      key({}, { outputSchema: z.object({ a: z.string() }) }),
      key({}, { outputSchema: z.object({ a: z.number() }) }),
    ];
    expect(new Set(all).size).toBe(all.length);
    const keys = new Keys({ namespace: "cache", version: "", maxChars: 1000, shared: false });
    const both = ["1", "2"].map((version) =>
      keys.ofResult(
        {
          tool: "t",
          args: {},
          server: { name: "s", version },
          principal: { kind: "local", id: "local", scopes: [] },
        } as never,
        "principal",
      ),
    );
    expect(both[0]).not.toBe(both[1]);
  });

  it("long ones are told apart too, lone surrogates included", () => {
    const long = (end: string): string | undefined =>
      new Keys({ namespace: "c", version: "", maxChars: 1000, shared: false }).ofValue(
        `${"k".repeat(300)}${end}`,
        "public",
        undefined,
      );
    expect(new Set(["\ud800", "\ud801", "\ufffd", "x"].map(long)).size).toBe(4);
  });

  it("schemas of any library have a fingerprint, the same for the same schema", () => {
    const shaped = (inner: object): object => ({ _def: { typeName: "ZodObject", shape: () => inner } });
    const callable = (rule: RegExp): object => Object.assign(() => rule, { rule });
    const make = (): unknown[] => [
      z.object({ a: z.string() }),
      z.object({ a: z.string().min(2) }),
      shaped({ a: { kind: "string" } }),
      shaped({ a: { kind: "number" } }),
      callable(/a/),
      callable(/b/),
      { nested: new Map([["a", 1]]) },
      { nested: new Map([["a", 2]]) },
      undefined,
    ];
    const [one, two] = [make().map(fingerprint), make().map(fingerprint)];
    expect(one).toEqual(two);
    expect(new Set(one).size).toBe(one.length);
    const circle: { self?: unknown } = {};
    circle.self = circle;
    expect(fingerprint(circle)).toMatch(/^.{22}$/);
  });
});

describe("settings", () => {
  it("of the options win over the author's, and those over the defaults", async () => {
    const advance = stopClock();
    const server = newServer();
    newCache({ jitter: 0, ttlMs: 1000, tools: { both: { ttlMs: 500 } } }).attach(server);
    const own = { ttlMs: 100, staleMs: 50, tags: ["mine"] };
    const tools = { plain: undefined, own, both: own };
    for (const [name, policy] of Object.entries(tools))
      countingTool(server, name, { ...readOnly, ...(policy && { _meta: { "dev.plugboard/cache": policy } }) });
    const { call } = await connect(server);
    const statuses = async (): Promise<unknown[]> => {
      const all: unknown[] = [];
      for (const name of Object.keys(tools)) all.push(statusOf(await call(name)));
      return all;
    };
    await statuses();
    advance(120);
    expect(await statuses()).toEqual(["hit", "stale", "hit"]);
    advance(400);
    expect(await statuses()).toEqual(["hit", "miss", "stale"]);
  });

  it("the author's tags count, and the same tool of two servers is told apart by what it declares", async () => {
    const plugin = newCache();
    const make = async (meta: unknown) => {
      const server = newServer();
      plugin.attach(server);
      const tool = countingTool(server, "read", { ...readOnly, _meta: { "dev.plugboard/cache": meta } });
      return { tool, ...(await connect(server)) };
    };
    const [cached, live] = [await make({ tags: ["mine"] }), await make("no-store")];
    for (const { call } of [cached, live, cached, live]) await call("read");
    expect([cached.tool.runs, live.tool.runs]).toEqual([1, 2]);
    await plugin.invalidate({ tag: "mine" });
    await cached.call("read");
    expect(cached.tool.runs).toBe(2);
  });

  it("times that are none are refused by name", async () => {
    const memo = newCache();
    for (const ms of [NaN, Infinity, -1, 1e15])
      await expect(memo.getOrSet("key", () => 1, { scope: "public", ttlMs: ms })).rejects.toThrow("`ttlMs`");
    await expect(memo.state("key", () => 1, { scope: "process", idleMs: NaN })).rejects.toThrow("`idleMs`");
  });

  it("a signal of one's own takes its owner out", async () => {
    const memo = newCache();
    const started = deferred();
    const controller = new AbortController();
    const loading = memo.getOrSet(
      "key",
      (signal) => (
        started.resolve(),
        new Promise<number>((_, reject) => signal.addEventListener("abort", () => reject(new Error("stopped"))))
      ),
      { scope: "public", signal: controller.signal },
    );
    await started.promise;
    controller.abort(new Error("enough"));
    await expect(loading).rejects.toThrow("enough");
  });

  it("cache_clear takes one wish at a time", async () => {
    const server = newServer();
    newCache({ clearTool: true }).attach(server);
    const { call } = await connect(server);
    const result = await call("cache_clear", { tool: "x", mine: true });
    expect([result.isError, textOf(result)]).toEqual([true, expect.stringContaining("Give one of")]);
  });
});

describe("with others", () => {
  it("a dispatched call reports to its caller, whatever the client asked for", async () => {
    const server = newServer();
    newCache().attach(server);
    const seen: number[] = [];
    server.registerTool("inner", readOnly, async () => {
      await currentCall()?.report({ progress: 7 });
      return text("inner") as never;
    });
    server.registerTool(
      "outer",
      {},
      async () =>
        (await currentCall()?.dispatch(
          "inner",
          {},
          { report: ({ progress }) => Promise.resolve(void seen.push(progress)) },
        )) as never,
    );
    const { call } = await connect(server);
    await call("outer");
    expect(seen).toEqual([7]);
  });

  it("states: two at a time where there is room for one; what was cancelled takes no room; a disposal that hangs is not waited for", async () => {
    const warn = vi.spyOn(console, "warn").mockReturnValue();
    const memo = newCache({ maxStates: 1 });
    const disposed: string[] = [];
    const get = (name: string): Promise<string> =>
      memo.state(name, () => name, { scope: "process", dispose: (value) => void disposed.push(value) });
    const [a, b] = await Promise.allSettled([get("a"), get("b")]);
    expect([a.status, b.status, disposed]).toEqual(["fulfilled", "rejected", []]);
    const server = newServer();
    memo.attach(server);
    const started = deferred();
    server.registerTool("use", {}, async () => {
      await memo.state("stuck", () => (started.resolve(), new Promise<never>(() => undefined)), { scope: "process" });
      return toolResult("used") as never;
    });
    const { call } = await connect(server);
    const controller = new AbortController();
    const using = call("use", {}, { signal: controller.signal }).catch(() => undefined);
    await started.promise;
    controller.abort();
    await using;
    await vi.waitFor(async () => expect(await get("b")).toBe("b"));
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    onTestFinished(() => void vi.useRealTimers());
    const hanging = newCache();
    await hanging.state("x", () => 1, { scope: "process", dispose: () => new Promise(() => undefined) });
    const closing = hanging.dispose();
    await vi.advanceTimersByTimeAsync(5000);
    await closing;
    expect(warn.mock.calls.flat().join()).toContain("could not be disposed of");
  });
});
