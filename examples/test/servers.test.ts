import { appendFile, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { RedisServer, skipsRedis } from "@plugboard/services/redis";
import { endOfInput, HttpExample, overStdio, textOf } from "./run.ts";

async function folder(files: Record<string, string>): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), "plugboard-example-"));
  onTestFinished(() => rm(path, { recursive: true, force: true }));
  for (const [name, text] of Object.entries(files)) await writeFile(join(path, name), text);
  return path;
}

test("audited-server.ts remembers calls, also those of a batch, with their outcome", async () => {
  await using client = await overStdio("audited-server.ts");
  const calls = ["ann", "eve"].map((account) => ({ tool: "balance", arguments: { account } }));
  const { structuredContent } = await client.callTool({ name: "batch", arguments: { calls } });
  expect(structuredContent).toMatchObject({ succeeded: 1, failed: 1 });
  const recent = await client.callTool({ name: "audit_recent" });
  const { calls: seen } = recent.structuredContent as { calls: { tool: string; caller: string; outcome: string }[] };
  expect(seen.map(({ tool, caller, outcome }) => [tool, caller, outcome])).toEqual([
    ["balance", "local", "ok"],
    ["balance", "local", "error"],
    ["batch", "local", "ok"],
  ]);
});

test("checksums.ts reports bytes from nested code, up to the whole", async () => {
  const path = await folder({ "a.txt": "a".repeat(300_000), "b.txt": "hello" });
  await using client = await overStdio("checksums.ts", path);
  const seen: { progress: number; total?: number | undefined; message?: string | undefined }[] = [];
  const result = await client.callTool({ name: "checksums" }, { onprogress: (report) => seen.push(report) });
  expect(result.structuredContent).toMatchObject({
    files: [
      { path: "a.txt", bytes: 300_000 },
      { path: "b.txt", bytes: 5, sha256: "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824" },
    ],
  });
  expect(seen.map(({ progress }) => progress)).toEqual(seen.map(({ progress }) => progress).toSorted((a, b) => a - b));
  expect(seen.at(-1)).toMatchObject({ progress: seen.at(-1)!.total });
  expect(seen.at(-1)!.message).toContain("Reading b.txt");
});

test("log-watcher.ts counts errors as they are written", async () => {
  const path = join(await folder({ "app.log": "ERROR before it started\n" }), "app.log");
  await using client = await overStdio("log-watcher.ts", path);
  const { cursor } = (await client.callTool({ name: "logtail_read", arguments: { source: "app.log" } }))
    .structuredContent as { cursor: string };
  await appendFile(path, "INFO fine\nERROR disk full\n");
  const news = await client.callTool({
    name: "logtail_read",
    arguments: { source: "app.log", cursor, wait_ms: 10_000, until: { text: "disk full" } },
  });
  expect(textOf(news)).toContain("ERROR disk full");
  await expect
    .poll(async () => (await client.callTool({ name: "alerts" })).structuredContent)
    .toEqual({ errors: 1, last: [{ file: "app.log", text: "ERROR disk full" }] });
});

test("log-watcher.ts ends when its client is gone", async () => {
  expect(await endOfInput("log-watcher.ts", "watching", join(await folder({ "app.log": "" }), "app.log"))).toBe(0);
});

test("document-search.ts finds files and tickets in one list", async () => {
  const path = await folder({ "deploy.md": "# Deploying\n\nThe proxy reads its certificate at start.\n" });
  await using client = await overStdio("document-search.ts", path);
  const search = async (query: string): Promise<{ id: string }[]> =>
    (
      (await client.callTool({ name: "search", arguments: { query } })).structuredContent as {
        results: { id: string }[];
      }
    ).results;
  expect((await search("certificate of the proxy")).map(({ id }) => id).toSorted()).toEqual([
    "deploy.md#deploying",
    "tickets/23#login-fails-on-mondays",
  ]);
  expect((await search("certificate state:closed")).map(({ id }) => id)).toEqual(["tickets/23#login-fails-on-mondays"]);
});

test("per-request-server.ts caches and limits over all requests, refuses strange hosts, and stops when told", async () => {
  await using server = await HttpExample.start("per-request-server.ts");
  await using client = await server.connect();
  const forecast = (city: string) => client.callTool({ name: "forecast", arguments: { city } });
  expect(textOf(await forecast("Oslo"))).toBe("Sunny in Oslo (upstream asked 1 times)");
  expect(textOf(await forecast("Oslo"))).toBe("Sunny in Oslo (upstream asked 1 times)");
  expect(textOf(await forecast("Rome"))).toBe("Sunny in Rome (upstream asked 2 times)");
  await forecast("Bonn");
  const refused = await forecast("Bern");
  expect(refused).toMatchObject({
    isError: true,
    _meta: { "dev.plugboard/ratelimit": { rule: "upstream", remaining: 0 } },
  });
  const strange = await fetch(server.url, { method: "POST", headers: { origin: "http://evil.example" }, body: "{}" });
  expect(strange.status).toBe(403);
  await client.close();
  expect(await server.stop()).toBe(0);
});

describe.skipIf(skipsRedis)(`fleet.ts${skipsRedis ? " (redis-server is not installed)" : ""}`, () => {
  test("shares cache, invalidation and budget between processes", async () => {
    await using redis = await RedisServer.start();
    const variables = { REDIS_URL: redis.url };
    const [one, other] = await Promise.all([
      HttpExample.start("fleet.ts", variables),
      HttpExample.start("fleet.ts", variables),
    ]);
    await using first = await one.connect();
    await using second = await other.connect();
    const price = async (client: typeof first) =>
      textOf(await client.callTool({ name: "price", arguments: { sku: "tea" } }));
    const answer = await price(first);
    expect(answer).toMatch(/^tea: 250 \(read by \d+\)$/);
    expect(await price(second)).toBe(answer);
    await first.callTool({ name: "set_price", arguments: { sku: "tea", cents: 260 } });
    const read = await price(second);
    expect(read).not.toBe(answer);
    // Three of four calls that ran are taken from the budget; the cached one is not.
    await second.callTool({ name: "set_price", arguments: { sku: "tea", cents: 270 } });
    const over = await first.callTool({ name: "set_price", arguments: { sku: "tea", cents: 280 } });
    expect(over).toMatchObject({
      isError: true,
      _meta: { "dev.plugboard/ratelimit": { rule: "hourly", remaining: 0 } },
    });
    await Promise.all([one.stop(), other.stop()]);
  });
});
