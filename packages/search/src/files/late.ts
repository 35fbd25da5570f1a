import { runOutside } from "@plugboard/core/flight";
import type { DocumentState, Engine } from "../engine/types.ts";

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

  readonly put: Engine["put"] = async (...args) => (await this.open()).put(...args);
  readonly remove: Engine["remove"] = async (...args) => (await this.open()).remove(...args);
  readonly search: Engine["search"] = async (...args) => (await this.open()).search(...args);
  readonly similar: Engine["similar"] = async (...args) => (await this.open()).similar(...args);
  readonly document: Engine["document"] = async (...args) => (await this.open()).document(...args);
  readonly section: Engine["section"] = async (...args) => (await this.open()).section(...args);
  readonly sectionAt: Engine["sectionAt"] = async (...args) => (await this.open()).sectionAt(...args);

  async commit(): Promise<void> {
    await this.#engine?.commit();
  }

  /** The engine itself. @throws what opening it throws, or that it has been closed */
  open(): Promise<Engine> {
    if (this.#closing) return Promise.reject(new Error("the index is closed"));
    this.#opening ??= runOutside(() => this.#open());
    return this.#opening;
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
