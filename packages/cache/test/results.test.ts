import { currentCall, definePlugin, toolError } from "@plugboard/core";
import { testPlugin } from "@plugboard/core/testing";
import { describe, expect, it, vi } from "vitest";
import { z } from "zod";
import { cache } from "../src/index.ts";
import { MemoryStore } from "../src/memory.ts";
import {
  connect,
  countingTool,
  deferred,
  layer,
  newCache,
  newServer,
  statusOf,
  stopClock,
  text,
  textOf,
  turn,
} from "./setup.ts";

testPlugin(cache, { describe, it, options: { clearTool: true }, badOption: { ttlMs: -1 }, tools: { cache_clear: {} } });

describe("what is cached", () => {
  it("results of read-only tools, and of no others; the second call does not reach the tool", async () => {
    const server = newServer();
    newCache().attach(server);
    const read = countingTool(server, "read");
    const write = countingTool(server, "write", {});
    const { call } = await connect(server);
    const [first, second] = [await call("read", { n: 1 }), await call("read", { n: 1 })];
    expect([textOf(first), textOf(second)]).toEqual(["run 1", "run 1"]);
    expect([statusOf(first), statusOf(second)]).toEqual(["miss", "hit"]);
    expect(second._meta?.["dev.plugboard/cache"]).toEqual({ status: "hit", ageMs: expect.any(Number) });
    expect(read.runs).toBe(1);
    await call("write");
    const again = await call("write");
    expect(write.runs).toBe(2);
    expect(again._meta).toBeUndefined();
  });

  it("not what the tool declares as no-store, whatever the options name", async () => {
    const server = newServer();
    newCache({ tools: { live: {}, "*": {} } }).attach(server);
    const live = countingTool(server, "live", {
      annotations: { readOnlyHint: true },
      _meta: { "dev.plugboard/cache": "no-store" },
    });
    const { call } = await connect(server);
    await call("live");
    await call("live");
    expect(live.runs).toBe(2);
  });

  it("what the options name, by name before pattern, and nothing that they exclude; `*` alone vouches for no tool", async () => {
    const server = newServer();
    newCache({ tools: { "list_*": false, list_all: { ttlMs: 1000 }, "get_*": {}, "*": { ttlMs: 5000 } } }).attach(
      server,
    );
    const tools = Object.fromEntries(
      ["list_all", "list_some", "get_it", "send_mail"].map((name) => [
        name,
        countingTool(server, name, name.startsWith("list") ? undefined : {}),
      ]),
    );
    const { call } = await connect(server);
    for (const name of Object.keys(tools)) {
      await call(name);
      await call(name);
    }
    expect(Object.values(tools).map(({ runs }) => runs)).toEqual([1, 2, 1, 2]);
  });

  it("as the tool's author says beside it; what is not understood there is warned of and not heeded", async () => {
    const warn = vi.spyOn(console, "warn").mockReturnValue();
    const advance = stopClock();
    const server = newServer();
    newCache({ jitter: 0 }).attach(server);
    const annotations = { readOnlyHint: true };
    const short = countingTool(server, "short", { annotations, _meta: { "dev.plugboard/cache": { ttlMs: 100 } } });
    const odd = countingTool(server, "odd", { annotations, _meta: { "dev.plugboard/cache": { ttl: 100 } } });
    const { call } = await connect(server);
    for (const name of ["short", "odd"]) await call(name);
    advance(100);
    for (const name of ["short", "odd"]) await call(name);
    expect([short.runs, odd.runs]).toEqual([2, 1]);
    expect(warn.mock.calls.flat().join()).toContain('the tool "odd"');
  });

  it("no errors, thrown or returned, and no shapes that are not known", async () => {
    const server = newServer();
    newCache().attach(server);
    let asking = 0;
    layer((call, next) => {
      if (call.tool !== "strange") return next();
      asking += 1;
      return Promise.resolve({ resultType: "input_required" });
    }, "inner").attach(server);
    const failing = countingTool(server, "failing");
    failing.answer = () => toolError("not today");
    const throwing = countingTool(server, "throwing");
    throwing.answer = () => {
      throw new Error("no");
    };
    countingTool(server, "strange");
    const { call } = await connect(server);
    for (const name of ["failing", "throwing"]) {
      expect(statusOf(await call(name))).toBe("miss");
      expect((await call(name)).isError).toBe(true);
    }
    for (let round = 0; round < 2; round++) await call("strange").catch(() => undefined);
    expect([failing.runs, throwing.runs, asking]).toEqual([2, 2, 2]);
  });

  it("errors of tools with errorTtlMs, for so long; not those of other layers", async () => {
    const advance = stopClock();
    const server = newServer();
    newCache({ jitter: 0, tools: { find: { errorTtlMs: 500 }, limited: { errorTtlMs: 500 } } }).attach(server);
    let refused = 0;
    layer((call, next) => {
      if (call.tool !== "limited") return next();
      refused += 1;
      return Promise.resolve(toolError("too many calls"));
    }).attach(server);
    const find = countingTool(server, "find");
    find.answer = () => toolError("nothing found");
    countingTool(server, "limited");
    const { call } = await connect(server);
    await call("find");
    const again = await call("find");
    expect([again.isError, textOf(again), statusOf(again)]).toEqual([true, "nothing found", "hit"]);
    advance(500);
    await call("find");
    expect(find.runs).toBe(2);
    await call("limited");
    await call("limited");
    expect(refused).toBe(2);
  });

  it("not a call during which the client was asked something", async () => {
    const server = newServer();
    newCache().attach(server);
    let runs = 0;
    server.registerTool("ask", { annotations: { readOnlyHint: true } }, async () => {
      runs += 1;
      await server.server.listRoots().catch(() => undefined);
      return text("asked") as never;
    });
    const outer = vi.fn<() => void>();
    server.registerTool("outer", { annotations: { readOnlyHint: true } }, async () => {
      outer();
      return (await currentCall()?.dispatch("ask")) as never;
    });
    const { call } = await connect(server);
    for (const name of ["ask", "ask", "outer", "outer"]) expect(statusOf(await call(name))).toBe("miss");
    expect(runs).toBe(4);
    expect(outer).toHaveBeenCalledTimes(2);
  });

  it("nothing that is too large, or is no JSON; the call itself is not disturbed", async () => {
    const server = newServer();
    newCache({ maxEntryBytes: 1000 }).attach(server);
    const large = countingTool(server, "large");
    large.answer = () => text("x".repeat(10_000));
    const { call } = await connect(server);
    for (let round = 1; round <= 2; round++) {
      expect(textOf(await call("large"))).toHaveLength(10_000);
      expect(large.runs).toBe(round);
    }
  });

  it("nothing where ttlMs is 0", async () => {
    const server = newServer();
    newCache({ ttlMs: 0 }).attach(server);
    const read = countingTool(server, "read");
    const { call } = await connect(server);
    await call("read");
    expect((await call("read"))._meta).toBeUndefined();
    expect(read.runs).toBe(2);
  });
});

