import { compose, currentCall, toolError } from "@plugboard/core";
import { testPlugin } from "@plugboard/core/testing";
import { describe, expect, it, vi } from "vitest";
import { z } from "zod";
import { ratelimit } from "../src/index.ts";
import { ratelimitOn } from "../src/plugin.ts";
import { connect, KEY, layer, metaOf, newServer, registerGate, text, textOf } from "./server.ts";
import { type RuleInput, settle, TestClock } from "./setup.ts";

testPlugin(ratelimit, { describe, it, badOption: { rules: [{ limit: 0, windowMs: 1000 }] } });

const now = { maxWaitMs: 0 };

/** The plugin with a clock that goes when it is told to. */
function limited(rules: RuleInput[], { as, ...bounds }: { as?: string; maxWaiting?: number; maxKeys?: number } = {}) {
  const clock = new TestClock();
  const plugin = ratelimitOn(clock)({ rules, ...bounds }, as === undefined ? {} : { as });
  return { clock, plugin };
}

describe("a call over its limit", () => {
  it("gets an error that says which limit, what is left and when to come back, for people and machines", async () => {
    const { clock, plugin } = limited([
      { name: "forecasts", tools: ["forecast"], limit: 10, windowMs: 60_000, ...now },
      { tools: ["export"], per: "global", limit: 100, windowMs: 3_600_000, cost: 60, ...now },
      { tools: ["a*"], per: ["principal", "session"], budget: 1, windowMs: 86_400_000, ...now },
      { tools: ["b"], per: ["tool"], concurrency: 1, ...now },
      { tools: ["c", "d"], concurrency: 1, queue: 0 },
    ]);
    const server = newServer(plugin);
    for (const name of ["forecast", "export", "a1"]) server.registerTool(name, {}, () => text("fine"));
    const [b, c] = [registerGate(server, "b"), registerGate(server, "c")];
    const { call } = await connect(server);
    for (let n = 1; n <= 10; n++) {
      expect(metaOf(await call("forecast"))).toEqual({
        rule: "forecasts",
        limit: 10,
        remaining: 10 - n,
        resetMs: 6000 * n,
      });
    }
    clock.at += 2_000_000;
    const refused = await call("forecast");
    expect(refused).toEqual({
      isError: true,
      content: [
        {
          type: "text",
          text: "`forecast` is limited to 10 calls a minute for each caller, and 0 are left. Try again in 4 s.",
        },
      ],
      _meta: { [KEY]: { rule: "forecasts", limit: 10, remaining: 0, resetMs: 58_000, retryAfterMs: 4000 } },
    });
    clock.at += 3_999_000;
    expect((await call("forecast")).isError).toBe(true);
    clock.at += 1000;
    expect((await call("forecast")).isError).toBeUndefined();

    await call("export");
    expect(textOf(await call("export"))).toBe(
      "`export` is limited to 100 units an hour for all callers together. This call costs 60, and 40 are left. Try again in 12 min.",
    );
    await call("a1");
    const budget = await call("a1");
    expect(textOf(budget)).toMatch(
      /^`a1` was not run: the tools `a\*` together have a budget of 1 call a day for each session, and 0 are left\. Try again in 24 h( \d+ min)?\.$/,
    );
    const [inB, inC] = [call("b"), call("c")];
    await Promise.all([b.entered(), c.entered()]);
    const full = await call("b");
    expect(textOf(full)).toBe(
      "`b` runs at most 1 call at a time for all callers together, and no place is free. Try again in about 1 s.",
    );
    expect(metaOf(full)).toEqual({ rule: "rule-4", limit: 1, remaining: 0, retryAfterMs: 1000, estimated: true });
    expect(textOf(await call("c"))).toBe(
      "`c` was not run: the tools `c`, `d` together run at most 1 call at a time for each caller, and no place is free. Too many calls wait already. Try again in about 1 s.",
    );
    b.open();
    c.open();
    await Promise.all([inB, inC]);
  });

  it("is told when it costs more than ever fits, and no time to come back", async () => {
    const { plugin } = limited([{ limit: 100, windowMs: 1000, cost: { export: { argument: "count" } } }]);
    const server = newServer(plugin);
    server.registerTool("export", { inputSchema: { count: z.number() } }, () => text("fine"));
    const { call } = await connect(server);
    const refused = await call("export", { count: 5000 });
    expect(textOf(refused)).toBe(
      "`export` was not run: this call costs 5,000, and never more than 100 can be taken at once. Ask for less in one call.",
    );
    expect(metaOf(refused)).toEqual({ rule: "rule-1", limit: 100, remaining: 100, resetMs: 0 });
    expect(metaOf(await call("export", { count: 30 }))).toMatchObject({ remaining: 70 });
  });

  it("is refused under every name of the plugin with the same key, and by the first of several instances only once", async () => {
    const outer = limited([{ limit: 5, windowMs: 60_000, ...now }]);
    const inner = limited([{ name: "inner", limit: 1, windowMs: 60_000, ...now }], { as: "strict" });
    const server = newServer(compose([outer.plugin, inner.plugin]));
    server.registerTool("tool", {}, () => text("fine"));
    const { call } = await connect(server);
    expect(metaOf(await call("tool"))).toMatchObject({ rule: "rule-1", remaining: 4 });
    for (let n = 0; n < 10; n++)
      expect(metaOf(await call("tool"))).toMatchObject({ rule: "inner", retryAfterMs: 60_000 });
    inner.clock.at += 60_000_000;
    expect(metaOf(await call("tool"))).toMatchObject({ rule: "rule-1", remaining: 3 });
  });
});

