import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { createMcpHandler, McpServer } from "@modelcontextprotocol/server";
import { describe, expect, it, onTestFinished } from "vitest";
import { ratelimit } from "../src/index.ts";
import { metaOf, type Result, text } from "./server.ts";
import type { RuleInput } from "./setup.ts";

describe.each(["legacy", "auto"] as const)("over HTTP with a new server for every request (%s)", (mode) => {
  /** Tries one call each as these users, in order; undefined is one without a token. */
  async function tries(rule: RuleInput, users: (string | undefined)[]): Promise<boolean[]> {
    const plugin = ratelimit({ rules: [{ windowMs: 3_600_000, maxWaitMs: 0, ...rule }] });
    const handler = createMcpHandler(() => {
      const server = plugin.attach(new McpServer({ name: "test", version: "1.0.0" }));
      server.registerTool("tool", {}, () => text("fine"));
      return server;
    });
    onTestFinished(async () => {
      await handler.close();
      await plugin.dispose();
    });
    const results: boolean[] = [];
    for (const user of users) {
      const client = new Client({ name: "test", version: "1.0.0" }, { versionNegotiation: { mode } });
      const authInfo = { token: `token-${results.length}`, clientId: "app", scopes: [], extra: { sub: user } };
      const fetch = (url: string | URL | Request, init?: RequestInit): Promise<Response> =>
        handler.fetch(new Request(url, init), user === undefined ? {} : { authInfo });
      await client.connect(
        new StreamableHTTPClientTransport(new URL("http://127.0.0.1/mcp"), { fetch: fetch as never }),
      );
      const result = (await client.callTool({ name: "tool" })) as Result;
      expect(metaOf(result)).toMatchObject({ rule: "rule-1" });
      results.push(result.isError !== true);
      await client.close();
    }
    return results;
  }

  it.each(["principal", "session"] as const)(
    "a limit per %s is one for each user, whatever the token, and one for all who are anonymous",
    async (per) => {
      const users = ["ann", "ann", "bob", undefined, undefined, "bob"];
      expect(await tries({ per, limit: 1 }, users)).toEqual([true, false, true, true, false, false]);
    },
  );
});