describe("keys", () => {
  it("defaults and the order of properties split no entry; whatever differs has its own", async () => {
    const server = newServer();
    newCache().attach(server);
    const read = countingTool(server, "read");
    const { call } = await connect(server);
    for (const args of [{}, { n: 0 }]) await call("read", args);
    await call("read", { a: 1, b: { c: 1, d: 2 } });
    await call("read", { b: { d: 2, c: 1 }, a: 1, n: 0 });
    expect(read.runs).toBe(2);
    const others = [
      { a: "1" },
      { a: 1 },
      { a: null },
      { a: [] },
      { a: {} },
      { a: "x;b:y" },
      { a: "x", b: "y" },
      { q: { x: 1 } },
      { q: { y: 2 } },
      { a: "\ud800" },
      { a: "\ufffd" },
      { a: "é" },
      { a: "e\u0301" },
    ];
    for (const args of others) await call("read", args);
    expect(read.runs).toBe(2 + others.length);
    for (const args of others) await call("read", args);
    expect(read.runs).toBe(2 + others.length);
  });

  it("tools, servers, instances and schemas are told apart, and the same server made anew is not", async () => {
    const shared = newCache();
    const runs: Record<string, number> = {};
    const run = async (
      label: string,
      name: string,
      schema: z.ZodObject,
      serverName = "test",
      version = "1",
    ): Promise<void> => {
      const server = newServer(serverName, version);
      shared.attach(server);
      server.registerTool(name, { inputSchema: schema, annotations: { readOnlyHint: true } }, () => {
        runs[label] = (runs[label] ?? 0) + 1;
        return text(label) as never;
      });
      const { call, client } = await connect(server);
      expect(textOf(await call(name, { q: "x" }))).toBe(label);
      await client.close();
    };
    const schema = (): z.ZodObject => z.object({ q: z.string() });
    await run("a", "read", schema());
    await run("a", "read", schema());
    await run("b", "find", schema());
    await run("c", "read", schema(), "other");
    await run("d", "read", schema(), "test", "2");
    await run("e", "read", z.object({ q: z.string().max(5) }));
    await run("a", "read", schema());
    expect(runs).toEqual({ a: 1, b: 1, c: 1, d: 1, e: 1 });
  });

  it("arguments that are too long or too deep go past the cache", async () => {
    const server = newServer();
    newCache({ maxKeyChars: 1000 }).attach(server);
    const read = countingTool(server, "read");
    const { call } = await connect(server);
    let deep: unknown = 1;
    for (let level = 0; level < 500; level++) deep = [deep];
    for (const args of [{ a: "x".repeat(10_000_000) }, { deep }]) {
      read.runs = 0;
      expect(statusOf(await call("read", args))).toBe("bypass");
      await call("read", args);
      expect(read.runs).toBe(2);
    }
  });
});

