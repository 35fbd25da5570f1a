import { FileAccessError } from "@plugboard/core/files";
import type { OpenFile } from "@plugboard/core/files";
import type { Position } from "../files/cursor.ts";
import { evidenceFrom, evidenceOf, matches, withHead } from "../files/identity.ts";
import type { Evidence } from "../files/identity.ts";
import { Moved } from "../files/open.ts";
import type { OpenFiles } from "../files/open.ts";
import type { Gap, Plan, Segment } from "../files/plan.ts";
import { backward } from "../lines/backward.ts";
import { statOf } from "../lines/bytes.ts";
import { forward } from "../lines/forward.ts";
import type { Line } from "../lines/line.ts";
import { MAX_LINE_BYTES } from "../lines/split.ts";
import { damageOf } from "./damage.ts";
import { named } from "./line.ts";
import type { SourceLine } from "./line.ts";
import { isQuiet, isYoung, LINGER_MS } from "./quiet.ts";
import { Window } from "./window.ts";

export interface ChainOptions {
  /** Longest text of a line in bytes. Default 65,536. */
  readonly maxLineBytes?: number | undefined;
  /** Default 500. */
  readonly quietMs?: number | undefined;
  /** Milliseconds after which a line that is still being looked for is cut short. Default: no limit. */
  readonly maxMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Whether no file of the log was copied and truncated since the plan was made. */
  readonly isCurrent: (plan: Plan) => Promise<boolean>;
}

/** Lines of one segment, one after the other. */
export interface Batch {
  readonly lines: readonly SourceLine[];
  /** To be set to the end of each line that is consumed, in order. */
  readonly progress: { offset: number };
  /** At the first batch of a file of which a part was read before: some of the lines before it. */
  readonly before?: () => Promise<readonly Line[]>;
}

interface Progress {
  readonly segment: Segment;
  readonly file: OpenFile;
  /** What was consumed; what was only pulled lies behind it. */
  offset: number;
  /** Whether all of the file was pulled, but for a line that is held. */
  ended: boolean;
  readonly window: Window;
}

interface Kept {
  readonly position: Position;
  /** Whether it was read to its end and nobody is likely to write to it. */
  readonly finished: boolean;
  /** The last change of the file, in milliseconds since the epoch; 0 if it was not looked at. */
  readonly mtimeMs: number;
}

/** How many files that were rotated away are still looked at for a writer that has not noticed. */
const MAX_LINGERING = 4;
/** Of a file of which nothing is sure but its inode: what is in it now may not be what comes next. */
const NOTHING = evidenceFrom(Buffer.alloc(0), 0, Buffer.alloc(0));
/** Lines looked at before those that are read, to know the time of a line that has none. */
const CONTEXT = 50;

/**
 * The lines of one log over its segments, as they are pulled. What is pulled and not consumed comes again the next time:
 * {@link Chain.positions} tells how far it was consumed.
 */
export class Chain {
  readonly plan: Plan;
  /** Whether a last line without a line end is held back until its file is quiet. */
  held = false;
  /** Whether the chain could not go on, and the next reading has to begin where this one did. */
  moved = false;
  /** Whether the time was over before the end was reached. */
  late = false;
  /** What was found to be damaged; told once, when all before it was consumed. */
  readonly gaps: Gap[] = [];
  /** Why a file could not be opened. */
  refused: FileAccessError | undefined;
  readonly #files: OpenFiles;
  readonly #options: ChainOptions;
  readonly #begun: Progress[] = [];

  constructor(files: OpenFiles, plan: Plan, options: ChainOptions) {
    this.plan = plan;
    this.#files = files;
    this.#options = options;
  }

  async *batches(): AsyncGenerator<Batch, void, undefined> {
    for (const segment of this.plan.segments) {
      const progress = await this.#begin(segment);
      if (!progress) return;
      yield* this.#read(progress);
      if (this.late || this.moved) return;
    }
  }

