import { fstatSync, readSync } from "node:fs";
import { createGunzip } from "node:zlib";
import type { OpenFile } from "@plugboard/core/files";
import { isLocalFile } from "./local.ts";

/** Bytes of a file, uncompressed, and where they start. The bytes are only good until the next chunk is asked for. */
export interface Chunk {
  readonly bytes: Buffer;
  readonly offset: number;
}

const CHUNK = 262_144;

/**
 * Bytes that are read synchronously where the file system is local: from the page cache that takes a hundredth of the time that
 * it takes to ask another thread.
 */
const SMALL = 65_536;

async function readOnce(file: OpenFile, buffer: Buffer, from: number, position: number): Promise<number> {
  const length = buffer.length - from;
  if (length <= SMALL && (await isLocalFile(file))) return readSync(file.handle.fd, buffer, from, length, position);
  return (await file.handle.read(buffer, from, length, position)).bytesRead;
}

/** Fills `buffer` from `position`, or as much of it as the file has. Returns the number of bytes read. */
export async function readAt(file: OpenFile, buffer: Buffer, position: number): Promise<number> {
  let length = 0;
  while (length < buffer.length) {
    const bytesRead = await readOnce(file, buffer, length, position + length);
    if (bytesRead === 0) break;
    length += bytesRead;
  }
  return length;
}

/** The size of an open file now, in bytes as stored, and the time of its last change, in milliseconds since the epoch. */
export async function statOf(file: OpenFile): Promise<{ readonly size: number; readonly mtimeMs: number }> {
  return (await isLocalFile(file)) ? fstatSync(file.handle.fd) : file.handle.stat();
}

/** The size of an open file now, in bytes as stored. */
export async function sizeOf(file: OpenFile): Promise<number> {
  return (await statOf(file)).size;
}

/** What is told of a file while it is read: one that is not compressed may be truncated and written again meanwhile. */
export interface ChunkOptions {
  readonly signal?: AbortSignal | undefined;
  /** Told of the at most 256 bytes before the first chunk, read together with it; false says that they are others than before. */
  readonly onBefore?: (bytes: Buffer, offset: number) => boolean;
  /** Told when the content turns out to be another; then there are no more chunks. */
  readonly onChanged?: () => void;
  /** Told where a compressed file is damaged: what follows so many bytes, uncompressed, cannot be had. Then there are no more chunks. */
  readonly onDamaged?: (offset: number) => void;
  /** When to give up while a compressed file is inflated up to the offset, as of `performance.now()`. Default never. */
  readonly until?: number;
  /** Told when it was given up; then there are no chunks. */
  readonly onLate?: () => void;
}

/** Bytes that are read twice, to see that a chunk continues the one before. */
const OVERLAP = 256;

/**
 * The bytes of a file from an offset to its end, in chunks of at most 256 KiB. Ends early at a file that is truncated or
 * written anew while it is read, since what follows is of another content.
 */
export async function* chunks(
  file: OpenFile,
  compressed: boolean,
  from: number,
  options: ChunkOptions = {},
): AsyncGenerator<Chunk, void, undefined> {
  if (!compressed) return yield* stored(file, from, options);
  const { until = Infinity } = options;
  let offset = 0;
  const onDamaged = (): void => options.onDamaged?.(offset);
  for await (const bytes of inflated(file, onDamaged, options.signal)) {
    const skip = Math.max(0, from - offset);
    if (skip >= bytes.length && performance.now() >= until) return options.onLate?.();
    if (skip < bytes.length) yield { bytes: skip === 0 ? bytes : bytes.subarray(skip), offset: offset + skip };
    offset += bytes.length;
  }
}

async function* stored(
  file: OpenFile,
  from: number,
  { signal, onBefore, onChanged }: ChunkOptions,
): AsyncGenerator<Chunk, void, undefined> {
  let buffer = Buffer.allocUnsafe(Math.min(CHUNK, Math.max(4096, (await sizeOf(file)) - from + OVERLAP + 1)));
  let before: Buffer | undefined;
  for (let offset = from; ;) {
    signal?.throwIfAborted();
    const overlap = Math.min(OVERLAP, offset);
    const bytesRead = await readOnce(file, buffer, 0, offset - overlap);
    const seen = buffer.subarray(0, Math.min(overlap, bytesRead));
    const same = before ? seen.equals(before) : (onBefore?.(seen, offset - overlap) ?? true);
    // Truncated: what was read may be half of this content and half of that.
    if (!same || bytesRead < overlap || (bytesRead > overlap && (await sizeOf(file)) < offset - overlap + bytesRead))
      return onChanged?.();
    if (bytesRead === overlap) return;
    yield { bytes: buffer.subarray(overlap, bytesRead), offset };
    offset += bytesRead - overlap;
    before = Buffer.from(buffer.subarray(Math.max(0, bytesRead - OVERLAP), bytesRead));
    if (buffer.length < CHUNK) buffer = Buffer.allocUnsafe(CHUNK);
  }
}

/** Nothing listens on the stream but what is here, so that reading it for long adds no listeners. */
async function* inflated(
  file: OpenFile,
  onDamaged: () => void,
  signal: AbortSignal | undefined,
): AsyncGenerator<Buffer, void, undefined> {
  const gunzip = createGunzip({ chunkSize: CHUNK });
  let resume: (() => void) | undefined;
  const go = (): void => resume?.();
  gunzip.on("drain", go).on("close", go).on("error", go);
  const feed = (async () => {
    for await (const { bytes } of stored(file, 0, { signal })) {
      if (gunzip.destroyed) return;
      if (gunzip.write(Buffer.from(bytes))) continue;
      await new Promise<void>((resolve) => {
        resume = resolve;
        if (gunzip.destroyed) resolve();
      });
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
    onDamaged();
  } finally {
    gunzip.destroy();
    await feed;
  }
}