describe("whose", () => {
  const setUp = (options: Parameters<typeof newCache>[0] = {}) => {
    const shared = newCache(options);
    let runs = 0;
    const as = async (identity?: Parameters<typeof connect>[1]): Promise<unknown> => {
      const server = newServer();
      shared.attach(server);
      server.registerTool("read", { annotations: { readOnlyHint: true } }, () => text(`run ${++runs}`) as never);
      const { call, client } = await connect(server, identity);
      const answer = textOf(await call("read"));
      await client.close();
      return answer;
    };
    return as;
  };

  it("two subjects never share; a new token of the same subject keeps its entries, one with other scopes does not", async () => {
    const as = setUp();
    expect(await as({ subject: "ann", token: "1" })).toBe("run 1");
    expect(await as({ subject: "bob" })).toBe("run 2");
    expect(await as({ subject: "ann", token: "2" })).toBe("run 1");
    expect(await as({ subject: "ann", scopes: ["read"] })).toBe("run 3");
    expect(await as({ subject: "ann", scopes: ["read", "write"] })).toBe("run 4");
    expect(await as({ subject: "ann", scopes: ["write", "read"] })).toBe("run 4");
    expect(await as({ token: "1" })).toBe("run 5");
    expect(await as()).toBe("run 6");
  });

  it("everybody shares what is public", async () => {
    const as = setUp({ scope: "public" });
    expect(await as({ subject: "ann" })).toBe("run 1");
    expect(await as({ subject: "bob" })).toBe("run 1");
    expect(await as()).toBe("run 1");
  });

  it("per session there is nothing where there is no session", async () => {
    const as = setUp({ tools: { read: { scope: "session" } } });
    expect(await as({ subject: "ann" })).toBe("run 1");
    expect(await as({ subject: "ann" })).toBe("run 2");
  });
});

describe("isolation", () => {
  it("a result that is changed later, by the tool or by a layer, changes nothing that is stored", async () => {
    const server = newServer();
    layer(async (_call, next) => {
      const result = await next();
      const block = result.content?.[0];
      if (block) block["text"] = `${String(block["text"])}!`;
      (result.structuredContent as { list: number[] }).list.push(9);
      return result;
    }, "outer").attach(server);
    newCache().attach(server);
    const own = { content: [{ type: "text", text: "own" }], structuredContent: { list: [1] } };
    server.registerTool("read", { annotations: { readOnlyHint: true } }, () => own as never);
    const { call } = await connect(server);
    await call("read");
    own.structuredContent.list.push(2);
    for (let round = 0; round < 3; round++) {
      const result = await call("read");
      expect(statusOf(result)).toBe("hit");
      expect([textOf(result), result.structuredContent]).toEqual(["own!", { list: [1, 9] }]);
    }
  });

  it("stores the tool's own _meta, and no layer's", async () => {
    const server = newServer();
    newCache().attach(server);
    layer(async (_call, next) => {
      const result = await next();
      return {
        ...result,
        _meta: { ...result._meta, "com.example/trace": "abc", "dev.plugboard/ratelimit": { remaining: 3 } },
      };
    }, "inner").attach(server);
    server.registerTool(
      "read",
      { annotations: { readOnlyHint: true } },
      () => ({ ...text("x"), _meta: { "com.example/own": 1, "dev.plugboard/batch": 2 } }) as never,
    );
    const { call } = await connect(server);
    expect((await call("read"))._meta).toMatchObject({
      "com.example/trace": "abc",
      "dev.plugboard/ratelimit": { remaining: 3 },
    });
    expect((await call("read"))._meta).toEqual({
      "com.example/own": 1,
      "dev.plugboard/cache": { status: "hit", ageMs: expect.any(Number) },
    });
  });
});

