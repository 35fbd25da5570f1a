import type { Principal } from "@plugboard/core";
import { describe, expect, it } from "vitest";
import { batch } from "../src/index.ts";
import { type Job, Jobs } from "../src/jobs.ts";
import type { Run } from "../src/run.ts";
import { bench, lines } from "./setup.ts";

interface Status {
  handle: string;
  state: string;
  results: { index: number; status: string }[];
  pending: number[];
  succeeded: number;
  failed: number;
  skipped: number;
  next_cursor: string;
  more: boolean;
  resume: string | null;
}

const echo = (say: string, ms = 0): object => ({ tool: "echo", arguments: { say, ms } });

describe.each(lines.map((sdk) => [sdk.name, sdk] as const))("a detached batch on %s", (_, sdk) => {
  const start = async (plugin = batch(), more?: Parameters<typeof bench>[2]) => {
    const b = await bench(sdk, [plugin], more);
    const status = async (args: object): Promise<Status> => {
      const result = await b.client.callTool({ name: "batch_status", arguments: args as Record<string, unknown> });
      if (result.isError) throw new Error(String(result.content?.[0]?.["text"]));
      return result.structuredContent as Status;
    };
    /** Asks with the cursor: in memory, answers that wait for nothing leave no time for anything else. */
    const untilEnded = async (handle: string | undefined): Promise<void> => {
      let now = await status({ handle, wait_ms: 1000 });
      while (now.state === "running") now = await status({ handle, wait_ms: 1000, cursor: now.next_cursor });
    };
    return { ...b, status, untilEnded };
  };

  it("returns a handle at once, and its results as they come, each once", async () => {
    const b = await start();
    const begun = await b.run({
      calls: [{ tool: "held" }, echo("a"), { tool: "fail" }, { tool: "nothing" }],
      detach: true,
    });
    const handle = begun.handle as string;
    expect(handle).toMatch(/^[\w-]{22}$/);
    const order: number[] = [];
    let cursor: string | undefined;
    for (;;) {
      const now = await b.status({ handle, wait_ms: 5000, ...(cursor !== undefined && { cursor }) });
      order.push(...now.results.map(({ index }) => index));
      cursor = now.next_cursor;
      if (order.length === 3) b.release();
      if (now.state !== "running" && !now.more) {
        expect(now).toMatchObject({ state: "done", pending: [], succeeded: 2, failed: 2, skipped: 0 });
        break;
      }
    }
    expect(order.toSorted((a, b) => a - b)).toEqual([0, 1, 2, 3]);
    expect(order.at(-1)).toBe(0);
    await b.close();
  });

  it("says that it is done with the answer in which nothing is pending", async () => {
    const b = await start();
    const { handle } = await b.run({ calls: [{ tool: "held" }], detach: true });
    const asked = b.client.callTool({ name: "batch_status", arguments: { handle, wait_ms: 5000 } });
    await b.status({ handle });
    b.release();
    const { structuredContent, content } = await asked;
    expect(structuredContent).toMatchObject({ state: "done", pending: [], succeeded: 1 });
    expect(content?.[0]?.["text"]).not.toContain("Go on");
    await b.close();
  });

  it.each([
    ["small", 400],
    ["middling", 1600],
    ["large", 40_000],
  ])("gives a %s image once, with the result that it is of", async (_size, length) => {
    const image = { type: "image", data: "A".repeat(length), mimeType: "image/png" };
    const b = await start(batch(), (server) =>
      server.registerTool("draw", { annotations: { readOnlyHint: true } }, () => ({ content: [image] })),
    );
    const { handle } = await b.run({ calls: [{ tool: "draw" }, echo("a")], detach: true });
    await b.untilEnded(handle);
    const { content } = await b.client.callTool({ name: "batch_status", arguments: { handle } });
    const at = content?.findIndex(({ type }) => type === "image") ?? -1;
    expect(content?.filter(({ type }) => type === "image")).toEqual([image]);
    expect(content?.[at - 1]).toEqual({ type: "text", text: "Of [0] draw:" });
    await b.close();
  });

  it("keeps no more of its results than a million characters, in all", async () => {
    const b = await start(batch({ maxChars: 10_000_000 }));
    const { handle } = await b.run({ calls: ["x", "y"].map((each) => echo(each.repeat(800_000))), detach: true });
    await b.untilEnded(handle);
    const now = await b.status({ handle });
    expect(now.succeeded).toBe(2);
    expect(JSON.stringify(now.results).length).toBeLessThan(1_000_000);
    expect(JSON.stringify(now.results)).toContain("Call `echo` on its own for all of it.");
    await b.close();
  });

  it("is stopped by batch_cancel: what runs is aborted, the rest is not run", async () => {
    const b = await start();
    const begun = await b.run({ calls: [echo("a"), { tool: "never" }, echo("b")], concurrency: 1, detach: true });
    const handle = begun.handle as string;
    while ((await b.status({ handle, wait_ms: 1000 })).succeeded < 1);
    const cancelled = await b.client.callTool({ name: "batch_cancel", arguments: { handle } });
    expect(cancelled.structuredContent).toMatchObject({ state: "cancelled" });
    let now = await b.status({ handle, wait_ms: 1000, cursor: "1" });
    while (now.pending.length > 0) now = await b.status({ handle, wait_ms: 1000, cursor: now.next_cursor });
    expect(now).toMatchObject({ state: "cancelled", succeeded: 1, skipped: 2 });
    expect(b.began).toEqual(["a", "never"]);
    const calls = [echo("a"), { tool: "never" }, echo("b")];
    const rest = await b.run({ calls, resume: now.resume, timeout_ms: 100, concurrency: 2 });
    expect(rest.results.map((slot) => slot.status)).toEqual(["earlier", "skipped", "ok"]);
    await b.close();
  });

  it("refuses handles and cursors that are wrong", async () => {
    const b = await start();
    await expect(b.status({ handle: "wrong" })).rejects.toThrow(/no such batch of yours/);
    const { handle } = await b.run({ calls: [echo("a")], detach: true });
    for (const cursor of ["x", "-1", "99"])
      await expect(b.status({ handle, cursor })).rejects.toThrow(/`cursor` is not one of this batch/);
    await b.close();
  });

  it("keeps its bounds when many ask at once, and a refused one changes nothing", async () => {
    const b = await start(batch({ maxJobsPerPrincipal: 2 }));
    const asked = await Promise.all(Array.from({ length: 10 }, () => b.run({ calls: [echo("a", 20)], detach: true })));
    expect(asked.filter(({ isError }) => !isError)).toHaveLength(2);
    const handles = asked.flatMap(({ handle }) => handle ?? []);
    for (const handle of handles) await b.untilEnded(handle);
    const refused = await b.run({ calls: [echo("a")], resume: "nonsense", detach: true });
    expect(refused.isError).toBe(true);
    const wrong = await b.run({ calls: [{ tool: "nothing" }], stop_on_error: true, detach: true });
    expect(wrong.isError).toBe(true);
    for (const handle of handles) expect((await b.status({ handle })).state).toBe("done");
    await b.close();
  });

  it("settles each slot once when it is cancelled, identical calls too", async () => {
    const b = await start();
    const begun = await b.run({ calls: [{ tool: "never" }, { tool: "never" }, { tool: "never" }], detach: true });
    const handle = begun.handle as string;
    await b.client.callTool({ name: "batch_cancel", arguments: { handle } });
    let now = await b.status({ handle });
    while (now.pending.length > 0) now = await b.status({ handle, wait_ms: 100 });
    expect(now.results.map(({ index }) => index).toSorted((x, y) => x - y)).toEqual([0, 1, 2]);
    expect(now.skipped).toBe(3);
    await b.close();
  });

  it("can be switched off", async () => {
    const b = await start(batch({ detach: false }));
    expect(
      (await b.client.listTools()).tools.map(({ name }) => name).filter((name) => name.startsWith("batch")),
    ).toEqual(["batch"]);
    expect((await b.run({ calls: [echo("a")], detach: true })).text).toMatch(/does not detach/);
    await b.close();
  });

  it("ends with the plugin", async () => {
    const plugin = batch();
    const b = await start(plugin);
    await b.run({ calls: [{ tool: "never" }], detach: true });
    expect(plugin.stats()).toMatchObject({ jobs: 1, running: 1 });
    await plugin.dispose();
    await b.client.listTools();
    expect(plugin.stats()).toMatchObject({ jobs: 0 });
    await b.close();
  });
});

