import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";
import { expect, test } from "vitest";
import { held } from "./fixtures/lab.js";
import { eventsOf, openPost, openSession, openStream, serve, type ServerEvent, textOf, toolCall } from "./http.ts";

const problem = (text: string): string => (JSON.parse(text) as { error: { message: string } }).error.message;
const release = (): void => {
  for (const done of held.splice(0)) done();
};

/** Starts a call that stays, reads until its first report, and loses its connection; what it returns is where it was. */
async function lose(port: number, session: Record<string, string>, id = 1): Promise<ServerEvent[]> {
  const stream = await openPost(port, toolCall(id, "lab_hold"), session);
  const seen: ServerEvent[] = [];
  for await (const event of eventsOf(stream)) {
    seen.push(event);
    if (event.data?.includes("progress")) break;
  }
  stream.destroy();
  return seen;
}
const rest = async (stream: Parameters<typeof eventsOf>[0]): Promise<ServerEvent[]> => {
  const events: ServerEvent[] = [];
  for await (const event of eventsOf(stream)) events.push(event);
  return events;
};

test("a call whose connection breaks goes on, and who comes back gets the rest once, from any place", async () => {
  await using serving = await serve();
  const { port } = serving.front;
  const session = await openSession(port);
  const [primer, progress] = await lose(port, session);
  expect(primer).toMatchObject({ data: "", retry: "1000", id: expect.stringMatching(/\.0$/) });
  expect(serving.traffic.running).toBe(1);
  release();
  await expect.poll(() => serving.traffic.running).toBe(0);

  const after = await rest(await openStream(port, { ...session, "Last-Event-ID": progress?.id ?? "" }));
  const messages = after.filter(({ data }) => data !== "");
  expect(messages.map(({ data }) => textOf(data))).toEqual(["released"]);
  const all = await rest(await openStream(port, { ...session, "Last-Event-ID": primer?.id ?? "" }));
  expect(all.filter(({ data }) => data !== "")).toEqual([progress, ...messages]);

  const done = await openStream(port, { ...session, "Last-Event-ID": messages[0]?.id ?? "" });
  expect(done.statusCode).toBe(204);
});

test("who comes back before the end gets what it missed, then what comes", async () => {
  await using serving = await serve();
  const { port } = serving.front;
  const session = await openSession(port);
  const [primer] = await lose(port, session);
  const again = await openStream(port, { ...session, "Last-Event-ID": primer?.id ?? "" });
  const events = eventsOf(again);
  await events.next();
  expect((await events.next()).value).toMatchObject({ data: expect.stringContaining("notifications/progress") });
  release();
  expect(textOf(((await events.next()).value as ServerEvent).data)).toBe("released");
  expect((await events.next()).done).toBe(true);
});

test("a second connection takes the stream over from one that only seems to be there", async () => {
  await using serving = await serve();
  const { port } = serving.front;
  const session = await openSession(port);
  const half = await openPost(port, toolCall(1, "lab_hold"), session);
  const first = (await eventsOf(half).next()).value as ServerEvent;
  const again = await openStream(port, { ...session, "Last-Event-ID": first.id ?? "" });
  expect(again.statusCode).toBe(200);
  release();
  expect((await rest(again)).map(({ data }) => textOf(data || "{}"))).toContain("released");
});

test("the SDK's client whose connection breaks in mid-call gets its result", async () => {
  await using serving = await serve();
  const client = new Client({ name: "test", version: "1" });
  const bodies: ReadableStreamDefaultReader<Uint8Array>[] = [];
  // A connection that can be broken: the client sees an error in the middle of the stream, and comes back soon.
  const breaking = async (url: string | URL, init?: RequestInit): Promise<Response> => {
    const response = await fetch(url, init);
    if (init?.method !== "POST" || response.headers.get("content-type") !== "text/event-stream") return response;
    const reader = response.body?.getReader();
    if (reader) bodies.push(reader);
    const body = new ReadableStream<Uint8Array>({
      async pull(controller) {
        const part = await reader?.read();
        if (!part || part.done) controller.error(new Error("broken"));
        else controller.enqueue(Buffer.from(Buffer.from(part.value).toString().replace("retry: 1000", "retry: 10")));
      },
    });
    return new Response(body, { status: response.status, headers: response.headers });
  };
  const transport = new StreamableHTTPClientTransport(new URL(serving.front.url), { fetch: breaking });
  await client.connect(transport as Transport);
  let breakNow = (): void => undefined;
  const reported = new Promise<void>((resolve) => {
    breakNow = resolve;
  });
  const answer = client.callTool({ name: "lab_hold" }, undefined, { onprogress: () => breakNow() });
  await reported;
  for (const reader of bodies) await reader.cancel();
  release();
  expect(await answer).toMatchObject({ content: [{ text: "released" }] });
  await client.close();
});

