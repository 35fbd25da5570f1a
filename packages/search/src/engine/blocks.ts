import { crc32 } from "node:zlib";

/** What a file of ours begins with; the last digit is the version of the layout. */
const MAGIC = "PLUGSEG2";
const FIXED = 16;
const ALIGN = 8;

type Numbers = Uint8Array | Uint16Array | Uint32Array | Float64Array | BigUint64Array;

/** A file is not one of ours, of another version, or not as it was written. */
export class DamagedError extends Error {
  override readonly name = "DamagedError";
}

/**
 * Packs named blocks of numbers into one piece that knows what is in it, and whether it is whole.
 * Layout: `PLUGSEG2`, length of the head (32 bits), checksum of all that follows (32 bits), the head as JSON, the blocks.
 */
export function pack(blocks: Readonly<Record<string, Numbers>>, facts: object): Uint8Array<ArrayBuffer> {
  const places: Record<string, [offset: number, bytes: number]> = {};
  let size = 0;
  for (const [name, block] of Object.entries(blocks)) {
    places[name] = [size, block.byteLength];
    size = aligned(size + block.byteLength);
  }
  const head = Buffer.from(JSON.stringify({ facts, places }));
  const start = aligned(FIXED + head.length);
  const bytes = new Uint8Array(start + size);
  const view = new DataView(bytes.buffer);
  bytes.set(Buffer.from(MAGIC, "latin1"));
  view.setUint32(8, head.length, true);
  bytes.set(head, FIXED);
  for (const [name, block] of Object.entries(blocks)) {
    const [offset] = places[name] ?? [0];
    bytes.set(new Uint8Array(block.buffer, block.byteOffset, block.byteLength), start + offset);
  }
  view.setUint32(12, crc32(bytes.subarray(FIXED)), true);
  return bytes;
}

/** The blocks of a packed piece, without copying. */
export class Blocks {
  /** What was said of the whole. */
  readonly facts: unknown;
  readonly #bytes: Uint8Array;
  readonly #places: Readonly<Record<string, [offset: number, bytes: number]>>;
  readonly #start: number;

  /**
   * @param fresh whether it was packed in this process just now, so that there is nothing to check
   * @throws DamagedError
   */
  constructor(bytes: Uint8Array, fresh = false) {
    const head = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    if (bytes.length < FIXED || head.toString("latin1", 0, 8) !== MAGIC) throw new DamagedError("not a segment");
    if (!fresh && crc32(bytes.subarray(FIXED)) !== head.readUInt32LE(12))
      throw new DamagedError("the checksum is wrong");
    const length = head.readUInt32LE(8);
    const { facts, places } = JSON.parse(head.toString("utf8", FIXED, FIXED + length)) as {
      facts: unknown;
      places: Record<string, [number, number]>;
    };
    this.facts = facts;
    this.#places = places;
    this.#bytes = bytes;
    this.#start = aligned(FIXED + length);
  }

  has(name: string): boolean {
    return Object.hasOwn(this.#places, name);
  }

  bytes(name: string): Uint8Array {
    const [offset, size] = this.#place(name);
    return this.#bytes.subarray(this.#start + offset, this.#start + offset + size);
  }

  u16(name: string): Uint16Array {
    const [offset, size] = this.#place(name);
    return new Uint16Array(this.#bytes.buffer, this.#at(offset), size / 2);
  }

  u32(name: string): Uint32Array {
    const [offset, size] = this.#place(name);
    return new Uint32Array(this.#bytes.buffer, this.#at(offset), size / 4);
  }

  f64(name: string): Float64Array {
    const [offset, size] = this.#place(name);
    return new Float64Array(this.#bytes.buffer, this.#at(offset), size / 8);
  }

  u64(name: string): BigUint64Array {
    const [offset, size] = this.#place(name);
    return new BigUint64Array(this.#bytes.buffer, this.#at(offset), size / 8);
  }

  #place(name: string): [number, number] {
    const place = this.#places[name];
    if (!place) throw new DamagedError(`block ${name} is missing`);
    return place;
  }

  #at(offset: number): number {
    return this.#bytes.byteOffset + this.#start + offset;
  }
}

function aligned(size: number): number {
  return Math.ceil(size / ALIGN) * ALIGN;
}
