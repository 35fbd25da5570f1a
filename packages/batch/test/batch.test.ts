import { once } from "node:events";
import { currentCall, type Principal } from "@plugboard/core";
import { testPlugin } from "@plugboard/core/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { batch } from "../src/index.ts";
import { bench, layer, lines, text } from "./setup.ts";

testPlugin(batch, {
  describe,
  it,
  badOption: { maxCalls: 0 },
  tools: {
    batch: { calls: [{ tool: "echo", arguments: { say: "hi" } }] },
    batch_status: { handle: "unknown" },
    batch_cancel: { handle: "unknown" },
  },
});

/** The last argument of a callback, in either SDK. */
interface NativeLike {
  readonly signal?: AbortSignal;
  readonly mcpReq?: { readonly signal: AbortSignal };
}
const signalOf = ({ signal, mcpReq }: NativeLike): AbortSignal => (mcpReq?.signal ?? signal) as AbortSignal;

const echo = (say: string, ms = 0): object => ({ tool: "echo", arguments: { say, ms } });

describe.each(lines.map((sdk) => [sdk.name, sdk] as const))("a batch on %s", (_, sdk) => {
  it("has one slot per call, in the order of the calls, whatever finishes first, with the complete result", async () => {
    const rich = {
      content: [
        { type: "text", text: "three" },
        { type: "image", data: "AQID", mimeType: "image/png" },
      ],
      structuredContent: { n: 3 },
      _meta: { "example.com/a": 1 },
    };
    const b = await bench(sdk, [batch()], (server) =>
      server.registerTool(
        "rich",
        { outputSchema: z.object({ n: z.number() }), annotations: { readOnlyHint: true } },
        () => rich,
      ),
    );
    const done = await b.run({
      calls: [
        { ...echo("slow", 60), id: "a" },
        echo("quick"),
        { tool: "rich" },
        { tool: "fail" },
        { tool: "throw-text" },
      ],
    });
    expect(done.results.map(({ index, id, tool, ok, status }) => [index, id, tool, ok, status])).toEqual([
      [0, "a", "echo", true, "ok"],
      [1, undefined, "echo", true, "ok"],
      [2, undefined, "rich", true, "ok"],
      [3, undefined, "fail", false, "error"],
      [4, undefined, "throw-text", false, "error"],
    ]);
    expect(done.results[2]?.result).toEqual(rich);
    expect(done.results[3]?.error).toBe("it broke");
    expect(done.results[4]?.error).toBe("just text");
    expect(done).toMatchObject({ succeeded: 3, failed: 2, skipped: 0, partial: false, resume: null });
    expect(done.results[0]?.duration_ms).toBeGreaterThanOrEqual(50);
    for (const part of [
      "5 calls: 3 succeeded, 2 failed.",
      "[0] echo (a): ok, ",
      "slow",
      "[3] fail: error",
      "it broke",
      "Of [2] rich:",
    ])
      expect(done.text).toContain(part);
    await b.close();
  });

  it("runs read-only calls side by side within the concurrency, and others alone in their place", async () => {
    const b = await bench(sdk, [batch({ allow: ["wri*"] })]);
    const reads = (from: number): object[] => Array.from({ length: 6 }, (__, index) => echo(`r${from + index}`, 10));
    await b.run({ calls: reads(0), concurrency: 3 });
    expect(b.peak.at).toBe(3);
    b.began.length = 0;
    b.peak.at = 0;
    const write = (what: string): object => ({ tool: "write", arguments: { what } });
    await b.run({ calls: [echo("r0", 10), write("a"), write("b"), echo("r1", 10), echo("r2", 10), write("c")] });
    expect(b.began).toEqual(["r0", "write a", "write b", "r1", "r2", "write c"]);
    expect(b.peak.at).toBe(2);
    await b.close();
  });

  it("checks all calls before the first runs: what is wrong fails its slot, or the batch with stop_on_error", async () => {
    const b = await bench(sdk, [batch()]);
    const calls = [
      echo("good"),
      { tool: "nothing" },
      { tool: "echo", arguments: { say: 5 } },
      { tool: "echo", arguments: [1] },
      { tool: "echo", arguments: "x" },
    ];
    const done = await b.run({ calls });
    expect(done.results.map(({ ok }) => ok)).toEqual([true, false, false, false, false]);
    expect(done.results[1]?.error).toMatch(/no tool `nothing`/);
    expect(done.results[2]?.error).toMatch(/Invalid arguments for `echo`: say: /);
    expect(done.results[3]?.error).toMatch(/must be an object/);
    expect(done.results[4]?.error).toMatch(/must be an object/);
    b.began.length = 0;
    const refused = await b.run({ calls, stop_on_error: true });
    expect(refused.isError).toBe(true);
    expect(refused.text).toMatch(/Nothing was run: calls\[1\] is wrong\./);
    expect(b.began).toEqual([]);
    await b.close();
  });

  it("skips what has not begun after an error with stop_on_error", async () => {
    const b = await bench(sdk, [batch()]);
    const done = await b.run({
      calls: [echo("a"), { tool: "fail" }, echo("b"), echo("c")],
      concurrency: 1,
      stop_on_error: true,
    });
    expect(done.results.map(({ status }) => status)).toEqual(["ok", "error", "skipped", "skipped"]);
    expect(done.results[2]?.error).toBe("Not run: an earlier call failed.");
    expect(done.partial).toBe(true);
    await b.close();
  });

  it("calls read-only tools alone, as allow and deny say, and says so of itself", async () => {
    const b = await bench(sdk, [batch({ deny: ["ec*o"] })]);
    const done = await b.run({ calls: [{ tool: "write", arguments: { what: "x" } }, echo("x")] });
    expect(done.results.map(({ error }) => error)).toEqual([
      "`write` may change things, and this server runs only read-only tools in a batch. Call it directly.",
      "`echo` may not be called in a batch on this server. Call it directly.",
    ]);
    expect(b.began).toEqual([]);
    const safe = (await b.client.listTools()).tools.find(({ name }) => name === "batch");
    expect(safe).toMatchObject({
      annotations: { readOnlyHint: true, destructiveHint: false },
      _meta: { "dev.plugboard/cache": "no-store" },
    });
    await b.close();
    const wide = await bench(sdk, [batch({ allow: ["*"], deny: ["echo"] })]);
    const tools = (await wide.client.listTools()).tools;
    expect(tools.find(({ name }) => name === "batch")).toMatchObject({
      annotations: { readOnlyHint: false, destructiveHint: true },
    });
    expect(
      (await wide.run({ calls: [{ tool: "write", arguments: { what: "x" } }, echo("x")] })).results.map(({ ok }) => ok),
    ).toEqual([true, false]);
    await wide.close();
  });

  it("runs no batch in a batch, directly or through another tool", async () => {
    const b = await bench(sdk, [batch({ allow: ["*"] })], (server) =>
      server.registerTool("through", { annotations: { readOnlyHint: true } }, async () => {
        return (await currentCall()?.dispatch("batch", { calls: [echo("deep")] })) as object;
      }),
    );
    const done = await b.run({ calls: [{ tool: "batch", arguments: { calls: [echo("deep")] } }, { tool: "through" }] });
    for (const slot of done.results) expect(slot.error).toMatch(/`batch` cannot run inside itself/);
    expect(b.began).toEqual([]);
    await b.close();
  });

  it("sends every call through the whole chain, as the caller", async () => {
    const seen: [string, string, Principal][] = [];
    const watch = layer("watch", async (call, next) => {
      seen.push([call.tool, call.parent?.tool ?? "", call.principal]);
      return next();
    });
    const refuse = layer("refuse", (call, next) =>
      call.args["say"] === "no"
        ? Promise.resolve({
            ...text("Too many calls."),
            isError: true,
            _meta: { "dev.plugboard/ratelimit": { retryAfterMs: 5 } },
          })
        : next(),
    );
    const hit = layer("hit", async (call, next) => ({
      ...(await next()),
      _meta: { "dev.plugboard/cache": { status: call.args["say"] === "yes" ? "miss" : call.args["say"], ageMs: 1 } },
    }));
    const b = await bench(sdk, [watch, batch(), refuse, hit]);
    const done = await b.run({ calls: [echo("yes"), echo("no"), echo("hit"), echo("stale")] });
    expect(seen.map(([tool, parent]) => [tool, parent])).toEqual([
      ["batch", ""],
      ["echo", "batch"],
      ["echo", "batch"],
      ["echo", "batch"],
      ["echo", "batch"],
    ]);
    expect(new Set(seen.map(([, , principal]) => principal)).size).toBe(1);
    expect(done.results[1]).toMatchObject({
      ok: false,
      error: "Too many calls.",
      result: { _meta: { "dev.plugboard/ratelimit": { retryAfterMs: 5 } } },
    });
    expect(done.results.map(({ cached }) => cached)).toEqual([undefined, undefined, true, true]);
    await b.close();
  });

  it("runs identical read-only calls once, and answers each", async () => {
    const b = await bench(sdk, [batch({ allow: ["write"] })]);
    const write = { tool: "write", arguments: { what: "x" } };
    const done = await b.run({
      calls: [
        echo("a"),
        echo("a"),
        { tool: "echo", arguments: { ms: 0, say: "a" }, id: "third" },
        echo("b"),
        write,
        write,
      ],
    });
    expect(b.began.filter((each) => each === "a")).toHaveLength(1);
    expect(b.began.filter((each) => each === "write x")).toHaveLength(2);
    expect(done.succeeded).toBe(6);
    expect(done.results.map(({ result }) => result?.content?.[0]?.text)).toEqual([
      "a",
      "a",
      "a",
      "b",
      "wrote x",
      "wrote x",
    ]);
    expect(done.results[2]?.id).toBe("third");
    await b.close();
  });

  it("returns what is finished at the deadline, and resume runs the rest without running finished calls again", async () => {
    const b = await bench(sdk, [batch()]);
    const calls = [echo("a"), { tool: "never" }, echo("b"), echo("c")];
    const cut = await b.run({ calls, concurrency: 2, timeout_ms: 200 });
    expect(cut.results.map(({ status }) => status)).toEqual(["ok", "skipped", "ok", "ok"]);
    expect(cut.results[1]?.error).toMatch(/Stopped while it ran: the batch's time of 200 ms was over/);
    expect(cut).toMatchObject({ partial: true, succeeded: 3, skipped: 1 });
    expect(cut.text).toContain(`resume "${cut.resume}"`);
    b.began.length = 0;
    const again = await b.run({ calls, resume: cut.resume, timeout_ms: 20 });
    expect(b.began).toEqual(["never"]);
    expect(again.results.map(({ status }) => status)).toEqual(["earlier", "skipped", "earlier", "earlier"]);
    expect(again).toMatchObject({ earlier: 3, skipped: 1, partial: true, resume: cut.resume });
    const others = await b.run({ calls: [echo("x")], resume: cut.resume });
    expect(others.text).toMatch(/`resume` belongs to other calls/);
    expect((await b.run({ calls, resume: "nonsense" })).text).toMatch(/not a cursor of a batch/);
    await b.close();
  });

  it("stops a call that takes too long, also one that ignores its signal, and goes on", async () => {
    const b = await bench(sdk, [batch({ callTimeoutMs: 100 })]);
    const done = await b.run({ calls: [{ tool: "never" }, echo("a")], concurrency: 1 });
    expect(done.results.map(({ status }) => status)).toEqual(["error", "ok"]);
    expect(done.results[0]?.error).toBe(
      "`never` did not finish within 100 ms and was stopped. Call it on its own, or ask it for less.",
    );
    await b.close();
  });

  it("aborts what runs, and begins nothing more, when the client cancels", async () => {
    const aborted: boolean[] = [];
    let started = (): void => {};
    const running = new Promise<void>((resolve) => (started = resolve));
    let stopped = (): void => {};
    const over = new Promise<void>((resolve) => (stopped = resolve));
    const b = await bench(sdk, [batch()], (server) =>
      server.registerTool("wait", { annotations: { readOnlyHint: true } }, async (native: NativeLike) => {
        const stop = once(signalOf(native), "abort");
        started();
        await stop;
        aborted.push(signalOf(native).aborted);
        stopped();
        return text("late");
      }),
    );
    const controller = new AbortController();
    const call = b.run({ calls: [{ tool: "wait" }, echo("after")], concurrency: 1 }, { signal: controller.signal });
    const failed = expect(call).rejects.toThrow();
    await running;
    controller.abort();
    await Promise.all([failed, over]);
    await b.client.listTools();
    expect(aborted).toEqual([true]);
    expect(b.began).toEqual([]);
    await b.close();
  });

  it("ends when the plugin is disposed of", async () => {
    const plugin = batch();
    let started = (): void => {};
    const running = new Promise<void>((resolve) => (started = resolve));
    const b = await bench(sdk, [plugin], (server) =>
      server.registerTool("hang", { annotations: { readOnlyHint: true } }, () => {
        started();
        return new Promise(() => {});
      }),
    );
    const call = b.run({ calls: [{ tool: "hang" }] });
    await running;
    await plugin.dispose();
    expect((await call).results).toMatchObject([{ status: "skipped" }]);
    await b.close();
  });

  it("warns of a call with effects that was running at the deadline, and does not run it again on resume", async () => {
    const b = await bench(sdk, [batch({ allow: ["hang"] })], (server) =>
      server.registerTool("hang", {}, () => new Promise(() => {})),
    );
    const calls = [{ tool: "hang" }, echo("a")];
    const cut = await b.run({ calls, timeout_ms: 100 });
    expect(cut.results.map(({ status }) => status)).toEqual(["error", "skipped"]);
    expect(cut.results[0]?.error).toMatch(/may have had its effect. Check before you call it again/);
    expect((await b.run({ calls, resume: cut.resume })).results.map(({ status }) => status)).toEqual(["earlier", "ok"]);
    await b.close();
  });

  it("reports the progress of all its calls, rising to the end", async () => {
    const b = await bench(sdk, [batch()]);
    const seen: { progress: number; total?: number; message?: string }[] = [];
    await b.run(
      { calls: Array.from({ length: 5 }, (__, index) => echo(`p${index}`, 5)), concurrency: 1 },
      { onprogress: (report) => seen.push(report) },
    );
    expect(seen.map(({ progress }) => progress)).toEqual([1, 2, 3, 4, 5]);
    expect(seen.at(-1)).toMatchObject({ total: 5, message: "echo" });
    await b.close();
  });

  it("keeps all results within its budget, in both forms, and says what was cut and how to get it", async () => {
    const b = await bench(sdk, [batch({ maxChars: 4000 })]);
    const done = await b.run({ calls: [echo("s"), echo("x".repeat(50_000)), echo("y".repeat(50_000))] });
    expect(done.results[0]?.result).toEqual(text("s"));
    for (const slot of done.results.slice(1)) {
      expect(slot.ok).toBe(true);
      expect(JSON.stringify(slot.result).length).toBeLessThan(2600);
      const said = slot.result?.content?.map((block) => block.text).join("\n");
      expect(said).toContain("… [cut] ");
      expect(said).toContain("Call `echo` on its own for all of it.");
      expect(done.text).toContain("Call `echo` on its own for all of it.");
    }
    expect(JSON.stringify(done.results).length).toBeLessThan(6000);
    await b.close();
  });

  it.each([
    ["no calls", { calls: [] }, /calls/],
    ["too many calls", { calls: Array.from({ length: 10_001 }, () => ({ tool: "echo" })) }, /calls/],
    ["an unknown field", { calls: [{ tool: "echo", args: {} }] }, /args/],
    ["a concurrency that is none", { calls: [{ tool: "fail" }], concurrency: 0 }, /concurrency/],
    ["a time that is too long", { calls: [{ tool: "fail" }], timeout_ms: 1e9 }, /timeout_ms/],
  ])("refuses %s before anything runs, naming the field", async (_what, args, message) => {
    const b = await bench(sdk, [batch()]);
    const refused = await b.run(args);
    expect(refused.isError).toBe(true);
    expect(refused.text).toMatch(message);
    expect(b.began).toEqual([]);
    await b.close();
  });

  it("reads again what may have changed in between", async () => {
    let value = 0;
    const b = await bench(sdk, [batch({ allow: ["set"] })], (server) => {
      server.registerTool("get", { annotations: { readOnlyHint: true } }, () => text(`v=${value}`));
      server.registerTool("set", {}, () => text(String(++value)));
    });
    const done = await b.run({ calls: [{ tool: "get" }, { tool: "set" }, { tool: "get" }] });
    expect(done.results.map(({ result }) => result?.content?.[0]?.text)).toEqual(["v=0", "1", "v=1"]);
    await b.close();
  });

  it("tells calls apart by what was written, whatever their schemas make of it", async () => {
    const b = await bench(sdk, [batch()], (server) => {
      const inputSchema = z.object({ day: z.coerce.date() });
      server.registerTool("year", { inputSchema, annotations: { readOnlyHint: true } }, ({ day }: { day: Date }) =>
        text(String(day.getFullYear())),
      );
    });
    const year = (day: string): object => ({ tool: "year", arguments: { day } });
    const done = await b.run({ calls: [year("2020-06-01"), year("2021-06-01")] });
    expect(done.results.map(({ result }) => result?.content?.[0]?.text)).toEqual(["2020", "2021"]);
    await b.close();
  });

  it("makes a result that is none, or no JSON, its own slot's error", async () => {
    const b = await bench(sdk, [batch()], (server) => {
      const odd = (name: string, result: unknown): unknown =>
        server.registerTool(name, { annotations: { readOnlyHint: true } }, () => result);
      odd("bigint", { content: [], structuredContent: { n: 1n } });
      odd("nulls", { content: [null] });
      odd("list", []);
      odd("asks", { resultType: "input_required", inputRequests: {} });
      odd("proto", { content: [], structuredContent: JSON.parse('{"__proto__": {"a": 1}, "b": 2}') as object });
    });
    const done = await b.run({
      calls: [...["bigint", "nulls", "list", "asks", "proto"].map((tool) => ({ tool })), echo("good")],
    });
    expect(done.results.map(({ ok }) => ok)).toEqual([false, false, false, false, true, true]);
    expect(done.results[0]?.error).toMatch(/is no JSON/);
    expect(done.results[3]?.error).toMatch(/needs? an answer from the person/);
    expect(done.results[4]?.result?.structuredContent).toEqual({ b: 2 });
    await b.close();
  });

  it("runs what has effects alone, also after one that goes on when it is told to stop", async () => {
    let inside = 0;
    let peak = 0;
    const b = await bench(sdk, [batch({ allow: ["slow"], callTimeoutMs: 20 })], (server) =>
      server.registerTool("slow", {}, async (native: NativeLike) => {
        peak = Math.max(peak, ++inside);
        await once(signalOf(native), "abort");
        // Another one that had begun by now would be seen.
        for (let turn = 0; turn < 10; turn++) await new Promise((resolve) => setImmediate(resolve));
        inside--;
        return text("late");
      }),
    );
    const done = await b.run({ calls: Array.from({ length: 3 }, () => ({ tool: "slow" })) });
    expect(done.results.map(({ status }) => status)).toEqual(["error", "error", "error"]);
    expect(peak).toBe(1);
    await b.close();
  });

  it("begins nothing after an error with stop_on_error, also what waited for its turn", async () => {
    const b = await bench(sdk, [batch({ maxRunning: 1 })]);
    const done = await b.run({ calls: [{ tool: "fail" }, echo("a"), echo("b")], stop_on_error: true, concurrency: 3 });
    expect(done.results.map(({ status }) => status)).toEqual(["error", "skipped", "skipped"]);
    expect(b.began).toEqual([]);
    await b.close();
  });

  it("runs in no other batch, whatever the name of that one", async () => {
    const b = await bench(sdk, [batch({ allow: ["*"] }), batch({ allow: ["*"] }, { as: "multi" })], (server) =>
      server.registerTool("through", { annotations: { readOnlyHint: true } }, async () => {
        return (await currentCall()?.dispatch("multi", { calls: [echo("deep")] })) as object;
      }),
    );
    const done = await b.run({ calls: [{ tool: "multi", arguments: { calls: [echo("deep")] } }, { tool: "through" }] });
    expect(done.results.map(({ ok }) => ok)).toEqual([false, false]);
    expect(b.began).toEqual([]);
    await b.close();
  });

  it("checks again, when its turn comes, whether a tool may be called", async () => {
    const tool: { update?: (changes: object) => void } = {};
    const b = await bench(sdk, [batch()], (server) => {
      const look = server.registerTool("look", { annotations: { readOnlyHint: true } }, () => text("looked"));
      tool.update = (changes) => (look as { update(c: object): void }).update(changes);
      server.registerTool("change", { annotations: { readOnlyHint: true } }, () => {
        tool.update?.({ annotations: { readOnlyHint: false } });
        return text("changed");
      });
    });
    const done = await b.run({ calls: [{ tool: "change" }, { tool: "look" }], concurrency: 1 });
    expect(done.results.map(({ ok }) => ok)).toEqual([true, false]);
    await b.close();
  });

  it("offers no resume for calls that it cannot tell from others", async () => {
    let deep: unknown = 1;
    for (let level = 0; level < 200; level++) deep = [deep];
    const b = await bench(sdk, [batch()]);
    const done = await b.run({
      calls: [{ tool: "echo", arguments: { say: "a", deep } }, { tool: "never" }],
      timeout_ms: 100,
    });
    expect(done).toMatchObject({ partial: true, resume: null });
    await b.close();
  });

  it("has exactly one slot per call, in order, and rising progress to the end, whatever is called how", async () => {
    const b = await bench(sdk, [batch({ allow: ["write"] })]);
    const kinds = fc.constantFrom("echo", "fail", "nothing", "write", "bad");
    await fc.assert(
      fc.asyncProperty(
        fc.array(kinds, { minLength: 1, maxLength: 20 }),
        fc.integer({ min: 1, max: 8 }),
        async (list, concurrency) => {
          const calls = list.map((kind, n) =>
            kind === "echo"
              ? echo(String(n % 5), n % 3)
              : { tool: kind === "bad" ? "echo" : kind, arguments: kind === "write" ? { what: String(n) } : {} },
          );
          const seen: number[] = [];
          const done = await b.run({ calls, concurrency }, { onprogress: ({ progress }) => seen.push(progress) });
          expect(done.results.map(({ index }) => index)).toEqual(list.map((_kind, index) => index));
          expect(done.results.map(({ ok }) => ok)).toEqual(list.map((kind) => kind === "echo" || kind === "write"));
          expect(done.succeeded + done.failed + done.skipped).toBe(list.length);
          expect(seen).toEqual([...new Set(seen)].toSorted((x, y) => x - y));
          if (done.succeeded > 0) expect(seen.at(-1)).toBe(list.length);
        },
      ),
      { numRuns: 30 },
    );
    await b.close();
  });

  it("takes the same id twice: the index tells them apart", async () => {
    const b = await bench(sdk, [batch()]);
    const done = await b.run({
      calls: [
        { ...echo("a"), id: "x" },
        { ...echo("b"), id: "x" },
      ],
    });
    expect(done.results.map(({ id, index }) => [id, index])).toEqual([
      ["x", 0],
      ["x", 1],
    ]);
    await b.close();
  });

  it("lets no more than maxRunning run in all batches together", async () => {
    const b = await bench(sdk, [batch({ maxRunning: 4 })]);
    const calls = (name: string): object[] => Array.from({ length: 10 }, (__, index) => echo(`${name}${index}`, 5));
    const all = await Promise.all(["a", "b", "c"].map((name) => b.run({ calls: calls(name), concurrency: 10 })));
    expect(all.map(({ succeeded }) => succeeded)).toEqual([10, 10, 10]);
    expect(b.peak.at).toBe(4);
    await b.close();
  });
});
