import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";
import { definePlugin } from "@plugboard/core";
import { expect, test } from "vitest";
import { z } from "zod";
import { held } from "./fixtures/lab.js";
import { eventsOf, initialize, openPost, serve, textOf, toolCall } from "./http.ts";

const problem = (text: string): string => (JSON.parse(text) as { error: { message: string } }).error.message;
const release = (): void => {
  for (const done of held.splice(0)) done();
};

test("a client of the SDK needs no session: it lists, calls, and hears of progress", async () => {
  await using serving = await serve({ stateless: true });
  const client = new Client({ name: "test", version: "1" });
  const transport = new StreamableHTTPClientTransport(new URL(serving.front.url));
  await client.connect(transport as Transport);
  expect(transport.sessionId).toBeUndefined();
  expect((await client.listTools()).tools.map(({ name }) => name)).toContain("lab_echo");
  const progress: number[] = [];
  const waited = await client.callTool({ name: "lab_wait", arguments: { ms: 30 } }, undefined, {
    onprogress: (report) => progress.push(report.progress),
  });
  expect([waited.content, progress]).toEqual([[{ type: "text", text: "waited 30" }], [1]]);
  expect(await client.callTool({ name: "lab_whoami" })).toMatchObject({
    content: [{ text: expect.stringMatching(/^anonymous/) }],
  });
  await client.close();
  expect(serving.front.sessions).toBe(0);
});

test("a request is answered without any other before it, and a session id is of no concern", async () => {
  await using serving = await serve({ stateless: true });
  const headers = { "Mcp-Session-Id": "whatever" };
  const answer = await serving.send({ body: toolCall("x", "lab_echo", { text: "hi" }), headers });
  expect([answer.status, textOf(answer.text)]).toEqual([200, "hi"]);
  expect(answer.headers["mcp-session-id"]).toBeUndefined();
  expect(JSON.parse(answer.text)).toMatchObject({ id: "x" });
  const notification = { jsonrpc: "2.0", method: "notifications/initialized" };
  expect((await serving.send({ body: notification })).status).toBe(202);
});

test.each(["GET", "DELETE", "PUT", "HEAD"])("%s is 405: there is only POST", async (method) => {
  await using serving = await serve({ stateless: true });
  const answer = await serving.send({ method, headers: { Accept: "text/event-stream" } });
  expect([answer.status, answer.headers["allow"]]).toEqual([405, "POST"]);
});

test("closing the connection cancels the call, and only it", async () => {
  await using serving = await serve({ stateless: true });
  const { port } = serving.front;
  // Both have the same id.
  const [one, other] = await Promise.all([1, 1].map((id) => openPost(port, toolCall(id, "lab_hold"))));
  const [events] = [one, other].map((stream) => eventsOf(stream as NonNullable<typeof stream>));
  expect((await events?.next())?.value).toMatchObject({ data: expect.stringContaining('"progressToken":"p1"') });
  one?.destroy();
  await expect.poll(() => serving.plugin.stats()["lab.aborted"]).toBe(1);
  expect(serving.traffic.running).toBe(1);
  const cancel = { jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId: 1 } };
  expect((await serving.send({ body: cancel })).status).toBe(202);
  expect(serving.traffic.running).toBe(1);
  release();
  let last: string | undefined;
  if (other) for await (const event of eventsOf(other)) last = event.data;
  expect(textOf(last)).toBe("released");
  expect(serving.plugin.stats()["lab.aborted"]).toBe(1);
});

test("more requests at a time than maxSessions get 503", async () => {
  await using serving = await serve({ stateless: true, maxSessions: 2 });
  const { port } = serving.front;
  const running = [openPost(port, toolCall(1, "lab_hold")), openPost(port, toolCall(1, "lab_hold"))];
  await expect.poll(() => serving.traffic.running).toBe(2);
  const refused = await serving.send({ body: toolCall(1, "lab_count") });
  expect([refused.status, refused.headers["retry-after"]]).toEqual([503, "1"]);
  release();
  for (const stream of await Promise.all(running)) stream.resume();
  await expect.poll(() => serving.front.sessions).toBe(0);
  expect((await serving.send({ body: toolCall(1, "lab_count") })).status).toBe(200);
});

