/** Waits for signals to abort, with one listener for each of them, however many callbacks there are: all calls of one request have one signal. */
export class Watch {
  readonly #signals = new Map<AbortSignal, { readonly callbacks: Set<() => void>; readonly listener: () => void }>();

  add(signal: AbortSignal, callback: () => void): void {
    const known = this.#signals.get(signal);
    if (known) {
      known.callbacks.add(callback);
      return;
    }
    const callbacks = new Set([callback]);
    const listener = (): void => callbacks.forEach((tell) => tell());
    this.#signals.set(signal, { callbacks, listener });
    signal.addEventListener("abort", listener);
  }

  delete(signal: AbortSignal, callback: () => void): void {
    const known = this.#signals.get(signal);
    if (!known) return;
    known.callbacks.delete(callback);
    if (known.callbacks.size > 0) return;
    signal.removeEventListener("abort", known.listener);
    this.#signals.delete(signal);
  }
}
