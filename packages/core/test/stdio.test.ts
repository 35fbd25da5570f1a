import { Client as Client1 } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport as Stdio1 } from "@modelcontextprotocol/sdk/client/stdio.js";
import { ResourceUpdatedNotificationSchema } from "@modelcontextprotocol/sdk/types.js";
import { Client as Client2 } from "@modelcontextprotocol/client";
import { StdioClientTransport as Stdio2 } from "@modelcontextprotocol/client/stdio";
import { describe, expect, it } from "vitest";
import { bundled } from "./bundle.ts";
import { deferred, textOf } from "./lines.ts";

const servers = [1, 2].map((sdk) => bundled(`./fixtures/stdio-sdk${sdk}.ts`));
const command = (sdk: 1 | 2): { command: string; args: string[] } => ({
  command: process.execPath,
  args: [servers[sdk - 1] as string],
});

describe("over stdio, in a process of its own", () => {
  it("SDK 1: the caller is local, the last report before a result arrives, and levels are honoured", async () => {
    const client = new Client1({ name: "test", version: "1.0.0" });
    await client.connect(new Stdio1(command(1)));
    try {
      expect(JSON.parse(String(textOf((await client.callTool({ name: "fixture_who" })) as never)))).toMatchObject({
        kind: "local",
      });
      for (let run = 0; run < 20; run++) {
        const seen: number[] = [];
        await client.callTool({ name: "count" }, undefined, { onprogress: ({ progress }) => seen.push(progress) });
        expect(seen.at(-1)).toBe(5);
      }
      const logs: unknown[] = [];
      client.fallbackNotificationHandler = (notification) =>
        Promise.resolve(void logs.push(notification.params?.["data"]));
      await client.callTool({ name: "fixture_log" });
      await client.setLoggingLevel("error");
      await client.callTool({ name: "fixture_log" });
      expect(logs).toEqual(["quiet", "loud", "loud"]);
    } finally {
      await client.close();
    }
  });

  it("SDK 1: a change reaches who subscribed, and nobody after unsubscribing", async () => {
    const client = new Client1({ name: "test", version: "1.0.0" });
    await client.connect(new Stdio1(command(1)));
    try {
      const updates: string[] = [];
      const first = deferred();
      client.setNotificationHandler(ResourceUpdatedNotificationSchema, ({ params }) => {
        updates.push(params.uri);
        first.resolve();
      });
      await client.callTool({ name: "fixture_change" });
      await client.subscribeResource({ uri: "note://one" });
      await client.callTool({ name: "fixture_change" });
      await first.promise;
      await client.unsubscribeResource({ uri: "note://one" });
      await client.callTool({ name: "fixture_change" });
      expect(updates).toEqual(["note://one"]);
      expect((await client.readResource({ uri: "note://one" })).contents).toEqual([
        { uri: "note://one", mimeType: "text/plain", text: "version 4" },
      ]);
    } finally {
      await client.close();
    }
  });

  it.each(["legacy", "auto"] as const)("SDK 2 (%s): local, last report, subscription", async (mode) => {
    const client = new Client2({ name: "test", version: "1.0.0" }, { versionNegotiation: { mode } });
    await client.connect(new Stdio2(command(2)));
    try {
      expect(client.getNegotiatedProtocolVersion()).toBe(mode === "auto" ? "2026-07-28" : "2025-11-25");
      expect(JSON.parse(String(textOf((await client.callTool({ name: "fixture_who" })) as never)))).toMatchObject({
        kind: "local",
      });
      let last = 0;
      for (let run = 0; run < 20; run++) {
        const seen: number[] = [];
        await client.callTool({ name: "count" }, { onprogress: ({ progress }) => seen.push(progress) });
        if (seen.at(-1) === 5) last++;
      }
      // 2026-07-28 has no ping to wait for, so there a client that is busy for long may still drop it.
      expect(last).toBeGreaterThanOrEqual(mode === "auto" ? 15 : 20);
      if (mode === "legacy") {
        const logs: unknown[] = [];
        client.setNotificationHandler("notifications/message", ({ params }) => void logs.push(params.data));
        await client.setLoggingLevel("error");
        await client.callTool({ name: "fixture_log" });
        expect(logs).toEqual(["loud"]);
      }
      const updated = deferred<string>();
      client.setNotificationHandler("notifications/resources/updated", ({ params }) => updated.resolve(params.uri));
      if (mode === "auto") await client.listen({ resourceSubscriptions: ["note://one"] });
      else await client.subscribeResource({ uri: "note://one" });
      await client.callTool({ name: "fixture_change" });
      expect(await updated.promise).toBe("note://one");
    } finally {
      await client.close();
    }
  });
});
