import { Batch } from "./batch.ts";
import type { OnChanged } from "./batch.ts";
import { resourceUrl } from "../documents/ids.ts";
import type { Engine } from "../engine/types.ts";
import { checkGiven, InvalidDocument, makeGiven } from "./given.ts";
import type { Given, SourceDocument } from "./given.ts";
import { Pacer } from "../pacer.ts";
import type { SourceOptions } from "./source.ts";

/** The origin of what a program adds. */
export const ADDED = "added";

/** What would be ambiguous in an id or is not to be seen. */
const UNFIT = /[#\p{Cc}\p{Cf}\u2028\u2029]/u;

/**
 * Documents that a program adds one by one, which live as long as the process. At most as many as a source may have. One call
 * at a time.
 */
export class Added {
  readonly #options: SourceOptions;
  readonly #engine: Engine;
  readonly #onChanged: OnChanged;
  /** Bytes by id. */
  readonly #bytes = new Map<string, number>();

  constructor(options: SourceOptions, engine: Engine, onChanged: OnChanged) {
    this.#options = options;
    this.#engine = engine;
    this.#onChanged = onChanged;
  }

  /**
   * Adds documents, each in the place of what was added under its id.
   * @throws InvalidDocument naming the document and the field, and then adds none; the signal's reason
   */
  async add(documents: readonly SourceDocument[], signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    const checked = this.#check(documents);
    const pacer = new Pacer(signal);
    const batch = new Batch(this.#engine, this.#onChanged);
    try {
      for (const given of checked) {
        const { id } = given.document;
        if (this.#engine.state(id)?.version === given.version) continue;
        const facts = { id, path: id, url: resourceUrl(this.#options.scheme, id), origin: ADDED };
        await batch.put(await makeGiven(given, facts, this.#options, pacer));
        if (pacer.due) await pacer.pause();
      }
    } finally {
      await batch.flush();
    }
  }

  /** Ids that were not added are passed over. */
  async remove(ids: readonly string[]): Promise<void> {
    const mine = [...new Set(ids)].filter((id) => this.#bytes.delete(id));
    const batch = new Batch(this.#engine, this.#onChanged);
    for (const id of mine) await batch.remove(id);
    await batch.flush();
  }

  #check(documents: readonly SourceDocument[]): Given[] {
    const { maxFiles, maxTotalBytes } = this.#options;
    const after = new Map(this.#bytes);
    const checked = new Map<string, Given>();
    for (const [place, document] of documents.entries()) {
      const given = named(document, place, () => checkGiven(document, this.#options));
      const { id } = given.document;
      const origin = this.#engine.state(id)?.origin;
      named(document, place, () => {
        if (UNFIT.test(id)) throw new InvalidDocument("id may contain neither # nor invisible characters");
        if (origin !== undefined && origin !== ADDED)
          throw new InvalidDocument(`id is taken by a document of ${JSON.stringify(origin)}`);
      });
      checked.set(id, given);
      after.set(id, given.bytes);
    }
    if (after.size > maxFiles) throw new InvalidDocument(`more than ${maxFiles} documents would be added (maxFiles)`);
    const total = [...after.values()].reduce((sum, bytes) => sum + bytes, 0);
    if (total > maxTotalBytes)
      throw new InvalidDocument(`the documents added would be larger than ${maxTotalBytes} bytes (maxTotalBytes)`);
    for (const [id, { bytes }] of checked) this.#bytes.set(id, bytes);
    return [...checked.values()];
  }
}

function named<T>(document: unknown, place: number, check: () => T): T {
  try {
    return check();
  } catch (error) {
    if (!(error instanceof InvalidDocument)) throw error;
    const id = (document as { id?: unknown } | null)?.id;
    const name = typeof id === "string" && id !== "" ? JSON.stringify(id.slice(0, 200)) : `number ${place + 1}`;
    throw new InvalidDocument(`The document ${name} cannot be added: ${error.message}`);
  }
}
