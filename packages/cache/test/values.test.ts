import { currentCall } from "@plugboard/core";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { cache } from "../src/index.ts";
import { connect, deferred, newCache, newServer, stopClock, text, textOf } from "./setup.ts";

const everybody = { scope: "public" } as const;

describe("getOrSet", () => {
  it("loads once for all who ask at a time, and gives each a copy of its own", async () => {
    const memo = newCache();
    const load = vi.fn<() => Promise<{ list: number[] }>>(() => Promise.resolve({ list: [1] }));
    const loads = await Promise.all(Array.from({ length: 100 }, () => memo.getOrSet("key", load, everybody)));
    expect(load).toHaveBeenCalledTimes(1);
    expect(new Set(loads).size).toBe(100);
    loads[0]?.list.push(2);
    expect(await memo.getOrSet("key", load, everybody)).toEqual({ list: [1] });
    expect(load).toHaveBeenCalledTimes(1);
  });

  it("ends in time, gives the old value while it revalidates or when loading fails, and tells failures to all who wait", async () => {
    const advance = stopClock();
    const memo = newCache({ jitter: 0 });
    let n = 0;
    const load = vi.fn<() => number>(() => ++n);
    const options = { ...everybody, ttlMs: 100, staleMs: 100, staleIfErrorMs: 1000 };
    const get = (): Promise<number> => memo.getOrSet("key", load, options);
    expect(await get()).toBe(1);
    advance(100);
    expect(await get()).toBe(1);
    await vi.waitFor(async () => expect(await get()).toBe(2));
    advance(500);
    load.mockImplementation(() => {
      throw new Error("down");
    });
    expect(await get()).toBe(2);
    advance(1000);
    expect(await Promise.allSettled([get(), get()])).toMatchObject([
      { reason: { message: "down" } },
      { reason: { message: "down" } },
    ]);
    load.mockImplementation(() => 3);
    expect(await get()).toBe(3);
  });

  it("belongs to the caller of the current call, in plugin tools and plain ones, from any depth", async () => {
    const memo = newCache();
    let loads = 0;
    const deep = async (): Promise<number> => {
      await Promise.resolve();
      return cache.getOrSet("key", () => ++loads);
    };
    const as = async (subject: string) => {
      const server = newServer();
      memo.attach(server);
      server.registerTool("load", {}, async () => text(String(await deep())) as never);
      server.registerTool("outer", {}, async () => (await currentCall()?.dispatch("load")) as never);
      return connect(server, { subject });
    };
    const [ann, bob] = [await as("ann"), await as("bob")];
    expect([await ann.call("load"), await ann.call("outer"), await bob.call("load")].map(textOf)).toEqual([
      "1",
      "1",
      "2",
    ]);
    await memo.invalidate("all");
    expect(textOf(await ann.call("load"))).toBe("3");
  });

  it("asks for whom, outside of a call; and without a plugin, where the cache is", async () => {
    const memo = newCache();
    await expect(memo.getOrSet("key", () => 1)).rejects.toThrow('scope: "public"');
    await expect(memo.state("key", () => 1)).rejects.toThrow('scope: "process"');
    await expect(cache.getOrSet("key", () => 1)).rejects.toThrow("use an instance");
    await expect(cache.state("key", () => 1)).rejects.toThrow("use an instance");
  });

  it("refuses what is no JSON with the reason, does not keep undefined, and keeps null", async () => {
    const memo = newCache();
    await expect(memo.getOrSet("map", () => ({ m: new Map() }), everybody)).rejects.toThrow(
      /cannot be stored, since an instance of a class.*state\(\)/,
    );
    const nothing = vi.fn<() => undefined>();
    await memo.getOrSet("nothing", nothing, everybody);
    await memo.getOrSet("nothing", nothing, everybody);
    expect(nothing).toHaveBeenCalledTimes(2);
    const none = vi.fn<() => null>(() => null);
    expect([await memo.getOrSet("null", none, everybody), await memo.getOrSet("null", none, everybody)]).toEqual([
      null,
      null,
    ]);
    expect(none).toHaveBeenCalledTimes(1);
  });

  it("runs loaders outside of the call that came first, and cancels them when nobody waits any more", async () => {
    const memo = newCache();
    const seen: unknown[] = [];
    const aborted = deferred();
    const server = newServer();
    memo.attach(server);
    const started = deferred();
    server.registerTool("load", {}, async () => {
      await memo.getOrSet("key", async (signal) => {
        seen.push(currentCall());
        signal.addEventListener("abort", () => aborted.resolve());
        started.resolve();
        await aborted.promise;
        return 1;
      });
      return text("loaded") as never;
    });
    const { call } = await connect(server);
    const controller = new AbortController();
    const calls = [1, 2].map(() => call("load", {}, { signal: controller.signal }).catch(() => "cancelled"));
    await started.promise;
    controller.abort();
    await aborted.promise;
    expect(await Promise.all(calls)).toEqual(["cancelled", "cancelled"]);
    expect(seen).toEqual([undefined]);
  });

  it("goes by tags, and by what it is called, whatever is in the name", async () => {
    const memo = newCache();
    let n = 0;
    const get = (key: string, tags: string[] = []): Promise<number> =>
      memo.getOrSet(key, () => ++n, { ...everybody, tags });
    expect([
      await get("a", ["t"]),
      await get("b"),
      await get("\ud800"),
      await get("\ufffd"),
      await get("x".repeat(10_000)),
    ]).toEqual([1, 2, 3, 4, 5]);
    await memo.invalidate({ tag: "t" });
    expect([
      await get("a", ["t"]),
      await get("b"),
      await get("\ud800"),
      await get("\ufffd"),
      await get("x".repeat(10_000)),
    ]).toEqual([6, 2, 3, 4, 5]);
  });
});

