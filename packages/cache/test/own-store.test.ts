import { describe, expect, it, onTestFinished, vi } from "vitest";
import type { Store } from "../src/index.ts";
import {
  connect,
  countingTool,
  deferred,
  newCache,
  newServer,
  overtake,
  stopClock,
  text,
  textOf,
  turn,
} from "./setup.ts";

/** A store that does as it is told, and otherwise holds nothing. */
const storeThat = (own: Partial<Store>): Store => ({
  shared: false,
  read: () => ({ entry: undefined, mark: 0 }),
  write: () => undefined,
  invalidate: () => undefined,
  stats: () => ({ entries: 0, bytes: 0, evicted: 0 }),
  close: () => undefined,
  ...own,
});

const failing = (): never => {
  throw new Error("the store is broken");
};
const rejecting = (): Promise<never> => Promise.reject(new Error("the store is broken"));

describe("a store of one's own", () => {
  const anything = {} as never;
  it.each<[string, Partial<Store>]>([
    ["throws on reading", { read: failing }],
    ["rejects reading", { read: rejecting }],
    ["throws on writing", { write: failing }],
    ["rejects writing", { write: rejecting }],
    ["gives nothing at all", { read: () => undefined as never }],
    ["gives a text", { read: () => Promise.resolve("garbage" as never) }],
    ["gives an entry of nothing", { read: () => ({ entry: { value: null, ageMs: 1 }, mark: 0 }) }],
    [
      "gives an entry without result",
      { read: () => ({ entry: { value: { ttlMs: 1e6, failed: false, by: "" }, ageMs: 1 }, mark: 0 }) },
    ],
    [
      "gives a result that is none",
      { read: () => ({ entry: { value: { ttlMs: 1e6, failed: false, by: "", value: 1 }, ageMs: 1 }, mark: 0 }) },
    ],
    ["says it is shared and claims nothing", { shared: true }],
    ["rejects claims", { shared: true, claim: rejecting, waitForRelease: rejecting }],
    [
      "rejects releases",
      {
        shared: true,
        claim: () => Promise.resolve({ read: { entry: undefined, mark: 0 }, release: rejecting }),
        waitForRelease: rejecting,
      },
    ],
    [
      "throws on release",
      {
        shared: true,
        claim: () => Promise.resolve({ read: { entry: undefined, mark: 0 }, release: failing }),
        waitForRelease: rejecting,
      },
    ],
    ["has a property that is called redis", { ...storeThat({}), redis: anything } as Partial<Store>],
  ])("that %s disturbs no call, and is warned of once at most", async (_, own) => {
    const warn = vi.spyOn(console, "warn").mockReturnValue();
    const server = newServer();
    newCache({ store: storeThat(own), invalidates: { write: ["read"] } }).attach(server);
    countingTool(server, "read");
    countingTool(server, "write", {});
    const { call } = await connect(server);
    for (let run = 1; run <= 3; run++) expect(textOf(await call("read"))).toBe(`run ${run}`);
    expect((await call("write")).isError).toBeUndefined();
    await turn();
    expect(warn.mock.calls.length).toBeLessThanOrEqual(1);
    expect(warn.mock.calls.flat().join()).not.toContain("Redis at");
  });

  it("that never answers holds a call up for a bounded time", async () => {
    vi.spyOn(console, "warn").mockReturnValue();
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    onTestFinished(() => void vi.useRealTimers());
    const never = (): Promise<never> => new Promise(() => undefined);
    const server = newServer();
    newCache({ store: storeThat({ read: never, write: never, invalidate: never }) }).attach(server);
    countingTool(server, "read");
    const { call } = await connect(server);
    const answer = call("read");
    await vi.waitFor(async () => {
      await vi.advanceTimersByTimeAsync(5000);
      expect(textOf(await Promise.race([answer, Promise.resolve(text("waiting"))]))).toBe("run 1");
    });
  });

  it("that goes on failing is warned of once a minute", async () => {
    const advance = stopClock();
    const warn = vi.spyOn(console, "warn").mockReturnValue();
    const server = newServer();
    newCache({ store: storeThat({ write: rejecting }) }).attach(server);
    countingTool(server, "read");
    const { call } = await connect(server);
    for (let round = 0; round < 3; round++) await call("read");
    advance(60_000);
    for (let round = 0; round < 3; round++) await call("read");
    expect(warn).toHaveBeenCalledTimes(2);
  });

  it("is waited for on claims, and read with them: what another process stored meanwhile is given with its age", async () => {
    const envelope = { value: text("elsewhere"), ttlMs: 1000, failed: false, by: "" };
    const release = vi.fn<() => Promise<void>>(() => Promise.resolve());
    let claims = 0;
    const store = storeThat({
      shared: true,
      claim: () =>
        Promise.resolve(
          ++claims < 3 ? undefined : { read: { entry: { value: envelope, ageMs: 70 }, mark: 0 }, release },
        ),
      waitForRelease: () => Promise.resolve(),
    });
    const server = newServer();
    newCache({ store }).attach(server);
    const read = countingTool(server, "read");
    const { call } = await connect(server);
    const found = await call("read");
    expect([textOf(found), found._meta?.["dev.plugboard/cache"]]).toEqual(["elsewhere", { status: "hit", ageMs: 70 }]);
    expect([read.runs, claims]).toEqual([0, 3]);
    await turn();
    expect(release).toHaveBeenCalledTimes(1);
    // What is older than the caller takes, or what he wants anew, is loaded.
    expect(textOf(await call("read", {}, { meta: { "dev.plugboard/cache": { maxAgeMs: 69 } } }))).toBe("run 1");
    expect(textOf(await call("read", {}, { meta: { "dev.plugboard/cache": { refresh: true } } }))).toBe("run 2");
  });

  it("has its claims back when what is loaded is invalidated, cancelled, or the plugin is disposed of", async () => {
    const release = vi.fn<() => Promise<void>>(() => Promise.resolve());
    const store = storeThat({
      shared: true,
      claim: () => Promise.resolve({ read: { entry: undefined, mark: 0 }, release }),
      waitForRelease: () => Promise.resolve(),
    });
    const server = newServer();
    const plugin = newCache({ store });
    plugin.attach(server);
    const read = countingTool(server, "read");
    const gate = deferred();
    read.gate = gate.promise;
    const { call } = await connect(server);
    const controller = new AbortController();
    const calls = [
      call("read", { n: 1 }),
      call("read", { n: 2 }, { signal: controller.signal }),
      call("read", { n: 3 }),
    ].map((each) => each.catch(() => undefined));
    await vi.waitFor(() => expect(read.runs).toBe(3));
    controller.abort();
    await vi.waitFor(() => expect(release).toHaveBeenCalledTimes(1));
    await plugin.invalidate({ tool: "read" });
    expect(release).toHaveBeenCalledTimes(3);
    read.gate = undefined;
    await call("read", { n: 4 });
    await vi.waitFor(() => expect(release).toHaveBeenCalledTimes(4));
    read.gate = gate.promise;
    const last = call("read", { n: 5 }).catch(() => undefined);
    await vi.waitFor(() => expect(read.runs).toBe(5));
    await plugin.dispose();
    expect(release).toHaveBeenCalledTimes(5);
    gate.resolve();
    await Promise.all([...calls, last]);
  });

  /** A store in which one load at a time has the claim of a key, in memory. */
  function claimingStore() {
    const held = new Set<string>();
    const log: string[] = [];
    const store = storeThat({
      shared: true,
      claim(key) {
        if (held.has(key)) return Promise.resolve(undefined);
        held.add(key);
        log.push("claimed");
        const release = (): Promise<void> => {
          held.delete(key);
          log.push("released");
          return Promise.resolve();
        };
        return Promise.resolve({ read: { entry: undefined, mark: 0 }, release });
      },
      waitForRelease: () => turn(),
    });
    return { store, held, log };
  }

  it("does not make a refresh wait for the claim of the older run that it overtakes", async () => {
    const { store, held, log } = claimingStore();
    const server = newServer();
    newCache({ store, maxWaitMs: 600_000 }).attach(server);
    await overtake(server);
    await turn();
    expect([log, held.size]).toEqual([["claimed", "released", "claimed", "released"], 0]);
  });

  it("that fails makes no refresh wait for the run that it overtakes", async () => {
    vi.spyOn(console, "warn").mockReturnValue();
    const server = newServer();
    newCache({ store: storeThat({ read: failing }) }).attach(server);
    await overtake(server);
  });

  it("gets back a claim that comes too late, and holds nobody up who waits for one", async () => {
    const warn = vi.spyOn(console, "warn").mockReturnValue();
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    onTestFinished(() => void vi.useRealTimers());
    const { store, held, log } = claimingStore();
    const late = deferred();
    const slow = { ...store, claim: async () => late.promise.then(() => store.claim?.("key", [])) };
    const hanging = {
      ...store,
      claim: async () => undefined,
      waitForRelease: () => new Promise<never>(() => undefined),
    };
    const loads = [slow, hanging].map((own) =>
      newCache({ store: own, maxWaitMs: 60_000 }).getOrSet("key", () => "loaded", { scope: "public" }),
    );
    await vi.advanceTimersByTimeAsync(5000);
    expect(await loads[0]).toBe("loaded");
    late.resolve();
    await vi.waitFor(() => expect(log).toEqual(["claimed", "released"]));
    expect(held.size).toBe(0);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(await loads[1]).toBe("loaded");
    expect(warn).toHaveBeenCalledTimes(2);
  });
});
