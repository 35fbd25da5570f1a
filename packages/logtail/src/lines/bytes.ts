import { createGunzip } from "node:zlib";
import type { OpenFile } from "@plugboard/core/files";

/** Bytes of a file, uncompressed, and where they start. The bytes are only good until the next chunk is asked for. */
export interface Chunk {
  readonly bytes: Buffer;
  readonly offset: number;
}

const CHUNK = 262_144;

/** Fills `buffer` from `position`, or as much of it as the file has. Returns the number of bytes read. */
export async function readAt(file: OpenFile, buffer: Buffer, position: number): Promise<number> {
  let length = 0;
  while (length < buffer.length) {
    const { bytesRead } = await file.handle.read(buffer, length, buffer.length - length, position + length);
    if (bytesRead === 0) break;
    length += bytesRead;
  }
  return length;
}

/** The size of an open file now, in bytes as stored. */
export async function sizeOf(file: OpenFile): Promise<number> {
  return (await file.handle.stat()).size;
}

/**
 * The bytes of a file from an offset to its end, in chunks of at most 256 KiB. Ends early at a file that shrinks while it
 * is read, since what follows is of another content.
 */
export async function* chunks(
  file: OpenFile,
  compressed: boolean,
  from: number,
  signal?: AbortSignal,
): AsyncGenerator<Chunk, void, undefined> {
  if (!compressed) return yield* stored(file, from, signal);
  let offset = 0;
  for await (const bytes of inflated(file, signal)) {
    const skip = Math.max(0, from - offset);
    if (skip < bytes.length) yield { bytes: skip === 0 ? bytes : bytes.subarray(skip), offset: offset + skip };
    offset += bytes.length;
  }
}

async function* stored(file: OpenFile, from: number, signal?: AbortSignal): AsyncGenerator<Chunk, void, undefined> {
  let buffer = Buffer.allocUnsafe(Math.min(CHUNK, Math.max(4096, (await sizeOf(file)) - from + 1)));
  for (let offset = from; ;) {
    signal?.throwIfAborted();
    const { bytesRead } = await file.handle.read(buffer, 0, buffer.length, offset);
    if (bytesRead === 0 || (await sizeOf(file)) < offset + bytesRead) return;
    yield { bytes: buffer.subarray(0, bytesRead), offset };
    offset += bytesRead;
    if (buffer.length < CHUNK) buffer = Buffer.allocUnsafe(CHUNK);
  }
}

/** A gzip file that ends in the middle is being written: what can be had of it is given, without an error. */
async function* inflated(file: OpenFile, signal?: AbortSignal): AsyncGenerator<Buffer, void, undefined> {
  const gunzip = createGunzip({ chunkSize: CHUNK });
  let failed = false;
  gunzip.on("error", () => {
    failed = true;
  });
  const feed = (async () => {
    for await (const { bytes } of stored(file, 0, signal)) {
      if (gunzip.destroyed || failed) return;
      if (!gunzip.write(Buffer.from(bytes))) {
        await new Promise<void>((resolve) => {
          gunzip.once("drain", resolve);
          gunzip.once("close", resolve);
          gunzip.once("error", () => resolve());
        });
      }
    }
    if (!gunzip.destroyed) gunzip.end();
  })().catch((error: unknown) => {
    gunzip.destroy(error as Error);
  });
  try {
    for await (const bytes of gunzip as AsyncIterable<Buffer>) {
      signal?.throwIfAborted();
      yield bytes;
    }
  } catch (error) {
    if (signal?.aborted) throw signal.reason;
    const code = (error as { code?: string }).code;
    if (code === undefined || !code.startsWith("Z_")) throw error;
  } finally {
    gunzip.destroy();
    await feed;
  }
}