  async #begin(segment: Segment): Promise<Progress | undefined> {
    try {
      const file = segment.file ?? (segment.listed && (await this.#files.open(segment.listed)));
      if (!file) return undefined;
      const known = (await this.#copied(segment, file)) ?? segment.position;
      const progress = { segment, file, offset: known?.offset ?? 0, ended: false, window: new Window(known) };
      this.#begun.push(progress);
      return progress;
    } catch (error) {
      if (error instanceof Moved) this.moved = true;
      else if (error instanceof FileAccessError) this.refused = error;
      else throw error;
      return undefined;
    }
  }

  /** How far a file of unknown content was read as its copy, if that was made and it is not truncated yet. */
  async #copied(segment: Segment, file: OpenFile): Promise<Evidence | undefined> {
    if (!segment.live || segment.position?.headLength) return undefined;
    for (const { window, offset } of this.#begun) {
      const evidence = offset > 0 && offset === window.end ? window.evidence(offset) : undefined;
      if (evidence && (await matches(file, false, evidence)) === "same") return evidence;
    }
    return undefined;
  }

  async *#read(progress: Progress): AsyncGenerator<Batch, void, undefined> {
    const { segment, file, window } = progress;
    const { signal, maxMs, maxLineBytes = MAX_LINE_BYTES } = this.#options;
    let damagedAt: number | undefined;
    const parts = forward(file, {
      from: progress.offset,
      compressed: segment.compressed,
      maxLineBytes,
      ...(maxMs !== undefined && { maxMs }),
      onChunk: (chunk) => window.push(chunk),
      onBefore: (bytes, at) => window.before(bytes, at),
      onDamaged: (at) => {
        damagedAt = at;
      },
      ...(signal && { signal }),
    });
    const { offset } = progress;
    const before = async (): Promise<readonly Line[]> =>
      (await backward(file, { maxLines: CONTEXT, before: offset, maxScanBytes: 1, maxLineBytes: 1024 })).lines;
    let checked = false;
    let first = offset > 0 && !segment.compressed;
    for await (const part of parts) {
      // A compressed file that ends early may still be written.
      const isPartial = damagedAt !== undefined && (await isYoung(file));
      if (part.ended === "end") progress.ended = !isPartial;
      // Nothing was known of its content: what was there when the plan was made may have been copied away meanwhile.
      const isUnknown = offset === 0 && segment.live && !segment.position?.headLength && progress.offset === 0;
      if (isUnknown && !checked && (part.lines.length > 0 || part.rest)) {
        checked = true;
        if (!(await this.#options.isCurrent(this.plan))) this.moved = true;
        if (this.moved) return;
      }
      if (part.lines.length > 0) {
        yield { lines: part.lines.map((line) => this.#named(segment, line)), progress, ...(first && { before }) };
        first = false;
      }
      if (part.ended === "limit") this.late = true;
      if (part.ended === "changed") this.moved = true;
      if (part.rest) {
        if (segment.compressed ? !isPartial : await isQuiet(file, this.#options.quietMs))
          yield { lines: [this.#named(segment, part.rest)], progress };
        else this.held = true;
      }
      const isNew = damagedAt !== undefined && (segment.position?.offset ?? -1) < damagedAt && !isPartial;
      if (damagedAt === undefined || !isNew || !segment.listed) continue;
      this.gaps.push({ file: this.plan.log.label, reason: damageOf(segment.listed, damagedAt) });
    }
  }

  #named(segment: Segment, line: Line): SourceLine {
    return named(line, this.plan.log.label, segment.compressed, segment.id);
  }

  /**
   * How far the log was consumed: where the next reading goes on.
   * @param time of the cursor that they go into, in milliseconds since the epoch
   */
  async positions(time: number): Promise<Position[]> {
    const kept: Kept[] = [];
    for (const [index, segment] of this.plan.segments.entries()) {
      let progress = this.#begun.find((one) => one.segment === segment);
      if (!progress && !segment.position && kept.length > 0) break;
      // What was not looked at keeps its place in the row.
      if (!progress && segment.position) {
        kept.push({ position: segment.position, finished: false, mtimeMs: 0 });
        continue;
      }
      progress ??= await this.#begin(segment);
      if (!progress) break;
      const isLast = index === this.plan.segments.length - 1;
      kept.push(await this.#positionOf(progress, isLast));
    }
    if (kept.length === 0) return [...this.plan.known];
    // One that had content is kept, since an empty one cannot be known again when it is compressed.
    const content = kept.findLastIndex(({ position }) => position.headLength > 0);
    // So is the last that would be taken for a new one by its time.
    const recent = kept.findLastIndex(({ mtimeMs, finished }) => finished && mtimeMs > time);
    const wanted = kept.filter(({ finished }, index) => !finished || index >= content || index === recent);
    return wanted.slice(-MAX_LINGERING - 1).map(({ position }) => position);
  }

  async #positionOf(progress: Progress, isLast: boolean): Promise<Kept> {
    const { segment, file, offset, window } = progress;
    const { label } = this.plan.log;
    const isUnsure = offset === 0 && !segment.position?.headLength && (this.moved || window.end === 0);
    const read = isUnsure
      ? NOTHING
      : (window.evidence(offset) ??
        (await evidenceOf(file, segment.compressed, offset, this.#options.signal).catch(truncated)) ??
        segment.position ??
        NOTHING);
    const { evidence, head } = segment.compressed ? { evidence: read, head: undefined } : await withHead(file, read);
    // By it a copy is known that has less of it. The file may be truncated by now.
    const remembered = head ?? window.head;
    if (remembered?.length === evidence.headLength) this.#files.heads.set(segment.id, remembered);
    const { size, mtimeMs } = await statOf(file);
    if (segment.compressed) {
      const position = { ...evidence, label, id: segment.id, left: 0 };
      return { position, finished: !isLast && progress.ended && offset >= window.end, mtimeMs };
    }
    const left = Math.max(0, size - read.offset);
    const lingers = Date.now() - mtimeMs < LINGER_MS;
    const position = { ...evidence, label, id: segment.id, left };
    return { position, finished: !isLast && left === 0 && !lingers, mtimeMs };
  }
}

/** Evidence that was not kept, of a file that is truncated by now: what was read of it comes again if it is anywhere. */
function truncated(error: unknown): undefined {
  if (!(error instanceof RangeError)) throw error;
}
