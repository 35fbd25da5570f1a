type Some<T> = AsyncIterable<T> | Iterable<T>;

/**
 * What `open` gives, until the signal aborts: also if whoever gives it takes no notice of the signal and never ends.
 * @throws the signal's reason, and what `open` and the iteration throw
 */
export async function* stoppable<T>(
  open: () => Promise<Some<T>>,
  signal: AbortSignal,
): AsyncGenerator<T, void, undefined> {
  signal.throwIfAborted();
  const values = await unlessAborted(open(), signal);
  const iterator = Symbol.asyncIterator in values ? values[Symbol.asyncIterator]() : values[Symbol.iterator]();
  let over = false;
  try {
    for (;;) {
      const next = await unlessAborted(Promise.resolve(iterator.next()), signal, () => (over = true));
      over = next.done === true;
      if (next.done) return;
      yield next.value;
    }
  } finally {
    // Not awaited: one that hangs cannot be waited for.
    if (!over) void Promise.resolve(iterator.return?.()).catch(() => undefined);
  }
}

/** @param onFailure called if the promise itself rejects */
async function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal, onFailure?: () => void): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason as Error);
    if (signal.aborted) onAbort();
    signal.addEventListener("abort", onAbort, { once: true });
    promise
      .then(resolve, (error: unknown) => {
        onFailure?.();
        reject(error as Error);
      })
      .finally(() => signal.removeEventListener("abort", onAbort));
  });
}
