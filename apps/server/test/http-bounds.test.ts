import { once } from "node:events";
import { connect } from "node:net";
import fc from "fast-check";
import { expect, test } from "vitest";
import { measure } from "../src/http/measure.ts";
import { initialize, openSession, send, serve, toolCall } from "./http.ts";

const problem = (text: string): string => (JSON.parse(text) as { error: { message: string } }).error.message;
const unbounded = { maxBodyValues: Infinity, maxBodyDepth: Infinity };
const measured = (text: string) => measure(Buffer.from(text), unbounded);

/** What `measure` counts, of the parsed value and with recursion. */
function counted(value: unknown): { values: number; depth: number } {
  if (typeof value !== "object" || value === null) return { values: 0, depth: 0 };
  const parts = Object.values(value).map(counted);
  return {
    values: parts.reduce((sum, part) => sum + part.values, parts.length),
    depth: 1 + Math.max(0, ...parts.map((part) => part.depth)),
  };
}

test("what JSON text holds is what the parsed value holds, whatever is in its strings", () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 5 }), fc.constantFrom(0, 1, "\t \r\n"), (value, indent) => {
      expect(measured(JSON.stringify(value, null, indent))).toEqual(counted(value));
    }),
    { numRuns: 200 },
  );
  const tricky = ["[", "]", "{", "}", ",", '"', "\\", '\\"', "\\\\", "é,[", "\u2028"];
  expect(measured(JSON.stringify({ tricky, '",[{': tricky }))).toEqual({ values: 24, depth: 2 });
});

test("the measure of text that is not JSON ends, whatever it is", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      const { values, depth } = measure(bytes, unbounded);
      expect(values + depth).toBeLessThanOrEqual(2 * bytes.length);
    }),
    { numRuns: 200 },
  );
});

test.each([
  ["100 values", { args: Array.from({ length: 92 }, () => 0) }, 200, ""],
  ["101 values", { args: Array.from({ length: 93 }, () => 0) }, 400, "more than 100 values (`http.maxBodyValues`)"],
])("a body of %s is answered as its bound says", async (_, args, status, message) => {
  await using serving = await serve({ maxBodyValues: 100 });
  const session = await openSession(serving.front.port);
  const body = { jsonrpc: "2.0", id: 1, method: "tools/call", params: { name: "lab_count", arguments: args } };
  // jsonrpc, id, method, params, name, arguments, args, and the elements.
  expect(counted(body).values).toBe(status === 200 ? 99 : 100);
  const padded = { ...body, params: { ...body.params, _meta: {} } };
  const answer = await serving.send({ body: padded, headers: session });
  expect(answer.status).toBe(status);
  if (message) expect(problem(answer.text)).toContain(message);
});

test("nesting is bounded, to the level", async () => {
  await using serving = await serve({ maxBodyDepth: 10 });
  const session = await openSession(serving.front.port);
  const nested = (levels: number) =>
    `{"jsonrpc":"2.0","id":1,"method":"ping","params":${"[".repeat(levels)}${"]".repeat(levels)}}`;
  const at = (levels: number) => serving.send({ body: nested(levels), headers: session });
  expect(problem((await at(10)).text)).toBe("The body is nested deeper than 10 levels (`http.maxBodyDepth`).");
  expect((await at(9)).text).not.toContain("nested");
});

test("megabytes of brackets, of empty objects and of one-letter members are refused unparsed, and others are answered meanwhile", async () => {
  await using serving = await serve();
  const session = await openSession(serving.front.port);
  const bombs = ["[".repeat(4_000_000), `[${"{},".repeat(1_300_000)}{}]`, `{${'"a":0,'.repeat(600_000)}"a":0}`];
  const parse = JSON.parse.bind(JSON);
  let parsed = 0;
  JSON.parse = (text, reviver) => {
    parsed = Math.max(parsed, text.length);
    return parse(text, reviver) as unknown;
  };
  try {
    const answers = Promise.all(bombs.map((body) => serving.send({ body, headers: session })));
    expect((await serving.send({ body: toolCall(1, "lab_count"), headers: session })).status).toBe(200);
    expect((await answers).map(({ status }) => status)).toEqual([400, 400, 400]);
  } finally {
    JSON.parse = parse;
  }
  expect(parsed).toBeLessThan(10_000);
});

test("deep and giant arguments within the bounds are the tool's, and __proto__ is a name like any other", async () => {
  await using serving = await serve({ maxBodyDepth: 1000 });
  const session = await openSession(serving.front.port);
  const deep = `${'{"a":'.repeat(900)}1${"}".repeat(900)}`;
  const args = `{"text":"x","more":${deep},"__proto__":{"polluted":true}}`;
  const body = `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"lab_echo","arguments":${args}}}`;
  const answer = await serving.send({ body, headers: session });
  expect([answer.status, JSON.parse(answer.text)]).toEqual([200, expect.objectContaining({ id: 1 })]);
  expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
});

test.each([
  [8_000, 200],
  [40_000, 431],
])("headers of %i bytes are answered with %i", async (bytes, status) => {
  await using serving = await serve({ maxHeaderBytes: 16_384 });
  const answer = await send(serving.front.port, { body: initialize, headers: { "X-Long": "x".repeat(bytes) } });
  expect(answer.status).toBe(status);
});

test("connections over the bound are closed at once, and those within it are served", async () => {
  await using serving = await serve({ maxConnections: 3 });
  const sockets = Array.from({ length: 3 }, () => connect(serving.front.port, "127.0.0.1"));
  await Promise.all(sockets.map((socket) => once(socket, "connect")));
  await expect
    .poll(async () => {
      const over = connect(serving.front.port, "127.0.0.1");
      over.on("error", () => undefined);
      await once(over, "close");
      return true;
    })
    .toBe(true);
  sockets.pop()?.destroy();
  await expect
    .poll(() =>
      serving.send({ body: initialize }).then(
        ({ status }) => status,
        () => 0,
      ),
    )
    .toBe(200);
  for (const socket of sockets) socket.destroy();
});

test.each([
  ["Accept", "text/html", 406],
  ["Accept", undefined, 406],
  ["Accept", "text/event-stream", 406],
  ["Accept", "*/*", 200],
  ["Accept", "text/event-stream;q=0.9, Application/JSON", 200],
  ["Content-Type", undefined, 415],
  ["Content-Type", "text/plain; application/json", 415],
  ["Content-Type", "application/json; charset=utf-8", 200],
])("%s: %s is answered with %i", async (name, value, status) => {
  await using serving = await serve();
  expect((await serving.send({ body: initialize, headers: { [name]: value } })).status).toBe(status);
});

test("a body that is JSON but no message, and an array of too many, are refused", async () => {
  await using serving = await serve();
  const session = { ...(await openSession(serving.front.port)), "Mcp-Protocol-Version": "2025-03-26" };
  const many = Array.from({ length: 101 }, (_, id) => toolCall(id, "lab_count"));
  for (const body of ["null", "1", '""', "{}", "[]", "[1]", '{"jsonrpc":"1.0","id":1,"method":"ping"}', many])
    expect((await serving.send({ body, headers: session })).status).toBe(400);
  expect(serving.plugin.stats()["lab.count"]).toBe(0);
});