/** A tool that goes on talking after its answer, to whoever listens. */
let talk: (() => Promise<void>) | undefined;
const rude = definePlugin({
  name: "rude",
  options: z.strictObject({}),
  setup(host) {
    host.resource("talk", "talk://all", {}, () => "x");
    host.tool("rude_talk", { description: "Talks on." }, (_, call) => {
      talk = () => call.report({ progress: 99, message: "a secret of the first caller" });
      return "done";
    });
    host.tool("rude_say", { description: "Says it in the log." }, async (_, call) => {
      await call.log("error", "said in the log");
      return "done";
    });
  },
});

test("what a tool says after its answer reaches nobody, least of all the next caller", async () => {
  await using serving = await serve({ stateless: true }, { plugins: [rude()] });
  const { port } = serving.front;
  await serving.send({ body: toolCall(1, "rude_talk") });
  const next = await openPost(port, toolCall(1, "lab_hold"));
  const seen: string[] = [];
  const read = (async () => {
    for await (const { data = "" } of eventsOf(next)) seen.push(data);
  })();
  await expect.poll(() => seen.length).toBe(1);
  await talk?.();
  release();
  await read;
  expect(seen).toHaveLength(2);
  expect(seen.join()).not.toContain("secret");
});

test("what one client says changes nothing for another, though servers are used again", async () => {
  await using serving = await serve({ stateless: true }, { plugins: [rude()] });
  const ask = async (method: string, params: object = {}, id: number | string = 1) => {
    const { text } = await serving.send({ body: { jsonrpc: "2.0", id, method, params } });
    return JSON.parse(text) as { id: unknown; result?: object; error?: object };
  };
  expect(await ask("logging/setLevel", { level: "emergency" })).toMatchObject({ result: {} });
  expect(await ask("resources/subscribe", { uri: "talk://all" })).toMatchObject({ result: {} });
  expect(JSON.parse((await serving.send({ body: initialize })).text)).toHaveProperty("result.serverInfo");
  for (let at = 0; at < 3; at++)
    expect((await serving.send({ body: toolCall(at, "rude_say") })).text).toContain("said in the log");
  const ids = Array.from({ length: 50 }, (_, index) => (index % 2 === 0 ? index : `t${index}`));
  const answers = await Promise.all(
    ids.map((id) => ask("tools/call", { name: "lab_echo", arguments: { text: `${id}` } }, id)),
  );
  expect(answers.map(({ id, result }) => [id, result])).toEqual(
    ids.map((id) => [id, expect.objectContaining({ content: [{ type: "text", text: `${id}` }] })]),
  );
});

test("two requests of one id in one body are refused, arrays only where the protocol has them", async () => {
  await using serving = await serve({ stateless: true });
  const two = [toolCall(1, "lab_count"), toolCall(2, "lab_count")];
  const answer = await serving.send({ body: two });
  expect(answer.text.match(/"id":\d/g)?.toSorted()).toEqual(['"id":1', '"id":2']);
  const modern = await serving.send({ body: two, headers: { "Mcp-Protocol-Version": "2025-11-25" } });
  expect([modern.status, problem(modern.text)]).toEqual([400, expect.stringContaining("no arrays")]);
  expect(problem((await serving.send({ body: [two[0], two[0]] })).text)).toContain("same id");
});

test("while it shuts down, running calls finish and new ones get 503", async () => {
  await using serving = await serve({ stateless: true });
  const running = openPost(serving.front.port, toolCall(1, "lab_hold"));
  await expect.poll(() => serving.traffic.running).toBe(1);
  const drained = serving.traffic.drain();
  expect((await serving.send({ body: toolCall(1, "lab_count") })).status).toBe(503);
  release();
  let last: string | undefined;
  for await (const event of eventsOf(await running)) last = event.data;
  expect(textOf(last)).toBe("released");
  await drained;
});
