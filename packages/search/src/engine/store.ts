import { Pacer } from "../pacer.ts";
import { Turns } from "../turns.ts";
import { Disk } from "./disk.ts";
import type { Holdings } from "./holdings.ts";
import type { Segment } from "./segment.ts";

/** Keeps what is held in a folder as well, for as long as that is possible; what goes wrong is told and costs nothing else. */
export class Store {
  readonly #holdings: Holdings;
  readonly #warn: (message: string) => void;
  readonly #turns = new Turns();
  #disk: Disk | undefined;
  /** The files that segments are in. */
  #files = new WeakMap<Segment, string>();
  /** The revision of what is held that is on disk. */
  #stored = Number.NaN;
  #warned = "";
  #closed = false;

  /** @param kind see `Disk` */
  constructor(folder: string, kind: string, holdings: Holdings, warn: (message: string) => void) {
    this.#disk = new Disk(folder, kind);
    this.#holdings = holdings;
    this.#warn = warn;
  }

  /** Takes in what was kept. Never rejects. */
  async load(): Promise<void> {
    const pacer = new Pacer();
    let whole = true;
    try {
      const stored = await this.#disk?.load((reason) => {
        whole = false;
        this.#warn(`a part of the kept index is built anew: ${reason}`);
      });
      for (const { file, segment } of stored ?? []) {
        this.#files.set(segment, file);
        this.#holdings.take(segment, await this.#holdings.idsOf(segment, pacer));
      }
      if (whole) this.#stored = this.#holdings.revision;
    } catch (error) {
      this.#disk = undefined;
      this.#warn(`the index cannot be kept on disk and goes on in memory: ${String(error)}`);
    }
  }

  /** Writes what has changed. Never rejects. */
  commit(): Promise<void> {
    return this.#turns.run(() => this.#commit());
  }

  /** Gives up what is under way. Never rejects. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#turns.idle();
  }

  async #commit(): Promise<void> {
    const disk = this.#disk;
    const { revision } = this.#holdings;
    if (!disk || this.#stored === revision || this.#closed) return;
    try {
      let outcome = await this.#write(disk);
      if (outcome === "lost") {
        // Whoever removed the files has not removed what is in memory, and open files can still be read.
        this.#files = new WeakMap();
        outcome = await this.#write(disk);
      }
      if (outcome === "done") this.#stored = revision;
      if (outcome !== "taken") return;
      this.#disk = undefined;
      this.#warn("another process keeps the index in the same folder now; this one goes on in memory");
    } catch (error) {
      // What is on disk is as it was. The next commit tries again.
      const reason = (error as NodeJS.ErrnoException).code ?? String(error);
      this.#warnOnce(`the index could not be written to disk and is tried again with the next change: ${reason}`);
    }
  }

  async #write(disk: Disk): Promise<"done" | "taken" | "lost" | "closed"> {
    for (let next = this.#unwritten(); next && !this.#closed; next = this.#unwritten())
      this.#files.set(next, await disk.write(next));
    if (this.#closed) return "closed";
    return disk.commit(this.#holdings.segments.map((segment) => ({ file: this.#files.get(segment) ?? "", segment })));
  }

  #unwritten(): Segment | undefined {
    return this.#holdings.segments.find((segment) => !this.#files.has(segment));
  }

  #warnOnce(message: string): void {
    if (message !== this.#warned) this.#warn(message);
    this.#warned = message;
  }
}
