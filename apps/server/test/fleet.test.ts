import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";
import { RedisServer, skipsRedis } from "@plugboard/services/redis";
import { describe, expect, test } from "vitest";
import { folder } from "./folder.ts";
import { Program } from "./process.ts";

const TOKEN = "a-token-of-enough-letters";
const source = new URL("../dist/demo.js", import.meta.url).pathname;

describe.skipIf(skipsRedis)(`a fleet${skipsRedis ? " (redis-server is not installed)" : ""}`, () => {
  test("of servers that are configured with one Redis shares its cache and its limits", async () => {
    await using redis = await RedisServer.start();
    const store = { redis: redis.url, timeoutMs: 5000 };
    const rules = [{ name: "few", tools: ["forecast"], budget: 2, windowMs: 3_600_000, maxWaitMs: 0 }];
    const plugins = { cache: { store }, ratelimit: { store, rules }, weather: { plugin: source } };
    using at = folder({ "c.json": { plugins } });
    const member = async (): Promise<AsyncDisposable & { ask(city: string): Promise<[boolean, unknown, unknown]> }> => {
      const program = new Program(["c.json", "--http", "0"], { cwd: at.path, env: { PLUGBOARD_TOKEN: TOKEN } });
      const url = (await program.says(/listens on (\S+)\n/))[1] ?? "";
      const client = new Client({ name: "test", version: "1" });
      const requestInit = { headers: { Authorization: `Bearer ${TOKEN}` } };
      await client.connect(new StreamableHTTPClientTransport(new URL(url), { requestInit }) as Transport);
      return {
        async ask(city) {
          const { isError, _meta: meta } = await client.callTool({ name: "forecast", arguments: { city } });
          const said = meta as Record<string, Record<string, unknown>> | undefined;
          return [
            isError === true,
            said?.["dev.plugboard/cache"]?.["status"],
            said?.["dev.plugboard/ratelimit"]?.["remaining"],
          ];
        },
        async [Symbol.asyncDispose]() {
          await client.close();
          await program[Symbol.asyncDispose]();
        },
      };
    };
    await using one = await member();
    await using two = await member();
    expect(await one.ask("Oslo")).toEqual([false, "miss", 1]);
    expect(await two.ask("Oslo")).toEqual([false, "hit", undefined]);
    expect(await two.ask("Rome")).toEqual([false, "miss", 0]);
    expect(await one.ask("Bern")).toEqual([true, "miss", 0]);
    expect(await one.ask("Rome")).toEqual([false, "hit", undefined]);
  });
});
