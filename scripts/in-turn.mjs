/**
 * Works on all items in their order, so many at a time. After a failure nothing more is begun, and what has begun is waited for.
 * @template T
 * @param {readonly T[]} items
 * @param {number} atOnce
 * @param {(item: T) => Promise<unknown>} work
 * @throws the first failure
 */
export async function inTurn(items, atOnce, work) {
  const waiting = items.values();
  /** @type {unknown[]} */
  const failures = [];
  const worker = async () => {
    for (const item of waiting) {
      if (failures.length > 0) return;
      await work(item).catch((failure) => failures.push(failure));
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  if (failures.length > 0) throw failures[0];
}
