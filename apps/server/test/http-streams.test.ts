import { once } from "node:events";
import { createServer } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { RequestId } from "@modelcontextprotocol/sdk/types.js";
import { definePlugin } from "@plugboard/core";
import { expect, test } from "vitest";
import { z } from "zod";
import { Exchanges, MAX_AWAY } from "../src/http/exchanges.ts";
import { HttpTransport } from "../src/http/transport.ts";
import { createLog } from "../src/serve/log.ts";
import { held } from "./fixtures/lab.js";
import { eventsOf, openPost, openSession, openStream, send, serve, type ServerEvent, toolCall } from "./http.ts";

/** A resource that is larger than what the system keeps for a connection. */
const flood = definePlugin({
  name: "flood",
  options: z.strictObject({}),
  setup(host) {
    let read = 0;
    host.resource("flood", "flood://all", {}, () => {
      read++;
      return "x".repeat(20_000_000);
    });
    return { stats: () => ({ read }) };
  },
});

/** Posts over a bare socket, and never reads. */
async function neverRead(port: number, session: Record<string, string>, body: object) {
  const text = JSON.stringify(body);
  const socket = connect(port, "127.0.0.1");
  socket.on("error", () => undefined).pause();
  await once(socket, "connect");
  const headers = Object.entries({ ...session, Accept: "*/*", "Content-Type": "application/json" });
  const head = headers.map(([name, value]) => `${name}: ${value}\r\n`).join("");
  socket.write(`POST /mcp HTTP/1.1\r\nHost: localhost:${port}\r\n${head}Content-Length: ${text.length}\r\n\r\n${text}`);
  return socket;
}

test("an open stream gets a comment where nothing was sent for keepAliveMs, and none before", async () => {
  await using serving = await serve({ keepAliveMs: 10_000 });
  const session = await openSession(serving.front.port);
  const stream = await openStream(serving.front.port, session);
  const events = eventsOf(stream);
  await events.next();
  serving.clock.now = 7_000;
  serving.front.expire();
  const next = events.next();
  serving.clock.now = 9_000;
  serving.front.expire();
  expect((await next).value).toEqual({ comment: "keep-alive" });
  stream.destroy();
});

test("with keepAliveMs 0 there are none", async () => {
  await using serving = await serve({ keepAliveMs: 0 });
  const session = await openSession(serving.front.port);
  const stream = await openPost(serving.front.port, toolCall(1, "lab_hold"), session);
  serving.clock.now = 1_000_000;
  serving.front.expire();
  const seen: ServerEvent[] = [];
  const events = eventsOf(stream);
  for (let at = 0; at < 2; at++) seen.push((await events.next()).value as ServerEvent);
  for (const release of held.splice(0)) release();
  for await (const event of events) seen.push(event);
  expect(seen.filter(({ comment }) => comment !== undefined)).toEqual([]);
});

test("who never reads a stream is cut off when more than maxBufferedBytes wait, and its call is given up", async () => {
  let sent = 0;
  let gone = false;
  const chatter = definePlugin({
    name: "chatter",
    options: z.strictObject({}),
    setup(host) {
      host.tool("chatter", { description: "Never stops." }, async (_, { log, signal }) => {
        for (; sent < 1000 && !signal.aborted; sent++) {
          await log("error", "x".repeat(1_000_000));
          await nextTurn();
        }
        gone = signal.aborted;
        return "done";
      });
    },
  });
  await using serving = await serve({ resume: false, maxBufferedBytes: 100_000 }, { plugins: [chatter()] });
  const { port } = serving.front;
  const socket = await neverRead(port, await openSession(port), toolCall(1, "chatter"));
  await expect.poll(() => gone).toBe(true);
  // What the system takes off its hands on both sides, and one more.
  expect(sent).toBeLessThan(50);
  socket.destroy();
});

test("only so many calls at a time go on without their clients", async () => {
  const exchanges = new Exchanges({ keepAliveMs: 0, stallTimeoutMs: 30_000, now: () => 0 });
  const answers = Array.from({ length: MAX_AWAY }, () => ({}));
  for (const answer of answers) expect(exchanges.await(answer)).toBe(true);
  expect(exchanges.await({})).toBe(false);
  exchanges.settle(answers[0] ?? {});
  expect(exchanges.await({})).toBe(true);
  await exchanges.close();
});

test("who never reads an answer is cut off after stallTimeoutMs", async () => {
  await using serving = await serve({ stallTimeoutMs: 10_000 }, { plugins: [flood()] });
  const { port } = serving.front;
  const session = await openSession(port);
  const read = { jsonrpc: "2.0", id: 1, method: "resources/read", params: { uri: "flood://all" } };
  const socket = await neverRead(port, session, read);
  const answered = () => serving.logged.filter((line) => line.includes('"method":"POST"')).length;
  const before = answered();
  await expect.poll(() => serving.plugin.stats()["flood.read"]).toBe(1);
  const at = (ms: number) => {
    serving.clock.now = ms;
    serving.front.expire();
  };
  for (const ms of [1, 5_000, 9_999]) at(ms);
  expect(answered()).toBe(before);
  at(10_001);
  await expect.poll(answered).toBe(before + 1);
  socket.destroy();
});

test("when the server stops, clients that only listen are sent away at once, calls finish, then streams end", async () => {
  await using serving = await serve();
  const { port } = serving.front;
  const session = await openSession(port);
  const listening = await openStream(port, session);
  const calling = await openPost(port, toolCall(1, "lab_hold"), session);
  const events = eventsOf(calling);
  await events.next();
  await events.next();
  const sentAway = once(listening.resume(), "end");
  serving.front.stop();
  const drained = serving.traffic.drain();
  await sentAway;
  const ready = await serving.send({ method: "GET", path: "/readyz" });
  expect([ready.status, ready.headers["connection"]]).toEqual([503, "close"]);
  expect((await serving.send({ method: "GET", headers: { ...session, Accept: "text/event-stream" } })).status).toBe(
    503,
  );
  for (const release of held.splice(0)) release();
  expect((await events.next()).value).toMatchObject({ data: expect.stringContaining("released") });
  expect((await events.next()).done).toBe(true);
  await drained;
});

test("an answer that cannot be written as JSON is an error, not silence", async () => {
  await using bare = await bareTransport((transport, id) => {
    void transport.send({ jsonrpc: "2.0", id, result: { n: 1n } });
  });
  const answer = await send(bare.port, {});
  expect(JSON.parse(answer.text)).toEqual({
    jsonrpc: "2.0",
    id: 9,
    error: { code: -32603, message: "The result cannot be written as JSON." },
  });
});

/** A transport by itself, with `answer` in the place of a server; every request is the same. */
async function bareTransport(answer: (transport: HttpTransport, id: RequestId) => void) {
  const now = () => 0;
  const log = createLog("silent", { write: () => undefined });
  const exchanges = new Exchanges({ keepAliveMs: 0, stallTimeoutMs: 30_000, now });
  const streams = { exchanges, log, events: undefined, graceMs: 0, maxBufferedBytes: 4_000_000, now };
  const transport = new HttpTransport({ streams, onGone: () => undefined });
  transport.onmessage = (message) => {
    if ("method" in message && "id" in message) answer(transport, message.id);
  };
  const request = { jsonrpc: "2.0", id: 9, method: "ping" } as const;
  const server = createServer((_, res) => transport.post([request], res, true, {})).listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await Promise.all([exchanges.close(), transport.close()]);
    },
  };
}
