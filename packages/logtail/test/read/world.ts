import {
  copyFile,
  open,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  symlink,
  truncate,
  utimes,
  writeFile,
} from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
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
  readonly handle: FileHandle;
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
  async present(): Promise<Set<number>> {
    const found = new Set<number>();
    for (const name of await readdir(this.#at(""))) {
      const bytes = await readFile(this.#at(name));
      const text = (name.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString();
      for (const line of text.split("\n").slice(0, -1)) found.add(numberOf(line));
    }
    return found;
  }

  /** Whether a line was written to its end. */
  isWhole(number: number): boolean {
    return ![...this.#writers.values()].some((writer) => writer.halfNumber === number && writer.half !== "");
  }

  async #writer(log: string): Promise<Writer> {
    let writer = this.#writers.get(log);
    if (writer) return writer;
    const path = this.style.names === "links" ? await this.#target(log) : log;
    const exists = Boolean(await stat(this.#at(path)).catch(() => undefined));
    writer = { handle: await open(this.#at(path), "a"), path, half: "", halfNumber: -1 };
    if (!exists) this.#contents.set(path, (this.#lastContent += 1));
    this.#writers.set(log, writer);
    return writer;
  }

  /** The file that a link leads to; makes both where there is none. */
  async #target(log: string): Promise<string> {
    const writer = [...this.#contents.keys()]
      .filter((name) => name.startsWith(`${log}.target-`))
      .toSorted()
      .at(-1);
    return writer ?? (await this.retarget(log));
  }

  async retarget(log: string): Promise<string> {
    await this.hup(log);
    const name = `${log}.target-${(this.#date += 1)}`;
    await writeFile(this.#at(name), "");
    this.#contents.set(name, (this.#lastContent += 1));
    await symlink(name, this.#at("next"));
    await rename(this.#at("next"), this.#at(log));
    return name;
  }

  /** Writes lines where the writer's descriptor leads to; the end of a half line first. */
  async write(log: string, count: number): Promise<void> {
    const writer = await this.#writer(log);
    let text = writer.half;
    writer.half = "";
    for (let index = 0; index < count; index += 1) text += this.#line(log, writer.path);
    await writer.handle.write(text);
  }

  #line(log: string, path: string): string {
    const number = this.lines.length;
    const time = this.style.times ? `${new Date(1_700_000_000_000 + number * 1000).toISOString()} ` : "";
    const text = `${time}line ${number} ${"é".repeat(number % 13)}\n`;
    this.lines.push({ log, content: this.#contents.get(path) ?? 0, bytes: Buffer.byteLength(text) });
    return text;
  }

  /** Half a line, whose rest comes with the next write. */
  async half(log: string): Promise<void> {
    const writer = await this.#writer(log);
    if (writer.half !== "") return;
    const text = this.#line(log, writer.path);
    writer.halfNumber = this.lines.length - 1;
    const cut = text.indexOf("line") + 6;
    await writer.handle.write(text.slice(0, cut));
    writer.half = text.slice(cut);
  }

  /** The writer closes its file, and opens the one under the log's name when it writes again. */
  async hup(log: string): Promise<void> {
    const writer = this.#writers.get(log);
    if (!writer) return;
    if (writer.half !== "") await this.write(log, 0);
    await writer.handle.close();
    this.#writers.delete(log);
  }

  async #move(from: string, to: string): Promise<void> {
    if (!(await stat(this.#at(from)).catch(() => undefined))) return;
    await rename(this.#at(from), this.#at(to));
    this.#contents.set(to, this.#contents.get(from) ?? 0);
    this.#contents.delete(from);
    for (const writer of this.#writers.values()) if (writer.path === from) writer.path = to;
  }

  async #gone(name: string, log: string): Promise<void> {
    if (!this.#contents.delete(name)) return;
    this.disturbed.add(log);
    await rm(this.#at(name));
  }

  async #compress(name: string): Promise<void> {
    const { atime, mtime } = await stat(this.#at(name));
    await writeFile(this.#at(`${name}.gz`), gzipSync(await readFile(this.#at(name))));
    if (this.style.keepsTime) await utimes(this.#at(`${name}.gz`), atime, mtime);
    await rm(this.#at(name));
    this.#contents.set(`${name}.gz`, this.#contents.get(name) ?? 0);
    this.#contents.delete(name);
  }

  /** Makes room for a newly rotated file, and says how it will be called. */
  async #shift(log: string, compress: boolean): Promise<string> {
    const isRotated = (name: string): boolean => name.startsWith(`${log}.`) || name.startsWith(`${log}-`);
    // Who still writes to a rotated file would write to one that has no name any more.
    const written = new Set([...this.#writers.values()].map((writer) => writer.path));
    if ([...this.#contents.keys()].some((name) => isRotated(name) && written.has(name))) await this.hup(log);
    if (this.style.names !== "numbers") {
      const names = [...this.#contents.keys()].filter(isRotated).toSorted();
      for (const name of names.slice(0, Math.max(0, names.length - KEPT))) await this.#gone(name, log);
      const last = names.at(-1);
      if (compress && last !== undefined && !last.endsWith(".gz") && names.length <= KEPT) await this.#compress(last);
      return `${log}-${(this.#date += 1)}`;
    }
    for (let index = KEPT; index >= 1; index -= 1) {
      for (const ending of ["", ".gz"]) {
        const name = `${log}.${index}${ending}`;
        if (!this.#contents.has(name)) continue;
        if (index === KEPT) {
          await this.#gone(name, log);
          continue;
        }
        await this.#move(name, `${log}.${index + 1}${ending}`);
        if (index === 1 && ending === "" && compress) await this.#compress(`${log}.2`);
      }
    }
    return `${log}.1`;
  }

  async rotate(log: string, compress: boolean, create: boolean): Promise<void> {
    if (this.style.names === "links") return void (await this.retarget(log));
    if (!this.#contents.has(log)) return;
    const to = await this.#shift(log, compress);
    await this.#move(log, to);
    if (!create) return;
    await writeFile(this.#at(log), "");
    this.#contents.set(log, (this.#lastContent += 1));
  }

  async copytruncate(log: string): Promise<void> {
    if (this.style.names === "links" || !this.#contents.has(log)) return;
    await this.hup(log);
    const to = await this.#shift(log, false);
    await copyFile(this.#at(log), this.#at(to));
    this.#contents.set(to, this.#contents.get(log) ?? 0);
    await truncate(this.#at(log));
    this.#contents.set(log, (this.#lastContent += 1));
    this.disturbed.add(log);
  }

  async drop(log: string, how: "truncate" | "remove"): Promise<void> {
    if (!this.#contents.has(log)) return;
    await this.hup(log);
    this.disturbed.add(log);
    if (how === "remove") return this.#gone(log, log);
    await truncate(this.#at(log));
    this.#contents.set(log, (this.#lastContent += 1));
  }

  async close(): Promise<void> {
    for (const log of this.#writers.keys()) await this.hup(log);
  }
}

/** The number of a line; fails on one that is not whole. */
export function numberOf(text: string): number {
  const found = /^(?:\d{4}-\S+Z )?line (\d+) (é*)$/.exec(text);
  if (!found || found[2]?.length !== Number(found[1]) % 13)
    throw new Error(`not a whole line: ${JSON.stringify(text)}`);
  return Number(found[1]);
}
