import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { RedisServer, skipsRedis } from "@plugboard/services/redis";
import { afterAll, beforeAll, describe, expect, it, type Mock, onTestFinished, vi } from "vitest";
import { type Listener, RedisLink, RedisRefused, RedisUnavailable, script } from "../src/redis.ts";
import { bundled } from "./bundle.ts";
import { deferred } from "./lines.ts";

const echo = script("return ARGV[1]");
const publish = script("return redis.call('publish', KEYS[1], ARGV[1])");

describe.skipIf(skipsRedis)(`a link to Redis${skipsRedis ? " (redis-server is not installed)" : ""}`, () => {
  let server: RedisServer;
  beforeAll(async () => {
    server = await RedisServer.start();
  });
  afterAll(() => server[Symbol.asyncDispose]());

  function link(url = server.url, timeoutMs = 500): { link: RedisLink; warn: Mock<(message: string) => void> } {
    const warn = vi.fn<(message: string) => void>();
    const made = new RedisLink({ url, timeoutMs, plugin: "test", meanwhile: "nothing is shared", warn });
    onTestFinished(() => made.close());
    return { link: made, warn };
  }

  it("runs scripts, whether Redis knows them or not", async () => {
    const { link: redis } = link();
    const fresh = script(`return {KEYS[1], ARGV[1], '${Math.random()}'}`);
    for (let round = 0; round < 2; round++)
      expect(await redis.run(fresh, ["k"], [1])).toEqual(["k", "1", expect.any(String)]);
    await expect(redis.run(script("return nonsense("), [], [])).rejects.toBeInstanceOf(RedisRefused);
    expect(redis.isAway).toBe(false);
  });

  it("connects on first use only, and refuses after it was closed", async () => {
    const { link: redis, warn } = link("redis://127.0.0.1:1");
    expect(redis.isAway).toBe(false);
    redis.close();
    await expect(redis.run(echo, [], ["x"])).rejects.toBeInstanceOf(RedisUnavailable);
    expect(warn).not.toHaveBeenCalled();
  });

  it("says once that Redis is away and once that it is back, without credentials, and works again without a restart", async () => {
    const { link: redis, warn } = link(server.url.replace("//", "//default:s3cret@"));
    await redis.run(echo, [], ["x"]);
    await server.stop();
    for (let attempt = 0; attempt < 3; attempt++)
      await expect(redis.run(echo, [], ["x"])).rejects.toBeInstanceOf(RedisUnavailable);
    expect(redis.isAway).toBe(true);
    expect(warn.mock.calls).toEqual([
      [expect.stringMatching(/^Redis at 127\.0\.0\.1:\d+ is not available \(.+\): nothing is shared\.$/)],
    ]);
    await server.start();
    await vi.waitFor(() => expect(redis.isAway).toBe(false), 5000);
    expect(await redis.run(echo, [], ["back"])).toBe("back");
    expect(warn.mock.calls[1]?.[0]).toContain("available again");
    expect(warn).toHaveBeenCalledTimes(2);
    expect(JSON.stringify(warn.mock.calls)).not.toContain("s3cret");
  });

  it("waits for no answer longer than it is told, and for none at all while Redis is silent", async () => {
    const { link: redis } = link(server.url, 100);
    await redis.run(echo, [], ["x"]);
    server.pause();
    onTestFinished(() => server.resume());
    await expect(redis.run(echo, [], ["x"])).rejects.toThrow("timed out");
    expect(redis.isAway).toBe(true);
    await expect(redis.run(echo, [], ["x"])).rejects.toThrow("not connected");
    server.resume();
    await vi.waitFor(() => expect(redis.isAway).toBe(false), 5000);
    expect(await redis.run(echo, [], ["y"])).toBe("y");
  });

  it("does not wait for what takes the connection and never speaks", async () => {
    const mute = createServer(() => undefined).listen(0, "127.0.0.1");
    await once(mute, "listening");
    onTestFinished(() => void mute.close());
    const { link: redis } = link(`redis://127.0.0.1:${(mute.address() as { port: number }).port}`, 50);
    await expect(redis.run(echo, [], ["x"])).rejects.toBeInstanceOf(RedisUnavailable);
    await vi.waitFor(() => expect(redis.isAway).toBe(true), 5000);
  });

  it("hears what is published, says when it may have missed something, and hears again", async () => {
    const { link: redis } = link();
    const heard: string[] = [];
    const lost = deferred();
    let ready = deferred();
    const listener: Listener = {
      message: (text) => heard.push(text),
      ready: () => ready.resolve(),
      lost: () => lost.resolve(),
    };
    redis.subscribe("news", listener);
    await ready.promise;
    await redis.run(publish, ["news"], ["one"]);
    await vi.waitFor(() => expect(heard).toEqual(["one"]));
    ready = deferred();
    await server.stop();
    await lost.promise;
    await server.start();
    await ready.promise;
    await vi.waitFor(() => redis.run(publish, ["news"], ["two"]), 5000);
    await vi.waitFor(() => expect(heard).toEqual(["one", "two"]));
  });

  it("keeps no process alive, neither connected nor while Redis is away", async () => {
    const child = spawn(process.execPath, [bundled("./fixtures/redis-idle.ts"), server.url]);
    let output = "";
    child.stdout.on("data", (chunk: Buffer) => (output += String(chunk)));
    child.stderr.on("data", (chunk: Buffer) => (output += String(chunk)));
    const [exit] = (await once(child, "exit")) as [number | null];
    expect({ exit, output }).toEqual({ exit: 0, output: "1\naway\n" });
  });
});
