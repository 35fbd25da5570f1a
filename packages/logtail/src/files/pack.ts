/** Writes numbers, bytes and texts one after the other, in few bytes. */
export class Packer {
  readonly #parts: Buffer[] = [];

  /** A whole number from 0 to 2^53 - 1, seven bits a byte (LEB128). */
  number(value: number): this {
    const bytes: number[] = [];
    let rest = value;
    for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
    bytes.push(rest);
    this.#parts.push(Buffer.from(bytes));
    return this;
  }

  /** Hexadecimal digits, an even number of them. */
  hex(value: string): this {
    this.#parts.push(Buffer.from(value, "hex"));
    return this;
  }

  text(value: string): this {
    const bytes = Buffer.from(value);
    this.number(bytes.length);
    this.#parts.push(bytes);
    return this;
  }

  bytes(): Buffer {
    return Buffer.concat(this.#parts);
  }
}

/** Reads what a {@link Packer} wrote. All of it throws RangeError on what no packer wrote. */
export class Unpacker {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get ended(): boolean {
    return this.#at >= this.#bytes.length;
  }

  number(): number {
    let value = 0;
    for (let factor = 1; ; factor *= 128) {
      const byte = this.#take(1)[0] ?? 0;
      value += (byte & 127) * factor;
      if (!Number.isSafeInteger(value) || factor > 2 ** 49) throw new RangeError("not a number");
      if (byte < 128) return value;
    }
  }

  /** @param digits how many hexadecimal digits, an even number */
  hex(digits: number): string {
    return this.#take(digits / 2).toString("hex");
  }

  text(): string {
    return this.#take(this.number()).toString("utf8");
  }

  #take(length: number): Buffer {
    if (this.#at + length > this.#bytes.length) throw new RangeError("too short");
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }
}
