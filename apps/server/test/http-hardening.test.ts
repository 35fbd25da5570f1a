import { once } from "node:events";
import { connect } from "node:net";
import { definePlugin } from "@plugboard/core";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { held } from "./fixtures/lab.js";
import { eventsOf, openPost, openSession, serve, type Serving, textOf, toolCall } from "./http.ts";

/** A plugin that fails in every way that a call can. */
const faulty = definePlugin({
  name: "faulty",
  options: z.strictObject({}),
  setup(host) {
    const ways: Record<string, () => unknown> = {
      throws: () => {
        throw new Error("a secret path: /root/.env");
      },
      throws_nothing: () => {
        throw undefined;
      },
      rejects: () => Promise.reject(new Error("rejected")),
      returns_nothing: () => undefined,
      returns_itself: () => {
        const self: Record<string, unknown> = {};
        self["self"] = self;
        return self;
      },
      floats: () => {
        void Promise.reject(new Error("floating"));
        return "floated";
      },
      never: () => new Promise(() => undefined),
    };
    for (const [name, run] of Object.entries(ways))
      host.tool(`faulty_${name}`, { description: name }, run as () => string);
  },
});

/** One server for all of this: it has to live through it. */
let serving: Serving;
let session: Record<string, string>;
const floating: unknown[] = [];
const onRejection = (reason: unknown): void => void floating.push(reason);
beforeAll(async () => {
  serving = await serve({ resume: { graceMs: 50 } }, { plugins: [faulty()] });
  session = await openSession(serving.front.port);
});
afterAll(async () => {
  await serving[Symbol.asyncDispose]();
});
const answers = async () =>
  expect(
    textOf((await serving.send({ body: toolCall("alive", "lab_echo", { text: "yes" }), headers: session })).text),
  ).toBe("yes");