describe("time", () => {
  it("a result is fresh until its time is over, whatever the wall clock does; an entry lives at most ttlMs", async () => {
    const advance = stopClock();
    const server = newServer();
    newCache({ ttlMs: 1000, jitter: 0 }).attach(server);
    countingTool(server, "read");
    const { call } = await connect(server);
    await call("read");
    vi.spyOn(Date, "now").mockReturnValue(Date.now() + 1e12);
    advance(999);
    expect((await call("read"))._meta?.["dev.plugboard/cache"]).toEqual({ status: "hit", ageMs: 999 });
    vi.spyOn(Date, "now").mockReturnValue(0);
    advance(1);
    expect(statusOf(await call("read"))).toBe("miss");
  });

  it("times are shortened at random by jitter, never lengthened", async () => {
    const advance = stopClock();
    vi.spyOn(Math, "random").mockReturnValue(0.9999);
    const server = newServer();
    newCache({ ttlMs: 1000, jitter: 0.5 }).attach(server);
    countingTool(server, "read");
    const { call } = await connect(server);
    await call("read");
    advance(500);
    expect(statusOf(await call("read"))).toBe("hit");
    advance(1);
    expect(statusOf(await call("read"))).toBe("miss");
  });

  it("stale while it revalidates: the old one at once, one new run behind it, then the new one", async () => {
    const advance = stopClock();
    const server = newServer();
    newCache({ ttlMs: 1000, staleMs: 1000, jitter: 0 }).attach(server);
    const read = countingTool(server, "read");
    const { call } = await connect(server);
    await call("read");
    advance(1500);
    const gate = deferred();
    read.gate = gate.promise;
    const stale = await Promise.all([call("read"), call("read"), call("read")]);
    expect(stale.map(statusOf)).toEqual(["stale", "stale", "stale"]);
    expect(stale.map(textOf)).toEqual(["run 1", "run 1", "run 1"]);
    expect(stale[0]?._meta?.["dev.plugboard/cache"]).toMatchObject({ ageMs: 1500 });
    expect(read.runs).toBe(2);
    gate.resolve();
    await vi.waitFor(async () => expect(textOf(await call("read"))).toBe("run 2"));
    expect(read.runs).toBe(2);
    advance(2000);
    expect(statusOf(await call("read"))).toBe("miss");
  });

  it("a revalidation that fails leaves the old result, within its limit only, and nobody is told", async () => {
    const advance = stopClock();
    const server = newServer();
    newCache({ ttlMs: 1000, staleMs: 1000, jitter: 0 }).attach(server);
    const read = countingTool(server, "read");
    const { call } = await connect(server);
    await call("read");
    read.answer = () => toolError("down");
    advance(1500);
    for (let round = 2; round <= 3; round++) {
      expect(statusOf(await call("read"))).toBe("stale");
      await vi.waitFor(() => expect(read.runs).toBe(round));
      await turn();
    }
    advance(500);
    const result = await call("read");
    expect([result.isError, statusOf(result)]).toEqual([true, "miss"]);
  });

  it("stale if there is an error: the last good result, marked, when the tool fails or a limit refuses", async () => {
    const advance = stopClock();
    const server = newServer();
    newCache({ ttlMs: 1000, staleIfErrorMs: 5000, jitter: 0 }).attach(server);
    let refuse = false;
    layer((_call, next) => (refuse ? Promise.resolve(toolError("too many")) : next()), "limit").attach(server);
    const read = countingTool(server, "read");
    const { call } = await connect(server);
    await call("read");
    advance(2000);
    read.answer = () => toolError("down");
    for (let round = 0; round < 2; round++) {
      const result = await call("read");
      expect([textOf(result), statusOf(result), result.isError]).toEqual(["run 1", "stale", undefined]);
      expect(result._meta?.["dev.plugboard/cache"]).toMatchObject({ ageMs: 2000 });
      refuse = true;
    }
    refuse = false;
    read.answer = (run) => text(`run ${run}`);
    expect(textOf(await call("read"))).toBe("run 3");
    advance(6000);
    read.answer = () => toolError("down");
    expect((await call("read")).isError).toBe(true);
  });
});

