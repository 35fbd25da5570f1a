import { ANCHOR, evidenceFrom, HEAD, hashOf } from "../files/identity.ts";
import type { Evidence } from "../files/identity.ts";
import type { Chunk } from "../lines/bytes.ts";

const KEPT = 524_288;

/**
 * Keeps the last 512 KiB of a file as it is read, so that the evidence for an offset is of the bytes that were read, whatever
 * became of the file since, and needs no second inflating.
 */
export class Window {
  /** Offset up to which the file was read. */
  end = 0;
  readonly #known: Evidence | undefined;
  #head: Buffer | undefined;
  #chunks: { bytes: Buffer; offset: number }[] = [];

  /** @param known what was known of the file; it does not change */
  constructor(known?: Evidence) {
    this.#known = known;
  }

  /** The first bytes of the file, if it was read from its start. */
  get head(): Buffer | undefined {
    return this.#head;
  }

  /** The bytes before the first chunk. Returns false if they are not those that are known. */
  before(bytes: Buffer, offset: number): boolean {
    const known = this.#known;
    const end = offset + bytes.length;
    if (known?.offset === end && known.offset > 0 && hashOf(bytes) !== known.anchorHash) return false;
    if (bytes.length > 0) this.#chunks.push({ bytes: Buffer.from(bytes), offset });
    this.end = end;
    return true;
  }

  /** Returns false if these are not the bytes that are known. */
  push({ bytes, offset }: Chunk): boolean {
    const known = this.#known;
    const length = known?.headLength ?? 0;
    if (offset === 0 && length > 0 && hashOf(bytes.subarray(0, length)) !== known?.headHash) return false;
    if (offset === 0) this.#head = Buffer.from(bytes.subarray(0, HEAD));
    else if (this.#head && this.#head.length < HEAD && offset === this.#head.length)
      this.#head = Buffer.concat([this.#head, bytes]).subarray(0, HEAD);
    this.#chunks.push({ bytes: Buffer.from(bytes), offset });
    this.end = offset + bytes.length;
    while (this.#chunks.length > 2 && this.end - (this.#chunks[1]?.offset ?? 0) > KEPT) this.#chunks.shift();
    return true;
  }

  /** The evidence for an offset, if it can be had from what is kept. */
  evidence(offset: number): Evidence | undefined {
    const known = this.#known;
    if (known?.offset === offset) return known;
    const from = Math.max(0, offset - ANCHOR);
    const first = this.#chunks[0];
    if (!first || first.offset > from || offset > this.end) return undefined;
    const bytes = Buffer.concat(this.#chunks.map((chunk) => chunk.bytes));
    const anchor = bytes.subarray(from - first.offset, offset - first.offset);
    if (this.#head) return evidenceFrom(this.#head, offset, anchor);
    if (!known) return undefined;
    return { headLength: known.headLength, headHash: known.headHash, offset, anchorHash: hashOf(anchor) };
  }
}
