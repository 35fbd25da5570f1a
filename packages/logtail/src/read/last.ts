import type { OpenFile } from "@plugboard/core/files";
import type { Position } from "../files/cursor.ts";
import { evidenceOf, withHead } from "../files/identity.ts";
import { Moved } from "../files/open.ts";
import type { OpenFiles } from "../files/open.ts";
import { compressionOf } from "../files/rotation.ts";
import type { Listed, LogFile } from "../files/source.ts";
import { backward, endsOf } from "../lines/backward.ts";
import { sizeOf } from "../lines/bytes.ts";
import type { Line } from "../lines/line.ts";
import { Gatherer } from "./gather.ts";
import type { Limits } from "./gather.ts";
import { damageOf } from "./damage.ts";
import { named } from "./line.ts";
import type { SourceLine } from "./line.ts";
import { isQuiet, isYoung, LINGER_MS } from "./quiet.ts";
import { lastCompressed } from "./ring.ts";

export interface LastOptions extends Limits {
  /** Bytes that every line which `take` gives contains: other lines are not shown to it. UTF-8 files only. */
  readonly literal?: Buffer;
  /** Default 500. */
  readonly quietMs?: number;
  readonly signal?: AbortSignal;
}

/** One file to look back in. */
export interface Back {
  readonly listed: Listed;
  /** Byte offset before which the lines end. Default: the end. */
  readonly before?: number;
}

export interface Last {
  /** In the order of writing. */
  readonly lines: SourceLine[];
  /** Where reading goes on after the last line there is. */
  readonly positions: Position[];
  /** Whether a last line without a line end was left out, since its file is not quiet. */
  readonly held: boolean;
  /** Whether a limit of bytes or time ended it before there were enough lines. */
  readonly cut: boolean;
  /** Sentences on files that are damaged, of which all that can be read was given. */
  readonly damaged: readonly string[];
  readonly scannedLines: number;
  readonly scannedBytes: number;
}

/** Bytes looked at between two looks at the clock. */
const SLICE = 16_777_216;

/**
 * The last lines of one log, by reading backwards: first the file under its name, then what was rotated, the newest first.
 * Compressed files are read forwards, with the last bytes kept. `take` sees the newest line first, and `stop` ends the look.
 */
export async function lastLines(files: OpenFiles, log: LogFile, options: LastOptions): Promise<Last> {
  const back = log.rotated.toReversed().filter((one) => compressionOf(one) !== "other");
  const order: Back[] = [...(log.live ? [log.live] : []), ...back].map((listed) => ({ listed }));
  return new LookBack(files, log, options).run(order);
}

/** The same before a given offset of the first of some files, newest first; gives no positions. */
export async function linesBack(
  files: OpenFiles,
  log: LogFile,
  order: readonly Back[],
  options: LastOptions,
): Promise<SourceLine[]> {
  return (await new LookBack(files, log, options).run(order)).lines;
}

class LookBack {
  readonly #files: OpenFiles;
  readonly #log: LogFile;
  readonly #options: LastOptions;
  readonly #gatherer: Gatherer;
  readonly #positions: Position[] = [];
  #lines: SourceLine[] = [];
  #held = false;
  #stopped = false;
  #short = false;
  readonly #damaged: string[] = [];
  #scannedBytes = 0;

  constructor(files: OpenFiles, log: LogFile, options: LastOptions) {
    this.#files = files;
    this.#log = log;
    this.#options = options;
    this.#gatherer = new Gatherer({ ...options, maxScanBytes: Infinity });
  }

  async run(order: readonly Back[]): Promise<Last> {
    let content = false;
    for (const [index, one] of order.entries()) {
      const wantsLines = !this.#isOver();
      // The file that was rotated last may still be written to; and one with content is needed to find the place again.
      const isRecent = index > 0 && Date.now() - one.listed.mtimeMs < LINGER_MS && this.#positions.length === 1;
      const wantsPosition = index === 0 || (!content && !isCompressed(one.listed)) || isRecent;
      if (!wantsLines && !wantsPosition) break;
      const position = isCompressed(one.listed)
        ? wantsLines && (await this.#compressed(one))
        : await this.#plain(one, wantsLines);
      if (!position || (!wantsPosition && content)) continue;
      this.#positions.unshift(position);
      content ||= position.headLength > 0;
    }
    const { scannedLines } = this.#gatherer;
    const cut = this.#isCut();
    const { maxLines } = this.#gatherer;
    return {
      lines: this.#lines.slice(Math.max(0, this.#lines.length - maxLines)),
      positions: this.#positions,
      held: this.#held,
      cut,
      damaged: this.#damaged,
      scannedLines,
      scannedBytes: this.#scannedBytes,
    };
  }

  #isCut(): boolean {
    const { maxScanBytes = Infinity } = this.#options;
    return this.#short || this.#scannedBytes >= maxScanBytes || performance.now() >= this.#gatherer.deadline;
  }