describe("state", () => {
  it("is created once under concurrent first use, and kept for each caller", async () => {
    const memo = newCache();
    let created = 0;
    const open = async (): Promise<{ n: number }> => {
      await Promise.resolve();
      return { n: ++created };
    };
    const all = await Promise.all(Array.from({ length: 50 }, () => memo.state("db", open, { scope: "process" })));
    expect(new Set(all).size).toBe(1);
    const as = async (subject: string) => {
      const server = newServer();
      memo.attach(server);
      server.registerTool("use", {}, async () => text(String((await cache.state("db", open)).n)) as never);
      return connect(server, { subject });
    };
    const [ann, bob] = [await as("ann"), await as("bob")];
    const texts = (await Promise.all([ann.call("use"), ann.call("use"), bob.call("use")])).map(textOf);
    expect(texts[0]).toBe(texts[1]);
    expect(texts[2]).not.toBe(texts[0]);
    expect(created).toBe(3);
    expect(memo.stats()["states"]).toBe(3);
  });

  it("is not kept for callers that nobody knows, and not for sessions that are not there", async () => {
    const memo = newCache();
    const server = newServer();
    memo.attach(server);
    server.registerTool(
      "session",
      {},
      async () => text(await memo.state("x", () => "made", { scope: "session" })) as never,
    );
    const { call } = await connect(server, { subject: "ann" });
    const result = await call("session");
    expect([result.isError, textOf(result)]).toEqual([true, expect.stringContaining("Connect with a session")]);
  });

  it("a failed creation is told to all who wait and tried again by the next", async () => {
    const memo = newCache();
    const create = vi.fn<() => Promise<string>>(() => Promise.reject(new Error("refused")));
    const get = (): Promise<string> => memo.state("db", create, { scope: "process" });
    expect(await Promise.allSettled([get(), get()])).toMatchObject([{ status: "rejected" }, { status: "rejected" }]);
    expect(create).toHaveBeenCalledTimes(1);
    create.mockResolvedValue("open");
    expect(await get()).toBe("open");
  });

  it("is disposed of when it was idle for so long, not while a call that got it runs, and made anew afterwards", async () => {
    vi.useFakeTimers({ toFake: ["performance", "setTimeout", "clearTimeout"] });
    onTestFinished(() => void vi.useRealTimers());
    const memo = newCache({ idleMs: 10_000 });
    const [disposed, gate, started] = [vi.fn<(value: object) => void>(), deferred(), deferred()];
    const server = newServer();
    memo.attach(server);
    const get = (): Promise<object> => memo.state("db", () => ({}), { scope: "process", dispose: disposed });
    server.registerTool("use", {}, async () => {
      await get();
      started.resolve();
      await gate.promise;
      expect(disposed).not.toHaveBeenCalled();
      return text("used") as never;
    });
    const { call } = await connect(server);
    const using = call("use");
    await started.promise;
    await vi.advanceTimersByTimeAsync(30_000);
    expect(disposed).not.toHaveBeenCalled();
    const value = await get();
    gate.resolve();
    expect(textOf(await using)).toBe("used");
    await vi.advanceTimersByTimeAsync(9999);
    expect(disposed).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1);
    expect(disposed.mock.calls).toEqual([[value]]);
    expect(memo.stats()["states"]).toBe(0);
    expect(await get()).not.toBe(value);
  });

  it("makes room by disposing of what was not used for longest, and says so when all are in use", async () => {
    const memo = newCache({ maxStates: 2 });
    const disposed: string[] = [];
    const get = (name: string): Promise<string> =>
      memo.state(name, () => name, { scope: "process", dispose: (value) => void disposed.push(value) });
    await get("a");
    await get("b");
    await get("a");
    await get("c");
    expect(disposed).toEqual(["b"]);
    const server = newServer();
    memo.attach(server);
    const [gate, inside] = [deferred(), deferred()];
    server.registerTool("hold", {}, async () => {
      await get("a");
      await get("c");
      inside.resolve();
      await gate.promise;
      return text("held") as never;
    });
    const { call } = await connect(server);
    const holding = call("hold");
    await inside.promise;
    await expect(get("d")).rejects.toThrow("maxStates");
    gate.resolve();
    await holding;
    expect(await get("d")).toBe("d");
  });

  it("is disposed of on shutdown, last used first, whatever fails; creation that goes on is cancelled, and its value too", async () => {
    const warn = vi.spyOn(console, "warn").mockReturnValue();
    const memo = cache();
    const disposed: string[] = [];
    const dispose = (value: string): void => {
      disposed.push(value);
      if (value === "b") throw new Error("cannot close");
    };
    for (const name of ["a", "b", "c"]) await memo.state(name, () => name, { scope: "process", dispose });
    const late = deferred<string>();
    const [started, cancelled] = [deferred(), deferred()];
    const pending = memo.state(
      "late",
      (signal) => {
        signal.addEventListener("abort", () => cancelled.resolve());
        started.resolve();
        return late.promise;
      },
      { scope: "process", dispose },
    );
    await started.promise;
    await memo.dispose();
    await cancelled.promise;
    expect(disposed).toEqual(["c", "b", "a"]);
    late.resolve("late");
    await pending;
    await vi.waitFor(() => expect(disposed).toContain("late"));
    expect(warn).toHaveBeenCalledTimes(1);
    await expect(memo.state("a", () => "a", { scope: "process" })).rejects.toThrow("shut down");
  });

  it("a value that nobody waits for any more is disposed of when it comes", async () => {
    const memo = newCache();
    const server = newServer();
    memo.attach(server);
    const [started, late, disposed] = [deferred(), deferred<string>(), deferred<string>()];
    server.registerTool("use", {}, async () => {
      await memo.state("db", () => (started.resolve(), late.promise), { scope: "process", dispose: disposed.resolve });
      return text("used") as never;
    });
    const { call } = await connect(server);
    const controller = new AbortController();
    const using = call("use", {}, { signal: controller.signal }).catch(() => undefined);
    await started.promise;
    controller.abort();
    await using;
    await vi.waitFor(() => expect(memo.stats()["states"]).toBe(0));
    late.resolve("value");
    expect(await disposed.promise).toBe("value");
  });
});
