// Reading the end of a large log, and following: how soon a line is seen, how many a second, and what idle files cost.
import { spawn, spawnSync } from "node:child_process";
import { once, setMaxListeners } from "node:events";
import { appendFileSync, closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { openRoots } from "@plugboard/core/files";
import { follow, read, source } from "@plugboard/logtail/engine";
import { median, table } from "../measure.ts";

const ROUNDS = 200;
const LINES = 500_000;
const FILES = 200;

/** @param file a large log, alone in its folder or not */
export async function followBench(folder: string, file: string): Promise<void> {
  await lastLines(folder, file);
  const place = mkdtempSync(join(tmpdir(), "logtail-follow-"));
  // Following keeps no process alive.
  const alive = setInterval(() => undefined, 1000);
  try {
    await latency(place);
    await throughput(place);
    await idle(place);
  } finally {
    clearInterval(alive);
    rmSync(place, { recursive: true });
  }
}

async function lastLines(folder: string, file: string): Promise<void> {
  const logs = source({ roots: await openRoots([folder]), patterns: [[file]] });
  const times: number[] = [];
  const spawned: number[] = [];
  let length = 0;
  for (let round = 0; round < ROUNDS; round += 1) {
    const start = performance.now();
    const { lines, cursor } = await read(logs, undefined, { maxLines: 1000 });
    times.push(performance.now() - start);
    length = cursor.length;
    if (lines.length !== 1000) throw new Error(`${lines.length} lines`);
    if (round % 10 > 0) continue;
    const before = performance.now();
    spawnSync("tail", ["-n", "1000", join(folder, file)]);
    spawned.push(performance.now() - before);
  }
  table([
    {
      "last 1,000 lines": "read()",
      "median ms": median(times.slice(20)).toFixed(2),
      note: `cursor of ${length} characters`,
    },
    { "last 1,000 lines": "tail -n 1000, spawned", "median ms": median(spawned).toFixed(2), note: "" },
  ]);
}

async function latency(place: string): Promise<void> {
  const file = join(place, "latency.log");
  writeFileSync(file, "");
  const stop = new AbortController();
  const logs = source({ roots: await openRoots([place]), patterns: [["latency.log"]] });
  const { cursor } = await read(logs, undefined);
  const lines = follow(logs, { signal: stop.signal, cursor });
  const times: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const next = lines.next();
    await sleep(5);
    const start = performance.now();
    appendFileSync(file, `line ${round}\n`);
    await next;
    times.push(performance.now() - start);
  }
  stop.abort();
  await lines.return();
  const sorted = times.toSorted((a, b) => a - b);
  console.log(
    `\nFollow: a line is seen ${median(times).toFixed(2)} ms (median) after it was written, ${sorted[Math.floor(ROUNDS * 0.99)]?.toFixed(2)} ms (99 of 100).`,
  );
}

const WRITER = `const { openSync, writeSync } = require("node:fs");
const fd = openSync(process.argv[1], "a"), all = Number(process.argv[2]);
let n = 0; const start = performance.now();
(function write() {
  const due = Math.min(all, (performance.now() - start) * 100);
  let text = "";
  for (; n < due; n += 1) text += "2026-11-22T10:00:00.000Z INFO [http-7] GET /api/orders/" + n + " 200 17ms user=ann\\n";
  if (text) writeSync(fd, text);
  if (n < all) setTimeout(write, 1);
})();`;

async function throughput(place: string): Promise<void> {
  const file = join(place, "fast.log");
  writeFileSync(file, "");
  const stop = new AbortController();
  const logs = source({ roots: await openRoots([place]), patterns: [["fast.log"]] });
  const { cursor } = await read(logs, undefined);
  const before = process.memoryUsage().rss;
  const usage = process.cpuUsage();
  const start = performance.now();
  const writer = spawn(process.execPath, ["-e", WRITER, file, String(LINES)], {
    stdio: ["ignore", "inherit", "inherit"],
  });
  let count = 0;
  let peak = 0;
  for await (const line of follow(logs, { signal: stop.signal, cursor })) {
    if (!line.text.includes(`/orders/${count} `)) throw new Error(`line ${count} is missing`);
    count += 1;
    if (count % 1000 === 0) peak = Math.max(peak, process.memoryUsage.rss());
    if (count === LINES) stop.abort();
  }
  const seconds = (performance.now() - start) / 1000;
  if (writer.exitCode === null) await once(writer, "exit");
  const { user, system } = process.cpuUsage(usage);
  console.log(
    `Follow: ${LINES} lines at ${Math.round(LINES / seconds)} a second, none missing; ${((peak - before) / 1e6).toFixed(1)} MB over idle, ${((user + system) / 1e4 / seconds).toFixed(0)} % of a core.`,
  );
}

async function idle(place: string): Promise<void> {
  for (let index = 0; index < FILES; index += 1) closeSync(openSync(join(place, `idle-${index}.log`), "w"));
  const stop = new AbortController();
  setMaxListeners(0, stop.signal);
  const running: Promise<unknown>[] = [];
  for (let index = 0; index < FILES; index += 1) {
    const logs = source({ roots: await openRoots([place]), patterns: [[`idle-${index}.log`]] });
    const { cursor } = await read(logs, undefined);
    running.push(follow(logs, { signal: stop.signal, cursor }).next());
  }
  await sleep(3000);
  const usage = process.cpuUsage();
  await sleep(10_000);
  const { user, system } = process.cpuUsage(usage);
  stop.abort();
  await Promise.all(running);
  console.log(`Follow: ${FILES} idle followers of a file each take ${((user + system) / 1e5).toFixed(2)} % of a core.`);
}
