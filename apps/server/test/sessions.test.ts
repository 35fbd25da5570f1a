import { expect, test } from "vitest";
import { Sessions } from "../src/http/sessions.ts";

function table(max: number, idleMs = 1000) {
  const clock = { now: 0 };
  const sessions = new Sessions<{ id: string; running: number; open: number }>({ max, idleMs, now: () => clock.now });
  const add = (id: string, running = 0, open = 0) => {
    const session = { id, running, open };
    sessions.add(session);
    return session;
  };
  return { clock, sessions, add };
}

test("the session that was used longest ago makes room, and none as long as there is room", () => {
  const { sessions, add } = table(2);
  add("a");
  expect(sessions.makeRoom()).toEqual({ room: true });
  add("b");
  sessions.touch("a");
  expect(sessions.makeRoom().evicted?.id).toBe("b");
  expect(sessions.all().map(({ id }) => id)).toEqual(["a"]);
});

test("a session with a running call stays, one with an open stream goes last", () => {
  const { sessions, add } = table(3);
  const streaming = add("streaming", 0, 1);
  const running = add("running", 1, 1);
  add("idle");
  expect(sessions.makeRoom().evicted?.id).toBe("idle");
  add("running too", 1, 1);
  expect(sessions.makeRoom().evicted).toBe(streaming);
  add("running as well", 1, 1);
  expect(sessions.makeRoom()).toEqual({ room: false });
  running.running = running.open = 0;
  expect(sessions.makeRoom().evicted).toBe(running);
});

test("the table never grows over its bound", () => {
  const { sessions, add } = table(10);
  for (let index = 0; index < 10_000; index++) if (sessions.makeRoom().room) add(`s${index}`);
  expect(sessions.size).toBe(10);
});

test("a session expires exactly at the end of its idle time, unless it is in use", () => {
  const { clock, sessions, add } = table(10, 1000);
  add("a");
  const streaming = add("streaming", 0, 1);
  clock.now = 500;
  add("b");
  clock.now = 999;
  expect(sessions.expire()).toEqual([]);
  clock.now = 1000;
  expect(sessions.expire().map(({ id }) => id)).toEqual(["a"]);
  expect(sessions.get("a")).toBeUndefined();
  sessions.touch("b");
  clock.now = 1999;
  expect(sessions.expire()).toEqual([]);
  streaming.open = 0;
  sessions.touch("streaming");
  clock.now = 2999;
  expect(sessions.expire().map(({ id }) => id)).toEqual(["b", "streaming"]);
  expect(sessions.size).toBe(0);
});