describe("a result", () => {
  it("says what is left of the rule of which the least is left, and keeps all else as it was", async () => {
    const { plugin } = limited([
      { name: "few", concurrency: 1 },
      { name: "wide", limit: 100, windowMs: 1000, ...now },
      { name: "narrow", limit: 10, windowMs: 1000, ...now },
      { name: "wider", limit: 1000, windowMs: 1000, ...now },
      { name: "slots", concurrency: 2 },
    ]);
    const server = newServer(plugin);
    const own = { ...text("fine"), _meta: { "example.com/a": 1 }, structuredContent: { n: 1 } };
    server.registerTool("tool", { outputSchema: { n: z.number() } }, () => own);
    server.registerTool("bad", {}, () => ({ ...text("no"), isError: true }));
    const { call } = await connect(server);
    const result = await call("tool");
    expect(result).toEqual({
      ...own,
      _meta: { "example.com/a": 1, [KEY]: { rule: "narrow", limit: 10, remaining: 9, resetMs: 100 } },
    });
    expect(own._meta).toEqual({ "example.com/a": 1 });
    expect(metaOf(await call("bad"))).toMatchObject({ remaining: 8 });
  });

  it("says nothing of slots where there is another limit, however few are free", async () => {
    const { plugin } = limited([
      { name: "first", concurrency: 4 },
      { name: "rate", limit: 100, windowMs: 1000, ...now },
      { name: "last", concurrency: 4 },
    ]);
    const server = newServer(plugin);
    server.registerTool("tool", {}, () => text("fine"));
    const gate = registerGate(server, "gate");
    const { call } = await connect(server);
    const held = [call("gate"), call("gate"), call("gate")];
    await vi.waitUntil(() => gate.inside === 3);
    expect(metaOf(await call("tool"))).toMatchObject({ rule: "rate", remaining: 96 });
    for (let n = 0; n < 3; n++) gate.open();
    await Promise.all(held);
  });

  it("of a shape that is not known passes as it is, and costs what others cost", async () => {
    const { plugin } = limited([{ limit: 3, windowMs: 60_000, ...now }]);
    const seen: unknown[] = [];
    const odd = { inputRequests: { a: {} }, resultType: "input_required" };
    const outer = layer("outer", async (_call, next) => {
      const result = await next();
      seen.push(result);
      return text("fine");
    });
    const server = newServer(
      outer,
      plugin,
      layer("inner", () => Promise.resolve(odd)),
    );
    server.registerTool("tool", {}, () => text("never"));
    const { call } = await connect(server);
    await call("tool");
    expect(seen[0]).toBe(odd);
  });

  it("says of slots what is free, where a call has no other limit, and nothing where it has none", async () => {
    const { plugin } = limited([{ tools: ["tool"], concurrency: 3 }]);
    const server = newServer(plugin);
    server.registerTool("tool", {}, () => text("fine"));
    server.registerTool("free", {}, () => text("fine"));
    const { call } = await connect(server);
    expect(metaOf(await call("tool"))).toEqual({ rule: "rule-1", limit: 3, remaining: 3 });
    expect(await call("free")).toEqual(text("fine"));
  });
});

