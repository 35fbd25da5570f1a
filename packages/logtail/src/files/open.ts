import { setTimeout } from "node:timers/promises";
import { FileAccessError } from "@plugboard/core/files";
import type { OpenFile, Roots } from "@plugboard/core/files";
import { idOf } from "./identity.ts";
import type { Listed } from "./source.ts";

/** Files changed their names between being listed and opened: list again. */
export class Moved extends Error {
  override readonly name = "Moved";
}

/** How often files are looked for while they change their names. */
export const ATTEMPTS = 20;

/** Lets whoever is changing names go on: not at all after the first attempts, up to 20 ms after the last. */
export async function pause(attempt: number): Promise<void> {
  if (attempt > 2) await setTimeout(attempt);
}

/** Opens listed files, each once, and closes them together; some may be kept open, so that they can vanish and be read. */
export class OpenFiles implements AsyncDisposable {
  readonly #roots: Roots;
  readonly #open = new Map<string, OpenFile>();
  readonly #heads = new Map<string, Buffer>();

  constructor(roots: Roots) {
    this.#roots = roots;
  }

  /** An open file by its id. */
  get(id: string): OpenFile | undefined {
    return this.#open.get(id);
  }

  /**
   * Opens a listed file.
   * @throws Moved if another file has its name by now
   * @throws FileAccessError
   */
  async open(listed: Listed): Promise<OpenFile> {
    const before = this.#open.get(listed.id);
    if (before) return before;
    let file: OpenFile;
    try {
      file = await this.#roots.open(listed.path);
    } catch (error) {
      const gone = error instanceof FileAccessError && (error.code === "not_found" || error.code === "changed");
      throw gone ? new Moved() : error;
    }
    const other = this.#open.get(listed.id);
    if (!other && idOf(file.stat) === listed.id) {
      this.#open.set(listed.id, file);
      return file;
    }
    await file.close();
    if (other) return other;
    throw new Moved();
  }

  /** The first bytes of files as they were when they were left, by their ids; a file may have been truncated since. */
  get heads(): Map<string, Buffer> {
    return this.#heads;
  }

  /** Closes all but these, and forgets their heads. */
  async keep(ids: ReadonlySet<string>): Promise<void> {
    for (const id of this.#heads.keys()) if (!ids.has(id)) this.#heads.delete(id);
    for (const [id, file] of this.#open) {
      if (ids.has(id)) continue;
      this.#open.delete(id);
      await file.close();
    }
  }

  async close(): Promise<void> {
    await this.keep(new Set());
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
