// Reading the end of a large log, and following: how soon a line is seen, how many a second, and what idle files cost.
import { spawn, spawnSync } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once, setMaxListeners } from "node:events";
import { appendFileSync, closeSync, mkdtempSync, openSync, readSync, rmSync, writeFileSync } from "node:fs";
import { loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { openRoots } from "@plugboard/core/files";
import { backward, follow, read, source } from "@plugboard/logtail/engine";
import { median, table } from "../measure.ts";

const ROUNDS = 200;
const LINES = 500_000;
const FILES = 200;
const POLL_MS = 100;

type Row = Record<"measure" | "own" | "beside" | "its" | "ratio" | "target" | "load", string>;

/**
 * Measures reading the last lines, write to seen, throughput and idle followers, and prints them beside what is spawned or
 * polled in the same run.
 * @param file name of a large log in `folder`, alone in it or not
 */
export async function followBench(folder: string, file: string): Promise<void> {
  const place = mkdtempSync(join(tmpdir(), "logtail-follow-"));
  // Following keeps no process alive.
  const alive = setInterval(() => undefined, 1000);
  try {
    const rows = [...(await lastLines(folder, file)), ...(await latency(place)), await throughput(place)];
    rows.push(await idle(place));
    table(rows);
  } finally {
    clearInterval(alive);
    rmSync(place, { recursive: true });
  }
}

function row(
  measure: string,
  own: string,
  target: string,
  reference?: { name: string; its: number; mine: number },
): Row {
  return {
    measure,
    own,
    beside: reference?.name ?? "-",
    its: reference ? `${reference.its.toFixed(2)} ms` : "-",
    ratio: reference ? (reference.mine / reference.its).toFixed(2) : "-",
    target,
    load: (loadavg()[0] ?? 0).toFixed(1),
  };
}

async function lastLines(folder: string, file: string): Promise<Row[]> {
  const roots = await openRoots([folder]);
  const logs = source({ roots, patterns: [[file]] });
  await using opened = await roots.open(join(folder, file));
  const whole: number[] = [];
  const lines: number[] = [];
  const spawned: number[] = [];
  for (let round = -20; round < ROUNDS; round += 1) {
    const start = performance.now();
    const answer = await read(logs, undefined, { maxLines: 1000 });
    const middle = performance.now();
    const found = await backward(opened, { maxLines: 1000 });
    const end = performance.now();
    if (answer.lines.length !== 1000 || found.lines.length !== 1000) throw new Error("not 1,000 lines");
    if (round < 0) continue;
    whole.push(middle - start);
    lines.push(end - middle);
    if (round % 10 > 0) continue;
    const before = performance.now();
    spawnSync("tail", ["-n", "1000", join(folder, file)]);
    spawned.push(performance.now() - before);
  }
  const tail = { name: "tail -n 1000, spawned", its: median(spawned) };
  const ms = (times: readonly number[]): string => `${median(times).toFixed(2)} ms`;
  return [
    row("last 1,000 lines, of an open file", ms(lines), "1 ms", { ...tail, mine: median(lines) }),
    row("last 1,000 lines, with listing and cursor", ms(whole), "-", { ...tail, mine: median(whole) }),
  ];
}

/** Appends lines one by one, each after the one before was seen. */
async function seen(file: string, next: () => Promise<unknown>): Promise<number[]> {
  const times: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const heard = next();
    await sleep(5);
    const start = performance.now();
    appendFileSync(file, `line ${round}\n`);
    await heard;
    times.push(performance.now() - start);
  }
  return times;
}

async function latency(place: string): Promise<Row[]> {
  const file = join(place, "latency.log");
  writeFileSync(file, "");
  const stop = new AbortController();
  const logs = source({ roots: await openRoots([place]), patterns: [["latency.log"]] });
  const { cursor } = await read(logs, undefined);
  const lines = follow(logs, { signal: stop.signal, cursor });
  const own = median(await seen(file, () => lines.next()));
  stop.abort();
  await lines.return();

  const tail: ChildProcess = spawn("tail", ["-n", "0", "-F", file], { stdio: ["ignore", "pipe", "ignore"] });
  await sleep(200);
  const piped = median(await seen(file, () => once(tail.stdout ?? tail, "data")));
  tail.kill();
  await once(tail, "exit");

  const fd = openSync(file, "r");
  const buffer = Buffer.alloc(65_536);
  while (readSync(fd, buffer) > 0);
  const poll = async (): Promise<void> => {
    while (readSync(fd, buffer) === 0) await sleep(POLL_MS);
  };
  const polled = median((await seen(file, poll)).slice(0, 50));
  closeSync(fd);
  const text = `${own.toFixed(2)} ms`;
  return [
    row("write to seen", text, "5 ms", { name: "tail -F through a pipe", its: piped, mine: own }),
    row("write to seen", text, "5 ms", { name: `polling every ${POLL_MS} ms`, its: polled, mine: own }),
  ];
}

const WRITER = `const { openSync, writeSync } = require("node:fs");
const fd = openSync(process.argv[1], "a"), all = Number(process.argv[2]);
let n = 0; const start = performance.now();
(function write() {
  const due = Math.min(all, (performance.now() - start) * 105);
  let text = "";
  for (; n < due; n += 1) text += "2026-11-22T10:00:00.000Z INFO [http-7] GET /api/orders/" + n + " 200 17ms user=ann\\n";
  if (text) writeSync(fd, text);
  if (n < all) setTimeout(write, 1);
})();`;

async function throughput(place: string): Promise<Row> {
  const file = join(place, "fast.log");
  writeFileSync(file, "");
  const stop = new AbortController();
  const logs = source({ roots: await openRoots([place]), patterns: [["fast.log"]] });
  const { cursor } = await read(logs, undefined);
  const before = process.memoryUsage.rss();
  const writer = spawn(process.execPath, ["-e", WRITER, file, String(LINES)], {
    stdio: ["ignore", "inherit", "inherit"],
  });
  let start: number | undefined;
  let count = 0;
  let peak = 0;
  for await (const line of follow(logs, { signal: stop.signal, cursor })) {
    start ??= performance.now();
    if (!line.text.includes(`/orders/${count} `)) throw new Error(`line ${count} is missing`);
    count += 1;
    if (count % 1000 === 0) peak = Math.max(peak, process.memoryUsage.rss());
    if (count === LINES) stop.abort();
  }
  const speed = LINES / ((performance.now() - (start ?? 0)) / 1000);
  if (writer.exitCode === null) await once(writer, "exit");
  const own = `${Math.round(speed)} lines/s, none missing, ${((peak - before) / 1e6).toFixed(1)} MB over idle`;
  return row("followed while 105,000 lines/s are written", own, "100,000 lines/s, 50 MB");
}

async function idle(place: string): Promise<Row> {
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
  return row(`${FILES} idle followers of a file each`, `${((user + system) / 1e5).toFixed(2)} % of a core`, "0.5 %");
}