describe("what is charged", () => {
  it("stays charged when the tool ran, however that ended, and is given back when it did not", async () => {
    const { plugin } = limited([{ limit: 100, windowMs: 60_000, concurrency: 2, ...now }]);
    let mode = "pass";
    const inner = layer("inner", async (call, next) => {
      if (mode === "refuse") return toolError("not today");
      if (mode === "answer") return text("from somewhere else");
      if (mode === "impatient") {
        void next();
        return toolError("too late");
      }
      const result = await next(mode === "aborted" ? call.with({ signal: AbortSignal.abort() }) : call);
      return mode === "replace" ? toolError("replaced") : result;
    });
    const outer = layer("outer", (call, next) =>
      next(mode === "early" ? call.with({ signal: AbortSignal.abort() }) : call),
    );
    const server = newServer(outer, plugin, inner);
    server.registerTool("good", {}, () => text("fine"));
    server.registerTool("throws", {}, () => {
      throw new Error("it broke");
    });
    server.registerTool("slow", {}, async () => {
      await settle();
      return text("fine");
    });
    const { call } = await connect(server);
    const charged: Record<string, number> = {};
    let last = 100;
    for (const [next, tool] of [
      ["pass", "good"],
      ["pass", "throws"],
      ["replace", "good"],
      ["impatient", "slow"],
      ["answer", "good"],
      ["refuse", "good"],
      ["early", "good"],
    ] as const) {
      mode = next;
      await call(tool).catch(() => undefined);
      mode = "answer";
      const left = metaOf(await call("good"))?.remaining ?? Number.NaN;
      charged[`${next} ${tool}`] = last - left - 1;
      last = left;
    }
    expect(charged).toEqual({
      "pass good": 1,
      "pass throws": 1,
      "replace good": 1,
      "impatient slow": 1,
      "answer good": 1,
      "refuse good": 0,
      "early good": 0,
    });
    await vi.waitUntil(() => plugin.stats()["running"] === 0);
  });

  it("stays charged when a call is cancelled while its tool runs, and is not taken from one that leaves the line", async () => {
    const { plugin } = limited([
      { limit: 3, windowMs: 60_000, ...now },
      { concurrency: 1, maxWaitMs: 60_000 },
    ]);
    const server = newServer(plugin);
    const gate = registerGate(server, "gate");
    const { call } = await connect(server);
    const controllers = [new AbortController(), new AbortController()];
    const first = call("gate", {}, { signal: controllers[0]!.signal });
    await gate.entered();
    const second = call("gate", {}, { signal: controllers[1]!.signal });
    await vi.waitUntil(() => plugin.stats()["waiting"] === 1);
    for (const controller of controllers) controller.abort();
    await Promise.all([expect(first).rejects.toThrow(), expect(second).rejects.toThrow()]);
    await vi.waitUntil(() => plugin.stats()["left"] === 1);
    expect(plugin.stats()).toMatchObject({ running: 1, waiting: 0 });
    gate.open();
    await vi.waitUntil(() => plugin.stats()["running"] === 0);
    expect(gate.peak).toBe(1);
    const third = call("gate");
    await gate.entered();
    gate.open();
    expect(metaOf(await third)).toMatchObject({ remaining: 1 });
  });

  it("stays charged when the tool stops because its call was cancelled", async () => {
    const { plugin } = limited([{ limit: 3, windowMs: 60_000, ...now }]);
    const server = newServer(plugin);
    let began = (): void => {};
    const running = new Promise<void>((resolve) => (began = resolve));
    server.registerTool("tool", {}, async ({ signal }: { signal: AbortSignal }) => {
      began();
      await new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(new Error("stopped"))));
      return text("never");
    });
    server.registerTool("quick", {}, () => text("fine"));
    const { call } = await connect(server);
    const controller = new AbortController();
    const first = call("tool", {}, { signal: controller.signal });
    await running;
    controller.abort();
    await expect(first).rejects.toThrow();
    await vi.waitUntil(() => plugin.stats()["running"] === 0);
    expect(metaOf(await call("quick"))).toMatchObject({ remaining: 1 });
  });

  it("is charged for dispatched calls as for all others, and for nothing but calls of tools", async () => {
    const { plugin } = limited([{ limit: 4, windowMs: 60_000, ...now }]);
    const server = newServer(plugin);
    server.registerTool("leaf", {}, () => text("fine"));
    server.registerTool("many", {}, async () => {
      const call = currentCall()!;
      const results = await Promise.all([1, 2, 3, 4].map(() => call.dispatch("leaf")));
      return text(results.map((result) => result.isError === true).join());
    });
    const { client, call } = await connect(server);
    for (let n = 0; n < 20; n++) {
      await client.listTools();
      await client.ping();
    }
    expect(textOf(await call("many"))).toBe("false,false,false,true");
    expect((await call("leaf")).isError).toBe(true);
  });
});

