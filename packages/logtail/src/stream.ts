import { rmSync } from "node:fs";
import { mkdir, mkdtemp, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { encoder, SpoolFile } from "./spool.ts";

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
  #path: string | undefined;
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
    process.off("exit", this.#removeAtOnce);
  }

  /** For a process that ends without closing this. */
  readonly #removeAtOnce = (): void => {
    if (this.#path !== undefined) rmSync(this.#path, { recursive: true, force: true });
  };

  async #keep(
    name: string,
    input: AsyncIterable<string | Uint8Array>,
    lineEnd: string,
    signal: AbortSignal,
  ): Promise<void> {
    const iterator = input[Symbol.asyncIterator]();
    let file: SpoolFile | undefined;
    const encode = encoder();
    try {
      const folder = join(await this.#made(), name);
      await mkdir(folder, { recursive: true });
      file = new SpoolFile(join(folder, SPOOL_FILE), Math.floor(this.#options.maxStreamBytes / 2));
      while (!signal.aborted) {
        const next = await orAborted(iterator.next(), signal);
        if (next === undefined || next.done === true) break;
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
      this.#path = folder;
      process.once("exit", this.#removeAtOnce);
      this.#onFolder(folder);
      return folder;
    })().catch((error: unknown) => {
      this.#folder = undefined;
      throw error;
    });
    return this.#folder;
  }
}

/** What a promise gives; undefined as soon as the signal aborts. Unlike a race with an abort, it holds nothing afterwards. */
function orAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T | undefined> {
  return new Promise((resolve, reject) => {
    const stop = (): void => resolve(undefined);
    const settled = (): void => signal.removeEventListener("abort", stop);
    signal.addEventListener("abort", stop, { once: true });
    promise.then(resolve, reject).finally(settled);
  });
}
