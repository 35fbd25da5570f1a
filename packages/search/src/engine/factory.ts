import type { Language } from "../analysis/types.ts";
import { Pacer } from "../pacer.ts";
import { SegmentBuilder } from "./builder.ts";
import type { BuiltSegment } from "./builder.ts";
import { Segment } from "./segment.ts";
import { textsInMemory } from "./texts.ts";
import { BuildThreads, charsOf } from "./thread.ts";
import type { IndexDocument } from "./types.ts";

/** Units of text in one segment. */
const SEGMENT_CHARS = 16 * 1024 * 1024;
/** Documents in one segment: all of them are put in at once, which other work waits for. */
const SEGMENT_DOCUMENTS = 4_096;
/** From so many units on, threads share the work. */
const SHARED_CHARS = 4 * 1024 * 1024;
/** Up to so many units are indexed at once, without a thread. */
const INLINE_CHARS = 64 * 1024;

/** Makes segments of documents: of few here, of many in threads. */
export class SegmentFactory {
  readonly #languages: readonly Language[];
  readonly #threads: BuildThreads;

  constructor(languages: readonly Language[]) {
    this.#languages = languages;
    this.#threads = new BuildThreads({ languages });
  }

  /**
   * Makes as many segments as it takes, several at a time, and gives them in the order of their documents. Of documents with
   * the same id the last counts.
   * @throws the signal's reason; Error if a thread fails or the factory is closed
   */
  async *segments(documents: readonly IndexDocument[], signal?: AbortSignal): AsyncGenerator<Segment, void, undefined> {
    const making: Promise<Segment>[] = [];
    try {
      for await (const part of parts(documents, this.#threads.width, new Pacer(signal))) {
        signal?.throwIfAborted();
        const segment = this.segment(part, signal);
        // Another of them may fail before this one is waited for.
        segment.catch(() => undefined);
        making.push(segment);
        if (making.length >= this.#threads.width) yield making.shift() as Promise<Segment>;
      }
      while (making.length > 0) yield making.shift() as Promise<Segment>;
    } finally {
      await Promise.allSettled(making);
    }
  }

  /** Makes one segment of documents with different ids. @throws as `segments` */
  async segment(documents: readonly IndexDocument[], signal?: AbortSignal): Promise<Segment> {
    const { index, texts } = await this.#build(documents, signal);
    const pacer = new Pacer();
    const segment = new Segment(index, textsInMemory(texts), true);
    if (pacer.due) await pacer.pause();
    return segment;
  }

  /** Ends all work, which then fails. */
  close(): Promise<void> {
    return this.#threads.close();
  }

  async #build(documents: readonly IndexDocument[], signal: AbortSignal | undefined): Promise<BuiltSegment> {
    const chars = documents.reduce((sum, each) => sum + charsOf(each), 0);
    if (chars > INLINE_CHARS) return this.#threads.build(documents, signal);
    const builder = new SegmentBuilder({ languages: this.#languages });
    const pacer = new Pacer(signal);
    for (const document of documents) {
      builder.add(document);
      if (pacer.due) await pacer.pause();
    }
    return builder.finish();
  }
}

/** Documents in parts that make a segment each: so many that all builders have the same to do. */
async function* parts(
  documents: readonly IndexDocument[],
  builders: number,
  pacer: Pacer,
): AsyncGenerator<readonly IndexDocument[], void, undefined> {
  const byId = new Map<string, { document: IndexDocument; size: number }>();
  let total = 0;
  for (const document of documents) {
    if (pacer.due) await pacer.pause();
    const size = charsOf(document);
    total += size - (byId.get(document.id)?.size ?? 0);
    byId.set(document.id, { document, size });
  }
  const shares = total < SHARED_CHARS ? 1 : Math.ceil(total / SEGMENT_CHARS / builders) * builders;
  let part: IndexDocument[] = [];
  let chars = 0;
  for (const { document, size } of byId.values()) {
    part.push(document);
    chars += size;
    if (chars < total / shares && part.length < SEGMENT_DOCUMENTS) continue;
    yield part;
    [part, chars] = [[], 0];
  }
  if (part.length > 0) yield part;
}
