/** How long to sleep when another thread is choosing, in milliseconds. */
const SLEEP_MS = 10;

/**
 * Hands out a part piece by piece from its end, to one thread or to several that work on it together. What has been handed
 * out is without a gap.
 */
export class Claims {
  /** For another thread's `Claims`. */
  readonly memory: SharedArrayBuffer;
  readonly #left: Float64Array;
  readonly #lock: Int32Array;

  constructor(memory: SharedArrayBuffer) {
    this.memory = memory;
    this.#left = new Float64Array(memory, 0, 1);
    this.#lock = new Int32Array(memory, 8, 1);
  }

  /** @param to where the part ends */
  static until(to: number): Claims {
    const claims = new Claims(new SharedArrayBuffer(16));
    claims.#left[0] = to;
    return claims;
  }

  /** Where that begins which was handed out last. */
  get start(): number {
    return this.#left[0] ?? 0;
  }

  /**
   * The next piece; undefined when nothing is left.
   * @param from where the part begins
   * @param startOf where the piece begins that ends at an offset; no other thread is asked meanwhile
   * @param stopped whether to wait no longer for another thread; then undefined is returned
   */
  async next(
    from: number,
    startOf: (end: number) => Promise<number>,
    stopped: () => boolean,
  ): Promise<{ readonly from: number; readonly to: number } | undefined> {
    while (Atomics.compareExchange(this.#lock, 0, 0, 1) !== 0) {
      if (stopped()) return undefined;
      Atomics.wait(this.#lock, 0, 1, SLEEP_MS);
    }
    try {
      const to = this.start;
      if (to <= from) return undefined;
      const start = await startOf(to);
      this.#left[0] = start;
      return { from: start, to };
    } finally {
      Atomics.store(this.#lock, 0, 0);
      Atomics.notify(this.#lock, 0);
    }
  }
}