  #isOver(): boolean {
    const { full, stopped, maxLines } = this.#gatherer;
    return full || stopped || this.#stopped || this.#lines.length >= maxLines || this.#isCut();
  }

  async #plain({ listed, before }: Back, wantsLines: boolean): Promise<Position> {
    const file = await this.#files.open(listed);
    const size = await sizeOf(file);
    const end = before ?? (await this.#endOf(file, size));
    // Before the lines are read: should the file be truncated meanwhile, the next reading sees it.
    const found = await evidenceOf(file, false, end).catch((error: unknown) => {
      throw error instanceof RangeError ? new Moved() : error;
    });
    const { evidence, head } = await withHead(file, found);
    if (head) this.#files.heads.set(listed.id, head);
    let slice = SLICE;
    for (let next = end; wantsLines && next > 0 && !this.#isOver();) {
      const limit = (this.#options.maxScanBytes ?? Infinity) - this.#scannedBytes;
      const { maxLineBytes, literal, signal } = this.#options;
      const part = await backward(file, {
        maxLines: this.#gatherer.maxLines - this.#lines.length,
        before: next,
        maxScanBytes: Math.min(limit, slice),
        filter: (_, line) => {
          const verdict = this.#gatherer.offer(this.#named(listed, line));
          return verdict === "end" ? "stop" : verdict === "give";
        },
        ...(literal && { literal }),
        ...(maxLineBytes !== undefined && { maxLineBytes }),
        ...(signal && { signal }),
      });
      this.#lines = part.lines.map((line) => this.#named(listed, line)).concat(this.#lines);
      this.#scannedBytes += part.scannedBytes;
      // A line that is longer than the slice has to be looked at in one.
      slice = part.next === next ? slice * 4 : SLICE;
      ({ next } = part);
    }
    return { label: this.#log.label, id: listed.id, ...evidence, left: size - end };
  }

  /** Where the file ends for us: before a last line that has no line end yet. */
  async #endOf(file: OpenFile, size: number): Promise<number> {
    const { signal, quietMs } = this.#options;
    if ((await endsOf(file, size)).complete) return size;
    const { lines } = await backward(file, { maxLines: 1, before: size, maxLineBytes: 64, ...(signal && { signal }) });
    const tail = lines[0];
    if (!tail || tail.complete) return size;
    if (this.#gatherer.maxLines > 0 && (await isQuiet(file, quietMs))) return size;
    this.#held = true;
    return tail.start;
  }

  async #compressed({ listed, before }: Back): Promise<Position | undefined> {
    const file = await this.#files.open(listed);
    const room = this.#gatherer.maxLines - this.#lines.length;
    const ring = await lastCompressed(file, {
      ...this.#options,
      room,
      nameOf: (line) => this.#named(listed, line),
      onScanned: (bytes) => {
        this.#scannedBytes += bytes;
        return !this.#isCut();
      },
      ...(before !== undefined && { before }),
    });
    if (!ring) return undefined;
    this.#stopped ||= ring.stopped;
    this.#short ||= ring.cut && ring.lines.length < room;
    const { damagedAt } = ring;
    if (damagedAt !== undefined && !(await isYoung(file))) this.#damaged.push(damageOf(listed, damagedAt));
    this.#lines.unshift(...ring.lines);
    return ring.evidence && { label: this.#log.label, id: listed.id, ...ring.evidence, left: 0 };
  }

  #named(listed: Listed, line: Line): SourceLine {
    return named(line, this.#log.label, isCompressed(listed), listed.id);
  }
}

function isCompressed(listed: Listed): boolean {
  return compressionOf(listed) === "gzip";
}
