import { currentCall } from "@plugboard/core";
import { RedisServer } from "@plugboard/services/redis";
import { Redis } from "ioredis";
import { afterAll, beforeAll, beforeEach, vi } from "vitest";
import { ratelimit } from "../src/index.ts";
import { type Caller, connect, type Gate, newServer, registerGate, text } from "./server.ts";
import type { RuleInput } from "./setup.ts";

export type Options = NonNullable<Parameters<typeof ratelimit>[0]>;

export interface Member extends Caller {
  readonly plugin: ReturnType<typeof ratelimit>;
  readonly gate: Gate;
}

/** A Redis for the tests of a suite, emptied before each, and what the plugin warns of. Call it in `describe`. */
export class TestRedis {
  server!: RedisServer;
  client!: Redis;
  warnings: string[] = [];

  constructor() {
    beforeAll(async () => {
      this.server = await RedisServer.start();
      this.client = new Redis(this.server.url, {
        lazyConnect: true,
        retryStrategy: () => 20,
        maxRetriesPerRequest: null,
      });
      this.client.on("error", () => undefined);
      await this.client.connect();
    });
    afterAll(async () => {
      this.client.disconnect();
      await this.server[Symbol.asyncDispose]();
    });
    beforeEach(async () => {
      await this.client.flushall();
      this.warnings = [];
      vi.spyOn(console, "warn").mockImplementation((...args) => void this.warnings.push(args.map(String).join(" ")));
    });
  }

  store(more: object = {}): NonNullable<Options["store"]> {
    return { redis: this.server.url, timeoutMs: 10_000, ...more };
  }

  /** One of several processes, as far as the store can tell: a server with tools, and a client of it. */
  async member(rules: RuleInput[], more: Options = {}, subject?: string): Promise<Member> {
    const plugin = ratelimit({ rules, store: this.store(), ...more });
    const server = newServer(plugin);
    for (const name of ["quick", "dear"]) server.registerTool(name, {}, () => text("fine"));
    server.registerTool("ten", {}, async () => {
      const call = currentCall()!;
      const results = await Promise.all(Array.from({ length: 10 }, () => call.dispatch("quick")));
      return text(`${results.filter(({ isError }) => isError).length} failed`);
    });
    server.registerTool("twice", {}, async () => {
      const call = currentCall()!;
      await call.dispatch("quick");
      const { isError } = await call.dispatch("hold");
      return text(isError ? "refused" : "done");
    });
    const gate = registerGate(server, "hold");
    return { plugin, gate, ...(await connect(server, subject)) };
  }

  /** How many slots are taken, of all keys. */
  async slots(): Promise<number> {
    const keys = await this.client.keys("*:slots");
    return (await Promise.all(keys.map((key) => this.client.zcard(key)))).reduce((sum, count) => sum + count, 0);
  }

  /** How many scripts Redis was asked to run. */
  async asked(): Promise<number> {
    const stats = await this.client.info("commandstats");
    return Number(/cmdstat_evalsha:calls=(\d+)/.exec(stats)?.[1] ?? 0);
  }

  /** Resolves when it was said that Redis is back. */
  isBack(): Promise<unknown> {
    return vi.waitUntil(() => this.warnings.some((line) => line.includes("is available again")), { timeout: 10_000 });
  }
}
