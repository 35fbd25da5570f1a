import { setTimeout as delay } from "node:timers/promises";
import type { ListedResource } from "@plugboard/core";
import { cleanText } from "../documents/clean.ts";
import { resourceUrl } from "../documents/ids.ts";
import type { Engine } from "../engine/types.ts";
import { documentTitle } from "./results.ts";
import type { FetchData } from "./schema.ts";

/** Documents that a listing names. */
const MAX_LISTED = 200;

/** The documents there are, as resources: the first 200 by their ids. */
export async function listResources(engine: Engine, scheme: string): Promise<ListedResource[]> {
  const documents = await Promise.all(firstIds(engine.ids()).map((id) => engine.document(id)));
  return documents.flatMap((document) => {
    const uri = document && resourceUrl(scheme, document.id);
    // Of an id with a step such as `..` there is no URI: whoever reads it would take the step.
    if (!document || new URL(uri ?? "").href !== uri) return [];
    return [{ uri, name: cleanText(document.path), title: documentTitle(document), mimeType: "text/plain" }];
  });
}

/** The least ids, in their order, without holding or sorting all of them. */
function firstIds(ids: Iterable<string>): string[] {
  let first: string[] = [];
  let last: string | undefined;
  for (const id of ids) {
    if (last !== undefined && id >= last) continue;
    first.push(id);
    if (first.length < 2 * MAX_LISTED) continue;
    first = first.sort(compare).slice(0, MAX_LISTED);
    last = first.at(-1);
  }
  return first.sort(compare).slice(0, MAX_LISTED);
}

/** By UTF-16 units, as ids are compared everywhere. */
function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** A document's text, and how to go on where it does not fit. */
export function resourceText({ id, text, metadata }: FetchData, fetchTool: string): string {
  if (metadata.next_cursor === undefined) return text;
  return `${text}\n\n[The text goes on: call the tool ${fetchTool} with the id ${JSON.stringify(id)} and the cursor "${metadata.next_cursor}".]`;
}

interface Wanted {
  isWanted(): boolean;
}

/** Looks for changes while somebody wants to hear of them, since a change that nobody looks for is not seen. */
export class Lookout {
  readonly #look: (signal: AbortSignal) => Promise<void>;
  readonly #everyMs: number;
  readonly #resource: Wanted;
  readonly #signal: AbortSignal;
  #running = false;

  /**
   * @param look brings the index up to date
   * @param everyMs between two looks, in milliseconds
   */
  constructor(look: (signal: AbortSignal) => Promise<void>, everyMs: number, resource: Wanted, signal: AbortSignal) {
    this.#look = look;
    this.#everyMs = everyMs;
    this.#resource = resource;
    this.#signal = signal;
  }

  /** Somebody may want to hear. */
  wake(): void {
    if (!this.#running && !this.#signal.aborted) void this.#run();
  }

  async #run(): Promise<void> {
    const signal = this.#signal;
    this.#running = true;
    while (!signal.aborted && this.#resource.isWanted()) {
      // What is wrong is told to whoever calls a tool; here there is nobody to tell.
      await this.#look(signal).catch(() => undefined);
      await delay(this.#everyMs, undefined, { signal, ref: false }).catch(() => undefined);
    }
    this.#running = false;
  }
}