describe("single flight", () => {
  it("a hundred concurrent calls are one run, all are answered, and each gets a copy of its own", async () => {
    const server = newServer();
    newCache().attach(server);
    const read = countingTool(server, "read");
    const gate = deferred();
    read.gate = gate.promise;
    const { call } = await connect(server);
    const calls = Array.from({ length: 100 }, () => call("read"));
    await vi.waitFor(() => expect(read.runs).toBe(1));
    gate.resolve();
    const results = await Promise.all(calls);
    expect(new Set(results.map(textOf))).toEqual(new Set(["run 1"]));
    expect(results.filter((result) => statusOf(result) === "miss")).toHaveLength(1);
    expect(results.filter((result) => statusOf(result) === "coalesced")).toHaveLength(99);
  });

  it("the cancellation of the first caller, or of any other, disturbs nobody else", async () => {
    const server = newServer();
    newCache().attach(server);
    const read = countingTool(server, "read");
    const gate = deferred();
    read.gate = gate.promise;
    const { call } = await connect(server);
    const controllers = Array.from({ length: 3 }, () => new AbortController());
    const calls = controllers.map(({ signal }) => call("read", {}, { signal }).then(textOf, () => "cancelled"));
    await vi.waitFor(() => expect(read.runs).toBe(1));
    controllers[0]?.abort();
    controllers[2]?.abort();
    expect(await calls[0]).toBe("cancelled");
    gate.resolve();
    expect(await Promise.all(calls)).toEqual(["cancelled", "run 1", "cancelled"]);
    expect(textOf(await call("read"))).toBe("run 1");
  });

  it("when all callers have left, the tool is cancelled, nothing is stored, and the next call runs it anew", async () => {
    const server = newServer();
    newCache().attach(server);
    const [started, aborted] = [deferred(), deferred()];
    let runs = 0;
    server.registerTool("read", { annotations: { readOnlyHint: true } }, (async ({
      signal,
    }: {
      signal: AbortSignal;
    }) => {
      if (++runs > 1) return text("second");
      signal.addEventListener("abort", () => aborted.resolve());
      started.resolve();
      await aborted.promise;
      return text("first, too late");
    }) as never);
    const { call } = await connect(server);
    const controller = new AbortController();
    const calls = [1, 2].map(() => call("read", {}, { signal: controller.signal }).catch(() => "cancelled"));
    await started.promise;
    controller.abort();
    await aborted.promise;
    expect(await Promise.all(calls)).toEqual(["cancelled", "cancelled"]);
    expect(textOf(await call("read"))).toBe("second");
  });

  it("everybody who waits sees the progress", async () => {
    const server = newServer();
    newCache().attach(server);
    const [started, gate, told] = [deferred(), deferred(), deferred()];
    server.registerTool("read", { annotations: { readOnlyHint: true } }, async () => {
      started.resolve();
      await gate.promise;
      await currentCall()?.report({ progress: 1, total: 2, message: "half" });
      await told.promise;
      return text("done") as never;
    });
    const { call } = await connect(server);
    const seen: string[] = [];
    const watch = (name: string) => ({
      onprogress: ({ message }: { message?: string }) => void seen.push(`${name} ${message ?? ""}`),
    });
    const first = call("read", {}, watch("first"));
    await started.promise;
    const second = call("read", {}, watch("second"));
    const third = call("read");
    await vi.waitFor(() => expect(server.isConnected()).toBe(true));
    await turn();
    gate.resolve();
    await vi.waitFor(() => expect(seen.toSorted()).toEqual(["first half", "second half"]));
    told.resolve();
    expect((await Promise.all([first, second, third])).map(textOf)).toEqual(["done", "done", "done"]);
  });

  it("a failure is shared with the same caller only: others try for themselves", async () => {
    const shared = newCache({ scope: "public" });
    const [started, gate] = [deferred(), deferred()];
    const runs: string[] = [];
    const as = async (subject: string) => {
      const server = newServer();
      shared.attach(server);
      server.registerTool("read", { annotations: { readOnlyHint: true } }, async () => {
        runs.push(subject);
        if (subject !== "ann") return text(`for ${subject}`) as never;
        started.resolve();
        await gate.promise;
        return toolError("401: not for ann") as never;
      });
      return connect(server, { subject });
    };
    const [ann, bob] = [await as("ann"), await as("bob")];
    const mine = [ann.call("read")];
    await started.promise;
    mine.push(ann.call("read"));
    const his = bob.call("read");
    await turn();
    gate.resolve();
    expect((await Promise.all(mine)).map((result) => [result.isError, statusOf(result)])).toEqual([
      [true, "miss"],
      [true, "coalesced"],
    ]);
    expect(textOf(await his)).toBe("for bob");
    expect(runs).toEqual(["ann", "bob"]);
  });

  it("what came of asking one client is for nobody else", async () => {
    const server = newServer();
    newCache().attach(server);
    const [started, gate] = [deferred(), deferred()];
    let runs = 0;
    server.registerTool("ask", { annotations: { readOnlyHint: true } }, async () => {
      const run = ++runs;
      started.resolve();
      await gate.promise;
      await server.server.listRoots().catch(() => undefined);
      return text(`run ${run}`) as never;
    });
    const { call } = await connect(server);
    const calls = [call("ask")];
    await started.promise;
    calls.push(call("ask"));
    await turn();
    gate.resolve();
    expect((await Promise.all(calls)).map(textOf)).toEqual(["run 1", "run 2"]);
  });

  it("crossed flights do not lock: a → b and b → a, at the same time", async () => {
    const server = newServer();
    newCache({ maxWaitMs: 600_000 }).attach(server);
    const both = deferred();
    let started = 0;
    for (const [name, other] of [
      ["a", "b"],
      ["b", "a"],
    ] as const) {
      server.registerTool(
        name,
        { annotations: { readOnlyHint: true }, inputSchema: { inner: z.boolean().default(false) } },
        async () => {
          if (++started === 2) both.resolve();
          await both.promise;
          const inner = await currentCall()?.dispatch(other);
          return text(`${name}(${String(inner && textOf(inner))})`) as never;
        },
      );
    }
    const { call } = await connect(server);
    const results = await Promise.all([call("a"), call("b")]);
    // Each runs the other itself, in which core stops the circle.
    for (const result of results) expect(textOf(result)).toContain("cannot run inside itself");
  });

  it("waits for another call's flight no longer than maxWaitMs, then does the work itself", async () => {
    const server = newServer();
    newCache({ maxWaitMs: 20 }).attach(server);
    const [started, never] = [deferred(), deferred()];
    let runs = 0;
    server.registerTool("read", { annotations: { readOnlyHint: true } }, async () => {
      if (++runs > 1) return text("own") as never;
      started.resolve();
      await never.promise;
      return text("late") as never;
    });
    const { call } = await connect(server);
    const first = call("read");
    await started.promise;
    const second = await call("read");
    expect([textOf(second), statusOf(second)]).toEqual(["own", "bypass"]);
    never.resolve();
    expect(textOf(await first)).toBe("late");
  });

  it("shares so many flights at a time; what is over that runs alone", async () => {
    const server = newServer();
    const plugin = newCache({ maxFlights: 1 });
    plugin.attach(server);
    const read = countingTool(server, "read");
    const gate = deferred();
    read.gate = gate.promise;
    const { call } = await connect(server);
    const calls = [call("read", { n: 1 }), call("read", { n: 2 }), call("read", { n: 2 })];
    await vi.waitFor(() => expect(read.runs).toBe(3));
    expect(plugin.stats()["loading"]).toBe(3);
    gate.resolve();
    await Promise.all(calls);
    expect(plugin.stats()["loading"]).toBe(0);
  });
});

