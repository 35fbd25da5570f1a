import { setImmediate } from "node:timers/promises";
import type { OpenFile } from "@plugboard/core/files";
import type { Evidence } from "../files/identity.ts";
import { chunks } from "../lines/bytes.ts";
import { encodingOf } from "../lines/decode.ts";
import type { Encoding } from "../lines/decode.ts";
import type { Line } from "../lines/line.ts";
import { LineSplitter, MAX_LINE_BYTES } from "../lines/split.ts";
import { Gatherer } from "./gather.ts";
import type { Limits } from "./gather.ts";
import type { SourceLine } from "./line.ts";
import { Tail } from "./tail.ts";
import { Window } from "./window.ts";

export interface RingOptions extends Limits {
  /** Lines in all. */
  readonly room: number;
  /** Byte offset before which the lines end, uncompressed. Default: the end. */
  readonly before?: number;
  /** Bytes that every line which `take` gives contains. */
  readonly literal?: Buffer;
  readonly nameOf: (line: Line) => SourceLine;
  /** Told how many bytes were looked at, uncompressed; false ends it without an answer. */
  readonly onScanned: (bytes: number) => boolean;
  readonly signal?: AbortSignal;
}

export interface Ring {
  /** In the order of writing. */
  readonly lines: SourceLine[];
  /** Of the end of what was read. */
  readonly evidence: Evidence | undefined;
  /** Whether `take` stopped it: what comes before the lines is not wanted. */
  readonly stopped: boolean;
  /** Whether there are more lines before these than could be kept. */
  readonly cut: boolean;
  /** Where the file is damaged: see `ChunkOptions.onDamaged`. */
  readonly damagedAt: number | undefined;
}

/** Collects the last lines of bytes that come in order. */
interface Collector {
  /** @returns after a while in which the event loop could go on */
  push(bytes: Buffer, offset: number): Promise<void>;
  end(): Promise<{ lines: Line[]; stopped: boolean; cut: boolean }>;
}

/**
 * The last lines of a compressed file, which can be read forwards only. Where all lines are wanted, only bytes are kept as it
 * goes on, and the lines looked for in the last of them; `take` has to be shown every line.
 */
export async function lastCompressed(file: OpenFile, options: RingOptions): Promise<Ring | undefined> {
  const { room, before = Infinity, literal, take, maxLineBytes = MAX_LINE_BYTES, signal } = options;
  const window = new Window();
  let collector: Collector | undefined;
  let damagedAt: number | undefined;
  const onDamaged = (offset: number): void => {
    damagedAt = offset;
  };
  for await (const chunk of chunks(file, true, 0, { signal, onDamaged })) {
    const bytes = chunk.bytes.subarray(0, Math.max(0, before - chunk.offset));
    const { offset } = chunk;
    window.push({ bytes, offset });
    if (!collector) {
      const encoding = encodingOf(bytes);
      collector = take || literal ? new Shown(options, encoding) : new Tail(room, maxLineBytes, encoding);
    }
    await collector.push(bytes, offset);
    const goesOn = options.onScanned(bytes.length);
    if (window.end >= before) break;
    // What was met so far is not the end of the file.
    if (!goesOn) return undefined;
  }
  const found = (await collector?.end()) ?? { lines: [], stopped: false, cut: false };
  const lines: SourceLine[] = [];
  const counter = new Gatherer({ ...options, maxLines: room, take: () => "give" });
  for (const line of found.lines.slice(Math.max(0, found.lines.length - room)).toReversed()) {
    const one = options.nameOf(line);
    if (counter.offer(one) === "end") break;
    lines.push(one);
  }
  return { ...found, lines: lines.reverse(), evidence: window.evidence(window.end), damagedAt };
}

/** Bytes of which the lines are made at once. */
const SLICE = 16_384;

/** Shows every line to `take`, and keeps the last that it gives. */
class Shown implements Collector {
  readonly #options: RingOptions;
  readonly #splitter: LineSplitter;
  readonly #literal: string | undefined;
  #kept: Line[] = [];
  #stopped = false;

  constructor(options: RingOptions, encoding: Encoding) {
    const { maxLineBytes, literal } = options;
    this.#options = options;
    this.#literal = literal?.toString();
    this.#splitter = new LineSplitter({ encoding, ...(maxLineBytes !== undefined && { maxLineBytes }) });
  }

  async push(bytes: Buffer): Promise<void> {
    for (let from = 0; from < bytes.length; from += SLICE) {
      for (const line of this.#splitter.push(bytes.subarray(from, from + SLICE))) this.#offer(line);
      await setImmediate();
    }
    const { room } = this.#options;
    if (this.#kept.length > 2 * room) this.#kept.splice(0, this.#kept.length - room);
  }

  async end(): Promise<{ lines: Line[]; stopped: boolean; cut: boolean }> {
    const rest = this.#splitter.rest();
    if (rest) this.#offer(rest);
    return { lines: this.#kept, stopped: this.#stopped, cut: false };
  }

  #offer(line: Line): void {
    if (this.#literal !== undefined && !line.text.includes(this.#literal)) return;
    const verdict = this.#options.take?.(this.#options.nameOf(line)) ?? "give";
    if (verdict === "give") this.#kept.push(line);
    if (verdict !== "stop") return;
    this.#kept = [];
    this.#stopped = true;
  }
}
