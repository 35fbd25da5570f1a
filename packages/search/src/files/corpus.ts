import { lstat } from "node:fs/promises";
import { FileAccessError, openRoots } from "@plugboard/core/files";
import type { Roots, WalkEntry } from "@plugboard/core/files";
import { ahead } from "./ahead.ts";
import { Catalog } from "../engine/catalog.ts";
import { makeDocument } from "../documents/document.ts";
import type { Document, DocumentOptions } from "../documents/document.ts";
import { Names } from "../documents/ids.ts";
import { Pacer } from "../pacer.ts";
import { readText, stampOf, Unreadable } from "./read.ts";
import type { ReadFile, SkipReason, Stamp } from "./read.ts";
import { scan } from "./scan.ts";
import type { ScanOptions } from "./scan.ts";
import { SharedWork } from "../shared.ts";
import type { WorkProgress } from "../shared.ts";
import { Skips } from "./skips.ts";

export interface CorpusOptions extends ScanOptions, DocumentOptions {
  readonly roots: readonly string[];
  /** Whether files that usually hold secrets are documents too. */
  readonly secrets: boolean;
  readonly maxFileBytes: number;
  readonly maxTotalBytes: number;
  /** How old a look at the files may be, in milliseconds, before a search looks again. */
  readonly refreshMs: number;
}

/** What a look at a file finds: that it is as it was, what is in it now, or why it cannot be a document. */
type Look = { readonly document: Document } | { readonly file: ReadFile } | Refusal;

interface Refusal {
  readonly reason: SkipReason;
  /** The state of the file for which this holds, if it depends on nothing else. */
  readonly stamp?: Stamp | undefined;
  /** Of what was too large for what was left of the total. */
  readonly bytes?: number;
}

/** Files that are looked at ahead of the one being indexed: one less than the thread pool has threads. */
const LOOK_AHEAD = 3;
/** Where looking takes long, between two looks passes at least this many times as long. */
const LOOK_SHARE = 4;

/** A root is missing or may not be read. The message names it as it was given. */
export class RootError extends Error {
  override readonly name = "RootError";
}

/**
 * Keeps a catalog of the documents below the roots. Opens on first use; later uses look at the files again when the last
 * look is too old, and read only what has changed.
 */
export class Corpus {
  readonly catalog: Catalog = new Catalog();
  readonly skips: Skips;
  /** Complete looks at the files. */
  refreshes = 0;
  readonly #options: CorpusOptions;
  readonly #work: SharedWork;
  readonly #stamps = new Map<Document, Stamp>();
  /** Files that cannot be documents as they are. */
  readonly #refused = new Map<string, Refusal & { readonly stamp: Stamp }>();
  #roots: Roots | undefined;
  #names = new Names([]);
  #checked = Number.NEGATIVE_INFINITY;
  #lookMs = 0;

  /**
   * @param warn told of each file that is skipped, once
   * @param lifetime ends all work
   */
  constructor(options: CorpusOptions, warn: (message: string) => void, lifetime: AbortSignal) {
    this.#options = options;
    this.skips = new Skips(warn);
    this.#work = new SharedWork((signal, report) => this.#refresh(signal, report), lifetime);
  }