describe("invalidation", () => {
  it("after a tool that changes things has succeeded, and not when it fails: by name, pattern and tag", async () => {
    const server = newServer();
    newCache({
      invalidates: { write_note: ["read_note", "search*", "tag:notes"] },
      tools: { recent: { tags: ["notes"] } },
    }).attach(server);
    const names = ["read_note", "search_all", "recent", "other"];
    const tools = names.map((name) => countingTool(server, name));
    const write = countingTool(server, "write_note", {});
    write.answer = () => toolError("disk full");
    const { call } = await connect(server);
    const readAll = async (): Promise<number[]> => {
      for (const name of names) await call(name);
      return tools.map(({ runs }) => runs);
    };
    await readAll();
    await call("write_note");
    expect(await readAll()).toEqual([1, 1, 1, 1]);
    write.answer = () => text("written");
    await call("write_note");
    expect(await readAll()).toEqual([2, 2, 2, 1]);
  });

  it("also after a call that was cancelled, since it may have done its work", async () => {
    const server = newServer();
    newCache({ invalidates: { write: ["read"] } }).attach(server);
    const read = countingTool(server, "read");
    const [started, gate] = [deferred(), deferred()];
    server.registerTool("write", {}, async () => {
      started.resolve();
      await gate.promise;
      throw new Error("cancelled");
    });
    const { call } = await connect(server);
    await call("read");
    const controller = new AbortController();
    const writing = call("write", {}, { signal: controller.signal }).catch(() => undefined);
    await started.promise;
    controller.abort();
    await writing;
    gate.resolve();
    await vi.waitFor(async () => {
      await call("read");
      expect(read.runs).toBe(2);
    });
  });

  it("what is being loaded meanwhile is not stored, and those who come later do not join it", async () => {
    const server = newServer();
    const plugin = newCache();
    plugin.attach(server);
    const read = countingTool(server, "read");
    const gate = deferred();
    read.gate = gate.promise;
    const { call } = await connect(server);
    const early = call("read");
    await vi.waitFor(() => expect(read.runs).toBe(1));
    await plugin.invalidate({ tool: "read" });
    const late = call("read");
    await vi.waitFor(() => expect(read.runs).toBe(2));
    gate.resolve();
    expect([textOf(await early), textOf(await late)]).toEqual(["run 1", "run 2"]);
    expect(textOf(await call("read"))).toBe("run 2");
  });

  it("by tool, by caller, everything; and with the tool cache_clear, which is there only when it is enabled", async () => {
    const plugin = newCache({ clearTool: true, tools: { tagged: { tags: ["t"] } } });
    let runs = 0;
    const as = async (subject: string) => {
      const server = newServer();
      plugin.attach(server);
      for (const name of ["one", "two", "tagged"])
        server.registerTool(name, { annotations: { readOnlyHint: true } }, () => text(`${++runs}`) as never);
      return connect(server, { subject });
    };
    const [ann, bob] = [await as("ann"), await as("bob")];
    const rerun = async (clear: () => Promise<unknown>): Promise<string[]> => {
      const all = [ann, bob].flatMap(({ call }, who) =>
        ["one", "two", "tagged"].map((name) => ({ call, label: `${who} ${name}`, name })),
      );
      for (const { call, name } of all) await call(name);
      await clear();
      const fresh: string[] = [];
      for (const { call, name, label } of all) if (statusOf(await call(name)) === "miss") fresh.push(label);
      return fresh;
    };
    expect(await rerun(() => plugin.invalidate({ tool: "one" }))).toEqual(["0 one", "1 one"]);
    expect(await rerun(() => plugin.invalidate({ tag: "t" }))).toEqual(["0 tagged", "1 tagged"]);
    expect(await rerun(() => plugin.invalidate("all"))).toHaveLength(6);
    expect(await rerun(() => ann.call("cache_clear", { mine: true }))).toEqual(["0 one", "0 two", "0 tagged"]);
    expect(await rerun(() => ann.call("cache_clear", { tool: "two" }))).toEqual(["0 two", "1 two"]);
    expect(await rerun(() => bob.call("cache_clear", { tag: "t" }))).toEqual(["0 tagged", "1 tagged"]);
    const cleared = await bob.call("cache_clear");
    expect([textOf(cleared), cleared.structuredContent]).toEqual(["Forgotten: everything.", { cleared: "everything" }]);
    const { tools } = await ann.client.listTools();
    expect(tools.find(({ name }) => name === "cache_clear")?.annotations?.readOnlyHint).toBe(false);
    const server = newServer();
    newCache().attach(server);
    countingTool(server, "read");
    expect((await (await connect(server)).client.listTools()).tools.map(({ name }) => name)).toEqual(["read"]);
  });
});