describe("handles", () => {
  const ann: Principal = { kind: "subject", id: "subject:ann", scopes: [] };
  const bob: Principal = { kind: "subject", id: "subject:bob", scopes: [] };
  const anonymous: Principal = { kind: "anonymous", id: "anonymous", scopes: [] };
  const run = { slots: [] } as unknown as Run;
  const limits = { maxPerPrincipal: 2, maxJobs: 3, keepMs: 1000 };

  const held = (jobs: Jobs, principal: Principal): Job => jobs.add(principal, run, new AbortController()).job;

  it("belong to their principal; anonymous callers get none", () => {
    const jobs = new Jobs(limits);
    const { handle } = held(jobs, ann);
    expect(jobs.get(handle, ann)).toBeDefined();
    expect(jobs.get(handle, bob)).toBeUndefined();
    expect(jobs.get(handle, anonymous)).toBeUndefined();
    expect(() => held(jobs, anonymous)).toThrow(/sign in/);
  });

  it("are bounded for each and for all: a finished one makes room, a running one does not", () => {
    const jobs = new Jobs(limits);
    const first = held(jobs, ann);
    held(jobs, ann);
    expect(() => held(jobs, ann)).toThrow(/2 detached batches are running already/);
    jobs.end(first);
    held(jobs, ann);
    expect(jobs.get(first.handle, ann)).toBeUndefined();
    held(jobs, bob);
    expect(() => held(jobs, bob)).toThrow(/holds 3 detached batches, its limit/);
  });

  it("give their room back when a batch that was to take it never began", () => {
    const jobs = new Jobs(limits);
    const first = held(jobs, ann);
    held(jobs, ann);
    jobs.end(first);
    const { job, undo } = jobs.add(ann, run, new AbortController());
    undo();
    expect(jobs.get(job.handle, ann)).toBeUndefined();
    expect(jobs.get(first.handle, ann)).toBe(first);
    expect(jobs.size).toBe(2);
  });

  it("expire keepMs after their batch has ended, not before", () => {
    let now = 0;
    const jobs = new Jobs(limits, () => now);
    const job = held(jobs, ann);
    now = 1e9;
    expect(jobs.get(job.handle, ann)).toBe(job);
    jobs.end(job);
    now += 999;
    expect(jobs.get(job.handle, ann)).toBe(job);
    now += 1;
    expect(jobs.get(job.handle, ann)).toBeUndefined();
    expect(jobs.size).toBe(0);
  });
});