describe("a call that waits", () => {
  it("tells the client its place and time, and leaves all progress to the tool", async () => {
    const { clock, plugin } = limited([{ limit: 1, windowMs: 4000, maxWaitMs: 60_000 }]);
    const server = newServer(plugin);
    server.registerTool("tool", {}, async () => {
      await currentCall()?.report({ progress: 0.5, total: 1, message: "half" });
      return text("fine");
    });
    const { call } = await connect(server);
    await call("tool");
    const seen: { progress: number; message?: string | undefined }[][] = [[], [], []];
    const results = seen.map((own) => call("tool", {}, { onprogress: (progress) => void own.push(progress) }));
    await vi.waitUntil(() => plugin.stats()["waiting"] === 3 && seen.every((own) => own.length === 1));
    for (let s = 0; s < 12; s++) {
      await clock.advance(1000);
      await settle();
    }
    for (const result of await Promise.all(results)) expect(result.isError).toBeUndefined();
    const places = ["third", "second", "first"].flatMap((place, nth) =>
      [12, 11, 10, 9].map((s) => `Waiting for the rate limit: ${place} in line, about ${s - 4 * nth} s`),
    );
    expect(seen[2]?.map(({ message }) => message)).toEqual([...places, "half"]);
    expect(seen[2]?.at(-1)?.progress).toBe(0.5);
    expect(seen[2]?.at(-2)?.progress).toBeLessThan(1e-4);
    expect(clock.timers).toBe(0);
  });

  it("without a progress token asks for no news", async () => {
    const { clock, plugin } = limited([{ limit: 1, windowMs: 60_000, maxWaitMs: 60_000 }]);
    const server = newServer(plugin);
    server.registerTool("tool", {}, () => text("fine"));
    const { call } = await connect(server);
    await call("tool");
    const waiting = call("tool");
    await vi.waitUntil(() => plugin.stats()["waiting"] === 1);
    const { rings } = clock;
    await clock.advance(59_000);
    expect(clock.rings).toBe(rings);
    await clock.advance(1000);
    await waiting;
    expect(clock.rings).toBe(rings + 1);
  });

  it("that is cancelled is gone at once, and its tool never runs", async () => {
    const { clock, plugin } = limited([{ limit: 1, windowMs: 4000 }]);
    const server = newServer(plugin);
    let ran = 0;
    server.registerTool("tool", {}, () => {
      ran++;
      return text("fine");
    });
    const { call } = await connect(server);
    await call("tool");
    const controller = new AbortController();
    const waiting = call("tool", {}, { signal: controller.signal });
    await vi.waitUntil(() => plugin.stats()["waiting"] === 1);
    controller.abort();
    await expect(waiting).rejects.toThrow();
    await vi.waitUntil(() => plugin.stats()["waiting"] === 0);
    expect(clock.timers).toBe(0);
    await clock.advance(10_000);
    expect(ran).toBe(1);
  });

  it("runs when the plugin is disposed, and nothing is limited any more", async () => {
    const { clock, plugin } = limited([{ limit: 1, windowMs: 60_000, maxWaitMs: 3_600_000 }, { concurrency: 1 }]);
    const server = newServer(plugin);
    const gate = registerGate(server, "tool");
    const { call } = await connect(server);
    const calls = [call("tool"), call("tool"), call("tool")];
    await vi.waitUntil(() => plugin.stats()["waiting"] === 2);
    await plugin.dispose();
    await vi.waitUntil(() => gate.inside === 3);
    for (let n = 0; n < 3; n++) gate.open();
    for (const result of await Promise.all(calls)) expect(result.isError).toBeUndefined();
    expect(plugin.stats()).toMatchObject({ running: 0, waiting: 0 });
    expect(clock.timers).toBe(0);
  });
});

