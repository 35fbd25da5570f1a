import { currentCall, definePlugin, type Plugin } from "@plugboard/core";
import { installedLines, type SdkLine, type TestServer, testPlugin } from "@plugboard/core/testing";
import { beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { message, progress, setTotal, split, step, track } from "../src/index.ts";

testPlugin(progress, { describe, it, badOption: { intervalMs: -1 } });

interface Report {
  progress: number;
  total?: number;
  message?: string;
}

const none = z.strictObject({});

/** Registers a plain tool whose code is `work`, calls it, and returns what the client saw. */
async function reports(
  sdk: SdkLine,
  work: () => unknown,
  plugins: Plugin[],
  onServer?: (server: TestServer) => void,
): Promise<Report[]> {
  const server = sdk.newServer();
  for (const plugin of plugins) plugin.attach(server);
  onServer?.(server);
  server.registerTool("work", {}, async () => {
    await work();
    return { content: [] };
  });
  const client = await sdk.connect(server);
  const seen: Report[] = [];
  const result = await client.callTool({ name: "work" }, { onprogress: (report) => seen.push(report) });
  expect(result.isError).toBeFalsy();
  await client.close();
  return seen;
}

const pause = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const untilSent = async (): Promise<void> => {
  for (let turn = 0; turn < 20; turn++) await pause();
};

const installed: SdkLine[] = [];
beforeAll(async () => void installed.push(...(await installedLines())));

describe.each(["SDK 1", "SDK 2"])("on %s", (name) => {
  const sdk = (): SdkLine => installed.find((line) => line.name === name) as SdkLine;
  const quick = (): Plugin => progress({ intervalMs: 0, estimate: false });

  it("follows the steps of plain code deep inside a tool", async () => {
    const deep = async (): Promise<void> => {
      await pause();
      step();
    };
    const seen = await reports(
      sdk(),
      async () => {
        setTotal(3);
        await deep();
        message("nearly there");
        await deep();
        await deep();
      },
      [quick()],
    );
    expect(seen.at(-1)).toMatchObject({ progress: 3, total: 3, message: "nearly there" });
    expect(seen.every(({ progress: value }, index) => index === 0 || value > (seen[index - 1]?.progress ?? 0))).toBe(
      true,
    );
  });

  it("tracks what is iterated, sync and async, with the total that it knows", async () => {
    async function* later(): AsyncGenerator<number> {
      for (let item = 0; item < 3; item++) {
        await pause();
        yield item;
      }
    }
    const items: unknown[] = [];
    const seen = await reports(
      sdk(),
      async () => {
        for (const item of track(["a", "b"], { message: "letters" })) items.push(item);
        for (const item of track(new Set([1]))) items.push(item);
        for await (const item of track(later(), { total: 3 })) items.push(item);
      },
      [quick()],
    );
    expect(items).toEqual(["a", "b", 1, 0, 1, 2]);
    expect(seen.at(-1)).toMatchObject({ progress: 6, total: 6 });
    expect(seen[0]?.message).toBe("letters");
  });

  it("closes a source whose consumer stops early", async () => {
    let closed = 0;
    async function* endless(): AsyncGenerator<number> {
      try {
        for (let item = 0; ; item++) yield item;
      } finally {
        closed++;
      }
    }
    await reports(
      sdk(),
      async () => {
        for await (const item of track(endless())) if (item === 2) break;
      },
      [quick()],
    );
    expect(closed).toBe(1);
  });

  it("weighs phases, nested ones too, and never falls", async () => {
    const values: number[] = [];
    const seen = await reports(
      sdk(),
      async () => {
        const [load, index] = split({ load: 1, index: 4 });
        load?.setTotal(2);
        load?.step();
        await untilSent();
        load?.step();
        await untilSent();
        const [parse, write] = index?.split({ parse: 1, write: 1 }) ?? [];
        for (const item of parse?.track([1, 2]) ?? []) values.push(item);
        await untilSent();
        write?.finish();
        await untilSent();
      },
      [quick()],
    );
    expect(values).toEqual([1, 2]);
    expect(seen.map((report) => Math.round(report.progress))).toEqual([0, 10, 20, 40, 60, 100]);
    expect(new Set(seen.map((report) => report.total))).toEqual(new Set([100]));
  });

  it("works without the plugin, as plain reports", async () => {
    const seen = await reports(
      sdk(),
      async () => {
        for (const _ of track([1, 2, 3])) await untilSent();
      },
      [definePlugin({ name: "nothing", options: none, setup: () => {} })()],
    );
    expect(seen.at(-1)).toMatchObject({ progress: 3, total: 3 });
  });

  it("does nothing without a token, outside of a call, and with values that mean nothing", async () => {
    const server = quick().attach(sdk().newServer());
    server.registerTool("work", {}, () => {
      for (const _ of track([1, 2])) step();
      return { content: [] };
    });
    const client = await sdk().connect(server);
    expect((await client.callTool({ name: "work" })).isError).toBeFalsy();
    await client.close();
    step();
    setTotal(5);
    message("nobody hears");
    expect([...track([1, 2])]).toEqual([1, 2]);
    const seen = await reports(
      sdk(),
      () => {
        for (const n of [Number.NaN, -1, 0, Infinity]) step(n);
        for (const n of [Number.NaN, -1, Infinity]) setTotal(n);
        step(2);
      },
      [quick()],
    );
    expect(seen).toEqual([{ progress: 2 }]);
    expect(() => split({ a: 0 })).toThrow(/weight of "a"/);
  });

  it("rolls dispatched tools up into the caller's progress, never falling", async () => {
    const seen = await reports(
      sdk(),
      async () => {
        setTotal(3);
        for (let call = 0; call < 3; call++) {
          await currentCall()?.dispatch("part");
          step();
        }
      },
      [quick()],
      (server) =>
        server.registerTool("part", {}, async () => {
          for (const _ of track([1, 2, 3, 4])) await untilSent();
          return { content: [] };
        }),
    );
    const values = seen.map((report) => report.progress);
    expect(values).toEqual(values.toSorted((a, b) => a - b));
    expect(values).toContain(1.5);
    expect(seen.at(-1)).toMatchObject({ progress: 3, total: 3 });
  });

  it("words the message once, however deep the call that reports", async () => {
    const seen = await reports(
      sdk(),
      async () => {
        const call = currentCall();
        if (!call) throw new Error("no call");
        await call.report({ progress: 0, total: 2 });
        await call.dispatch(
          "part",
          {},
          { report: ({ progress: value, ...rest }) => call.report({ ...rest, progress: value / 3, total: 2 }) },
        );
      },
      [progress({ intervalMs: 0 })],
      (server) =>
        server.registerTool("part", {}, async () => {
          for (const _ of track([1, 2, 3], { message: "reading" })) await untilSent();
          return { content: [] };
        }),
    );
    expect(seen.length).toBeGreaterThan(3);
    for (const { message: said } of seen) expect(said?.match(/ of |%/g)?.length ?? 0).toBeLessThanOrEqual(2);
  });

  it("throttles what a tool sends itself through its SDK, and delivers the last", async () => {
    const plugin = progress({ intervalMs: 60_000 });
    const server = plugin.attach(sdk().newServer());
    server.registerTool("work", {}, async (native: never) => {
      const { mcpReq, ...extra } = native as {
        mcpReq?: { _meta: object; notify(n: object): Promise<void> };
        _meta: object;
        sendNotification(n: object): Promise<void>;
      };
      const token = ((mcpReq ?? extra)._meta as { progressToken: unknown }).progressToken;
      const send = mcpReq ? mcpReq.notify : extra.sendNotification;
      for (let value = 1; value <= 100; value++) {
        await send({ method: "notifications/progress", params: { progressToken: token, progress: value, total: 100 } });
      }
      return { content: [] };
    });
    const client = await sdk().connect(server);
    const seen: number[] = [];
    await client.callTool({ name: "work" }, { onprogress: (report) => seen.push(report.progress) });
    expect(seen).toEqual([1, 100]);
    expect(plugin.stats()).toEqual({ reports: 100, sent: 2, heartbeats: 0, running: 0 });
    await client.close();
    await plugin.dispose();
  });

  it("keeps a client that counts on progress from timing out, by heartbeats alone", async () => {
    const plugin = progress({ heartbeatMs: 20, intervalMs: 10 });
    const server = plugin.attach(sdk().newServer());
    server.registerTool("slow", {}, () => new Promise((resolve) => setTimeout(() => resolve({ content: [] }), 500)));
    const client = await sdk().connect(server);
    const options = { timeout: 200, resetTimeoutOnProgress: true, onprogress: () => {} };
    expect(await client.callTool({ name: "slow" }, options)).toMatchObject({ content: [] });
    expect(plugin.stats()["heartbeats"]).toBeGreaterThan(2);
    await client.close();
    await plugin.dispose();
  });

  it("sends messages as long as it is told, up to what core lets through", async () => {
    const say = (): void => message("x".repeat(5000));
    const [longest] = await reports(sdk(), say, [progress({ maxMessageChars: 1000, estimate: false })]);
    expect(longest?.message).toBe(`${"x".repeat(999)}…`);
    expect(() => progress({ maxMessageChars: 1001 })).toThrow(/maxMessageChars/);
  });

  it("stops with the call: nothing is sent after cancellation, and nobody stays on the wheel", async () => {
    const plugin = progress({ heartbeatMs: 10, intervalMs: 0 });
    const server = plugin.attach(sdk().newServer());
    let release = (): void => {};
    const started = new Promise<void>((resolve) => {
      server.registerTool("slow", {}, async () => {
        resolve();
        await new Promise<void>((done) => (release = done));
        step();
        return { content: [] };
      });
    });
    const client = await sdk().connect(server);
    const controller = new AbortController();
    const seen: unknown[] = [];
    const call = client.callTool(
      { name: "slow" },
      { signal: controller.signal, onprogress: (report) => seen.push(report) },
    );
    const failed = expect(call).rejects.toThrow();
    await started;
    controller.abort();
    await failed;
    const count = seen.length;
    release();
    await client.listTools();
    expect(seen).toHaveLength(count);
    expect(plugin.stats()["running"]).toBe(0);
    await client.close();
    await plugin.dispose();
  });
});