test("a call whose client does not come back in time is cancelled, exactly then", async () => {
  await using serving = await serve({ resume: { graceMs: 60 } });
  const { port } = serving.front;
  const session = await openSession(port);
  const [primer] = await lose(port, session);
  expect(serving.traffic.running).toBe(1);
  await expect.poll(() => serving.plugin.stats()["lab.aborted"]).toBe(1);
  expect(serving.traffic.running).toBe(0);
  const late = await openStream(port, { ...session, "Last-Event-ID": primer?.id ?? "" });
  expect((await rest(late)).some(({ data }) => textOf(data || "{}") !== undefined)).toBe(false);
});

test.each([
  ["resume is off", { resume: false } as const, "2025-11-25"],
  ["graceMs is 0", { resume: { graceMs: 0 } }, "2025-11-25"],
])("where %s, a call whose client is gone is cancelled at once", async (_, settings, version) => {
  await using serving = await serve(settings);
  const { port } = serving.front;
  const session = await openSession(port);
  await lose(port, { ...session, "Mcp-Protocol-Version": version });
  await expect.poll(() => serving.plugin.stats()["lab.aborted"]).toBe(1);
  expect(serving.traffic.running).toBe(0);
});

test("an older client gets no event without a message, and can come back for what follows one that it got", async () => {
  await using serving = await serve();
  const { port } = serving.front;
  const session = { ...(await openSession(port)), "Mcp-Protocol-Version": "2025-06-18" };
  const seen = await lose(port, session);
  expect(seen).toHaveLength(1);
  release();
  const again = await openStream(port, { ...session, "Last-Event-ID": seen[0]?.id ?? "" });
  expect((await rest(again)).map(({ data }) => textOf(data))).toEqual(["released"]);
});

test("events that are gone are said to be gone, never skipped", async () => {
  await using serving = await serve({ resume: { maxEvents: 1 } });
  const { port } = serving.front;
  const session = await openSession(port);
  const [primer] = await lose(port, session);
  release();
  await expect.poll(() => serving.traffic.running).toBe(0);
  const answer = await serving.send({
    method: "GET",
    headers: { ...session, Accept: "text/event-stream", "Last-Event-ID": primer?.id },
  });
  expect(answer.status).toBe(400);
  expect(problem(answer.text)).toContain("are gone");
});

test.each(["", "x", "a.b", "a.-1", "../../etc.1", `${"a".repeat(65)}.1`, "a.1.1", "no-such-stream.0"])(
  "Last-Event-ID %j is refused or no place at all",
  async (id) => {
    await using serving = await serve();
    const session = await openSession(serving.front.port);
    const { status, text } = await serving.send({
      method: "GET",
      headers: { ...session, Accept: "text/event-stream", "Last-Event-ID": id || "%" },
    });
    expect(status).toBe(400);
    expect(problem(text)).toContain("Last-Event-ID");
  },
);

test("the events of a session are nobody else's", async () => {
  await using serving = await serve();
  const { port } = serving.front;
  const [mine, other] = [await openSession(port), await openSession(port)];
  const [primer] = await lose(port, mine);
  release();
  await expect.poll(() => serving.traffic.running).toBe(0);
  const stolen = await serving.send({
    method: "GET",
    headers: { ...other, Accept: "text/event-stream", "Last-Event-ID": primer?.id },
  });
  expect(stolen.status).toBe(400);
  expect(stolen.text).not.toContain("released");
  await serving.send({ method: "DELETE", headers: mine });
  const ended = await serving.send({
    method: "GET",
    headers: { ...mine, Accept: "text/event-stream", "Last-Event-ID": primer?.id },
  });
  expect(ended.status).toBe(404);
});

test("a cancelled call ends its stream without an answer, and who comes back for it is told to stop", async () => {
  await using serving = await serve();
  const { port } = serving.front;
  const session = await openSession(port);
  const stream = await openPost(port, toolCall(7, "lab_hold"), session);
  const events = eventsOf(stream);
  const primer = (await events.next()).value as ServerEvent;
  const progress = (await events.next()).value as ServerEvent;
  const cancelled = { jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId: 7 } };
  expect((await serving.send({ body: cancelled, headers: session })).status).toBe(202);
  expect((await events.next()).done).toBe(true);
  expect(serving.traffic.running).toBe(0);
  const again = async (id?: string) => (await openStream(port, { ...session, "Last-Event-ID": id ?? "" })).statusCode;
  expect([await again(progress.id), await again(primer.id)]).toEqual([204, 200]);
});

test("the stream for notifications is one at a time, and is resumed like others", async () => {
  await using serving = await serve();
  const { port } = serving.front;
  const session = await openSession(port);
  const stream = await openStream(port, session);
  const events = eventsOf(stream);
  const primer = (await events.next()).value as ServerEvent;
  expect((await serving.send({ method: "GET", headers: { ...session, Accept: "text/event-stream" } })).status).toBe(
    409,
  );
  const again = await openStream(port, { ...session, "Last-Event-ID": primer.id ?? "" });
  expect(again.statusCode).toBe(200);
  expect((await events.next()).done).toBe(true);
  again.destroy();
});