describe("slots", () => {
  it("are held until the tool has really ended, also when an inner layer has answered in its place", async () => {
    const { plugin } = limited([{ concurrency: 1, ...now }]);
    let giveUp = (): void => {};
    const impatient = layer("impatient", (_call, next) =>
      Promise.race([
        next(),
        new Promise<ReturnType<typeof text>>((resolve) => (giveUp = () => resolve(text("too late")))),
      ]),
    );
    const server = newServer(plugin, impatient);
    const gate = registerGate(server, "gate");
    const { call } = await connect(server);
    const first = call("gate");
    await gate.entered();
    giveUp();
    expect(textOf(await first)).toBe("too late");
    expect((await call("gate")).isError).toBe(true);
    gate.open();
    await vi.waitUntil(() => plugin.stats()["running"] === 0);
    const second = call("gate");
    await gate.entered();
    gate.open();
    expect((await second).isError).toBeUndefined();
  });

  it.each([1, 2, 3])("let a call that dispatches ten finish, %i at a time", async (concurrency) => {
    const { plugin } = limited([
      { concurrency, per: "global" },
      { concurrency: 1, tools: ["outer"] },
    ]);
    const server = newServer(plugin);
    let inside = 0;
    let peak = 0;
    server.registerTool("leaf", {}, async () => {
      peak = Math.max(peak, ++inside);
      await settle();
      inside--;
      return text("leaf");
    });
    server.registerTool("middle", {}, async () => {
      await currentCall()!.dispatch("leaf");
      return text("middle");
    });
    server.registerTool("outer", {}, async () => {
      const call = currentCall()!;
      const results = await Promise.all(Array.from({ length: 10 }, (_, n) => call.dispatch(n % 2 ? "middle" : "leaf")));
      return text(results.map((result) => String(result.content?.[0]?.["text"])).join());
    });
    const { call } = await connect(server);
    const results = await Promise.all([call("outer"), call("outer")]);
    for (const result of results)
      expect(textOf(result)).toBe("leaf,middle,leaf,middle,leaf,middle,leaf,middle,leaf,middle");
    expect(peak).toBeLessThanOrEqual(concurrency + 1);
    expect(plugin.stats()).toMatchObject({ running: 0, waiting: 0, refused: 0 });
  });

  it("are lent by a call also while the call that it waits for has no limit, or is refused", async () => {
    const { plugin } = limited([
      { concurrency: 1, per: "global", tools: ["outer", "other"] },
      { tools: ["never"], limit: 1, windowMs: 1000, cost: { never: { argument: "n" } } },
    ]);
    const server = newServer(plugin);
    const gate = registerGate(server, "free");
    server.registerTool("never", { inputSchema: { n: z.number() } }, () => text("never"));
    server.registerTool("other", {}, () => text("other"));
    server.registerTool("outer", {}, async () => {
      const refused = await currentCall()!.dispatch("never", { n: 5 });
      await currentCall()!.dispatch("free");
      return text(String(refused.isError));
    });
    const { call } = await connect(server);
    const outer = call("outer");
    await gate.entered();
    expect(textOf(await call("other"))).toBe("other");
    gate.open();
    expect(textOf(await outer)).toBe("true");
    expect(metaOf(await call("other"))).toMatchObject({ remaining: 1 });
  });

  it("are a call's own again after the last call that it has waited for, also when that was refused", async () => {
    const { plugin } = limited([
      { concurrency: 1, per: "global", tools: ["outer", "inner", "other"], ...now },
      { tools: ["inner"], limit: 1, windowMs: 1000, ...now },
    ]);
    const server = newServer(plugin);
    for (const name of ["inner", "other"]) server.registerTool(name, {}, () => text("fine"));
    server.registerTool("outer", {}, async () => {
      const result = await currentCall()!.dispatch("inner");
      // Not dispatched: the call works on by itself.
      await new Promise<void>((resolve) => resumes.push(resolve));
      return text(String(result.isError === true));
    });
    const resumes: (() => void)[] = [];
    const { call } = await connect(server);
    for (const refused of ["false", "true"]) {
      const outer = call("outer");
      await vi.waitUntil(() => resumes.length > 0);
      expect(metaOf(await call("other"))).toMatchObject({ limit: 1, remaining: 0, estimated: true });
      resumes.pop()?.();
      expect(textOf(await outer)).toBe(refused);
    }
  });

  it("are not given up for work that outlives its call", async () => {
    const { plugin } = limited([{ concurrency: 1, ...now }]);
    const server = newServer(plugin);
    const gate = registerGate(server, "gate");
    let later: Promise<unknown> = Promise.resolve();
    server.registerTool("start", {}, async () => {
      later = currentCall()!.detach(new AbortController().signal).dispatch("gate");
      const result = await currentCall()!.detach(new AbortController().signal).dispatch("gate");
      return text(String(result.isError));
    });
    const { call } = await connect(server);
    expect(textOf(await call("start"))).toBe("true");
    expect(await later).toMatchObject({ isError: true });
    expect(gate.inside).toBe(0);
  });
});

