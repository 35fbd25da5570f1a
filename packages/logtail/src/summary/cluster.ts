import type { Tokens } from "./tokens.ts";

/** What can be grouped: equal `group` is a must. */
export interface Shape {
  readonly tokens: Tokens;
  /** Level and number of words and separators: only shapes with the same one can belong together. */
  readonly group: string;
  readonly count: number;
}

/** Shapes that belong to one template, and the template. */
export interface Cluster<Item extends Shape> {
  words: string[];
  readonly items: Item[];
}

/** So many shapes have to differ in a word before it is taken for a variable. */
const MIN_VALUES = 3;
/** A place with at most so many different words is a choice (opened, closed) when another place has many more. */
const MAX_CHOICES = 2;
/** A place with at most so many words (Started, Paused, Resumed), each in so many lines, is a choice too. */
const MAX_STATES = 5;
const MIN_STATE_LINES = 20;
/** The part of the constant words that may differ. */
const MAX_DIFFERING = 0.3;
/** So many clusters of a group are compared with a shape; further shapes stay alone. */
const MAX_CANDIDATES = 32;

/**
 * Groups shapes whose words differ only in places that vary, as Drain does, but all at once and in an order of its
 * own, so that the order in which they came does not matter. Shapes that differ in a choice of few words stay apart.
 */
export function clusterShapes<Item extends Shape>(shapes: Iterable<Item>): Cluster<Item>[] {
  const groups = new Map<string, Item[]>();
  for (const shape of shapes) {
    const group = groups.get(shape.group);
    if (group === undefined) groups.set(shape.group, [shape]);
    else group.push(shape);
  }
  const clusters: Cluster<Item>[] = [];
  for (const group of groups.values()) {
    if (group.length === 1) clusters.push(...group.map(alone));
    else for (const similar of bySimilarity(group)) clusters.push(...refine(similar));
  }
  return clusters;
}

function alone<Item extends Shape>(item: Item): Cluster<Item> {
  return { words: [...item.tokens.words], items: [item] };
}

function bySimilarity<Item extends Shape>(group: Item[]): Cluster<Item>[] {
  const sorted = group
    .map((item) => ({ item, text: item.tokens.words.join(" ") }))
    .toSorted((a, b) => b.item.count - a.item.count || (a.text < b.text ? -1 : a.text > b.text ? 1 : 0));
  const clusters: Cluster<Item>[] = [];
  for (const { item } of sorted) {
    let best: Cluster<Item> | undefined;
    let least = MAX_DIFFERING + 1e-9;
    for (let at = 0; at < clusters.length && at < MAX_CANDIDATES; at++) {
      const cluster = clusters[at];
      if (cluster === undefined) break;
      const part = differing(cluster.words, item.tokens.words);
      if (part >= least) continue;
      best = cluster;
      least = part;
    }
    if (best === undefined) clusters.push(alone(item));
    else {
      best.items.push(item);
      const { words } = best;
      for (const [at, word] of item.tokens.words.entries()) if (words[at] !== word) words[at] = "<*>";
    }
  }
  return clusters;
}

/** The part of the places with a constant where the two differ; 1 when no constant is equal. */
function differing(a: readonly string[], b: readonly string[]): number {
  let equal = 0;
  let different = 0;
  for (let at = 0; at < a.length; at++) {
    const one = a[at] ?? "";
    const other = b[at] ?? "";
    if (one === other) equal += isSlot(one) ? 0 : 1;
    else if (one !== "<*>" && (!isSlot(one) || !isSlot(other))) different += isSlot(one) || isSlot(other) ? 0.5 : 1;
  }
  if (different === 0) return 0;
  return equal === 0 ? 1 : different / (equal + different);
}

/** Splits what is similar by its choices, and takes apart what is too little to tell a variable. */
function refine<Item extends Shape>(cluster: Cluster<Item>): Cluster<Item>[] {
  const { items } = cluster;
  const first = items[0];
  if (first === undefined || items.length === 1) return [cluster];
  const values = first.tokens.words.map((_, at) => new Set(items.map((item) => item.tokens.words[at] ?? "")));
  const varying = values.map((set, at) => ({ at, set })).filter(({ set }) => set.size > 1);
  const most = Math.max(0, ...varying.map(({ set }) => set.size));
  const choice =
    varying.find(
      ({ at, set }) => set.size <= MAX_STATES && !hasSlot(set) && leastCount(items, at, set) >= MIN_STATE_LINES,
    ) ??
    varying.find(
      ({ set }) => set.size <= MAX_CHOICES && !hasSlot(set) && (most > MAX_CHOICES || items.length < MIN_VALUES),
    );
  if (choice !== undefined) {
    return [...choice.set]
      .toSorted()
      .flatMap((word) => refine({ words: [], items: items.filter((item) => item.tokens.words[choice.at] === word) }));
  }
  if (varying.length > 0 && items.length < MIN_VALUES && !varying.some(({ set }) => hasSlot(set)))
    return items.map(alone);
  const words = first.tokens.words.map((word, at) => (values[at]?.size === 1 ? word : common(values[at] ?? new Set())));
  return [{ words, items }];
}

/** The fewest lines that one of the words has at that place. */
function leastCount(items: readonly Shape[], at: number, words: ReadonlySet<string>): number {
  const counts = new Map<string, number>();
  for (const { tokens, count } of items) {
    const word = tokens.words[at] ?? "";
    counts.set(word, (counts.get(word) ?? 0) + count);
  }
  return Math.min(...[...words].map((word) => counts.get(word) ?? 0));
}

function hasSlot(set: ReadonlySet<string>): boolean {
  for (const word of set) if (isSlot(word)) return true;
  return false;
}

/** The words of a template that has both. */
export function joinWords(one: readonly string[], other: readonly string[]): readonly string[] {
  if (one.every((word, at) => word === other[at])) return one;
  return one.map((word, at) => (word === other[at] ? word : common(new Set([word, other[at] ?? ""]))));
}

/** The slot for words that differ: their common slot or beginning, else `<*>`. */
function common(words: ReadonlySet<string>): string {
  const slots = new Set([...words].map((word) => (word.endsWith(">") ? word.slice(word.lastIndexOf("<")) : "<*>")));
  const [slot] = slots;
  return slots.size === 1 && slot !== undefined ? slot : "<*>";
}

/** A word with something before its slot, such as `worker-<id>`, is a constant as others are. */
function isSlot(word: string): boolean {
  return word.charCodeAt(0) === 60 && word.charCodeAt(word.length - 1) === 62;
}
