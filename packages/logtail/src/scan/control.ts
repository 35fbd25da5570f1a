import type { Hit, SummarizePart } from "./types.ts";

/** What the main thread and the worker both see of a scan: numbers, in memory that they share. */
export interface Shared {
  /** [0]: 1 asks the worker to stop. */
  readonly flags: Int32Array;
  /** [0], [1]: from where to where the bytes lie that are being tested by what may take long; equal: none. */
  readonly risk: Float64Array;
}

export function shared(memory = new SharedArrayBuffer(24)): Shared & { readonly memory: SharedArrayBuffer } {
  return { memory, flags: new Int32Array(memory, 0, 2), risk: new Float64Array(memory, 8, 2) };
}

/** What a scan has found since it last told. */
export interface Told {
  readonly hits: readonly Hit[];
  readonly matched: number;
  readonly scannedBytes: number;
  /** Where to go on if nothing more is told. */
  readonly position: number;
}

/** What a thread had summarized, all of it, when it told so. */
export interface Kept {
  /** Two dumps of summaries, the recent one and that before the split, by `v8.serialize`. */
  readonly dumps: Uint8Array;
  /** What of the part that is being summarized is in them. */
  readonly covered: SummarizePart;
}

/** A scan tells what it found at least so often, in milliseconds. */
const TELL_MS = 100;
/** Steps of a test that may take long enough to be ended by force. */
export const RISKY_STEPS = 1_000_000;

/** The limits of one scan, in the worker. */
export class Control {
  readonly #shared: Shared;
  readonly #ms: number;
  #started = performance.now();
  readonly #tell: (told: Told) => void;
  #told = performance.now();
  #hits: Hit[] = [];
  #matched = 0;
  #toldMatched = 0;

  constructor(memory: Shared, ms: number, tell: (told: Told) => void) {
    this.#shared = memory;
    this.#ms = ms;
    this.#tell = tell;
  }

  get aborted(): boolean {
    return Atomics.load(this.#shared.flags, 0) !== 0;
  }

  /** Milliseconds that the scan may take. */
  get ms(): number {
    return this.#ms;
  }

  /** Milliseconds that it has taken. */
  get elapsed(): number {
    return performance.now() - this.#started;
  }

  get expired(): boolean {
    return this.aborted || this.elapsed >= this.#ms;
  }

  /** Begins the time anew. */
  restart(): void {
    this.#started = performance.now();
  }

  /** Takes a wanted line; without a hit it is only counted. */
  found(hit?: Hit): void {
    this.#matched++;
    if (hit !== undefined) this.#hits.push(hit);
  }

  /** Tells what was found, if it is time. */
  report(scannedBytes: number, position: number, now = performance.now()): void {
    if (now - this.#told < TELL_MS) return;
    this.#tell({ hits: this.#hits, matched: this.#matched, scannedBytes, position });
    this.#toldMatched = this.#matched;
    this.#hits = [];
    this.#told = now;
  }

  /** What has not been told. */
  rest(): Hit[] {
    return this.#hits;
  }

  /**
   * Tests something that may take so long that this thread is ended in the middle; then the bytes are known by which it was,
   * and all that was found before has been told.
   */
  guard<Result>(steps: number, from: number, to: number, scannedBytes: number, test: () => Result): Result {
    if (steps < RISKY_STEPS) return test();
    if (this.#matched > this.#toldMatched) this.report(scannedBytes, from, Infinity);
    const { risk } = this.#shared;
    risk[0] = from;
    risk[1] = to;
    try {
      return test();
    } finally {
      risk[0] = 0;
      risk[1] = 0;
    }
  }
}
