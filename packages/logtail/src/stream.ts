import { constants } from "node:fs";
import { mkdir, mkdtemp, open, realpath, rename, rm } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface SpoolOptions {
  /** Streams at the same time; more are an error. */
  readonly maxStreams: number;
  /** Bytes kept of a stream; the older half goes when they are full. */
  readonly maxStreamBytes: number;
}

export interface StreamOptions {
  /** `chunks` (default): the stream gives text as it comes; `lines`: each item is a line, without its line end. */
  readonly items?: "chunks" | "lines";
  /** Ends keeping the stream. */
  readonly signal?: AbortSignal;
}

/** A stream that is kept as a log. */
export interface Stream {
  /** The log's name: `stream:` and the name that was given. */
  readonly source: string;
  /** Resolves when the stream has ended, or keeping it was stopped; rejects with what the stream itself threw. */
  readonly ended: Promise<void>;
}

/** What the names of logs that are streams start with. */
export const STREAM = "stream:";

/** What the newer file of a stream is called, in a folder with the stream's name. */
export const SPOOL_FILE = "log";

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

/**
 * Keeps streams (a child process, a socket) as files in a private folder of the system's temporary files, so that all that
 * reads files reads streams too. Each has two files of half its bytes: the older one goes when the newer is full.
 */
export class Spools {
  readonly #options: SpoolOptions;
  readonly #running = new Map<string, { readonly stop: AbortController; readonly ended: Promise<void> }>();
  readonly #names = new Set<string>();
  readonly #onFolder: (folder: string) => void;
  #folder: Promise<string> | undefined;
  #closed = false;

  /** @param onFolder told once where the files are, when there is a first one */
  constructor(options: SpoolOptions, onFolder: (folder: string) => void) {
    this.#options = options;
    this.#onFolder = onFolder;
  }

  get running(): number {
    return this.#running.size;
  }

  /**
   * Keeps `input` under a name until it ends; what was kept stays readable. A name can be used again when its stream ended.
   * @throws TypeError for a name that is none, RangeError for too many streams, Error for a name that is taken
   */
  start(name: string, input: AsyncIterable<string | Uint8Array>, options: StreamOptions = {}): Stream {
    if (!NAME.test(name))
      throw new TypeError(
        `"${name.slice(0, 80)}" cannot name a stream: use letters, digits, dots, hyphens and underscores.`,
      );
    if (this.#closed) throw new Error("The logtail was shut down.");
    if (this.#running.has(name)) throw new Error(`There is a stream "${name}" already.`);
    if (this.#names.size >= this.#options.maxStreams && !this.#names.has(name))
      throw new RangeError(`More than ${this.#options.maxStreams} streams; raise maxStreams.`);
    const stop = new AbortController();
    this.#names.add(name);
    const signal = options.signal ? AbortSignal.any([stop.signal, options.signal]) : stop.signal;
    const ended = this.#keep(name, input, options.items === "lines" ? "\n" : "", signal).finally(() =>
      this.#running.delete(name),
    );
    this.#running.set(name, { stop, ended });
    ended.catch(() => undefined);
    return { source: STREAM + name, ended };
  }

  /** Stops keeping all streams, and removes what was kept. */
  async close(): Promise<void> {
    this.#closed = true;
    const running = [...this.#running.values()];
    for (const { stop } of running) stop.abort();
    await Promise.allSettled(running.map(({ ended }) => ended));
    const folder = await this.#folder?.catch(() => undefined);
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  }

  async #keep(
    name: string,
    input: AsyncIterable<string | Uint8Array>,
    lineEnd: string,
    signal: AbortSignal,
  ): Promise<void> {
    const iterator = input[Symbol.asyncIterator]();
    const stopped = new Promise<{ done: true; value: undefined }>((resolve) => {
      signal.addEventListener("abort", () => resolve({ done: true, value: undefined }), { once: true });
    });
    let file: SpoolFile | undefined;
    const encode = encoder();
    try {
      const folder = join(await this.#made(), name);
      await mkdir(folder, { recursive: true });
      file = new SpoolFile(join(folder, SPOOL_FILE), Math.floor(this.#options.maxStreamBytes / 2));
      while (!signal.aborted) {
        const next = await Promise.race([iterator.next(), stopped]);
        if (next.done === true) break;
        await file.write(encode(next.value));
        if (lineEnd !== "") await file.write(encode(lineEnd));
      }
    } finally {
      // A source that is in the middle of a wait answers `return` only when that is over.
      void Promise.resolve(iterator.return?.()).catch(() => undefined);
      await file?.close();
    }
  }

  #made(): Promise<string> {
    this.#folder ??= (async () => {
      const folder = await realpath(await mkdtemp(join(tmpdir(), "plugboard-logtail-")));
      this.#onFolder(folder);
      return folder;
    })();
    return this.#folder;
  }
}

const FLAGS = constants.O_WRONLY | constants.O_CREAT | constants.O_APPEND | (constants.O_NOFOLLOW ?? 0);

/** Makes bytes of texts and bytes; halves of a character that come in two texts are one. */
function encoder(): (item: string | Uint8Array) => Buffer {
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
class SpoolFile {
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
