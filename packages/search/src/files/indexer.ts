import { lstat } from "node:fs/promises";
import type { Roots, WalkEntry } from "@plugboard/core/files";
import type { Batch } from "./batch.ts";
import { makeDocument, Unparsable } from "../documents/document.ts";
import { documentUrl } from "../documents/ids.ts";
import { formatOf } from "../documents/parse.ts";
import type { SectionBounds } from "../documents/sections.ts";
import type { DocumentState, Engine, IndexDocument } from "../engine/types.ts";
import { FILES, idsWhere } from "./origins.ts";
import type { Pacer } from "../pacer.ts";
import { readText, stampOf, Unreadable } from "./read.ts";
import type { ReadFile, SkipReason, Stamp } from "./read.ts";
import type { Skips } from "./skips.ts";

export interface IndexerOptions extends SectionBounds {
  readonly baseUrl?: string | undefined;
  readonly maxFileBytes: number;
}

/** What a look at a file finds: that it is as it was, what is in it now, or why it cannot be a document. */
export type Look = { readonly state: DocumentState } | { readonly file: ReadFile } | Refusal;

export interface Refusal {
  readonly reason: SkipReason;
  /** The state of the file for which this holds, if it depends on nothing else. */
  readonly stamp?: Stamp | undefined;
  /** Of what was too large for what was left of the total. */
  readonly bytes?: number;
}

/** A file by its place below a root, the path that people see, and the id of its document. */
export interface NamedFile extends Pick<WalkEntry, "path"> {
  readonly id: string;
  readonly name: string;
}

/** Makes documents of files, one by one, and remembers of each what it takes to know that it is as it was. */
export class FileIndexer {
  readonly #options: IndexerOptions;
  readonly #engine: Engine;
  readonly #skips: Skips;
  /** Files that cannot be documents as they are. */
  readonly #refused = new Map<string, Refusal & { readonly stamp: Stamp }>();
  /** Stamps of files that were too young to be trusted when they were indexed, and have not changed since. By id. */
  readonly #settled = new Map<string, string>();

  constructor(options: IndexerOptions, engine: Engine, skips: Skips) {
    this.#options = options;
    this.#engine = engine;
    this.#skips = skips;
  }

  /** Of a document that was made of a file. */
  state(id: string): DocumentState | undefined {
    const state = this.#engine.state(id);
    return state?.origin === FILES ? state : undefined;
  }

  /** Drops what is no longer there. */
  async forget(here: ReadonlyMap<string, NamedFile>, batch: Batch, pacer: Pacer): Promise<void> {
    const gone = (id: string, origin: string): boolean => origin === FILES && !here.has(id);
    for (const id of await idsWhere(this.#engine, gone, pacer)) {
      this.#settled.delete(id);
      await batch.remove(id);
      if (pacer.due) await pacer.pause();
    }
    const paths = this.#refused.size > 0 ? new Set(Array.from(here.values(), ({ path }) => path)) : new Set();
    for (const path of this.#refused.keys()) if (!paths.has(path)) this.#refused.delete(path);
    await batch.flush();
  }

  /** Finds out what has become of a file, without changing anything. @throws the signal's reason */
  async look(roots: Roots, { id, path }: NamedFile, signal: AbortSignal): Promise<Look> {
    const state = this.state(id);
    const refused = this.#refused.get(path);
    try {
      if (!state && this.#engine.state(id)) return { reason: "taken" };
      const { key } = stampOf(await lstat(path, { bigint: true }));
      if (refused?.stamp.settled === true && refused.stamp.key === key) return refused;
      // The bound may have been another when it was indexed.
      if (state && state.bytes > this.#options.maxFileBytes)
        return { reason: "too_large", stamp: { key, settled: true } };
      if (state && (state.stamp === key || this.#settled.get(id) === key)) return { state };
      return { file: await readText(roots, path, this.#options.maxFileBytes, signal) };
    } catch (error) {
      if (error instanceof Unreadable) return error;
      const code = (error as { code?: unknown } | null)?.code;
      if (signal.aborted || typeof code !== "string" || !code.startsWith("E")) throw error;
      return { reason: code === "ENOENT" || code === "ENOTDIR" ? "not_found" : "io" };
    }
  }

  /** Forgets that a file was refused. */
  pardon({ path }: NamedFile): void {
    this.#refused.delete(path);
  }

  /** Brings the engine up to date with a look. Returns how many bytes of the total the file takes. */
  async settle(file: NamedFile, look: Look, room: number, batch: Batch, pacer: Pacer): Promise<number> {
    if ("reason" in look) return this.#refuse(file, look, batch);
    const { bytes } = "file" in look ? look.file : look.state;
    if (bytes > room) {
      const key = "state" in look ? (this.#settled.get(file.id) ?? look.state.stamp) : "";
      const stamp = "file" in look ? look.file.stamp : { key, settled: true };
      return this.#refuse(file, { reason: "total_too_large", stamp, bytes }, batch);
    }
    this.#refused.delete(file.path);
    const cut = "file" in look ? await this.#accept(file, look.file, batch, pacer) : look.state.cut;
    if (cut === undefined) return this.#refuse(file, { reason: "unparsable" }, batch);
    if (cut) this.#skips.add(file.name, "cut");
    return bytes;
  }

  async #refuse({ id, path, name }: NamedFile, refusal: Refusal, batch: Batch): Promise<0> {
    const { reason, stamp, bytes } = refusal;
    if (stamp) this.#refused.set(path, { reason, stamp, ...(bytes !== undefined && { bytes }) });
    else this.#refused.delete(path);
    this.#skips.add(name, reason);
    this.#settled.delete(id);
    if (this.state(id)) await batch.remove(id);
    return 0;
  }

  /** Indexes a file's text. Returns whether some of it was left out; undefined if there is no making a document of it. */
  async #accept(
    { id, path, name }: NamedFile,
    file: ReadFile,
    batch: Batch,
    pacer: Pacer,
  ): Promise<boolean | undefined> {
    const { key, settled } = file.stamp;
    const old = this.state(id);
    if (old?.version === file.hash && (old.stamp === key || old.stamp === young(key))) {
      // Nothing has happened to it but that it has grown older.
      if (settled) this.#settled.set(id, key);
      return old.cut;
    }
    this.#settled.delete(id);
    const facts = {
      id,
      path: name,
      url: documentUrl(name, path, this.#options.baseUrl),
      modified: file.modified.getTime(),
      bytes: file.bytes,
      version: file.hash,
      origin: FILES,
      stamp: settled ? key : young(key),
    };
    let document: IndexDocument;
    try {
      document = await makeDocument(facts, file.text, formatOf(path), this.#options, pacer);
    } catch (error) {
      if (error instanceof Unparsable) return undefined;
      throw error;
    }
    await batch.put(document);
    return document.cut;
  }
}

/** How a stamp is kept that was too young to be trusted. */
function young(key: string): string {
  return `${key}?`;
}
