import type { Document, IndexedSection } from "../documents/document.ts";
import { fingerprint, indexTerms } from "../documents/document.ts";
import { Pacer } from "../pacer.ts";
import { memoryStore } from "./store.ts";
import type { Store } from "./store.ts";

/** The documents in memory, and the index of their sections. */
export class Catalog {
  readonly #store: Store = memoryStore();
  readonly #byFile = new Map<string, Document>();
  readonly #byId = new Map<string, Document | IndexedSection>();
  readonly #byKey = new Map<number, IndexedSection>();
  #fingerprint = 0n;
  /** Bytes of all files. */
  bytes = 0;
  /** Documents that were ever put in. */
  indexed = 0;

  get documents(): number {
    return this.#byFile.size;
  }

  get sections(): number {
    return this.#byKey.size;
  }

  /** 16 hexadecimal digits that stand for the contents of all documents, in this process and in any other. */
  get generation(): string {
    return this.#fingerprint.toString(16).padStart(16, "0");
  }

  /** The files whose documents are here. */
  files(): IterableIterator<string> {
    return this.#byFile.keys();
  }

  /** The document of a file. */
  of(file: string): Document | undefined {
    return this.#byFile.get(file);
  }

  /** The document or section with an id. */
  get(id: string): Document | IndexedSection | undefined {
    return this.#byId.get(id);
  }

  /** The best `count` sections with any of the terms, best first; equals in the order of their ids. */
  find(
    terms: ReadonlyMap<string, number>,
    count: number,
  ): { total: number; hits: { section: IndexedSection; score: number }[] } {
    const order = (a: number, b: number): number => {
      const [one, other] = [this.#byKey.get(a), this.#byKey.get(b)];
      return one && other ? compare(one.document.id, other.document.id) || one.position - other.position : 0;
    };
    const { total, hits } = this.#store.search(terms, count, order);
    const found = hits.flatMap(({ key, score }) => {
      const section = this.#byKey.get(key);
      return section ? [{ section, score }] : [];
    });
    return { total, hits: found };
  }

  /** Puts a document in the place of what is here of a file. Once begun it is carried through: nobody sees a half. */
  async replace(file: string, next: Document | undefined): Promise<void> {
    const pacer = new Pacer();
    const old = this.#byFile.get(file);
    if (old) {
      for (const section of old.sections) {
        this.#remove(section);
        if (pacer.due) await pacer.pause();
      }
      this.#byId.delete(old.id);
      this.#byFile.delete(file);
      this.#count(old, -1);
    }
    if (next) {
      for (const section of next.sections) {
        this.#add(section);
        if (pacer.due) await pacer.pause();
      }
      this.#byId.set(next.id, next);
      this.#byFile.set(file, next);
      this.#count(next, 1);
      this.indexed += 1;
    }
  }

  #add(section: IndexedSection): void {
    section.key = this.#store.add(indexTerms(section));
    this.#byKey.set(section.key, section);
    this.#byId.set(section.id, section);
  }

  #remove(section: IndexedSection): void {
    if (section.key === undefined) return;
    this.#store.remove(section.key, indexTerms(section));
    this.#byKey.delete(section.key);
    this.#byId.delete(section.id);
    section.key = undefined;
  }

  #count(document: Document, sign: 1 | -1): void {
    this.bytes += sign * document.bytes;
    this.#fingerprint ^= fingerprint(document);
  }
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
