export interface MergeOptions<Item> {
  /** Ms since the epoch; undefined for what has no time, and goes with what is before it in its stream. */
  readonly timeOf: (item: Item) => number | undefined;
  /** Items without a time at the start of a stream that are held to find the first time; default 100. */
  readonly lookAhead?: number;
}

interface Lane<Item> {
  readonly waiting: Item[];
  /** Of the first that waits: the latest time up to it, so that a stream keeps its own order. */
  time: number | undefined;
  ended: boolean;
}

/**
 * Merges streams by time. Each stream keeps its own order: what is earlier than what stood before it goes with that.
 * Equal times come in the order of the streams. Holds one item of each stream, and at its start at most `lookAhead`.
 */
export async function* mergeByTime<Item>(
  streams: readonly (Iterable<Item> | AsyncIterable<Item>)[],
  options: MergeOptions<Item>,
): AsyncGenerator<Item, void, void> {
  const { timeOf } = options;
  const lookAhead = Math.max(1, options.lookAhead ?? 100);
  const iterators = streams.map((stream) =>
    Symbol.asyncIterator in stream ? stream[Symbol.asyncIterator]() : stream[Symbol.iterator](),
  );
  const lanes = iterators.map((): Lane<Item> => ({ waiting: [], time: undefined, ended: false }));
  const pull = async (at: number): Promise<Item | undefined> => {
    const lane = lanes[at];
    const iterator = iterators[at];
    if (lane === undefined || iterator === undefined || lane.ended) return undefined;
    const { done, value } = await iterator.next();
    if (done === true) {
      lane.ended = true;
      return undefined;
    }
    lane.waiting.push(value);
    return value;
  };
  try {
    // A stream's first lines may have no time: they go with the first that has one.
    await Promise.all(
      lanes.map(async (lane, at) => {
        while (lane.time === undefined && !lane.ended && lane.waiting.length < lookAhead) {
          const item = await pull(at);
          if (item !== undefined) lane.time = timeOf(item);
        }
      }),
    );
    for (let at = earliest(lanes); at !== undefined; at = earliest(lanes)) {
      const lane = lanes[at];
      if (lane === undefined) return;
      const [item] = lane.waiting.splice(0, 1);
      yield item as Item;
      // What has no later time of its own follows at once.
      for (;;) {
        const next = lane.waiting.length > 0 ? lane.waiting[0] : await pull(at);
        if (lane.waiting.length === 0) break;
        const time = timeOf(next as Item);
        if (time !== undefined && !(time <= (lane.time ?? -Infinity))) {
          lane.time = time;
          break;
        }
        lane.waiting.splice(0, 1);
        yield next as Item;
      }
    }
  } finally {
    await Promise.allSettled(
      iterators.map(async (iterator, at) => (lanes[at]?.ended === true ? undefined : iterator.return?.())),
    );
  }
}

/** The lane whose first item comes next; what has no time comes first. */
function earliest<Item>(lanes: readonly Lane<Item>[]): number | undefined {
  let best: number | undefined;
  let least = Infinity;
  for (const [at, lane] of lanes.entries()) {
    if (lane.waiting.length === 0) continue;
    const time = lane.time ?? -Infinity;
    if (best !== undefined && !(time < least)) continue;
    best = at;
    least = time;
  }
  return best;
}