describe("limits are per", () => {
  it("caller, whatever connection they come by; those without a token of one machine are one", async () => {
    const { plugin } = limited([{ limit: 1, windowMs: 60_000, ...now }]);
    const tries = async (subject?: string): Promise<boolean> => {
      const server = newServer(plugin);
      server.registerTool("tool", {}, () => text("fine"));
      const { call } = await connect(server, subject);
      return (await call("tool")).isError !== true;
    };
    expect([await tries("ann"), await tries("bob"), await tries()]).toEqual([true, true, true]);
    expect([await tries("ann"), await tries("bob"), await tries()]).toEqual([false, false, false]);
  });

  it("tool, by its current name", async () => {
    const { plugin } = limited([{ tools: ["new*"], limit: 1, windowMs: 60_000, ...now }]);
    const server = newServer(plugin);
    const tool = server.registerTool("old", {}, () => text("fine"));
    const { call } = await connect(server);
    for (let n = 0; n < 3; n++) expect((await call("old")).isError).toBeUndefined();
    tool.update({ name: "new" });
    expect((await call("new")).isError).toBeUndefined();
    expect((await call("new")).isError).toBe(true);
  });
});

describe("a budget", () => {
  it("is shown to its owner as a resource and by the method, and burns for nothing that is refused", async () => {
    const { clock, plugin } = limited([
      { name: "daily", budget: 3, windowMs: 86_400_000, ...now },
      { name: "server", per: "global", budget: 100, windowMs: 1000, ...now },
    ]);
    const ann = newServer(plugin);
    const bob = newServer(plugin);
    for (const server of [ann, bob]) server.registerTool("tool", {}, () => text("fine"));
    const [a, b] = [await connect(ann, "ann"), await connect(bob, "bob")];
    for (let n = 0; n < 5; n++) await a.call("tool");
    await b.call("tool");
    const read = async ({ client }: typeof a): Promise<unknown> => {
      const { contents } = await client.readResource({ uri: "ratelimit://budget" });
      return JSON.parse((contents[0] as { text: string }).text);
    };
    const resetMs = expect.any(Number) as number;
    expect(await read(a)).toEqual({ budgets: [{ rule: "daily", budget: 3, remaining: 0, resetMs }] });
    expect(await read(b)).toEqual({ budgets: [{ rule: "daily", budget: 3, remaining: 2, resetMs }] });
    const nobody = { kind: "local", id: "local" } as const;
    expect(await plugin.budget(nobody)).toEqual([{ rule: "daily", budget: 3, remaining: 3, resetMs: 0 }]);
    clock.at += 86_400_000_000 * 1.01;
    expect(await read(a)).toEqual({ budgets: [{ rule: "daily", budget: 3, remaining: 3, resetMs: 0 }] });
  });

  it("has a resource under the name of the instance, and none where there is no budget", async () => {
    const server = newServer(limited([{ budget: 1, windowMs: 1000 }], { as: "spend" }).plugin);
    const { client } = await connect(server);
    expect((await client.listResources()).resources.map(({ uri }) => uri)).toEqual(["spend://budget"]);
    const without = await connect(newServer(ratelimit()));
    expect(without.client.getServerCapabilities()?.resources).toBeUndefined();
  });

  it("is there for other plugins as a service", async () => {
    const { plugin } = limited([{ name: "daily", budget: 3, windowMs: 86_400_000 }]);
    const server = newServer(plugin);
    server.registerTool("tool", {}, async () => {
      const call = currentCall()!;
      return text(JSON.stringify(await call.service("ratelimit")?.budget(call.principal)));
    });
    const { call } = await connect(server);
    expect(JSON.parse(textOf(await call("tool")))).toMatchObject([{ rule: "daily", budget: 3, remaining: 2 }]);
  });
});

