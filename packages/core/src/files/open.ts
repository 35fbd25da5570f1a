import { constants } from "node:fs";
import type { BigIntStats } from "node:fs";
import { lstat, open, realpath } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import { descriptorPath } from "./descriptor.ts";
import { FileAccessError, fromSystem, systemCode } from "./error.ts";
import type { Location } from "./location.ts";

/** What a bounded read returns. */
export interface ReadResult {
  readonly bytes: Buffer;
  /** Whether the file has more than was asked for. */
  readonly truncated: boolean;
}

/** An open regular file inside a root. Close it, or declare it with `await using`. */
export interface OpenFile extends Location, AsyncDisposable {
  readonly handle: FileHandle;
  /** The file's real path, taken from the open descriptor. */
  readonly path: string;
  /** Taken from the descriptor right after opening; sizes and times are bigints. */
  readonly stat: BigIntStats;
  /**
   * Reads from the start, at most `maxBytes`. Counts what is read and never trusts the size, which is 0 for some files
   * and enormous for sparse ones.
   */
  read(maxBytes: number, signal?: AbortSignal): Promise<ReadResult>;
  /** Idempotent. */
  close(): Promise<void>;
}

/** O_NONBLOCK: a FIFO without a writer would otherwise hold a thread of the pool for ever, and with four the process. */
const FLAGS = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);
const MAX_ATTEMPTS = 10;

/**
 * Opens a regular file, then checks where it really is.
 *
 * @param path absolute, and by its own wording inside a root
 * @param shown how messages name the file
 * @param locate finds a real path in the roots; throws if it lies outside or is denied
 */
export async function openVerified(path: string, shown: string, locate: (real: string) => Location): Promise<OpenFile> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await openOnce(path, locate);
    } catch (error) {
      const refusal = fromSystem(error, shown);
      if (refusal.code === "changed" && attempt < MAX_ATTEMPTS) continue;
      if (refusal !== error) throw refusal;
      throw new FileAccessError(refusal.code, refusal.code === "outside_roots" ? undefined : shown);
    }
  }
}

async function openOnce(path: string, locate: (real: string) => Location): Promise<OpenFile> {
  const asked = await realpath(path);
  locate(asked);
  // Opening can have effects on anything but a regular file, so look first; the descriptor is what is trusted.
  const found = await lstat(asked);
  if (!found.isFile()) throw new FileAccessError(found.isSymbolicLink() ? "changed" : "not_a_file");
  const handle = await open(asked, FLAGS).catch((error: unknown) => {
    // It was no link a moment ago.
    throw systemCode(error) === "ELOOP" ? new FileAccessError("changed") : error;
  });
  try {
    const stat = await handle.stat({ bigint: true });
    if (!stat.isFile()) throw new FileAccessError("not_a_file");
    const real = await descriptorPath(handle, stat, asked);
    return new VerifiedFile(handle, real, stat, locate(real));
  } catch (error) {
    await handle.close();
    throw error;
  }
}

class VerifiedFile implements OpenFile {
  readonly handle: FileHandle;
  readonly path: string;
  readonly stat: BigIntStats;
  readonly root: Location["root"];
  readonly relative: string;
  #closed: Promise<void> | undefined;

  constructor(handle: FileHandle, path: string, stat: BigIntStats, location: Location) {
    this.handle = handle;
    this.path = path;
    this.stat = stat;
    this.root = location.root;
    this.relative = location.relative;
  }

  async read(maxBytes: number, signal?: AbortSignal): Promise<ReadResult> {
    if (!Number.isSafeInteger(maxBytes) || maxBytes < 0)
      throw new RangeError(`maxBytes must be a whole number, not ${maxBytes}`);
    // One byte more than asked for tells whether there is more.
    const limit = maxBytes + 1;
    let buffer = Buffer.allocUnsafe(Math.min(limit, Math.max(Number(this.stat.size) + 1, 4096)));
    let length = 0;
    try {
      while (length < limit) {
        signal?.throwIfAborted();
        if (length === buffer.length) {
          const larger = Buffer.allocUnsafe(Math.min(limit, buffer.length * 2));
          buffer.copy(larger);
          buffer = larger;
        }
        const { bytesRead } = await this.handle.read(buffer, length, buffer.length - length, length);
        if (bytesRead === 0) break;
        length += bytesRead;
      }
    } catch (error) {
      if (signal?.aborted) throw signal.reason;
      throw fromSystem(error, this.relative);
    }
    return { bytes: buffer.subarray(0, Math.min(length, maxBytes)), truncated: length > maxBytes };
  }

  close(): Promise<void> {
    this.#closed ??= this.handle.close();
    return this.#closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
