import fc from "fast-check";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { Reporter } from "../src/report.ts";
import { definePlugin, type Progress } from "../src/index.ts";
import { z } from "zod";
import { connected, deferred, lines } from "./lines.ts";

const settled = (): Promise<void> => Promise.resolve();
const live = (): AbortSignal => new AbortController().signal;

describe("a reporter", () => {
  it("sends values that rise strictly, and the last one always", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.oneof(fc.double(), fc.integer({ min: -5, max: 50 })), { maxLength: 40 }),
        fc.boolean(),
        async (values, awaited) => {
          const sent: number[] = [];
          const reporter = new Reporter(async ({ progress }) => {
            await Promise.resolve();
            sent.push(progress);
          }, live());
          for (const progress of values) {
            const done = reporter.report({ progress });
            if (awaited) await done;
          }
          await reporter.close(settled);
          const valid = values.filter((value) => Number.isFinite(value) && value >= 0);
          expect(sent).toEqual([...new Set(sent)].toSorted((a, b) => a - b));
          if (valid.length > 0) expect(sent.at(-1)).toBe(Math.max(...valid) + 0);
        },
      ),
      { numRuns: 60 },
    );
  });

  it("keeps one notification in flight and one in hand, however many are reported", async () => {
    const gate = deferred();
    const sent: Progress[] = [];
    const reporter = new Reporter(async (progress) => {
      sent.push(progress);
      await gate.promise;
    }, live());
    for (let progress = 1; progress <= 100_000; progress++) void reporter.report({ progress });
    expect(sent).toHaveLength(1);
    gate.resolve();
    await reporter.close(settled);
    expect(sent.map(({ progress }) => progress)).toEqual([1, 100_000]);
  });

  it("raises a total that is below the value, and leaves out what is no number", async () => {
    const sent: Progress[] = [];
    const reporter = new Reporter((progress) => Promise.resolve(void sent.push(progress)), live());
    await reporter.report({ progress: 5, total: 3 });
    await reporter.report({ progress: 6, total: Number.NaN, message: 7 as unknown as string });
    expect(sent).toEqual([{ progress: 5, total: 5 }, { progress: 6 }]);
  });

  it("sends nothing after close or abort, and never rejects", async () => {
    const sent: number[] = [];
    const controller = new AbortController();
    const reporter = new Reporter(({ progress }) => {
      sent.push(progress);
      return Promise.reject(new Error("client gone"));
    }, controller.signal);
    await reporter.report({ progress: 1 });
    controller.abort();
    await reporter.report({ progress: 2 });
    await reporter.close(settled);
    await reporter.report({ progress: 3 });
    expect(sent).toEqual([1]);
  });

  it("holds a result back for a second at most when the transport takes nothing", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    onTestFinished(() => void vi.useRealTimers());
    const reporter = new Reporter(() => new Promise(() => {}), live());
    void reporter.report({ progress: 1 });
    let closed = false;
    const closing = reporter.close(settled).then(() => (closed = true));
    await vi.advanceTimersByTimeAsync(999);
    expect(closed).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    await closing;
    expect(vi.getTimerCount()).toBe(0);
  });

  it("splits no character where a message is too long", async () => {
    const sent: Progress[] = [];
    const reporter = new Reporter((progress) => Promise.resolve(void sent.push(progress)), live());
    await reporter.report({ progress: 1, message: "x".repeat(999) + "😀" });
    expect(sent[0]?.message).toBe("x".repeat(999));
  });
});

describe.each(lines.map((line) => [line.name, line] as const))("progress on %s", (_, line) => {
  const reporting = (run: (report: (progress: Progress) => Promise<void>) => Promise<unknown>) =>
    definePlugin({
      name: "reporting",
      options: z.strictObject({}),
      setup(host) {
        host.tool("reporting_run", { description: "Reports" }, async (_args, call) => {
          await run(call.report);
          return "done";
        });
      },
    })();

  it.each([[0], [""], ["token"], [7]])("honours the progress token %j", async (progressToken) => {
    const sent: unknown[] = [];
    const server = reporting((report) => report({ progress: 1, total: 2, message: "half" })).attach(line.newServer());
    await using client = await connected(line, server);
    const low = (
      server as unknown as {
        server: {
          notification(n: unknown, ...rest: unknown[]): Promise<void>;
          transport: { send(m: unknown, ...r: unknown[]): Promise<void> };
        };
      }
    ).server;
    const send = low.transport.send.bind(low.transport);
    low.transport.send = (message, ...rest) => {
      sent.push(message);
      return send(message, ...rest);
    };
    await client.callTool({ name: "reporting_run", _meta: { progressToken } });
    expect(sent).toContainEqual(
      expect.objectContaining({
        method: "notifications/progress",
        params: { progressToken, progress: 1, total: 2, message: "half" },
      }),
    );
  });

  it("sends nothing without a token, and nothing after the response", async () => {
    let kept: ((progress: Progress) => Promise<void>) | undefined;
    const server = reporting((report) => {
      kept = report;
      return report({ progress: 1 });
    }).attach(line.newServer());
    await using client = await connected(line, server);
    await client.callTool({ name: "reporting_run" });
    const seen: number[] = [];
    await client.callTool({ name: "reporting_run" }, { onprogress: ({ progress }) => seen.push(progress) });
    await kept?.({ progress: 2 });
    await client.listTools();
    expect(seen).toEqual([1]);
  });
});
