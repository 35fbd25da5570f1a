// Lines per second, on one thread, of saying what lines mean and what templates they are of, beside `JSON.parse` of JSON
// lines and `split` of the text in the same run.
import { LineParser } from "../../packages/logtail/src/format/parser.ts";
import { Summary } from "../../packages/logtail/src/summary/summary.ts";
import { table } from "../measure.ts";

const USERS = "ann bob cyd dan eve fay gus hal ida jon kim leo mia ned oda pam quin ray sue tom".split(" ");
const START = Date.UTC(2026, 10, 22, 10);

/** The same numbers in every run. */
function dice(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 0x1_0000_0000) * below);
  };
}

/** Lines of each format. */
const COUNT = 200_000;

type Roll = (below: number) => number;

function message(roll: Roll): string {
  const user = USERS[roll(USERS.length)] ?? "";
  const kinds = [
    () => `Accepted publickey for ${user} from 10.0.${roll(256)}.${roll(256)} port ${roll(65_536)} ssh2`,
    () => `GET /api/orders/${roll(1e6)} completed in ${roll(9000)}ms`,
    () => `session opened for user ${user} by (uid=${roll(1000)})`,
    () => `Received block blk_${roll(1e9)} of size ${roll(1e8)} from /10.1.${roll(256)}.${roll(256)}`,
    () => `cache miss for key "user:${user}"`,
    () => `Worker ${roll(64)} picked job ${roll(1e9).toString(16)} from queue ${user}`,
    () => `Connection to 10.2.${roll(256)}.${roll(256)}:5432 refused after ${roll(9)} attempts`,
    () => "Configuration reloaded",
  ];
  return (kinds[roll(kinds.length)] as () => string)();
}

const LEVELS = ["INFO", "INFO", "INFO", "INFO", "DEBUG", "WARN", "ERROR"];
const PINO = [30, 30, 30, 20, 40, 50];
const pad = (value: number): string => String(value).padStart(2, "0");
const clock = (at: Date): string => `${pad(at.getUTCHours())}:${pad(at.getUTCMinutes())}:${pad(at.getUTCSeconds())}`;

/** A line of each format at a time. */
const FORMATS: Readonly<Record<string, (roll: Roll, time: number) => string>> = {
  log4j: (roll, time) =>
    `${new Date(time).toISOString().slice(0, 23).replace("T", " ").replace(".", ",")} ${LEVELS[roll(7)]} [worker-${roll(8)}] c.e.shop.Orders - ${message(roll)}`,
  syslog: (roll, time) => `Nov 22 ${clock(new Date(time))} web-1 sshd[${roll(30_000)}]: ${message(roll)}`,
  access: (roll, time) =>
    `10.0.${roll(256)}.${roll(256)} - - [22/Nov/2026:${clock(new Date(time))} +0000] "GET /api/orders/${roll(1e6)} HTTP/1.1" ${[200, 200, 200, 404, 500][roll(5)]} ${roll(99_999)} "-" "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36"`,
  logfmt: (roll, time) =>
    `time=${new Date(time).toISOString()} level=${(LEVELS[roll(7)] ?? "").toLowerCase()} msg="${message(roll).replaceAll('"', '\\"')}" component=api request_id=${roll(1e9).toString(16)}`,
  pino: (roll, time) =>
    JSON.stringify({
      level: PINO[roll(6)],
      time,
      pid: 4321,
      hostname: "api-7f9c4d-x2x",
      reqId: roll(1e9).toString(16),
      responseTime: roll(9000) / 10,
      component: "orders",
      msg: message(roll),
    }),
  zap: (roll, time) =>
    JSON.stringify({
      level: (LEVELS[roll(7)] ?? "").toLowerCase(),
      ts: time / 1000,
      caller: `orders/handler.go:${roll(400)}`,
      msg: message(roll),
      trace_id: roll(1e9).toString(16),
      duration: roll(9000) / 10_000,
      service: "orders",
    }),
  klog: (roll, time) =>
    `I1122 ${clock(new Date(time))}.${String(roll(1e6)).padStart(6, "0")}       1 server.go:${roll(400)}] ${message(roll)}`,
  plain: (roll) => message(roll),
};

/** Texts of `count` lines for each format, and of all of them in turn under `mixed`. */
function texts(count: number): Readonly<Record<string, string>> {
  const roll = dice(7);
  const made: Record<string, string[]> = { mixed: [] };
  const formats = Object.entries(FORMATS);
  for (const [name, write] of formats)
    made[name] = Array.from({ length: count }, (_, at) => write(roll, START + at * 7));
  for (let at = 0; at < count; at++) made["mixed"]?.push(made[formats[at % formats.length]?.[0] ?? ""]?.[at] ?? "");
  return Object.fromEntries(Object.entries(made).map(([name, lines]) => [name, lines.join("\n")]));
}

/** Line by line, as they come from a file: nobody holds them all. */
function each(text: string, use: (line: string) => void): void {
  for (let at = 0; at < text.length;) {
    const end = text.indexOf("\n", at);
    use(text.slice(at, end < 0 ? text.length : end));
    at = end < 0 ? text.length : end + 1;
  }
}

function rate(count: number, run: () => void): number {
  const times: number[] = [];
  for (let round = 0; round < 8; round++) {
    const before = process.cpuUsage();
    run();
    const { user, system } = process.cpuUsage(before);
    if (round > 0) times.push(user + system);
  }
  return count / (Math.min(...times) / 1e6);
}

const thousand = (value: number): string => `${Math.round(value / 1000)},000`;
const rows: Record<string, string | number>[] = [];
const options = { zone: "UTC", reference: START };
for (const [name, text] of Object.entries(texts(COUNT))) {
  const split = rate(COUNT, () => each(text, () => {}));
  const json = name === "pino" || name === "zap";
  const parseJson = json ? rate(COUNT, () => each(text, (line) => void JSON.parse(line))) : undefined;
  const parser = new LineParser(options);
  const parse = rate(COUNT, () => each(text, (line) => void parser.parse(line)));
  const head = rate(COUNT, () => each(text, (line) => void parser.head(line)));
  const all = rate(COUNT, () => {
    const summary = new Summary();
    let at = 0;
    each(text, (line) => summary.add(parser.head(line), at++));
  });
  rows.push({
    format: name,
    split: thousand(split),
    "JSON.parse": parseJson === undefined ? "" : thousand(parseJson),
    parse: thousand(parse),
    head: thousand(head),
    "head + add": thousand(all),
  });
}
console.log("lines per second of processor time, one thread");
table(rows);