describe("time", () => {
  it("is that of a monotonic clock: the date may jump", async () => {
    vi.useFakeTimers({ toFake: ["Date"] });
    try {
      const plugin = ratelimit({ rules: [{ limit: 1, windowMs: 86_400_000, ...now }] });
      const server = newServer(plugin);
      server.registerTool("tool", {}, () => text("fine"));
      const { call } = await connect(server);
      expect((await call("tool")).isError).toBeUndefined();
      for (const hours of [48, -48, 24 * 365]) {
        vi.setSystemTime(Date.now() + hours * 3_600_000);
        expect((await call("tool")).isError).toBe(true);
      }
    } finally {
      vi.useRealTimers();
    }
  });

  it("does not go back, even where the clock does", async () => {
    const { clock, plugin } = limited([{ limit: 2, windowMs: 1000, ...now }]);
    const server = newServer(plugin);
    server.registerTool("tool", {}, () => text("fine"));
    const { call } = await connect(server);
    await call("tool");
    clock.at -= 500_000_000;
    expect((await call("tool")).isError).toBeUndefined();
    expect(metaOf(await call("tool"))).toMatchObject({ retryAfterMs: 500 });
  });
});

describe("options", () => {
  const bad: [object, string][] = [
    [{}, "rules[0].limit"],
    [{ limit: 0, windowMs: 1000 }, "rules[0].limit"],
    [{ limit: -1, windowMs: 1000 }, "rules[0].limit"],
    [{ limit: 0.5, windowMs: 1000 }, "rules[0].limit"],
    [{ limit: Number.NaN, windowMs: 1000 }, "rules[0].limit"],
    [{ limit: Infinity, windowMs: 1000 }, "rules[0].limit"],
    [{ limit: 1 }, "rules[0].windowMs"],
    [{ limit: 1, windowMs: 0 }, "rules[0].windowMs"],
    [{ limit: 1, windowMs: 1000, burst: 0 }, "rules[0].burst"],
    [{ limit: 1, windowMs: 1000, budget: 1 }, "rules[0].budget"],
    [{ budget: -5, windowMs: 1000 }, "rules[0].budget"],
    [{ budget: 5, windowMs: 1000, burst: 5 }, "rules[0].burst"],
    [{ concurrency: 0 }, "rules[0].concurrency"],
    [{ concurrency: 1, windowMs: 1000 }, "rules[0].windowMs"],
    [{ concurrency: 1, cost: 2 }, "rules[0].cost"],
    [{ limit: 5, windowMs: 1000, cost: 0 }, "rules[0].cost"],
    [{ limit: 5, windowMs: 1000, cost: -1 }, "rules[0].cost"],
    [{ limit: 5, windowMs: 1000, cost: 6 }, "rules[0].cost"],
    [{ limit: 5, windowMs: 1000, burst: 3, cost: { a: 4 } }, "rules[0].cost.a"],
    [{ limit: 5, windowMs: 1000, cost: { a: { argument: "n", max: 6 } } }, "rules[0].cost.a.max"],
    [{ limit: 5, windowMs: 1000, per: ["principal", "principal"] }, "rules[0].per"],
    [{ limit: 5, windowMs: 1000, per: "user" }, "rules[0].per"],
    [{ limit: 5, windowMs: 1000, unknown: 1 }, "rules[0]"],
  ];

  it.each(bad)("%j names %s", (rule, field) => {
    expect(() => ratelimit({ rules: [rule] })).toThrow(
      expect.objectContaining({ code: "BAD_OPTIONS", field }) as Error,
    );
  });

  it("refuse two rules of one name, and an address that is none of Redis", () => {
    const rule = { concurrency: 1 };
    expect(() => ratelimit({ rules: [{ name: "rule-2", ...rule }, rule] })).toThrow(
      expect.objectContaining({ field: "rules[1].name" }) as Error,
    );
    expect(() => ratelimit({ store: { redis: "http://localhost" } })).toThrow(
      expect.objectContaining({ field: "store.redis" }) as Error,
    );
  });

  it("bound how many calls wait, and how many callers are kept apart", async () => {
    const { plugin } = limited([{ limit: 1, windowMs: 60_000, maxWaitMs: 60_000 }], { maxWaiting: 1, maxKeys: 2 });
    const as = async (subject: string) => {
      const server = newServer(plugin);
      server.registerTool("tool", {}, () => text("fine"));
      return connect(server, subject);
    };
    const [ann, bob, eve, dan] = [await as("ann"), await as("bob"), await as("eve"), await as("dan")];
    for (const { call } of [ann, bob, eve]) expect((await call("tool")).isError).toBeUndefined();
    // Of keys beyond the bound all share one, and one call waits.
    const waiting = dan.call("tool").catch(() => undefined);
    await vi.waitUntil(() => plugin.stats()["waiting"] === 1);
    expect(plugin.stats()).toMatchObject({ keys: 2, overflowed: 2 });
    expect(textOf(await ann.call("tool"))).toContain("Too many calls wait already.");
    await plugin.dispose();
    await waiting;
  });

  it("have defaults that let a hundred calls run at once, and slow down what comes after two hundred", async () => {
    const plugin = ratelimitOn(new TestClock())();
    const server = newServer(plugin);
    server.registerTool("leaf", {}, () => text("fine"));
    server.registerTool("many", {}, async () => {
      const call = currentCall()!;
      const results = await Promise.all(Array.from({ length: 100 }, () => call.dispatch("leaf")));
      return text(String(results.filter((result) => result.isError !== true).length));
    });
    const { call } = await connect(server);
    const result = await call("many");
    expect(textOf(result)).toBe("100");
    expect(metaOf(result)).toMatchObject({ rule: "caller", limit: 600, remaining: 99 });
    for (let n = 0; n < 99; n++) await call("leaf");
    void call("leaf").catch(() => undefined);
    await vi.waitUntil(() => plugin.stats()["waiting"] === 1);
  });
});
