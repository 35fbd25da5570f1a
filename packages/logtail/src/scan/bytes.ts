import { readSync } from "node:fs";
import { createGunzip } from "node:zlib";

/** The bytes of a part, uncompressed, at any offset. */
export interface ByteSource extends AsyncDisposable {
  /**
   * Fills `into` from `position` on, or as much of it as there is; returns the number of bytes. 0 also for what has gone
   * by: a compressed file goes forward, and only remembers a few megabytes.
   */
  read(into: Buffer, position: number): number | Promise<number>;
}

/** Of an open file. @throws ErrnoException by `read` */
export function fileBytes(fd: number): ByteSource {
  return {
    read: (into, position) => readFully(fd, into, position),
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
const INPUT = 262_144;

/** Of an open file that gzip compressed. One that ends in the middle is being written: what can be had of it is given. */
export function gzipBytes(fd: number): ByteSource {
  const gunzip = createGunzip({ chunkSize: INPUT });
  const output = gunzip[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  let input = 0;
  const feed = (): void => {
    for (;;) {
      const bytes = Buffer.allocUnsafe(INPUT);
      const length = readFully(fd, bytes, input);
      input += length;
      if (length === 0) {
        gunzip.end();
        return;
      }
      if (!gunzip.write(bytes.subarray(0, length))) {
        gunzip.once("drain", () => void (gunzip.destroyed || feedSafely()));
        return;
      }
    }
  };
  const feedSafely = (): void => {
    try {
      feed();
    } catch (error) {
      gunzip.destroy(error as Error);
    }
  };
  feedSafely();

  const window: Buffer[] = [];
  let start = 0;
  let end = 0;
  let ended = false;
  const more = async (): Promise<void> => {
    try {
      const next = await output.next();
      if (next.done === true) ended = true;
      else {
        window.push(next.value);
        end += next.value.length;
      }
    } catch (error) {
      if (!String((error as { code?: string }).code).startsWith("Z_")) throw error;
      ended = true;
    }
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
    [Symbol.asyncDispose]: async () => {
      gunzip.destroy();
      await Promise.resolve();
    },
  };
}