describe("per call", () => {
  it("bypass neither reads nor stores, refresh stores, maxAgeMs takes nothing older", async () => {
    const advance = stopClock();
    const server = newServer();
    newCache({ jitter: 0 }).attach(server);
    countingTool(server, "read");
    const { call } = await connect(server);
    const ask = async (control?: object): Promise<unknown[]> => {
      const result = await call("read", {}, control && { meta: { "dev.plugboard/cache": control } });
      return [textOf(result), statusOf(result)];
    };
    expect(await ask({ bypass: true })).toEqual(["run 1", "bypass"]);
    expect(await ask()).toEqual(["run 2", "miss"]);
    expect(await ask({ bypass: true })).toEqual(["run 3", "bypass"]);
    expect(await ask()).toEqual(["run 2", "hit"]);
    expect(await ask({ refresh: true })).toEqual(["run 4", "miss"]);
    expect(await ask()).toEqual(["run 4", "hit"]);
    advance(100);
    expect(await ask({ maxAgeMs: 100 })).toEqual(["run 4", "hit"]);
    expect(await ask({ maxAgeMs: 99 })).toEqual(["run 5", "miss"]);
    expect(await ask()).toEqual(["run 5", "hit"]);
  });

  it("holds for the calls that it dispatches, too", async () => {
    const server = newServer();
    newCache().attach(server);
    const inner = countingTool(server, "inner");
    server.registerTool("outer", {}, async () => (await currentCall()?.dispatch("inner")) as never);
    const { call } = await connect(server);
    const ask = async (control?: object): Promise<unknown> =>
      textOf(await call("outer", {}, control && { meta: { "dev.plugboard/cache": control } }));
    expect([await ask(), await ask({ bypass: true }), await ask()]).toEqual(["run 1", "run 2", "run 1"]);
    expect([await ask({ refresh: true }), await ask()]).toEqual(["run 3", "run 3"]);
    expect(inner.runs).toBe(3);
  });

  it("what is not understood is an error that names the field, and the tool does not run", async () => {
    const server = newServer();
    newCache().attach(server);
    const read = countingTool(server, "read");
    const { call } = await connect(server);
    for (const [control, field] of [
      [{ maxAgeMs: -1 }, ".maxAgeMs"],
      [{ bypas: true }, "bypas"],
      ["bypass", '"bypass": true'],
    ] as const) {
      const result = await call("read", {}, { meta: { "dev.plugboard/cache": control } });
      expect(result.isError).toBe(true);
      expect(textOf(result)).toContain(field);
    }
    expect(read.runs).toBe(0);
  });
});

