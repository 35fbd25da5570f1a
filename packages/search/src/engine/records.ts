import type { Blocks } from "./blocks.ts";
import { ByteWriter } from "./bytes.ts";

/** Blocks that hold records which are read one at a time: each as JSON, in UTF-8, and where it begins. */
export function recordBlocks(name: string, records: readonly string[]): Record<string, Uint8Array | Uint32Array> {
  const writer = new ByteWriter();
  const at = new Uint32Array(records.length + 1);
  for (const [index, record] of records.entries()) {
    writer.push(Buffer.from(record));
    at[index + 1] = writer.length;
  }
  return { [`${name}.at`]: at, [`${name}.text`]: writer.finish() };
}

/** Records as they were packed: none is parsed but the one that is asked for. */
export class Records<T> {
  readonly #at: Uint32Array;
  readonly #bytes: Buffer;

  constructor(blocks: Blocks, name: string) {
    this.#at = blocks.u32(`${name}.at`);
    const { buffer, byteOffset, byteLength } = blocks.bytes(`${name}.text`);
    this.#bytes = Buffer.from(buffer, byteOffset, byteLength);
  }

  at(index: number): T {
    return JSON.parse(this.#bytes.toString("utf8", this.#at[index], this.#at[index + 1])) as T;
  }
}
