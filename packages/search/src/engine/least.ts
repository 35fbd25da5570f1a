/**
 * The smallest of the `count` largest of some numbers, the first `length` of a list; −Infinity where there are no more than
 * that. Keeps a heap of numbers with the smallest on top, so that most of many are passed over with one comparison.
 */
export function leastOfLargest(values: Float64Array, length: number, count: number): number {
  if (length <= count || count < 1) return Number.NEGATIVE_INFINITY;
  const heap = values.slice(0, count).sort();
  for (let next = count; next < length; next += 1) {
    const value = values[next] as number;
    if (value <= (heap[0] as number)) continue;
    let at = 0;
    for (;;) {
      let smaller = 2 * at + 1;
      if (smaller >= count) break;
      if (smaller + 1 < count && (heap[smaller + 1] as number) < (heap[smaller] as number)) smaller += 1;
      if ((heap[smaller] as number) >= value) break;
      heap[at] = heap[smaller] as number;
      at = smaller;
    }
    heap[at] = value;
  }
  return heap[0] as number;
}