describe("with others", () => {
  it("a dispatched call has a hit as well, and a cached result is still checked against the output schema", async () => {
    const server = newServer();
    newCache().attach(server);
    let runs = 0;
    server.registerTool("inner", { annotations: { readOnlyHint: true }, outputSchema: { n: z.number() } }, () => ({
      content: [],
      structuredContent: { n: ++runs },
    }));
    server.registerTool("outer", {}, async () => (await currentCall()?.dispatch("inner")) as never);
    const { call } = await connect(server);
    for (let round = 0; round < 2; round++) expect((await call("outer")).structuredContent).toEqual({ n: 1 });
    expect((await call("inner")).structuredContent).toEqual({ n: 1 });
    expect(runs).toBe(1);
  });

  it("a filter that hides a tool hides its stored results too", async () => {
    let hidden = false;
    const server = newServer();
    definePlugin({ name: "filter", options: z.strictObject({}), setup: (host) => host.filter(() => !hidden) })().attach(
      server,
    );
    newCache().attach(server);
    countingTool(server, "read");
    const { call } = await connect(server);
    await call("read");
    hidden = true;
    expect((await call("read")).isError).toBe(true);
  });

  it("tells its numbers as a resource and as a method", async () => {
    const server = newServer();
    const plugin = newCache();
    plugin.attach(server);
    countingTool(server, "read");
    const { call, client } = await connect(server);
    await call("read");
    await call("read");
    const { contents } = await client.readResource({ uri: "cache://stats" });
    const shown = JSON.parse((contents[0] as { text: string }).text) as Record<string, number>;
    expect(shown).toEqual(plugin.stats());
    expect(shown).toMatchObject({ entries: 1, hits: 1, misses: 1, loading: 0 });
    expect(shown["bytes"]).toBeGreaterThan(0);
  });

  it("two instances under two names keep their own", async () => {
    const server = newServer();
    newCache({}, { as: "outer" }).attach(server);
    newCache({}, { as: "inner" }).attach(server);
    const read = countingTool(server, "read");
    const { call, client } = await connect(server);
    await call("read");
    await call("read");
    expect(read.runs).toBe(1);
    for (const [uri, hits] of [
      ["outer://stats", 1],
      ["inner://stats", 0],
    ] as const) {
      const { contents } = await client.readResource({ uri });
      expect(JSON.parse((contents[0] as { text: string }).text)).toMatchObject({ hits, misses: 1 });
    }
  });

  it("holds so many entries and bytes as the options say, and with another version none of the old", async () => {
    const few = newCache({ maxEntries: 2 });
    const small = newCache({ maxBytes: 10_000 });
    for (const memo of [few, small])
      for (let key = 0; key < 20; key++) await memo.getOrSet(`${key}`, () => "x".repeat(1000), { scope: "public" });
    expect(few.stats()).toMatchObject({ entries: 2, evicted: 18 });
    expect(small.stats()["bytes"]).toBeLessThanOrEqual(10_000);
    expect(small.stats()["evicted"]).toBeGreaterThan(10);
    const store = new MemoryStore({ maxEntries: 10, maxBytes: 10_000, clock: () => performance.now() });
    const get = (version: string): Promise<string> =>
      newCache({ store, version }).getOrSet("key", () => version, { scope: "public" });
    expect([await get("1"), await get("2"), await get("1")]).toEqual(["1", "2", "1"]);
  });
});
