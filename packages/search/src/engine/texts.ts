import { closeSync, openSync, readSync } from "node:fs";
import { crc32 } from "node:zlib";
import type { Blocks } from "./blocks.ts";
import { DamagedError } from "./blocks.ts";

/** Where the texts of a segment are: in memory, or in a file. */
export interface TextSource {
  /** @throws DamagedError if there are not as many bytes */
  read(offset: number, length: number): Buffer;
  close(): void;
}

/** The texts of a segment's sections, one after the other; each is checked when it is read. */
export class Texts {
  /** Of all together. */
  readonly bytes: number;
  /** By section: where its text ends, and its checksum. */
  readonly #ends: Float64Array;
  readonly #sums: Uint32Array;
  #source: TextSource;
  #closed = false;

  constructor(blocks: Blocks, source: TextSource) {
    this.#ends = blocks.f64("textEnds");
    this.#sums = blocks.u32("textSums");
    this.#source = source;
    this.bytes = this.#startOf(this.#ends.length);
  }

  /** The text of a section. @throws DamagedError */
  at(section: number): string {
    const start = this.#startOf(section);
    const bytes = this.#source.read(start, this.#startOf(section + 1) - start);
    if (crc32(bytes) !== this.#sums[section]) throw new DamagedError("a text is not as it was written");
    return bytes.toString("utf8");
  }

  /** The same, or undefined where it is damaged. */
  readable(section: number): string | undefined {
    try {
      return this.at(section);
    } catch (error) {
      if (error instanceof DamagedError) return undefined;
      throw error;
    }
  }

  /** Bytes of the texts of the sections from `from` to before `to`. */
  bytesOf(from: number, to: number): number {
    return this.#startOf(to) - this.#startOf(from);
  }

  /** A part of all of them, as they are kept. @throws DamagedError */
  raw(offset: number, length: number): Buffer {
    return this.#source.read(offset, length);
  }

  /** Reads from elsewhere from now on. */
  moveTo(source: TextSource): void {
    this.#source.close();
    this.#source = source;
    if (this.#closed) source.close();
  }

  close(): void {
    this.#closed = true;
    this.#source.close();
  }

  #startOf(section: number): number {
    return section === 0 ? 0 : (this.#ends[section - 1] as number);
  }
}

/** Texts in memory. */
export function textsInMemory(bytes: Uint8Array): TextSource {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return {
    read(offset, length) {
      if (offset + length > buffer.length) throw new DamagedError("a text is missing");
      return buffer.subarray(offset, offset + length);
    },
    close() {},
  };
}

/**
 * Texts in a file, which is kept open: it may be removed meanwhile.
 * @param start where they begin in it
 */
export function textsInFile(path: string, start: number): TextSource {
  const descriptor = openSync(path, "r");
  let open = true;
  return {
    read(offset, length) {
      if (!open) throw new DamagedError("the index has been closed");
      const bytes = Buffer.allocUnsafe(length);
      for (let at = 0; at < length;) {
        const read = readSync(descriptor, bytes, at, length - at, start + offset + at);
        if (read === 0) throw new DamagedError("a text is missing");
        at += read;
      }
      return bytes;
    },
    close() {
      if (open) closeSync(descriptor);
      open = false;
    },
  };
}
