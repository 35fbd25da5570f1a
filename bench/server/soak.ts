// Minutes of mixed load on the composed server, and what is left of it in the process afterwards:
// `node --import tsx server/soak.ts [seconds]`.
import { setTimeout as delay } from "node:timers/promises";
import { table } from "../measure.ts";
import { ServerProcess } from "./child.ts";
import { BareClient, echo, initialize, sessionOf } from "./client.ts";
import { call, leave, open, read, resumeAfter } from "./visitors.ts";

const SECONDS = Number(process.argv[2] ?? 180);
const VISITORS = 24;
const AT_ONCE = 10_000;

const settings = {
  maxSessions: 5000,
  maxConnections: 20_000,
  sessionIdleMs: 2000,
  resume: { graceMs: 500, maxAgeMs: 2000 },
};
const server = await ServerProcess.plugboard(settings, { ratelimit: false });
const { port } = server;
const counts: Record<string, number> = {};
const count = (what: string): void => void (counts[what] = (counts[what] ?? 0) + 1);

/** One client's stay, of one of the kinds that a server meets. */
const visits: Readonly<Record<string, () => Promise<void>>> = {
  "calls and says goodbye": async () => {
    const client = await BareClient.connect(port);
    const session = sessionOf(await client.post(initialize));
    for (let id = 1; id <= 20; id++) await client.post(echo(id), session);
    client.close();
    await leave(port, session);
  },
  "calls and is never seen again": async () => {
    const client = await BareClient.connect(port);
    const session = sessionOf(await client.post(initialize));
    for (let id = 1; id <= 5; id++) await client.post(echo(id), session);
    client.close();
  },
  "reads a stream to its end": async () => {
    const session = await open(port);
    await read(await call(port, session, 1, 200));
    await leave(port, session);
  },
  "vanishes in the middle of a call": async () => {
    const session = await open(port);
    (await call(port, session, 1, 5000)).destroy();
  },
  "loses its connection and comes back": async () => {
    const session = await open(port);
    const first = await read(await call(port, session, 1, 300), 2);
    const rest = await resumeAfter(port, session, first.lastId);
    if (!rest.text.includes("done")) throw new Error(`What was missed did not come: ${rest.text}`);
    await leave(port, session);
  },
  "posts what is no message": async () => {
    const client = await BareClient.connect(port);
    for (const body of [{}, [], { jsonrpc: "2.0", id: 1, method: "x".repeat(10_000) }]) await client.post(body);
    client.close();
  },
};

async function visitor(until: number): Promise<void> {
  const kinds = Object.entries(visits);
  for (let turn = Math.floor(Math.random() * kinds.length); performance.now() < until; turn++) {
    const [kind, visit] = kinds[turn % kinds.length] as [string, () => Promise<void>];
    await visit();
    count(kind);
  }
}

/** Calls at once, each of which takes a second, in arrays of a hundred. */
async function burst(): Promise<number> {
  const client = await BareClient.connect(port);
  const session = sessionOf(await client.post(initialize)) ?? "";
  client.close();
  const started = performance.now();
  const bodies = Array.from({ length: AT_ONCE / 100 }, (_, post) =>
    Array.from({ length: 100 }, (__, at) => ({
      jsonrpc: "2.0",
      id: `${post}-${at}`,
      method: "tools/call",
      params: { name: "work", arguments: { ms: 1000, reports: 1 } },
    })),
  );
  const answers = await Promise.all(
    bodies.map(async (body) => (await read(await call(port, session, body))).text.split('"text":"done"').length - 1),
  );
  const answered = answers.reduce((sum, part) => sum + part, 0);
  console.log(`${answered} of ${AT_ONCE} calls at once answered in ${Math.round(performance.now() - started)} ms`);
  await leave(port, session);
  return answered;
}

interface Held {
  readonly heapUsed: number;
  readonly rss: number;
  readonly handles: Record<string, number>;
}
const rows: Record<string, string | number>[] = [];
/** Waits until what may be kept for a while is gone, and asks the process what it holds. */
async function atRest(when: string): Promise<void> {
  await delay(6000);
  const client = await BareClient.connect(port);
  const session = sessionOf(await client.post(initialize));
  const usage = { jsonrpc: "2.0", id: 1, method: "tools/call", params: { name: "usage", arguments: {} } };
  await client.post(usage, session);
  const answer = await client.post(usage, session);
  const { result } = JSON.parse(answer.slice(answer.indexOf("\r\n\r\n"))) as {
    result: { content: { text: string }[] };
  };
  const held = JSON.parse(result.content[0]?.text ?? "{}") as Held;
  const { all, sockets } = server.files;
  client.close();
  await leave(port, session);
  rows.push({
    when,
    "heap after GC, MB": (held.heapUsed / 1e6).toFixed(1),
    "RSS, MB": (held.rss / 1e6).toFixed(0),
    files: all,
    sockets,
    handles: JSON.stringify(held.handles),
  });
}

await atRest("new");
await Promise.all(Array.from({ length: VISITORS }, () => visitor(performance.now() + 10_000)));
await burst();
await atRest("after 10 s of load and a burst");
const parts = 3;
for (let part = 1; part <= parts; part++) {
  await Promise.all(Array.from({ length: VISITORS }, () => visitor(performance.now() + (SECONDS * 1000) / parts)));
  await atRest(`after ${Math.round((SECONDS * part) / parts)} s more`);
}
await burst();
await atRest("after a second burst");
table(rows);
console.log(counts);
console.log(`exit code: ${await server.stop()}`);
