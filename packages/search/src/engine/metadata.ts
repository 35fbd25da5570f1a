import type { Blocks } from "./blocks.ts";
import { ByteReader, ByteWriter } from "./bytes.ts";
import { stringBlocks, Strings } from "./strings.ts";
import type { IndexDocument } from "./types.ts";

/** Gathers which documents have which metadata. */
export class MetadataBuilder {
  readonly #documents = new Map<string, number[]>();

  /** @param document its number; the same as in the call before, or a larger one */
  add(document: number, metadata: IndexDocument["metadata"]): void {
    for (const [name, values] of Object.entries(metadata)) {
      for (const value of values) {
        const key = keyOf(name, value);
        const documents = this.#documents.get(key);
        if (!documents) this.#documents.set(key, [document]);
        else if (documents.at(-1) !== document) documents.push(document);
      }
    }
  }

  /** For each key, in order: how many documents have it, and their numbers, each as its distance from the one before. */
  blocks(): Record<string, Uint8Array | Uint32Array> {
    const keys = [...this.#documents.keys()].sort();
    const writer = new ByteWriter();
    const at = new Uint32Array(keys.length + 1);
    for (const [index, key] of keys.entries()) {
      const documents = this.#documents.get(key) ?? [];
      writer.varint(documents.length);
      let before = 0;
      for (const document of documents) {
        writer.varint(document - before);
        before = document;
      }
      at[index + 1] = writer.length;
    }
    return {
      ...stringBlocks("metadata", keys),
      "metadata.documents": writer.finish(),
      "metadata.at.documents": at,
    };
  }
}

/** The metadata of a segment's documents, as they were packed. */
export class Metadata {
  readonly #keys: Strings;
  readonly #documents: Uint8Array;
  readonly #at: Uint32Array;

  constructor(blocks: Blocks) {
    this.#keys = new Strings(blocks, "metadata");
    this.#documents = blocks.bytes("metadata.documents");
    this.#at = blocks.u32("metadata.at.documents");
  }

  /** The documents that have a value, however it is spelt. */
  having(name: string, value: string): number[] {
    const index = this.#keys.find(keyOf(name, value));
    return index === -1 ? [] : this.#documentsAt(index);
  }

  /** The names that some of the documents have. */
  names(isWanted: (document: number) => boolean): Set<string> {
    const names = new Set<string>();
    for (let index = 0; index < this.#keys.length; index += 1) {
      const key = this.#keys.at(index);
      const name = key.slice(0, key.indexOf("\0"));
      if (!names.has(name) && this.#documentsAt(index).some(isWanted)) names.add(name);
    }
    return names;
  }

  #documentsAt(index: number): number[] {
    const reader = new ByteReader(this.#documents, this.#at[index] as number);
    const documents: number[] = [];
    for (let left = reader.varint(), before = 0; left > 0; left -= 1) documents.push((before += reader.varint()));
    return documents;
  }
}

/** How a value is kept: name, NUL, folded value. */
function keyOf(name: string, value: string): string {
  return `${name.toLowerCase()}\0${value.normalize("NFKC").toLowerCase().trim()}`;
}