  /**
   * Makes sure that the catalog is not older than `refreshMs`, or four times what a look takes. Cancelling one caller does
   * not disturb others; what was indexed before the last one left is kept.
   * @throws RootError; the signal's reason
   */
  async ready(signal?: AbortSignal, onProgress?: (progress: WorkProgress) => void): Promise<void> {
    const { refreshMs } = this.#options;
    const patience = refreshMs === 0 ? 0 : Math.max(refreshMs, LOOK_SHARE * this.#lookMs);
    if (performance.now() - this.#checked < patience) return;
    await this.#work.join(signal, onProgress);
  }

  async #refresh(signal: AbortSignal, report: (progress: WorkProgress) => void): Promise<void> {
    const roots = (this.#roots ??= await this.#open());
    const began = performance.now();
    const indexed = this.catalog.indexed;
    this.skips.begin();
    const { files, beyond } = await scan(
      roots,
      this.#options,
      ({ root, relative, code }) => {
        this.skips.add(relative === "" ? root.given : this.#names.path({ root, relative }), code);
      },
      signal,
    );
    if (beyond > 0) this.skips.add("", "too_many", beyond);
    await this.#forget(new Set(files.map(({ path }) => path)));

    const pacer = new Pacer(signal);
    let total = 0;
    let done = 0;
    for await (const { entry, look } of ahead(files, LOOK_AHEAD, (each) => this.#look(roots, each, signal))) {
      signal.throwIfAborted();
      const room = this.#options.maxTotalBytes - total;
      const again = "reason" in look && look.bytes !== undefined && look.bytes <= room;
      if (again) this.#refused.delete(entry.path);
      total += await this.#settle(entry, again ? await this.#look(roots, entry, signal) : look, room, pacer);
      done += 1;
      report({ done, total: files.length });
      if (pacer.due) await pacer.pause();
    }
    this.skips.end();
    this.refreshes += 1;
    this.#checked = performance.now();
    // Of a look that found nothing new.
    if (this.catalog.indexed === indexed) this.#lookMs = this.#checked - began;
  }

  async #open(): Promise<Roots> {
    try {
      const roots = await openRoots(this.#options.roots, this.#options.secrets ? { deny: [] } : {});
      this.#names = new Names(roots.list);
      return roots;
    } catch (error) {
      throw error instanceof FileAccessError ? new RootError(`The root ${error.message}`) : error;
    }
  }

  /** Drops what is no longer there. */
  async #forget(here: ReadonlySet<string>): Promise<void> {
    for (const path of this.catalog.files()) if (!here.has(path)) await this.#put(path, undefined);
    for (const path of this.#refused.keys()) if (!here.has(path)) this.#refused.delete(path);
  }

  /** Finds out what has become of a file, without changing anything. */
  async #look(roots: Roots, entry: WalkEntry, signal: AbortSignal): Promise<Look> {
    const { path } = entry;
    const document = this.catalog.of(path);
    const refused = this.#refused.get(path);
    try {
      const stat = await lstat(path, { bigint: true });
      const unchanged = (stamp: Stamp | undefined): boolean =>
        stamp?.settled === true && stamp.key === stampOf(stat).key;
      if (refused && unchanged(refused.stamp)) return refused;
      const named = document?.path === this.#names.path(entry);
      if (document && named && unchanged(this.#stamps.get(document))) return { document };
      return { file: await readText(roots, path, this.#options.maxFileBytes, signal) };
    } catch (error) {
      if (error instanceof Unreadable) return error;
      const code = (error as { code?: unknown } | null)?.code;
      if (signal.aborted || typeof code !== "string" || !code.startsWith("E")) throw error;
      return { reason: code === "ENOENT" ? "not_found" : "io" };
    }
  }

  /** Brings the catalog up to date with a look. Returns how many bytes of the total the file takes. */
  async #settle(entry: WalkEntry, look: Look, room: number, pacer: Pacer): Promise<number> {
    if ("reason" in look) return this.#refuse(entry, look);
    const { bytes } = "file" in look ? look.file : look.document;
    if (bytes > room) {
      const stamp = "file" in look ? look.file.stamp : this.#stamps.get(look.document);
      return this.#refuse(entry, { reason: "total_too_large", stamp, bytes });
    }
    this.#refused.delete(entry.path);
    const document = "file" in look ? await this.#accept(entry, look.file, pacer) : look.document;
    if (!document) return this.#refuse(entry, { reason: "unparsable" });
    if (document.cut) this.skips.add(document.path, "cut");
    return bytes;
  }

  async #refuse(entry: WalkEntry, refusal: Refusal): Promise<0> {
    const { reason, stamp, bytes } = refusal;
    if (stamp) this.#refused.set(entry.path, { reason, stamp, ...(bytes !== undefined && { bytes }) });
    else this.#refused.delete(entry.path);
    this.skips.add(this.#names.path(entry), reason);
    await this.#put(entry.path, undefined);
    return 0;
  }

  /** The document of a file's text; undefined if there is no making one of it. */
  async #accept(entry: WalkEntry, file: ReadFile, pacer: Pacer): Promise<Document | undefined> {
    const name = this.#names.path(entry);
    let document = this.catalog.of(entry.path);
    if (document?.path === name && document.hash === file.hash) {
      document.modified = file.modified;
    } else {
      try {
        document = await makeDocument(name, entry.path, file, this.#options, pacer);
      } catch (error) {
        // A parser that fails on one file must not cost all others; a cancelled pause is no such failure.
        if (pacer.aborted) throw error;
        return undefined;
      }
      await this.#put(entry.path, document);
    }
    this.#stamps.set(document, file.stamp);
    return document;
  }

  async #put(path: string, document: Document | undefined): Promise<void> {
    const old = this.catalog.of(path);
    if (old) this.#stamps.delete(old);
    await this.catalog.replace(path, document);
  }
}
