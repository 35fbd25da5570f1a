import { RedisServer, skipsRedis } from "@plugboard/services/redis";
import { expect, onTestFinished, test } from "vitest";
import { composePlugins } from "../src/plugins/compose.ts";
import { connectInMemory, serverFactory } from "../src/serve/server.ts";
import { settled } from "./settled.ts";

const weather = new URL("../src/demo.ts", import.meta.url).pathname;

test.skipIf(skipsRedis)(
  `servers that are configured with one Redis share its cache and its limits${skipsRedis ? " (redis-server is not installed)" : ""}`,
  async () => {
    const redis = await RedisServer.start();
    onTestFinished(() => redis[Symbol.asyncDispose]());
    const store = { redis: redis.url, timeoutMs: 5000 };
    const rules = [{ name: "few", tools: ["forecast"], budget: 2, windowMs: 3_600_000, maxWaitMs: 0 }];
    const plugins = { cache: { store }, ratelimit: { store, rules }, weather: { plugin: weather } };
    const config = settled({ "c.json": { plugins } }, ["c.json"]);
    const member = async (): Promise<(city: string) => Promise<[boolean, unknown, unknown]>> => {
      const { plugin } = await composePlugins(config);
      onTestFinished(() => plugin.dispose());
      const client = await connectInMemory(serverFactory(config, plugin));
      onTestFinished(() => client.close());
      return async (city) => {
        const { isError, _meta: meta } = await client.callTool({ name: "forecast", arguments: { city } });
        const said = meta as Record<string, Record<string, unknown>> | undefined;
        return [
          isError === true,
          said?.["dev.plugboard/cache"]?.["status"],
          said?.["dev.plugboard/ratelimit"]?.["remaining"],
        ];
      };
    };
    const [one, two] = [await member(), await member()];
    expect(await one("Oslo")).toEqual([false, "miss", 1]);
    expect(await two("Oslo")).toEqual([false, "hit", undefined]);
    expect(await two("Rome")).toEqual([false, "miss", 0]);
    expect(await one("Bern")).toEqual([true, "miss", 0]);
    expect(await one("Rome")).toEqual([false, "hit", undefined]);
  },
);
