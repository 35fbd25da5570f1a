import type { Engine, IndexDocument } from "../engine/types.ts";

/** Told of documents that have changed: their ids, and how many of them were put in. */
export type OnChanged = (ids: readonly string[], put: number) => void;

const MAX_BYTES = 16 * 1024 * 1024;
const MAX_CHANGES = 20_000;
const MAX_MS = 2_000;

/**
 * Gathers changes, so that an engine gets many at a time: at most 20,000 of them, or 16 MiB and one document, or those of
 * two seconds.
 */
export class Batch {
  readonly #engine: Engine;
  readonly #onChanged: OnChanged;
  #documents: IndexDocument[] = [];
  #removed: string[] = [];
  #bytes = 0;
  #sending: Promise<void> = Promise.resolve();
  /** Since when something waits. */
  #since = 0;

  /** @param onChanged told of what has been done, never of what failed */
  constructor(engine: Engine, onChanged: OnChanged) {
    this.#engine = engine;
    this.#onChanged = onChanged;
  }

  async put(document: IndexDocument): Promise<void> {
    this.#documents.push(document);
    this.#bytes += document.bytes;
    await this.#flushIfFull();
  }

  /** Not for ids that are put by the same batch. */
  async remove(id: string): Promise<void> {
    this.#removed.push(id);
    await this.#flushIfFull();
  }

  /** Makes all changes; where one fails, the rest of the batch is dropped. */
  async flush(): Promise<void> {
    await this.#sending;
    await this.#send();
  }

  async #send(): Promise<void> {
    const [documents, removed] = [this.#documents, this.#removed];
    [this.#documents, this.#removed, this.#bytes] = [[], [], 0];
    if (removed.length > 0) {
      await this.#engine.remove(removed);
      this.#onChanged(removed, 0);
    }
    if (documents.length > 0) {
      await this.#engine.put(documents);
      this.#onChanged(
        documents.map(({ id }) => id),
        documents.length,
      );
    }
  }

  async #flushIfFull(): Promise<void> {
    const changes = this.#documents.length + this.#removed.length;
    const now = performance.now();
    if (changes === 1) this.#since = now;
    if (this.#bytes >= MAX_BYTES || changes >= MAX_CHANGES || now - this.#since >= MAX_MS) {
      await this.#sending;
      // The next documents are read while these are indexed.
      this.#sending = this.#send();
      this.#sending.catch(() => undefined);
    }
  }
}
