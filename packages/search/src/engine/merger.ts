import { Pacer } from "../pacer.ts";
import type { SegmentFactory } from "./factory.ts";
import type { Holdings } from "./holdings.ts";
import { mergeable } from "./merge.ts";
import type { Segment } from "./segment.ts";
import type { IndexDocument } from "./types.ts";

export interface MergerOptions {
  readonly holdings: Holdings;
  readonly factory: SegmentFactory;
  readonly warn: (message: string) => void;
  /** Told of each document that was not as it had been kept, and is gone. */
  readonly onLost: () => void;
}

/** Puts small segments together, and rewrites those that have lost much, in the background. */
export class Merger {
  readonly #options: MergerOptions;
  #running: Promise<void> | undefined;
  #closed = false;

  constructor(options: MergerOptions) {
    this.#options = options;
  }

  /** Starts, if that is due and not under way. */
  start(): void {
    if (this.#running || this.#closed) return;
    const { holdings, warn } = this.#options;
    const chosen = mergeable(holdings.segments);
    if (chosen.length === 0) return;
    this.#running = this.#merge(new Set(chosen))
      .catch((error: unknown) => {
        if (!this.#closed) warn(`the parts of the index could not be put together: ${String(error)}`);
        return false;
      })
      .then((done) => {
        this.#running = undefined;
        if (done) this.start();
      });
  }

  /** Gives up what is under way. Never rejects. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#running;
  }

  /** @returns whether it was done: not if this was closed meanwhile */
  async #merge(chosen: ReadonlySet<Segment>): Promise<boolean> {
    const { holdings, factory } = this.#options;
    const pacer = new Pacer();
    await pacer.pause();
    const documents = await this.#read(chosen, pacer);
    if (this.#closed) return false;
    const merged = await factory.segment(documents);
    const ids = await holdings.idsOf(merged, pacer);
    if (this.#closed) return false;
    // What was changed or removed meanwhile is newer than what was merged.
    for (const [document, id] of ids.entries()) {
      const place = holdings.place(id);
      if (!place || !chosen.has(place.segment)) merged.drop(document);
    }
    holdings.take(merged, ids);
    return true;
  }

  /** All documents that are still in the segments. */
  async #read(segments: ReadonlySet<Segment>, pacer: Pacer): Promise<IndexDocument[]> {
    const { holdings, onLost } = this.#options;
    const documents: IndexDocument[] = [];
    for (const segment of segments) {
      for (let document = 0; document < segment.documents; document += 1) {
        if (pacer.due) await pacer.pause();
        if (this.#closed) return [];
        if (!segment.isLive(document)) continue;
        const whole = segment.whole(document);
        if (whole) documents.push(whole);
        else {
          holdings.drop(segment.id(document));
          onLost();
        }
      }
    }
    return documents;
  }
}
