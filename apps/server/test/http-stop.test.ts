import { expect, test } from "vitest";
import { folder } from "./folder.ts";
import { eventsOf, openPost, openSession, send, type ServerEvent, textOf, toolCall } from "./http.ts";
import { fixtures, Program } from "./process.ts";

test("SIGTERM: not ready at once, new clients refused on an open port, the call finishes, and the exit code is 0", async () => {
  using at = folder({ "c.json": { plugins: { [`${fixtures}/lab.js`]: {} } } });
  await using program = new Program(["c.json", "--http", "0"], { cwd: at.path });
  const port = Number((await program.says(/listens on http:\/\/[^:]+:(\d+)/))[1]);
  const status = async (path: string) => (await send(port, { method: "GET", path })).status;
  await expect.poll(() => status("/readyz")).toBe(200);

  const session = await openSession(port);
  const events = eventsOf(await openPost(port, toolCall(1, "lab_wait", { ms: 700 }), session));
  await events.next();
  program.child.kill("SIGTERM");
  await program.says(/finishing the running calls/);
  expect(await Promise.all([status("/readyz"), status("/healthz")])).toEqual([503, 200]);
  expect((await send(port, { body: toolCall(2, "lab_count") })).status).toBe(503);
  let last: ServerEvent | undefined;
  for await (const event of events) last = event;
  expect(textOf(last?.data)).toBe("waited 700");
  expect(await program.exit()).toBe(0);
});
