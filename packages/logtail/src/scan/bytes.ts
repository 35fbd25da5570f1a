import { readSync } from "node:fs";
import { createGunzip } from "node:zlib";

/** The bytes of a part, uncompressed, at any offset. */
export interface ByteSource extends AsyncDisposable {
  /**
   * Fills `into` from `position` on, or as much of it as there is; returns the number of bytes. 0 also for what has gone
   * by: a compressed file goes forward, and only remembers a few megabytes.
   */
  read(into: Buffer, position: number): number | Promise<number>;
  /** Whether a compressed file turned out to be cut off, broken or not compressed: there is more of it that cannot be read. */
  readonly damaged: boolean;
}

/** Of an open file. @throws ErrnoException by `read` */
export function fileBytes(fd: number): ByteSource {
  return {
    read: (into, position) => readFully(fd, into, position),
    damaged: false,
    [Symbol.asyncDispose]: async () => Promise.resolve(),
  };
}

function readFully(fd: number, into: Buffer, position: number): number {
  let length = 0;
  while (length < into.length) {
    const count = readSync(fd, into, length, into.length - length, position + length);
    if (count === 0) break;
    length += count;
  }
  return length;
}

/** Uncompressed bytes that are kept behind the place read last. */
const KEPT = 4_194_304;
/** Compressed bytes that are inflated at a time, to a thousand times as many at most. */
const INPUT = 32_768;
const OUTPUT = 32_768;

/** Of an open file that gzip compressed. Of one that is damaged, what can be had is given, but for the last 32 KiB at most. */
export function gzipBytes(fd: number): ByteSource {
  const gunzip = createGunzip({ chunkSize: OUTPUT });
  const window: Buffer[] = [];
  let start = 0;
  let end = 0;
  let input = 0;
  let ended = false;
  let damaged = false;
  let failed: Error | undefined;
  let settle = (): void => undefined;
  // An iterator of the stream would lose at an error what came just before it.
  gunzip.on("data", (bytes: Buffer) => {
    window.push(bytes);
    end += bytes.length;
  });
  gunzip.on("end", () => {
    ended = true;
    settle();
  });
  gunzip.on("error", (error: Error & { readonly code?: string }) => {
    ended = true;
    damaged = String(error.code).startsWith("Z_");
    if (!damaged) failed = error;
    settle();
  });
  const more = async (): Promise<void> => {
    const bytes = Buffer.allocUnsafe(INPUT);
    const length = readFully(fd, bytes, input);
    input += length;
    await new Promise<void>((resolve) => {
      settle = resolve;
      if (length === 0) gunzip.end();
      else gunzip.write(bytes.subarray(0, length), () => resolve());
    });
    if (failed !== undefined) throw failed;
  };
  return {
    async read(into, position) {
      while (!ended && end < position + into.length) {
        await more();
        while (window[0] !== undefined && start + window[0].length < position - KEPT) {
          start += window[0].length;
          window.shift();
        }
      }
      if (position < start) return 0;
      let length = 0;
      let offset = start;
      for (const bytes of window) {
        const from = position + length - offset;
        if (from < bytes.length && length < into.length) length += bytes.copy(into, length, from);
        offset += bytes.length;
      }
      return length;
    },
    get damaged() {
      return damaged;
    },
    [Symbol.asyncDispose]: async () => {
      gunzip.destroy();
      await Promise.resolve();
    },
  };
}
