import { connect } from "node:net";
import { once } from "node:events";
import type { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { describe, expect, test, vi } from "vitest";
import { Failure } from "../src/config/failure.ts";
import { held } from "./fixtures/lab.js";
import { type Answer, initialize, openStream, send, serve } from "./http.ts";

const text = (result: unknown): string => (result as { content: { text: string }[] }).content[0]?.text ?? "";
const call = (id: number, name: string, args: object = {}) => ({
  jsonrpc: "2.0",
  id,
  method: "tools/call",
  params: { name, arguments: args },
});
const problem = ({ text: body }: Answer): string => (JSON.parse(body) as { error: { message: string } }).error.message;
/** Starts a call that stays until it is released or cancelled; resolves once it runs. */
async function hold(client: Client): Promise<{ answer: Promise<unknown> }> {
  let answer: Promise<unknown> = Promise.resolve();
  await new Promise<void>((resolve) => {
    answer = client.callTool({ name: "lab_hold" }, undefined, { onprogress: () => resolve() });
    answer.catch(() => undefined);
  });
  return { answer };
}

describe("clients", () => {
  test("share the plugins' state and never get each other's answers", async () => {
    await using serving = await serve();
    await using ann = await serving.client();
    await using bob = await serving.client();
    // The ids of the requests are the same for both.
    const asked = Array.from({ length: 50 }, (_, index) =>
      [ann, bob].map(async (client, which) => {
        const word = `${which}:${index}`;
        expect(text(await client.callTool({ name: "lab_echo", arguments: { text: word } }))).toBe(word);
      }),
    );
    await Promise.all(asked.flat());
    const counts = [ann, bob, ann].map(async (client) => Number(text(await client.callTool({ name: "lab_count" }))));
    expect(new Set(await Promise.all(counts))).toEqual(new Set([1, 2, 3]));
    expect(serving.plugin.stats()).toMatchObject({ "lab.count": 3 });
    expect(serving.front.sessions).toBe(2);
  });

  test("without a token are told apart by their sessions", async () => {
    await using serving = await serve();
    await using ann = await serving.client();
    await using bob = await serving.client();
    const [one, other] = await Promise.all(
      [ann, bob].map(async (client) => text(await client.callTool({ name: "lab_whoami" }))),
    );
    expect(one).toMatch(/^session /);
    expect(other).not.toBe(one);
  });

  test("list the same tools as over any other transport", async () => {
    await using serving = await serve();
    await using client = await serving.client();
    const { tools } = await client.listTools();
    expect(tools.map(({ name }) => name)).toContain("lab_echo");
    expect(await client.callTool({ name: "lab_fail" })).toMatchObject({
      isError: true,
      content: [{ text: "This always fails: try lab_echo." }],
    });
  });

  test("that go away and cannot come back cancel what runs for them", async () => {
    await using serving = await serve({ resume: false });
    await using other = await serving.client();
    const client = await serving.client();
    await hold(client);
    expect(serving.traffic.running).toBe(1);
    await client.close();
    await expect.poll(async () => text(await other.callTool({ name: "lab_aborted" }))).toBe("1");
    expect(serving.traffic.running).toBe(0);
  });
});

describe("Host and Origin", () => {
  test.each([
    ["localhost.evil.com", 403],
    ["127.0.0.1.nip.io", 403],
    ["evil.com", 403],
    ["localhost", 200],
    ["127.0.0.1", 200],
    ["[::1]", 200],
  ])("Host %s on the server's port is answered with %i", async (name, status) => {
    await using serving = await serve();
    const answer = await serving.send({ headers: { Host: `${name}:${serving.front.port}` }, body: initialize });
    expect(answer.status).toBe(status);
    if (status === 403) expect(problem(answer)).toContain("http.allowedHosts");
    expect(serving.front.sessions).toBe(status === 200 ? 1 : 0);
  });

  test("a request without a Host is refused", async () => {
    await using serving = await serve();
    expect((await serving.send({ headers: { Host: undefined }, body: initialize })).status).toBe(403);
    const socket = connect(serving.front.port, "127.0.0.1");
    socket.end("GET /healthz HTTP/1.0\r\n\r\n");
    const [first] = (await once(socket, "data")) as [Buffer];
    expect(first.toString()).toMatch(/^HTTP\/1\.1 403 /);
  });

  test.each([
    ["null", 403],
    ["http://evil.com", 403],
    ["http://localhost.evil.com", 403],
    ["http://localhost:6274", 200],
    ["https://app.example.com", 200],
  ])("Origin %s is answered with %i", async (origin, status) => {
    await using serving = await serve({ allowedOrigins: ["https://app.example.com"] });
    const answer = await serving.send({ headers: { Origin: origin }, body: initialize });
    expect(answer.status).toBe(status);
    expect(answer.headers["access-control-allow-origin"]).toBe(status === 200 ? origin : undefined);
    if (status === 200)
      expect(answer.headers).toMatchObject({
        vary: expect.stringContaining("Origin"),
        "access-control-expose-headers": expect.stringContaining("Mcp-Session-Id"),
      });
  });

  test("a preflight is answered for an allowed origin only, and without the token", async () => {
    await using serving = await serve({ auth: { token: "a-token-of-enough-letters" } });
    const preflight = (origin: string) =>
      serving.send({ method: "OPTIONS", headers: { Origin: origin, "Access-Control-Request-Method": "POST" } });
    const allowed = await preflight("http://localhost:5173");
    expect(allowed.status).toBe(204);
    expect(allowed.headers["access-control-allow-headers"]).toContain("Authorization");
    expect((await preflight("http://evil.com")).status).toBe(403);
  });
});

describe("the token", () => {
  const token = "a-token-of-enough-letters";

  test.each([
    [undefined, /^Bearer realm="plugboard"$/],
    ["Bearer wrong", /^Bearer realm="plugboard", error="invalid_token"/],
    [`Bearer ${token}x`, /^Bearer realm="plugboard", error="invalid_token"/],
    [`Basic ${token}`, /^Bearer realm="plugboard"$/],
    ["Bearer", /^Bearer realm="plugboard", error="invalid_token"/],
  ])("Authorization %s gets 401 and runs nothing", async (authorization, challenge) => {
    await using serving = await serve({ auth: { token } });
    const answer = await serving.send({ headers: { Authorization: authorization }, body: initialize });
    expect(answer.status).toBe(401);
    expect(answer.headers["www-authenticate"]).toMatch(challenge);
    expect(answer.text).not.toContain(token);
    expect(serving.front.sessions).toBe(0);
  });

  test("makes the caller one and the same principal in all sessions, and is never logged", async () => {
    await using serving = await serve({ auth: { token } });
    await using ann = await serving.client({ Authorization: `Bearer ${token}` });
    await using bob = await serving.client({ Authorization: `bearer ${token}` });
    const [one, other] = await Promise.all(
      [ann, bob].map(async (client) => text(await client.callTool({ name: "lab_whoami" }))),
    );
    expect(one).toMatch(/^subject subject:/);
    expect(other).toBe(one);
    expect(serving.logged.join("")).not.toContain(token);
  });

  test("is not needed for /healthz and /readyz", async () => {
    await using serving = await serve({ auth: { token } });
    const get = async (path: string) => {
      const { status, text: body } = await serving.send({ method: "GET", path });
      return [status, JSON.parse(body)];
    };
    expect(await get("/healthz")).toEqual([200, { status: "ok" }]);
    await expect.poll(() => get("/readyz")).toEqual([200, { status: "ready" }]);
    void serving.traffic.drain();
    expect(await get("/healthz")).toEqual([200, { status: "ok" }]);
    expect(await get("/readyz")).toEqual([503, { status: "not ready", reasons: ["The server is shutting down."] }]);
  });
});

describe("sessions", () => {
  test("an unknown one is 404, none is 400, and neither allocates", async () => {
    await using serving = await serve();
    for (const method of ["POST", "GET", "DELETE"]) {
      const body = method === "POST" ? call(1, "lab_count") : undefined;
      expect((await serving.send({ method, body, headers: { "Mcp-Session-Id": "nope" } })).status).toBe(404);
      expect((await serving.send({ method, body })).status).toBe(400);
    }
    expect(serving.front.sessions).toBe(0);
    expect(serving.plugin.stats()).toMatchObject({ "lab.count": 0 });
  });

  test("DELETE ends one", async () => {
    await using serving = await serve();
    const { headers } = await serving.send({ body: initialize });
    const session = { "Mcp-Session-Id": String(headers["mcp-session-id"]) };
    expect((await serving.send({ method: "DELETE", headers: session })).status).toBe(200);
    expect(serving.front.sessions).toBe(0);
    expect((await serving.send({ body: call(1, "lab_count"), headers: session })).status).toBe(404);
  });

  test("what is no good as a first request leaves none behind", async () => {
    await using serving = await serve();
    const statuses = await Promise.all(
      [
        serving.send({ body: initialize, headers: { Accept: "application/json" } }),
        serving.send({ body: initialize, headers: { "Content-Type": "text/plain" } }),
        serving.send({ body: [initialize, initialize] }),
        serving.send({ body: "{" }),
        serving.send({ body: "null" }),
        serving.send({ method: "PUT", body: initialize }),
        serving.send({ path: "/", body: initialize }),
      ].map(async (answer) => (await answer).status),
    );
    expect(statuses).toEqual([406, 415, 400, 400, 400, 405, 404]);
    expect(serving.front.sessions).toBe(0);
  });

  test("an initialize request with wrong parameters is told which, by its id, and a body that is not JSON is -32700", async () => {
    await using serving = await serve();
    const refused = async (body: unknown) => {
      const answer = await serving.send({ body });
      return [answer.status, JSON.parse(answer.text)];
    };
    const wrong = { ...initialize, id: "one", params: { ...initialize.params, protocolVersion: 1 } };
    const message = expect.stringMatching(/^This initialize request .* `params\.protocolVersion`: .*expected string/);
    for (const body of [wrong, { ...wrong, params: {} }])
      expect(await refused(body)).toEqual([400, { jsonrpc: "2.0", error: { code: -32602, message }, id: "one" }]);
    expect(await refused("{")).toMatchObject([400, { error: { code: -32700 }, id: null }]);
    expect(await refused("{}")).toMatchObject([400, { error: { code: -32600 }, id: null }]);
    expect(serving.front.sessions).toBe(0);
  });

  test("at the bound, the one idle for longest makes room", async () => {
    await using serving = await serve({ maxSessions: 3 });
    const ids: string[] = [];
    for (let index = 0; index < 10; index++)
      ids.push(String((await serving.send({ body: initialize })).headers["mcp-session-id"]));
    expect(serving.front.sessions).toBe(3);
    const statuses = await Promise.all(
      ids.map(
        async (id) => (await serving.send({ body: call(1, "lab_count"), headers: { "Mcp-Session-Id": id } })).status,
      ),
    );
    expect(statuses).toEqual([...Array.from({ length: 7 }, () => 404), 200, 200, 200]);
  });

  test("a session that makes room is closed, with the stream that it had open", async () => {
    await using serving = await serve({ maxSessions: 1 });
    const { headers } = await serving.send({ body: initialize });
    const stream = await openStream(serving.front.port, { "Mcp-Session-Id": String(headers["mcp-session-id"]) });
    const end = once(stream.resume(), "end");
    expect((await serving.send({ body: initialize })).status).toBe(200);
    await end;
  });

  test("at the bound with calls running in all of them, a new one gets 503 and Retry-After", async () => {
    await using serving = await serve({ maxSessions: 1 });
    await using client = await serving.client();
    const { answer } = await hold(client);
    const refused = await serving.send({ body: initialize });
    expect([refused.status, refused.headers["retry-after"]]).toEqual([503, "10"]);
    await client.callTool({ name: "lab_release" });
    expect(text(await answer)).toBe("released");
  });

  test("end after their idle time, but not while a stream is open", async () => {
    await using serving = await serve({ sessionIdleMs: 10_000 });
    const open = async () => ({
      "Mcp-Session-Id": String((await serving.send({ body: initialize })).headers["mcp-session-id"]),
    });
    const [idle, streaming] = [await open(), await open()];
    const stream = await openStream(serving.front.port, streaming);
    const status = async (headers: Record<string, string>) =>
      (await serving.send({ body: call(1, "lab_count"), headers })).status;
    const sessionsAt = (now: number) => {
      serving.clock.now = now;
      serving.front.expire();
      return serving.front.sessions;
    };
    expect(sessionsAt(9_999)).toBe(2);
    expect(sessionsAt(10_000)).toBe(1);
    expect([await status(idle), await status(streaming)]).toEqual([404, 200]);
    stream.destroy();
    await expect.poll(() => serving.logged.some((line) => line.includes('"method":"GET"'))).toBe(true);
    expect(sessionsAt(19_999)).toBe(1);
    expect(sessionsAt(20_000)).toBe(0);
  });
});

describe("bodies", () => {
  const MIB4 = 4_194_304;
  const padded = (bytes: number) => {
    const frame = (name: string) =>
      JSON.stringify({ ...initialize, params: { ...initialize.params, clientInfo: { name, version: "1" } } });
    return frame("x".repeat(bytes - frame("").length));
  };

  test.each([
    ["of 4 MiB", MIB4, false, 200],
    ["of 4 MiB and 1 byte", MIB4 + 1, false, 413],
    ["of 4 MiB in chunks", MIB4, true, 200],
    ["of 4 MiB and 1 byte in chunks", MIB4 + 1, true, 413],
    ["of 12 MiB in chunks", 3 * MIB4, true, 413],
  ])("one %s: %i bytes, chunked %s, is answered with %i", async (_, bytes, chunked, status) => {
    await using serving = await serve();
    const answer = await serving.send({ body: padded(bytes), chunked });
    expect(answer.status).toBe(status);
    if (status === 413) expect(problem(answer)).toBe("The body is larger than 4194304 bytes (`http.maxBodyBytes`).");
  });

  test.each(["Content-Length: 33554432", "Transfer-Encoding: chunked"])(
    "with %s, a client that sends all before it reads gets to read why it is refused",
    async (length) => {
      await using serving = await serve();
      const socket = connect(serving.front.port, "127.0.0.1");
      const host = `localhost:${serving.front.port}`;
      const chunked = length.startsWith("Transfer");
      const bytes = 8 * MIB4;
      socket.write(
        `POST /mcp HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\nAccept: */*\r\nContent-Type: application/json\r\n${length}\r\n\r\n`,
      );
      if (chunked) socket.write(`${bytes.toString(16)}\r\n`);
      await new Promise((resolve) => socket.write(Buffer.alloc(bytes, "x"), resolve));
      if (chunked) socket.write("\r\n0\r\n\r\n");
      let received = "";
      for await (const chunk of socket) received += String(chunk);
      expect(received).toMatch(/^HTTP\/1\.1 413 [^]*The body is larger than 4194304 bytes/);
    },
  );

  test("one that is compressed is refused unread", async () => {
    await using serving = await serve();
    const answer = await serving.send({ body: "x", headers: { "Content-Encoding": "gzip" } });
    expect([answer.status, problem(answer)]).toEqual([
      415,
      "The Content-Encoding gzip is not supported: send the body as it is.",
    ]);
  });

  test("one that is nested very deeply does no harm", async () => {
    await using serving = await serve();
    const deep = `{"jsonrpc":"2.0","id":1,"method":"initialize","params":${"[".repeat(200_000)}${"]".repeat(200_000)}}`;
    expect((await serving.send({ body: deep })).status).toBe(400);
    expect((await serving.send({ body: initialize })).status).toBe(200);
  });

  test("headers and bodies that trickle in are cut off", async () => {
    await using serving = await serve({ headersTimeoutMs: 200, requestTimeoutMs: 400 });
    const trickle = async (start: string): Promise<string> => {
      const socket = connect(serving.front.port, "127.0.0.1");
      let received = "";
      socket.setEncoding("utf8").on("data", (chunk: string) => (received += chunk));
      socket.on("error", () => undefined);
      socket.write(start);
      const timer = setInterval(() => socket.write("x"), 20);
      await once(socket, "close");
      clearInterval(timer);
      return received;
    };
    const host = `Host: localhost:${serving.front.port}\r\n`;
    const [headers, body] = await Promise.all([
      trickle(`POST /mcp HTTP/1.1\r\n${host}X-Slow: `),
      trickle(
        `POST /mcp HTTP/1.1\r\n${host}Accept: */*\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n`,
      ),
    ]);
    expect(headers).toMatch(/^HTTP\/1\.1 408 /);
    expect(body).toMatch(/^HTTP\/1\.1 408 /);
    expect((await serving.send({ body: initialize })).status).toBe(200);
  });
});

test("while the server shuts down, running calls go on, and new calls and clients are refused", async () => {
  await using serving = await serve();
  await using client = await serving.client();
  const { answer } = await hold(client);
  const drained = serving.traffic.drain();
  const refused = await serving.send({ body: initialize });
  expect([refused.status, refused.headers["retry-after"]]).toEqual([503, "5"]);
  await expect(client.callTool({ name: "lab_count" })).rejects.toThrow("The server is shutting down.");
  for (const release of held.splice(0)) release();
  expect(text(await answer)).toBe("released");
  await drained;
});

test("a port that is in use is a failure that says so, with exit code 1", async () => {
  await using serving = await serve();
  const failure = await serve({ port: serving.front.port }).catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(Failure);
  expect(failure).toMatchObject({
    exitCode: 1,
    message: expect.stringContaining(`Port ${serving.front.port} on 127.0.0.1 is in use`),
  });
  await expect(serve({ host: "192.0.2.1" })).rejects.toThrow("This machine has no address 192.0.2.1");
});

test("closing waits for answers on their way, and for no connection that nobody has used", async () => {
  const serving = await serve();
  const unused = connect(serving.front.port, "127.0.0.1");
  await once(unused, "connect");
  const client = await serving.client();
  const { answer } = await hold(client);
  const ended = once(unused.resume(), "close");
  // The time after which it would not wait any longer does not pass.
  vi.useFakeTimers({ toFake: ["setTimeout"] });
  try {
    await serving.front.close();
  } finally {
    vi.useRealTimers();
  }
  await ended;
  await client.close();
  await expect(answer).rejects.toThrow();
  await serving.plugin.dispose();
});

test("closing while clients are connected ends their streams and the port", async () => {
  const serving = await serve();
  await using client = await serving.client();
  const { port } = serving.front;
  await client.callTool({ name: "lab_count" });
  await serving[Symbol.asyncDispose]();
  await expect(send(port, { body: initialize })).rejects.toThrow("ECONNREFUSED");
});
