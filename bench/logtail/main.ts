// Searching, tailing and summarizing a log of 1 GB in the page cache, beside ripgrep, grep, tac and tail in the same run.
import { spawnSync } from "node:child_process";
import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from "node:fs";
import { loadavg, tmpdir } from "node:os";
import { basename, join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { openRoots } from "@plugboard/core/files";
import { backward, Scanners } from "@plugboard/logtail/engine";
import type { PatternSpec, SearchLimits } from "@plugboard/logtail/engine";
import { median, table } from "../measure.ts";
import { followBench } from "./follow.ts";
import { SearchTool } from "./tool.ts";

const BYTES = 1e9;
const ROUNDS = 5;
const folder = mkdtempSync(join(tmpdir(), "logtail-bench-"));
const file = join(folder, "big.log");

const remove = (): void => rmSync(folder, { recursive: true, force: true });
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => {
    remove();
    process.exit(1);
  });
}

/** Lines as services write them, the same in each run; a few rare ones. */
function generate(): void {
  let state = 1;
  const random = (below: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  const user = (): string => ["ann", "bob", "cyd", "dan", "eve"][random(5)] ?? "";
  const line = (time: string): string => {
    const kind = random(20);
    if (kind < 10)
      return `${time} INFO [http-${random(16)}] GET /api/orders/${random(1e6)} 200 ${random(900)}ms user=${user()}`;
    if (kind < 14) return `${time} DEBUG [cache] hit for key "user:${user()}" in ${random(100)}us`;
    if (kind < 17)
      return `{"time":"${time}","level":"info","msg":"payment accepted","id":${random(1e9)},"user":"${user()}"}`;
    if (kind < 19)
      return `${time} WARN [db] slow query took ${random(9000)}.${random(999)} ms: SELECT * FROM orders WHERE id = ${random(99_999)}`;
    const error = `${time} ERROR [worker-${random(64)}] java.lang.IllegalStateException: no connection to 10.0.${random(256)}.${random(256)}:5432`;
    return random(10) > 0
      ? error
      : `${error}\n\tat com.example.Db.open(Db.java:${random(900)})\n\tat com.example.Main.run(Main.java:${random(900)})`;
  };
  const fd = openSync(file, "w");
  let time = Date.UTC(2026, 10, 22);
  for (let written = 0, block = 0; written < BYTES; block++) {
    const lines: string[] = [];
    while (lines.length < 5000) {
      time += random(20);
      lines.push(line(new Date(time).toISOString()));
    }
    if (block % 400 === 7)
      lines.push(
        `${new Date(time).toISOString()} CRITICAL [disk] device sda${random(9)} failed: unrecoverable checksum mismatch 48879-51966`,
      );
    written += writeSync(fd, `${lines.join("\n")}\n`);
  }
  closeSync(fd);
}

const range = (values: readonly number[]): string =>
  `${Math.min(...values).toFixed(1)} to ${Math.max(...values).toFixed(1)}`;
const has = (program: string): boolean => spawnSync(program, ["--version"], { stdio: "ignore" }).status === 0;

/** Runs both in turn. */
async function versus(
  own: () => Promise<void>,
  reference: string | undefined,
): Promise<{ own: number[]; other: number[] }> {
  const times: { own: number[]; other: number[] } = { own: [], other: [] };
  for (let round = -1; round < ROUNDS; round++) {
    const start = performance.now();
    await own();
    const middle = performance.now();
    if (reference !== undefined) spawnSync("sh", ["-c", `${reference} | cat > /dev/null`], { stdio: "ignore" });
    const end = performance.now();
    if (round < 0) continue;
    times.own.push(middle - start);
    if (reference !== undefined) times.other.push(end - middle);
  }
  return times;
}

/** Milliseconds of reading the whole file, and nothing else. */
function floor(fd: number, size: number): number[] {
  const bytes = Buffer.allocUnsafeSlow(262_144);
  return Array.from({ length: 3 }, () => {
    const start = performance.now();
    for (let at = 0; at < size; at += bytes.length) readSync(fd, bytes, 0, bytes.length, at);
    return performance.now() - start;
  });
}

const scanners = new Scanners();
try {
  generate();
  await using opened = await (await openRoots([folder])).open(file);
  const part = { fd: opened.handle.fd, compressed: false, from: 0, to: Number(opened.stat.size) };
  await using session = await scanners.session();
  await using tool = await SearchTool.open(file);
  const text = (source: string, ignoreCase = false): PatternSpec => ({ kind: "text", source, ignoreCase });
  const regex = (source: string): PatternSpec => ({ kind: "regex", source, ignoreCase: false });
  const find =
    (pattern: PatternSpec, limits: Partial<SearchLimits> = {}) =>
    async () => {
      const { ended } = await session.search(part, { pattern }, { hits: 100, count: true, ms: 60_000, ...limits });
      if (ended !== "end" && ended !== "hits") throw new Error(`the search ended by ${ended}`);
    };
  const last = { newestFirst: true, count: false };
  const rg = has("rg") ? "rg --no-config" : undefined;
  const beside = (args: string): string | undefined => rg && `${rg} ${args} ${file}`;
  const jobs: readonly [string, () => Promise<void>, string | undefined, string][] = [
    ["whole file, rare literal", find(text("unrecoverable checksum")), beside("-F 'unrecoverable checksum'"), "1.0"],
    ["whole file, rare literal", find(text("unrecoverable checksum")), `grep -F 'unrecoverable checksum' ${file}`, "-"],
    [
      "whole file, literal in any case",
      find(text("Unrecoverable Checksum", true)),
      beside("-iF 'Unrecoverable Checksum'"),
      "-",
    ],
    [
      "the tool, rare literal",
      () => tool.search({ text: "unrecoverable checksum", case_sensitive: true }),
      `grep -F 'unrecoverable checksum' ${file}`,
      "-",
    ],
    [
      "the tool, in any case",
      () => tool.search({ text: "Unrecoverable Checksum" }),
      `grep -iF 'Unrecoverable Checksum' ${file}`,
      "-",
    ],
    [
      "regex with a rare literal",
      find(regex("device sda\\d+ failed: \\w+")),
      beside("'device sda\\d+ failed: \\w+'"),
      "2",
    ],
    ["one of three literals", find(regex("checksum|mismatch|unrecov")), beside("'checksum|mismatch|unrecov'"), "2"],
    ["linear regex without literal", find(regex("\\d{5}-\\d{5}")), beside("'\\d{5}-\\d{5}'"), "6"],
    ["linear regex without literal", find(regex("[A-Z]{9,}")), beside("'[A-Z]{9,}'"), "6"],
    ["last 100 lines with a literal", find(text("Db.java:77"), last), `tac ${file} | grep -m 100 Db.java:77`, "0.5"],
    ["last 1,000 lines", async () => void (await backward(opened, { maxLines: 1000 })), `tail -n 1000 ${file}`, "1"],
  ];
  if (rg === undefined) console.log("ripgrep is not installed: nothing to compare with in some rows.");
  const rows: Record<string, string | number>[] = [];
  for (const [name, own, reference, target] of jobs) {
    const times = await versus(own, reference);
    rows.push({
      job: name,
      "ms, from to": range(times.own),
      beside: reference?.replaceAll(file, "").trim() ?? "-",
      "its ms": times.other.length > 0 ? range(times.other) : "-",
      "ratio of medians": times.other.length > 0 ? (median(times.own) / median(times.other)).toFixed(2) : "-",
      target,
    });
  }
  table(rows);
  console.log(`\nReading alone, one thread: ${range(floor(opened.handle.fd, part.to))} ms.`);

  const speeds: number[] = [];
  const events: number[] = [];
  const delay = monitorEventLoopDelay({ resolution: 1 });
  for (let round = 0; round < 3; round++) {
    await session.begin({});
    delay.reset();
    delay.enable();
    const start = performance.now();
    const { lines } = await session.summarize(part, {}, { ms: 60_000 });
    speeds.push((lines / (performance.now() - start)) * 1000);
    delay.disable();
    events.push(delay.max / 1e6);
  }
  console.log(`\nSummarize: ${range(speeds.map((speed) => speed / 1000))} thousand lines per second (target 500).`);
  console.log(`Longest block of the event loop meanwhile: ${range(events)} ms (target 50).`);
  console.log(
    `Load average: ${loadavg()
      .map((load) => load.toFixed(1))
      .join(", ")}.`,
  );

  console.log("\nFollowing:");
  await followBench(folder, basename(file));
} finally {
  await scanners.close();
  remove();
}
