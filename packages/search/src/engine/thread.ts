import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import { Pacer } from "../pacer.ts";
import { Turns } from "../turns.ts";
import type { BuildOptions, BuiltSegment } from "./builder.ts";
import { workerEntry } from "./entry.ts";
import type { BuildAnswer, BuildRequest } from "./serve.ts";
import type { IndexDocument } from "./types.ts";

/** What is said to whoever comes too late. */
export const CLOSED = "The index has been closed.";

/** Units of text that go over in one message: what is copied at once must not hold up others. */
const BATCH_CHARS = 64 * 1024;
/** Messages that may be on their way before the first is answered: enough to do for a thread while this one is busy. */
const WINDOW = 6;
const MAX_THREADS = 2;
/** An idle thread ends after this time. */
const IDLE_MS = 2_000;

/** Threads that build segments side by side: as many as there are processors to spare, two at the most. */
export class BuildThreads {
  readonly #threads: readonly BuildThread[];

  constructor(options: BuildOptions) {
    const count = Math.max(1, Math.min(MAX_THREADS, availableParallelism()));
    this.#threads = Array.from({ length: count }, () => new BuildThread(options));
  }

  /** Segments that are built at the same time. */
  get width(): number {
    return this.#threads.length;
  }

  /**
   * Builds a segment, in the thread that has least to do: a second one is started only while the first is busy.
   * @throws the signal's reason; Error if the thread fails
   */
  build(documents: readonly IndexDocument[], signal?: AbortSignal): Promise<BuiltSegment> {
    const thread = this.#threads.reduce((least, each) => (each.waiting < least.waiting ? each : least));
    return thread.build(documents, signal);
  }

  async close(): Promise<void> {
    await Promise.all(this.#threads.map((thread) => thread.close()));
  }
}

/** A thread in which segments are built, one after the other; started when it is needed. */
class BuildThread {
  /** Builds that are not over. */
  waiting = 0;
  readonly #options: BuildOptions;
  readonly #turns = new Turns();
  #worker: Worker | undefined;
  #idle: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(options: BuildOptions) {
    this.#options = options;
  }

  async build(documents: readonly IndexDocument[], signal?: AbortSignal): Promise<BuiltSegment> {
    this.waiting += 1;
    try {
      return await this.#turns.run(() => this.#build(documents, signal));
    } finally {
      this.waiting -= 1;
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#idle);
    await this.#end();
  }

  async #build(documents: readonly IndexDocument[], signal: AbortSignal | undefined): Promise<BuiltSegment> {
    signal?.throwIfAborted();
    if (this.#closed) throw new Error(CLOSED);
    clearTimeout(this.#idle);
    const worker = (this.#worker ??= this.#spawn());
    worker.ref();
    const conversation = new Conversation(worker);
    const pacer = new Pacer();
    try {
      conversation.send({ type: "begin", options: this.#options });
      for (const batch of batches(documents)) {
        await conversation.until(WINDOW);
        if (pacer.due) await pacer.pause();
        if (signal?.aborted) {
          conversation.send({ type: "discard" });
          await conversation.until(1);
          throw signal.reason;
        }
        conversation.send({ type: "add", documents: batch });
      }
      conversation.send({ type: "finish" });
      await conversation.until(1);
      if (!conversation.built) throw new Error("The index could not be built: its thread gave no answer.");
      return conversation.built;
    } catch (error) {
      if (conversation.broken) void this.#end();
      throw this.#closed ? new Error(CLOSED, { cause: error }) : error;
    } finally {
      conversation.end();
      worker.unref();
      if (!this.#closed) this.#idle = setTimeout(() => void this.#end(), IDLE_MS).unref();
    }
  }

  async #end(): Promise<void> {
    const worker = this.#worker;
    this.#worker = undefined;
    await worker?.terminate();
  }

  #spawn(): Worker {
    const worker = new Worker(workerEntry(), { execArgv: [] });
    // Between two builds nobody else listens: one that has ended would never answer the next.
    worker.on("error", () => undefined);
    worker.once("exit", () => {
      if (this.#worker === worker) this.#worker = undefined;
    });
    return worker;
  }
}

/** Messages to a thread and its answers, each of which confirms one message. */
class Conversation {
  built: BuiltSegment | undefined;
  broken = false;
  readonly #worker: Worker;
  #open = 0;
  #failure: Error | undefined;
  #wake: (() => void) | undefined;

  constructor(worker: Worker) {
    this.#worker = worker;
    worker.on("message", this.#hear).on("error", this.#fail).on("exit", this.#fail);
  }

  send(request: BuildRequest): void {
    this.#open += 1;
    this.#worker.postMessage(request);
  }

  /** Waits until fewer than so many messages are unanswered. */
  async until(fewer: number): Promise<void> {
    while (this.#open >= fewer && !this.#failure) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    if (this.#failure) throw this.#failure;
  }

  end(): void {
    this.#worker.off("message", this.#hear).off("error", this.#fail).off("exit", this.#fail);
  }

  readonly #hear = (answer: BuildAnswer): void => {
    this.#open -= 1;
    if (answer.type === "built") this.built = answer.segment;
    if (answer.type === "failed") {
      this.#failure = new Error(`The index could not be built: ${answer.message}`);
      // What is still on its way must not be taken for an answer to somebody else.
      this.broken = true;
    }
    this.#wake?.();
  };

  readonly #fail = (error: unknown): void => {
    this.broken = true;
    this.#failure = new Error("The index could not be built: its thread has ended.", { cause: error });
    this.#wake?.();
  };
}

function* batches(documents: readonly IndexDocument[]): Generator<IndexDocument[], void, undefined> {
  let batch: IndexDocument[] = [];
  let chars = 0;
  for (const document of documents) {
    batch.push(document);
    chars += charsOf(document);
    if (chars < BATCH_CHARS) continue;
    yield batch;
    batch = [];
    chars = 0;
  }
  if (batch.length > 0) yield batch;
}

/** About how much there is to read in a document, in UTF-16 units. */
export function charsOf(document: IndexDocument): number {
  return document.sections.reduce((sum, { text }) => sum + text.length + 100, 200);
}
