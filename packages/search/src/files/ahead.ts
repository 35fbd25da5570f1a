/**
 * Applies `look` to each of `entries` in order, a few at a time ahead of the consumer. A failure comes where its entry
 * would have come.
 */
export async function* ahead<E, L>(
  entries: Iterable<E>,
  count: number,
  look: (entry: E) => Promise<L>,
): AsyncGenerator<{ entry: E; look: L }, void, undefined> {
  const queue: { entry: E; promise: Promise<L> }[] = [];
  const rest = entries[Symbol.iterator]();
  for (;;) {
    while (queue.length < count) {
      const { value: entry, done } = rest.next();
      if (done) break;
      const promise = look(entry);
      // Whoever stops early need not see the failures of what was looked at ahead.
      promise.catch(() => undefined);
      queue.push({ entry, promise });
    }
    const first = queue.shift();
    if (!first) return;
    yield { entry: first.entry, look: await first.promise };
  }
}