describe("the server answers", () => {
  test("whatever JSON it is sent", async () => {
    const part = fc.oneof(
      fc.jsonValue({ maxDepth: 3 }),
      fc.constantFrom("2.0", "tools/call", "initialize", "notifications/cancelled", "lab_echo", null, -1, {}, []),
    );
    const message = fc.oneof(
      fc.dictionary(fc.constantFrom("jsonrpc", "id", "method", "params", "result", "error", "x"), part),
      fc.record({
        jsonrpc: fc.constant("2.0"),
        id: fc.oneof(fc.integer(), fc.string()),
        method: fc.string(),
        params: part,
      }),
      fc.record({
        jsonrpc: fc.constant("2.0"),
        id: fc.integer(),
        method: fc.constantFrom(
          "tools/call",
          "tools/list",
          "resources/read",
          "logging/setLevel",
          "ping",
          "completion/complete",
        ),
        params: fc.dictionary(fc.constantFrom("name", "arguments", "uri", "level", "_meta", "cursor"), part),
      }),
      part,
    );
    await fc.assert(
      fc.asyncProperty(message, async (body) => {
        const { status, text } = await serving.send({ body: JSON.stringify(body), headers: session });
        expect([200, 202, 400]).toContain(status);
        expect(text).not.toContain("Internal error. The details are in the server's log.");
      }),
      { numRuns: 150 },
    );
    await answers();
  });

  test("whatever bytes it is sent, as HTTP or not", async () => {
    const host = `Host: localhost:${serving.front.port}\r\n`;
    const head = `POST /mcp HTTP/1.1\r\n${host}Accept: */*\r\nContent-Type: application/json\r\n`;
    const malformed = [
      "\0\0\0\0\r\n\r\n",
      "GET\r\n\r\n",
      `GET /mcp HTTP/9.9\r\n${host}\r\n`,
      `POST /mcp HTTP/1.1\r\n${host}${host}Content-Length: 2\r\n\r\n{}`,
      `${head}Content-Length: -1\r\n\r\n`,
      `${head}Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}`,
      `${head}Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n`,
      `${head}Transfer-Encoding: chunked\r\n\r\nzz\r\n`,
      `${head}Transfer-Encoding: chunked\r\n\r\n${"f".repeat(20)}\r\n`,
      `${head}X: a\nb\r\n\r\n`,
      `${head}Content-Length: 1000\r\n\r\n{`,
      `GET ${"/x".repeat(30_000)} HTTP/1.1\r\n${host}\r\n`,
      `GET http://evil.example/mcp HTTP/1.1\r\n${host}\r\n`,
      `CONNECT evil.example:443 HTTP/1.1\r\n${host}\r\n`,
      `GET /mcp HTTP/1.1\r\n${host}Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n`,
      `GET /../../etc/passwd HTTP/1.1\r\n${host}\r\n`,
      `GET //mcp%00 HTTP/1.1\r\n${host}\r\n`,
      "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
      "\x16\x03\x01\x02\x00\x01\x00",
    ];
    const statuses = await Promise.all(
      malformed.map(async (bytes) => {
        const socket = connect(serving.front.port, "127.0.0.1");
        let received = "";
        socket.setEncoding("latin1").on("data", (text: string) => (received += text));
        socket.on("error", () => undefined);
        socket.end(bytes, "latin1");
        await once(socket, "close");
        return received === "" ? 0 : Number(received.split(" ")[1]);
      }),
    );
    // Cut off without an answer, or refused.
    for (const status of statuses) expect(status === 0 || (status >= 400 && status < 500)).toBe(true);
    await answers();
  });

  test("whatever a plugin does, and others meanwhile", async () => {
    process.on("unhandledRejection", onRejection);
    const outcome = async (name: string) => {
      const { text } = await serving.send({ body: toolCall(name, `faulty_${name}`), headers: session });
      return (JSON.parse(text) as { result: { isError?: boolean } }).result;
    };
    for (const name of ["throws", "throws_nothing", "rejects", "returns_itself"])
      expect(await outcome(name)).toMatchObject({ isError: true });
    expect(JSON.stringify(await outcome("throws"))).not.toContain("/root");
    expect(await outcome("returns_nothing")).toHaveProperty("content");
    expect(await outcome("floats")).toMatchObject({ content: [{ text: "floated" }] });
    const never = await openPost(serving.front.port, toolCall("never", "faulty_never"), session);
    await answers();
    never.destroy();
    await expect.poll(() => serving.traffic.running).toBe(0);
    await expect.poll(() => floating.length).toBe(1);
    process.off("unhandledRejection", onRejection);
  });

  test("while 2,000 calls run at once, and each of them after that", async () => {
    const arrays = Array.from({ length: 20 }, (_, post) =>
      Array.from({ length: 100 }, (__, at) => toolCall(`many-${post}-${at}`, "lab_hold")),
    );
    const headers = { ...session, "Mcp-Protocol-Version": "2025-03-26" };
    const answered = Promise.all(arrays.map((body) => serving.send({ body, headers })));
    await expect.poll(() => serving.traffic.running, { timeout: 5000 }).toBe(2000);
    await answers();
    for (const release of held.splice(0)) release();
    for (const [post, { text }] of (await answered).entries()) {
      const ids = [...text.matchAll(/"text":"released"[^\n]*"id":"([^"]+)"/g)].map(([, id]) => id);
      expect(ids).toHaveLength(100);
      expect(new Set(ids)).toEqual(new Set(Array.from({ length: 100 }, (_, at) => `many-${post}-${at}`)));
    }
    expect(serving.traffic.running).toBe(0);
  });

  test("100 clients with a session each, and to none another's answers", async () => {
    const before = serving.front.sessions;
    const sessions = await Promise.all(Array.from({ length: 100 }, () => openSession(serving.front.port)));
    const told = await Promise.all(
      sessions.map(async (headers) => textOf((await serving.send({ body: toolCall(1, "lab_whoami"), headers })).text)),
    );
    expect(new Set(told).size).toBe(100);
    expect(serving.front.sessions).toBe(before + 100);
    await Promise.all(sessions.map((headers) => serving.send({ method: "DELETE", headers })));
    expect(serving.front.sessions).toBe(before);
  });

  test("after 100 clients vanished in mid-call, with nothing left of them", async () => {
    const aborted = Number(serving.plugin.stats()["lab.aborted"]);
    const ids = Array.from({ length: 100 }, (_, index) => `vanish-${index}`);
    const streams = await Promise.all(ids.map((id) => openPost(serving.front.port, toolCall(id, "lab_hold"), session)));
    expect(serving.traffic.running).toBe(100);
    // Half of them read a while, half do not.
    await Promise.all(streams.slice(0, 50).map((stream) => eventsOf(stream).next()));
    for (const stream of streams) stream.destroy();
    await expect.poll(() => serving.plugin.stats()["lab.aborted"], { timeout: 3000 }).toBe(aborted + 100);
    expect([serving.traffic.running, held.length]).toEqual([0, 0]);
    await answers();
  });
});
