import { constants } from "node:fs";
import { open, rename } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";

const FLAGS = constants.O_WRONLY | constants.O_CREAT | constants.O_APPEND | (constants.O_NOFOLLOW ?? 0);

/** Makes bytes of texts and bytes; halves of a character that come in two texts are one. */
export function encoder(): (item: string | Uint8Array) => Buffer {
  let half = "";
  return (item) => {
    if (typeof item !== "string") return Buffer.from(item);
    const text = half + item;
    const last = text.charCodeAt(text.length - 1);
    half = last >= 0xd800 && last <= 0xdbff ? text.slice(-1) : "";
    return Buffer.from(half === "" ? text : text.slice(0, -1));
  };
}

/** What a line without an end may keep in memory. */
const MAX_PENDING = 65_536;
/** After so many milliseconds it is written as it is, since it may be a question that waits for its answer. */
const FLUSH_MS = 200;

/** A file that is renamed to `.1` when it is full, between two lines. */
export class SpoolFile {
  readonly #path: string;
  readonly #maxBytes: number;
  #handle: FileHandle | undefined;
  #size = 0;
  #pending: Buffer = Buffer.alloc(0);
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> = Promise.resolve();

  constructor(path: string, maxBytes: number) {
    this.#path = path;
    this.#maxBytes = maxBytes;
  }

  /** Writes the whole lines there are. Rejects with what the file system says. */
  async write(bytes: Buffer): Promise<void> {
    clearTimeout(this.#timer);
    const all = this.#pending.length === 0 ? bytes : Buffer.concat([this.#pending, bytes]);
    const end = all.length - (all.lastIndexOf(10) + 1) > MAX_PENDING ? all.length : all.lastIndexOf(10) + 1;
    this.#pending = Buffer.from(all.subarray(end));
    await this.#enqueue(all.subarray(0, end));
    if (this.#pending.length > 0)
      this.#timer = setTimeout(() => void this.#flush().catch(() => undefined), FLUSH_MS).unref();
  }

  async close(): Promise<void> {
    clearTimeout(this.#timer);
    try {
      await this.#flush();
    } finally {
      await this.#shut();
    }
  }

  #flush(): Promise<void> {
    const bytes = this.#pending;
    this.#pending = Buffer.alloc(0);
    return this.#enqueue(bytes);
  }

  #enqueue(bytes: Buffer): Promise<void> {
    const written = this.#writing.then(() => this.#append(bytes));
    this.#writing = written.catch(() => undefined);
    return written;
  }

  async #append(bytes: Buffer): Promise<void> {
    let left = bytes;
    while (left.length > 0) {
      this.#handle ??= await this.#open();
      const room = this.#maxBytes - this.#size;
      const whole = left.length <= room ? left.length : left.subarray(0, room).lastIndexOf(10) + 1;
      // A line that is longer than a file is cut in two.
      const part = left.subarray(0, whole > 0 || this.#size > 0 ? whole : room);
      if (part.length > 0) await this.#handle.writeFile(part);
      this.#size += part.length;
      left = left.subarray(part.length);
      if (left.length > 0) await this.#rotate();
    }
  }

  async #shut(): Promise<void> {
    await this.#handle?.close();
    this.#handle = undefined;
  }

  async #open(): Promise<FileHandle> {
    const handle = await open(this.#path, FLAGS, 0o600);
    this.#size = (await handle.stat()).size;
    return handle;
  }

  async #rotate(): Promise<void> {
    await this.#shut();
    await rename(this.#path, `${this.#path}.1`);
  }
}
