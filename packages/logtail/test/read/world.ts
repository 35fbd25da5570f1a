import {
  closeSync,
  copyFileSync,
  existsSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { gunzipSync, gzipSync } from "node:zlib";

export interface Line {
  readonly log: string;
  /** The content of one file since it was created or truncated, wherever that is now. */
  readonly content: number;
  readonly bytes: number;
}

export interface Style {
  readonly names: "numbers" | "dates" | "links";
  /** Whether lines begin with a time. */
  readonly times: boolean;
  /** Whether compressing keeps the time of the last change, as gzip and logrotate do. */
  readonly keepsTime: boolean;
}

interface Writer {
  readonly fd: number;
  path: string;
  /** What is still to be written of the line with that number. */
  half: string;
  halfNumber: number;
}

/** Rotated files that are kept. */
const KEPT = 4;

/** Logs that are written and rotated. Every line has a number of its own, and it is known where each is. */
export class World {
  readonly lines: Line[] = [];
  /** Logs of which something was destroyed, or copied and truncated, since this was emptied. */
  readonly disturbed = new Set<string>();
  readonly style: Style;
  readonly #at: (name: string) => string;
  readonly #contents = new Map<string, number>();
  readonly #writers = new Map<string, Writer>();
  #lastContent = 0;
  #date = 20_261_100;

  constructor(at: (name: string) => string, style: Style) {
    this.#at = at;
    this.style = style;
  }

  /** What a file holds, by its name. */
  contentOf(name: string): number | undefined {
    return this.#contents.get(name);
  }

  /** The numbers of the lines that exist, anywhere. */
  present(): Set<number> {
    const found = new Set<number>();
    for (const name of readdirSync(this.#at(""))) {
      const bytes = readFileSync(this.#at(name));
      const text = (name.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString();
      for (const line of text.split("\n").slice(0, -1)) found.add(numberOf(line));
    }
    return found;
  }

  /** Whether a line was written to its end. */
  isWhole(number: number): boolean {
    return ![...this.#writers.values()].some((writer) => writer.halfNumber === number && writer.half !== "");
  }

  #writer(log: string): Writer {
    let writer = this.#writers.get(log);
    if (writer) return writer;
    const path = this.style.names === "links" ? this.#target(log) : log;
    const exists = existsSync(this.#at(path));
    writer = { fd: openSync(this.#at(path), "a"), path, half: "", halfNumber: -1 };
    if (!exists) this.#contents.set(path, (this.#lastContent += 1));
    this.#writers.set(log, writer);
    return writer;
  }

  /** The file that a link leads to; makes both where there is none. */
  #target(log: string): string {
    const writer = [...this.#contents.keys()]
      .filter((name) => name.startsWith(`${log}.target-`))
      .toSorted()
      .at(-1);
    return writer ?? this.retarget(log);
  }

  retarget(log: string): string {
    this.hup(log);
    const name = `${log}.target-${(this.#date += 1)}`;
    writeFileSync(this.#at(name), "");
    this.#contents.set(name, (this.#lastContent += 1));
    symlinkSync(name, this.#at("next"));
    renameSync(this.#at("next"), this.#at(log));
    return name;
  }

  /** Writes lines where the writer's descriptor leads to; the end of a half line first. */
  write(log: string, count: number): void {
    const writer = this.#writer(log);
    let text = writer.half;
    writer.half = "";
    for (let index = 0; index < count; index += 1) text += this.#line(log, writer.path);
    writeSync(writer.fd, text);
  }

  #line(log: string, path: string): string {
    const number = this.lines.length;
    const time = this.style.times ? `${new Date(1_700_000_000_000 + number * 1000).toISOString()} ` : "";
    const text = `${time}line ${number} ${"é".repeat(number % 13)}\n`;
    this.lines.push({ log, content: this.#contents.get(path) ?? 0, bytes: Buffer.byteLength(text) });
    return text;
  }

  /** Half a line, whose rest comes with the next write. */
  half(log: string): void {
    const writer = this.#writer(log);
    if (writer.half !== "") return;
    const text = this.#line(log, writer.path);
    writer.halfNumber = this.lines.length - 1;
    const cut = text.indexOf("line") + 6;
    writeSync(writer.fd, text.slice(0, cut));
    writer.half = text.slice(cut);
  }

  /** The writer closes its file, and opens the one under the log's name when it writes again. */
  hup(log: string): void {
    const writer = this.#writers.get(log);
    if (!writer) return;
    if (writer.half !== "") this.write(log, 0);
    closeSync(writer.fd);
    this.#writers.delete(log);
  }

  #move(from: string, to: string): void {
    if (!existsSync(this.#at(from))) return;
    renameSync(this.#at(from), this.#at(to));
    this.#contents.set(to, this.#contents.get(from) ?? 0);
    this.#contents.delete(from);
    for (const writer of this.#writers.values()) if (writer.path === from) writer.path = to;
  }

  #gone(name: string, log: string): void {
    if (!this.#contents.delete(name)) return;
    this.disturbed.add(log);
    rmSync(this.#at(name));
  }

  #compress(name: string): void {
    const { atime, mtime } = statSync(this.#at(name));
    writeFileSync(this.#at(`${name}.gz`), gzipSync(readFileSync(this.#at(name))));
    if (this.style.keepsTime) utimesSync(this.#at(`${name}.gz`), atime, mtime);
    rmSync(this.#at(name));
    this.#contents.set(`${name}.gz`, this.#contents.get(name) ?? 0);
    this.#contents.delete(name);
  }

  /** Makes room for a newly rotated file, and says how it will be called. */
  #shift(log: string, compress: boolean): string {
    const isRotated = (name: string): boolean => name.startsWith(`${log}.`) || name.startsWith(`${log}-`);
    // Who still writes to a rotated file would write to one that has no name any more.
    const written = new Set([...this.#writers.values()].map((writer) => writer.path));
    if ([...this.#contents.keys()].some((name) => isRotated(name) && written.has(name))) this.hup(log);
    if (this.style.names !== "numbers") {
      const names = [...this.#contents.keys()].filter(isRotated).toSorted();
      for (const name of names.slice(0, Math.max(0, names.length - KEPT))) this.#gone(name, log);
      const last = names.at(-1);
      if (compress && last !== undefined && !last.endsWith(".gz") && names.length <= KEPT) this.#compress(last);
      return `${log}-${(this.#date += 1)}`;
    }
    for (let index = KEPT; index >= 1; index -= 1) {
      for (const ending of ["", ".gz"]) {
        const name = `${log}.${index}${ending}`;
        if (!this.#contents.has(name)) continue;
        if (index === KEPT) {
          this.#gone(name, log);
          continue;
        }
        this.#move(name, `${log}.${index + 1}${ending}`);
        if (index === 1 && ending === "" && compress) this.#compress(`${log}.2`);
      }
    }
    return `${log}.1`;
  }

  rotate(log: string, compress: boolean, create: boolean): void {
    if (this.style.names === "links") return void this.retarget(log);
    if (!this.#contents.has(log)) return;
    const to = this.#shift(log, compress);
    this.#move(log, to);
    if (!create) return;
    writeFileSync(this.#at(log), "");
    this.#contents.set(log, (this.#lastContent += 1));
  }

  copytruncate(log: string): void {
    if (this.style.names === "links" || !this.#contents.has(log)) return;
    this.hup(log);
    const to = this.#shift(log, false);
    copyFileSync(this.#at(log), this.#at(to));
    this.#contents.set(to, this.#contents.get(log) ?? 0);
    truncateSync(this.#at(log));
    this.#contents.set(log, (this.#lastContent += 1));
    this.disturbed.add(log);
  }

  drop(log: string, how: "truncate" | "remove"): void {
    if (!this.#contents.has(log)) return;
    this.hup(log);
    this.disturbed.add(log);
    if (how === "remove") return this.#gone(log, log);
    truncateSync(this.#at(log));
    this.#contents.set(log, (this.#lastContent += 1));
  }

  close(): void {
    for (const log of this.#writers.keys()) this.hup(log);
  }
}

/** The number of a line; fails on one that is not whole. */
export function numberOf(text: string): number {
  const found = /^(?:\d{4}-\S+Z )?line (\d+) (é*)$/.exec(text);
  if (!found || found[2]?.length !== Number(found[1]) % 13)
    throw new Error(`not a whole line: ${JSON.stringify(text)}`);
  return Number(found[1]);
}
