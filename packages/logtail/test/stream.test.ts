import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { writeFile } from "node:fs/promises";
import { ResourceUpdatedNotificationSchema } from "@modelcontextprotocol/sdk/types.js";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { folder } from "./read/folder.ts";
import { Spools } from "../src/stream.ts";
import { serve } from "./tools/serve.ts";

const spools = (): string[] => readdirSync(tmpdir()).filter((name) => name.startsWith("plugboard-logtail-"));

// Other processes have streams of their own in the machine's folder for temporary files.
let temporary: Awaited<ReturnType<typeof folder>>;
beforeAll(async () => {
  temporary = await folder();
});
beforeEach(() => void vi.stubEnv("TMPDIR", temporary.path));
// Not only before the next test: the next file of this worker makes a folder before its first one.
afterEach(() => void vi.unstubAllEnvs());
afterAll(() => temporary[Symbol.asyncDispose]());

async function* items(...texts: string[]): AsyncGenerator<string> {
  yield* texts;
}

describe("streams", () => {
  it("are logs like any other: a child process is read, waited for, searched and summarized", async () => {
    await using served = await serve({});
    const code =
      'for (let n = 0; n < 300; n++) console.log(`ERROR step ${n}`); process.stdin.on("data", () => console.log("told to stop"));';
    const child = spawn(process.execPath, ["-e", code]);
    const { source, ended } = served.plugin.stream("worker", child.stdout);
    expect(source).toBe("stream:worker");
    const wait = served.call("read", { source, until: { text: "told to stop" } }).catch(() => undefined);
    await expect.poll(async () => (await served.text("read", { source, lines: 1 })).includes("step 299")).toBe(true);
    const { cursor } = await served.call("read", { source });
    child.stdin.end("stop\n");
    await ended;
    expect(await served.call("read", { source, cursor })).toMatchObject({ lines: ["told to stop"] });
    expect((await served.call("search", { source, text: "step 1", limit: 200 })).hits).toHaveLength(111);
    expect((await served.call("summarize", { source })).templates[0]).toMatchObject({
      template: "step <num>",
      count: 300,
    });
    expect((await served.call("list")).logs.map(({ name }) => name)).toEqual(["stream:worker"]);
    await wait;
  });

  it("leave nothing behind in a process that ends without disposing of anything", async () => {
    const program = `
      import { Spools } from ${JSON.stringify(new URL("../src/stream.ts", import.meta.url).href)};
      const spools = new Spools({ maxStreams: 1, maxStreamBytes: 100000 }, (folder) => console.log(folder));
      await spools.start("a", (async function* () { yield "line\\n"; })()).ended;`;
    const tsx = ["--import", import.meta.resolve("tsx"), "--conditions=@plugboard/source"];
    const child = spawn(process.execPath, [...tsx, "--input-type=module", "-e", program], { stdio: "pipe" });
    let kept = "";
    child.stdout.on("data", (data) => (kept += String(data)));
    expect(await once(child, "close")).toEqual([0, null]);
    expect(kept).toContain("plugboard-logtail-");
    expect(existsSync(kept.trim())).toBe(false);
  });

  it("take lines without ends, can be started again, and are bounded", async () => {
    await using served = await serve({ maxStreams: 2 });
    await served.plugin.stream("a", items("one", "two"), { items: "lines" }).ended;
    await served.plugin.stream("a", items("th", "ree\n")).ended;
    expect((await served.call("read", { source: "stream:a" })).lines).toEqual(["one", "two", "three"]);
    const stop = new AbortController();
    const endless = served.plugin.stream(
      "b",
      (async function* () {
        yield "first\n";
        await new Promise(() => {});
      })(),
      { signal: stop.signal },
    );
    expect(() => served.plugin.stream("b", items())).toThrow('There is a stream "b" already.');
    expect(() => served.plugin.stream("c", items())).toThrow(RangeError);
    expect(() => served.plugin.stream("../c", items())).toThrow(TypeError);
    stop.abort();
    await endless.ended;
    expect(served.plugin.stats()["streams"]).toBe(0);
  });

  it("hold nothing in memory of what they have kept", async () => {
    setFlagsFromString("--expose-gc");
    const collect = runInNewContext("gc") as () => void;
    await using served = await serve({});
    const kept: WeakRef<Uint8Array>[] = [];
    let asked: (() => void) | undefined;
    const taken = new Promise<void>((resolve) => (asked = resolve));
    served.plugin.stream(
      "long",
      (async function* () {
        for (let count = 0; count < 10; count += 1) {
          const item = Buffer.alloc(50_000, "x\n");
          kept.push(new WeakRef(item));
          yield item;
        }
        asked?.();
        await new Promise(() => {});
      })(),
    );
    await taken;
    // What was reached in this turn of the event loop is kept until its end.
    await new Promise((resolve) => setImmediate(resolve));
    collect();
    expect(kept.slice(0, -1).filter((item) => item.deref() !== undefined)).toEqual([]);
  });

  it("reject with what the stream throws, and keep what came before", async () => {
    await using served = await serve({});
    const { ended } = served.plugin.stream(
      "bad",
      (async function* () {
        yield "before\n";
        throw new Error("the pipe broke");
      })(),
    );
    await expect(ended).rejects.toThrow("the pipe broke");
    expect((await served.call("read", { source: "stream:bad" })).lines).toEqual(["before"]);
  });

  it("keep no more than their bytes, and a cursor says what went", async () => {
    await using served = await serve({ maxStreamBytes: 65_536 });
    await served.plugin.stream("big", items("first\n")).ended;
    const { cursor } = await served.call("read", { source: "stream:big" });
    const lines = (hundred: number) => Array.from({ length: 100 }, (_, index) => `line ${100 * hundred + index}\n`);
    const chunks = Array.from({ length: 200 }, (_, hundred) => lines(hundred).join(""));
    await served.plugin.stream("big", items(...chunks)).ended;
    const { logs } = await served.call("list");
    expect((logs[0]?.size ?? 0) + (logs[0]?.rotated?.size ?? 0)).toBeLessThanOrEqual(65_536);
    const after = await served.call("read", { source: "stream:big", cursor, lines: 2 });
    expect(after.gaps).toHaveLength(1);
    expect(after.lines?.every((line) => /^line \d+$/.test(line))).toBe(true);
    expect((await served.call("read", { source: "stream:big", lines: 1 })).lines).toEqual(["line 19999"]);
  });

  it("keep a line whole over a rotation, and one that is larger than all", async () => {
    let folder = "";
    const kept = new Spools({ maxStreams: 1, maxStreamBytes: 1_000 }, (made) => (folder = made));
    await kept.start("s", items(`${"a".repeat(300)}\n`, `${"b".repeat(300)}\n`, "c".repeat(2_000))).ended;
    const size = (name: string): number => statSync(join(folder, "s", name)).size;
    expect(size("log") + size("log.1")).toBeLessThanOrEqual(1_000);
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    await kept.close();
    expect(existsSync(folder)).toBe(false);
  });

  it("keep whole a line, and a character, that comes in parts", async () => {
    await using served = await serve({ maxStreamBytes: 65_536 });
    const { ended } = served.plugin.stream(
      "parts",
      items("0123456\n".repeat(4095), "hello", " world \ud83d", "\ude00\n", "end\n"),
    );
    await ended;
    const { lines = [] } = await served.call("read", { source: "stream:parts", lines: 3 });
    expect(lines).toEqual(["0123456", "hello world 😀", "end"]);
  });

  it("show a question that waits for its answer, though its line has no end", async () => {
    await using served = await serve({});
    served.plugin.stream(
      "ask",
      (async function* () {
        yield "Password: ";
        await new Promise(() => {});
      })(),
    );
    await expect
      .poll(async () => served.text("read", { source: "stream:ask" }), { timeout: 5_000 })
      .toContain("Password: ");
  });

  it("are heard of by who subscribed before they began", async () => {
    await using served = await serve({});
    const told: string[] = [];
    served.client.setNotificationHandler(ResourceUpdatedNotificationSchema, ({ params }) => void told.push(params.uri));
    await served.client.subscribeResource({ uri: "log:///stream%3Alate" });
    served.plugin.stream("late", items("a\n"));
    await expect.poll(() => told, { timeout: 8_000 }).toContain("log:///stream%3Alate");
  });

  it("never share a name with a file", async () => {
    await using place = await folder();
    await writeFile(place.at("stream:w.log"), "forged\n");
    await using served = await serve({ paths: [place.path] });
    await served.plugin.stream("w.log", items("true\n")).ended;
    expect((await served.call("read", { source: "stream:w.log" })).lines).toEqual(["true"]);
    expect((await served.call("read", { source: "./stream:w.log" })).lines).toEqual(["forged"]);
  });

  it("leave nothing behind", async () => {
    const before = spools();
    const served = await serve({});
    served.plugin.stream("x", items("a\n"));
    served.plugin.stream(
      "y",
      (async function* () {
        yield "b\n";
        await new Promise(() => {});
      })(),
    );
    await expect.poll(() => spools().length).toBe(before.length + 1);
    await served[Symbol.asyncDispose]();
    expect(spools()).toEqual(before);
    expect(() => served.plugin.stream("z", items())).toThrow("shut down");
  });
});
