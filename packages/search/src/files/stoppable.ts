import { unlessAborted } from "./waits.ts";

/**
 * What `open` gives, until the signal aborts: also if whoever gives it takes no notice of the signal and never ends.
 * @throws the signal's reason, and what `open` and the iteration throw
 */
export async function* stoppable<T>(
  open: () => Promise<AsyncIterable<T> | Iterable<T>>,
  signal: AbortSignal,
): AsyncGenerator<T, void, undefined> {
  signal.throwIfAborted();
  const values = await unlessAborted(open(), signal);
  const iterator = Symbol.asyncIterator in values ? values[Symbol.asyncIterator]() : values[Symbol.iterator]();
  let over = false;
  const step = async (): Promise<IteratorResult<T>> => {
    try {
      return await iterator.next();
    } catch (error) {
      over = true;
      throw error;
    }
  };
  try {
    for (;;) {
      const next = await unlessAborted(step(), signal);
      over = next.done === true;
      if (next.done) return;
      yield next.value;
    }
  } finally {
    // Not awaited: one that hangs cannot be waited for.
    if (!over) void Promise.resolve(iterator.return?.()).catch(() => undefined);
  }
}
