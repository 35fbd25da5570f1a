import type { SummaryLine } from "../../src/summary/summary.ts";

const NAMES = "ann bob cyd dan eve fay gus hal ida jon kim leo mia ned oda pam quin ray sue tom".split(" ");
const FILES = "report.pdf index.html notes.txt image.png data.csv main.ts backup.tar".split(" ");

/** Makes variable parts; the same seed makes the same ones. */
class Dice {
  #state: number;
  constructor(seed: number) {
    this.#state = seed;
  }
  number(below: number): number {
    this.#state = (Math.imul(this.#state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((this.#state / 0x1_0000_0000) * below);
  }
  pick<Item>(items: readonly Item[]): Item {
    return items[this.number(items.length)] as Item;
  }
  name = () => this.pick(NAMES);
  hex = (length: number) => Array.from({ length }, () => this.number(16).toString(16)).join("");
  ip = () => [10, this.number(256), this.number(256), this.number(256)].join(".");
  uuid = () => [8, 4, 4, 4, 12].map((length) => this.hex(length)).join("-");
  path = () => `/srv/${this.name()}/${this.pick(FILES)}`;
  ms = () => `${this.number(90_000)}ms`;
}

/** Kinds of lines as programs write them. */
export const KINDS: readonly ((d: Dice) => string)[] = [
  (d) => `Connection from ${d.ip()} port ${d.number(65_536)} established`,
  (d) => `Connection to ${d.ip()}:${d.number(65_536)} refused after ${d.number(9)} attempts`,
  (d) => `Failed password for ${d.name()} from ${d.ip()} port ${d.number(65_536)} ssh2`,
  (d) => `Accepted publickey for ${d.name()} from ${d.ip()} port ${d.number(65_536)} ssh2`,
  (d) => `session opened for user ${d.name()} by (uid=${d.number(1000)})`,
  (d) => `session closed for user ${d.name()}`,
  (d) => `Received block blk_${d.number(2) === 0 ? "-" : ""}${d.number(1e9)} of size ${d.number(1e8)} from /${d.ip()}`,
  (d) => `PacketResponder ${d.number(3)} for block blk_${d.number(1e9)} terminating`,
  (d) => `GET /health ${200 + d.number(2)} in ${d.ms()}`,
  (d) => `POST /api/orders/${d.number(1e6)} completed in ${d.ms()}`,
  (d) => `request ${d.uuid()} started`,
  (d) => `request ${d.uuid()} finished with status ${200 + d.number(300)} in ${d.ms()}`,
  (d) => `cache miss for key "user:${d.name()}"`,
  (d) => `cache hit for key "user:${d.name()}"`,
  (d) => `Opening file ${d.path()} for reading`,
  (d) => `Deleted file ${d.path()}`,
  (d) => `Worker ${d.number(64)} picked job ${d.hex(12)} from queue ${d.name()}`,
  (d) => `Worker ${d.number(64)} idle`,
  (d) => `user=${d.name()} action=login result=ok duration=${d.ms()}`,
  (d) => `user=${d.name()} action=logout session=${d.hex(16)}`,
  (d) => `Commit ${d.hex(40)} pushed to branch ${d.name()}`,
  (d) =>
    `Slow query took ${d.number(9000)}.${d.number(999)} ms: "SELECT * FROM ${d.name()} WHERE id = ${d.number(99)}"`,
  (d) => `Replica lag is ${d.number(100)}s on host-${d.number(40)}`,
  (d) => `Retrying in ${d.number(30)} seconds (attempt ${d.number(9)} of 10)`,
  (d) => `Out of memory: Killed process ${d.number(99_999)} (${d.name()})`,
  (d) => `Certificate for ${d.name()}.example.com expires in ${d.number(90)} days`,
  (d) => `Email to ${d.name()}@example.com queued as ${d.hex(10).toUpperCase()}`,
  () => "Configuration reloaded",
  () => "Shutting down gracefully",
  (d) => `Payment ${d.uuid()} of ${d.number(1000)}.${d.number(90) + 10} EUR declined: insufficient funds`,
  (d) => `Disk usage on /dev/sda${d.number(9)} is ${d.number(100)}%`,
  (d) => `Task ${d.name()} scheduled for 2026-11-${10 + d.number(20)} ${10 + d.number(13)}:${10 + d.number(49)}:00`,
  (d) => `Partition ${d.number(128)} assigned to consumer ${d.name()}-${d.hex(8)}`,
  (d) => `Unhandled exception in thread pool-${d.number(9)}-thread-${d.number(99)}`,
];

/** `count` lines of all kinds, some kinds often and some rarely. */
export function writeLines(count: number, seed: number): (SummaryLine & { readonly kind: number })[] {
  const dice = new Dice(seed);
  return Array.from({ length: count }, (_, at) => {
    const kind =
      at < KINDS.length * 20 ? at % KINDS.length : Math.min(dice.number(KINDS.length), dice.number(KINDS.length));
    const write = KINDS[kind] as (d: Dice) => string;
    return { kind, message: write(dice), time: at * 10 };
  });
}
