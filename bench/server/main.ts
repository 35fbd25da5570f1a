// What a call costs over HTTP: an echo tool, 16 calls in flight on connections that are kept, from a bare client in this
// process to servers in processes of their own. In each round every server gets its turn; medians of the rounds.
import { median, table } from "../measure.ts";
import { ServerProcess } from "./child.ts";
import { BareClient, echo, initialize, sessionOf } from "./client.ts";

const IN_FLIGHT = 16;
const ROUNDS = Number(process.env["BENCH_ROUNDS"] ?? 15);
const ROUND_MS = 400;

interface Subject {
  readonly name: string;
  readonly server: ServerProcess;
  readonly clients: readonly BareClient[];
  readonly session: string | undefined;
  readonly perSecond: number[];
  calls: number;
  cpuMicros: number;
}

async function subject(name: string, server: ServerProcess): Promise<Subject> {
  const clients = await Promise.all(Array.from({ length: IN_FLIGHT }, () => BareClient.connect(server.port)));
  const session = sessionOf((await clients[0]?.post(initialize)) ?? "");
  return { name, server, clients, session, perSecond: [], calls: 0, cpuMicros: 0 };
}

let id = 1;
async function round(of: Subject, ms: number): Promise<number> {
  const until = performance.now() + ms;
  const started = performance.now();
  let calls = 0;
  await Promise.all(
    of.clients.map(async (client) => {
      while (performance.now() < until) {
        const answer = await client.post(echo(id++), of.session);
        if (!answer.includes('"text":"hi"')) throw new Error(`${of.name} answered: ${answer}`);
        calls++;
      }
    }),
  );
  of.calls += calls;
  return (calls / (performance.now() - started)) * 1000;
}

const noLimit = { ratelimit: false };
const subjects = [
  await subject("SDK, a server per session", await ServerProcess.sdk("sessions")),
  await subject("SDK, a server per request", await ServerProcess.sdk("perRequest")),
  await subject("Plugboard, sessions", await ServerProcess.plugboard({}, noLimit)),
  await subject("Plugboard, sessions, no resume", await ServerProcess.plugboard({ resume: false }, noLimit)),
  await subject("Plugboard, stateless", await ServerProcess.plugboard({ stateless: true }, noLimit)),
  await subject("node:http, no MCP", await ServerProcess.sdk("floor")),
];
for (const of of subjects) await round(of, 1500);
for (const of of subjects) of.calls = 0;
for (let at = 0; at < ROUNDS; at++)
  for (let place = 0; place < subjects.length; place++) {
    const of = subjects[(place + at) % subjects.length] as Subject;
    const before = of.server.cpuMicros;
    of.perSecond.push(await round(of, ROUND_MS));
    of.cpuMicros += of.server.cpuMicros - before;
  }

const reference = median(subjects[0]?.perSecond ?? []);
table(
  subjects.map(({ name, perSecond, calls, cpuMicros }) => ({
    server: name,
    "calls/s": Math.round(median(perSecond)).toLocaleString("en-US"),
    "of the SDK's sessions": (median(perSecond) / reference).toFixed(2),
    "server µs/call": (cpuMicros / calls).toFixed(0),
  })),
);
const [sessions, stateless] = [subjects[2], subjects[4]].map((of) => median(of?.perSecond ?? [])) as [number, number];
console.log(`stateless of sessions: ${(stateless / sessions).toFixed(2)} (at least 0.90)`);
for (const of of subjects) {
  for (const client of of.clients) client.close();
  await of.server.stop();
}
