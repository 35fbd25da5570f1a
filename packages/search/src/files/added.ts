import { Batch } from "./batch.ts";
import type { OnChanged } from "./batch.ts";
import { isPlainId, resourceUrl } from "../documents/ids.ts";
import type { Engine, IndexDocument } from "../engine/types.ts";
import { checkGiven, InvalidDocument, makeGiven } from "./given.ts";
import type { Given, SourceDocument } from "./given.ts";
import { ADDED } from "./origins.ts";
import { Pacer } from "../pacer.ts";
import type { SourceOptions } from "./source.ts";

/**
 * Documents that a program adds one by one, which live as long as the process. At most as many as a source may have. One call
 * at a time.
 */
export class Added {
  readonly #options: SourceOptions;
  readonly #engine: Engine;
  readonly #onChanged: OnChanged;
  readonly #lifetime: AbortSignal;
  /** Bytes by id. */
  readonly #bytes = new Map<string, number>();
  #total = 0;

  /** @param lifetime ends what is under way */
  constructor(options: SourceOptions, engine: Engine, onChanged: OnChanged, lifetime: AbortSignal) {
    this.#options = options;
    this.#engine = engine;
    this.#onChanged = onChanged;
    this.#lifetime = lifetime;
  }

  /**
   * Adds documents, each in the place of what was added under its id.
   * @throws InvalidDocument naming the document and the field, or the signal's reason, and then adds none; what the engine throws
   */
  async add(documents: readonly SourceDocument[], signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    const checked = this.#check(documents);
    const made = await this.#make(checked.values(), new Pacer(signal));
    const batch = new Batch(this.#engine, this.#onChanged);
    try {
      for (const document of made) await batch.put(document);
      await batch.flush();
    } finally {
      this.#count(checked.keys());
    }
  }

  /** Ids that were not added are passed over. */
  async remove(ids: readonly string[]): Promise<void> {
    const mine = new Set(ids.filter((id) => this.#bytes.has(id)));
    const batch = new Batch(this.#engine, this.#onChanged);
    try {
      for (const id of mine) await batch.remove(id);
      await batch.flush();
    } finally {
      this.#count(mine);
    }
  }

  #check(documents: readonly SourceDocument[]): ReadonlyMap<string, Given> {
    const { maxFiles, maxTotalBytes } = this.#options;
    const checked = new Map<string, Given>();
    let count = this.#bytes.size;
    let total = this.#total;
    for (const [place, document] of documents.entries()) {
      const given = this.#given(document, place);
      const { id } = given.document;
      const before = checked.get(id)?.bytes ?? this.#bytes.get(id);
      if (before === undefined) count += 1;
      total += given.bytes - (before ?? 0);
      checked.set(id, given);
    }
    if (count > maxFiles) throw new InvalidDocument(`more than ${maxFiles} documents would be added (maxFiles)`);
    if (total > maxTotalBytes)
      throw new InvalidDocument(`the documents added would be larger than ${maxTotalBytes} bytes (maxTotalBytes)`);
    return checked;
  }

  #given(document: SourceDocument, place: number): Given {
    try {
      const given = checkGiven(document, this.#options);
      const { id } = given.document;
      if (!isPlainId(id)) throw new InvalidDocument("id may contain neither # nor invisible characters");
      const origin = this.#engine.state(id)?.origin;
      if (origin !== undefined && origin !== ADDED)
        throw new InvalidDocument(`id is taken by a document of ${JSON.stringify(origin)}`);
      return given;
    } catch (error) {
      throw named(error, document, place);
    }
  }

  async #make(checked: Iterable<Given>, pacer: Pacer): Promise<IndexDocument[]> {
    const made: IndexDocument[] = [];
    for (const given of checked) {
      this.#lifetime.throwIfAborted();
      const { id } = given.document;
      if (this.#engine.state(id)?.version === given.version) continue;
      const facts = { id, path: id, url: resourceUrl(this.#options.scheme, id), origin: ADDED };
      try {
        made.push(await makeGiven(given, facts, this.#options, pacer));
      } catch (error) {
        throw named(error, given.document);
      }
      if (pacer.due) await pacer.pause();
    }
    return made;
  }

  /** Counts what is there now, whatever has failed. */
  #count(ids: Iterable<string>): void {
    for (const id of ids) {
      this.#total -= this.#bytes.get(id) ?? 0;
      this.#bytes.delete(id);
      const state = this.#engine.state(id);
      if (state?.origin !== ADDED) continue;
      this.#bytes.set(id, state.bytes);
      this.#total += state.bytes;
    }
  }
}

/** The same error; that a document is not valid says which. */
function named(error: unknown, document: unknown, place = 0): unknown {
  if (!(error instanceof InvalidDocument)) return error;
  const id = (document as { id?: unknown } | null)?.id;
  const name = typeof id === "string" && id !== "" ? JSON.stringify(id.slice(0, 200)) : `number ${place + 1}`;
  return new InvalidDocument(`The document ${name} cannot be added: ${error.message}`);
}
