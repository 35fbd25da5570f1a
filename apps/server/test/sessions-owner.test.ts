import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { JSONRPCRequest } from "@modelcontextprotocol/sdk/types.js";
import { compose, core } from "@plugboard/core";
import { expect, test } from "vitest";
import { httpSettings } from "../src/config/http-settings.ts";
import { Exchanges } from "../src/http/exchanges.ts";
import { readPosted } from "../src/http/messages.ts";
import { Session } from "../src/http/session.ts";
import { createLog } from "../src/serve/log.ts";
import { serverFactory } from "../src/serve/server.ts";
import { Traffic } from "../src/serve/traffic.ts";
import { lab } from "./fixtures/lab.js";
import { initialize, openSession, send, serve, textOf, toolCall } from "./http.ts";

const auth = {
  tokens: [
    { name: "ann", token: "the-token-that-ann-has" },
    { name: "bob", token: "the-token-that-bob-has" },
  ],
};
const as = (who: "ann" | "bob") => ({ Authorization: `Bearer the-token-that-${who}-has` });

test("a session is its opener's alone: to others it is as unknown as any other id", async () => {
  await using serving = await serve({ auth });
  const { port } = serving.front;
  const mine = await openSession(port, as("ann"));
  const stolen = { ...mine, ...as("bob") };
  const unknown = { ...stolen, "Mcp-Session-Id": "0b5c6f0e-0000-4000-8000-000000000000" };
  for (const method of ["POST", "GET", "DELETE"]) {
    const body = method === "POST" ? toolCall(1, "lab_count") : undefined;
    const answer = await serving.send({ method, body, headers: stolen });
    expect(answer).toMatchObject({ status: 404, text: (await serving.send({ method, body, headers: unknown })).text });
    expect(answer.headers["mcp-session-id"]).toBeUndefined();
  }
  expect(serving.plugin.stats()["lab.count"]).toBe(0);
  expect(textOf((await serving.send({ body: toolCall(1, "lab_count"), headers: mine })).text)).toBe("1");
});

test("the ids of sessions are random", async () => {
  await using serving = await serve();
  const ids = await Promise.all(
    Array.from({ length: 20 }, async () => (await openSession(serving.front.port))["Mcp-Session-Id"]),
  );
  expect(new Set(ids).size).toBe(20);
  for (const id of ids) expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
});

test("a session is initialized once, and two running requests have two ids", async () => {
  await using serving = await serve();
  const session = await openSession(serving.front.port);
  const again = await serving.send({ body: initialize, headers: session });
  expect([again.status, again.text]).toEqual([400, expect.stringContaining("initialized before")]);
  const running = serving.send({ body: toolCall(5, "lab_hold"), headers: session });
  await expect.poll(() => serving.traffic.running).toBe(1);
  const taken = await serving.send({ body: toolCall(5, "lab_count"), headers: session });
  expect([taken.status, taken.text]).toEqual([400, expect.stringContaining("not been answered yet")]);
  await serving.send({ body: toolCall(6, "lab_release"), headers: session });
  expect((await running).status).toBe(200);
});

test.each([
  ["2025-11-25", 200],
  ["2025-03-26", 200],
  [undefined, 200],
  ["2031-01-01", 400],
  ["", 400],
])("protocol revision %j is answered with %i", async (version, status) => {
  await using serving = await serve();
  const session = { ...(await openSession(serving.front.port)), "Mcp-Protocol-Version": version };
  const answer = await serving.send({ body: toolCall(1, "lab_count"), headers: session });
  expect(answer.status).toBe(status);
  if (status === 400) expect(answer.text).toContain("2025-11-25");
});

test("a session is made again from the request that opened it, under its id, and its client goes on", async () => {
  const traffic = new Traffic();
  const log = createLog("silent", { write: () => undefined });
  await using plugin = Object.assign(compose([core(), lab()]), {
    async [Symbol.asyncDispose]() {
      await plugin.dispose();
    },
  });
  const now = () => 0;
  const exchanges = new Exchanges({ keepAliveMs: 0, stallTimeoutMs: 30_000, now });
  const streams = { exchanges, log, events: undefined, graceMs: 0, maxBufferedBytes: 1e6, now };
  const create = serverFactory({ name: "test", version: "1", instructions: undefined }, plugin);
  const settings = httpSettings.parse({});
  const shared = { create, traffic, log, settings, streams, permissions: undefined, fleet: undefined };
  const options = { ...shared, owner: "ann", id: "an-id-from-elsewhere" };
  const session = await Session.adopt(options, { initialize: initialize as JSONRPCRequest, said: [] });
  expect([session.id, session.owner, session.initialized]).toEqual(["an-id-from-elsewhere", "ann", true]);
  expect([session.running, traffic.running]).toEqual([0, 0]);

  const server = createServer((req, res) => {
    void readPosted(req, settings, { identity: undefined, authenticator: undefined }).then((posted) => {
      if ("messages" in posted) session.post(posted, req, res);
    });
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const answer = await send((server.address() as AddressInfo).port, { body: toolCall(1, "lab_whoami") });
  expect(textOf(answer.text)).toMatch(/^session /);
  expect(answer.headers["mcp-session-id"]).toBe("an-id-from-elsewhere");
  server.close();
  await session.close();

  void traffic.drain();
  await expect(Session.adopt(options, { initialize: initialize as JSONRPCRequest, said: [] })).rejects.toThrow(
    "cannot be taken over",
  );
  await exchanges.close();
});
