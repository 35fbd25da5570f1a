import { runOutside } from "@plugboard/core/flight";
import type {
  Answer,
  DocumentState,
  Engine,
  IndexDocument,
  SearchRequest,
  StoredDocument,
  StoredSection,
} from "../engine/types.ts";

/** An engine that is opened when it is first asked for something. Until then it has nothing in it. */
export class LateEngine implements Engine {
  readonly #make: () => Promise<Engine>;
  #opening: Promise<Engine> | undefined;
  #engine: Engine | undefined;
  #closing: Promise<void> | undefined;

  /** @param make opens it; called again if it failed */
  constructor(make: () => Promise<Engine>) {
    this.#make = make;
  }

  get documents(): number {
    return this.#engine?.documents ?? 0;
  }

  get sections(): number {
    return this.#engine?.sections ?? 0;
  }

  get bytes(): number {
    return this.#engine?.bytes ?? 0;
  }

  get generation(): string {
    return this.#engine?.generation ?? "0000000000000000";
  }

  ids(): IterableIterator<string> {
    return this.#engine?.ids() ?? [].values();
  }

  state(id: string): DocumentState | undefined {
    return this.#engine?.state(id);
  }

  fields(): ReadonlySet<string> {
    return this.#engine?.fields() ?? new Set();
  }

  /** The engine itself. @throws what opening it throws, or that it has been closed */
  open(): Promise<Engine> {
    if (this.#closing) return Promise.reject(new Error("the index is closed"));
    this.#opening ??= runOutside(() => this.#open());
    return this.#opening;
  }

  async put(documents: readonly IndexDocument[], signal?: AbortSignal): Promise<void> {
    return (await this.open()).put(documents, signal);
  }

  async remove(ids: readonly string[], signal?: AbortSignal): Promise<void> {
    return (await this.open()).remove(ids, signal);
  }

  async search(request: SearchRequest, signal?: AbortSignal): Promise<Answer> {
    return (await this.open()).search(request, signal);
  }

  async similar(id: string, request: Omit<SearchRequest, "query">, signal?: AbortSignal): Promise<Answer | undefined> {
    return (await this.open()).similar(id, request, signal);
  }

  async document(id: string): Promise<StoredDocument | undefined> {
    return (await this.open()).document(id);
  }

  async section(id: string): Promise<StoredSection | undefined> {
    return (await this.open()).section(id);
  }

  async sectionAt(document: string, position: number): Promise<StoredSection | undefined> {
    return (await this.open()).sectionAt(document, position);
  }

  async commit(): Promise<void> {
    await this.#engine?.commit();
  }

  close(): Promise<void> {
    this.#closing ??= (async () => {
      const engine = await this.#opening?.catch(() => undefined);
      await engine?.close();
    })();
    return this.#closing;
  }

  async #open(): Promise<Engine> {
    try {
      const engine = await this.#make();
      this.#engine = engine;
      return engine;
    } catch (error) {
      this.#opening = undefined;
      throw error;
    }
  }
}
