/** Code points from the first to the second, both included. */
export type Range = readonly [number, number];

/** A set of characters. */
export interface CharSet {
  /** In ascending order, without overlaps. */
  readonly ranges: readonly Range[];
  /** Unicode properties such as `L`, `Lu` or `Greek`. */
  readonly properties: readonly { readonly name: string; readonly negated: boolean }[];
  readonly negated: boolean;
}

/** The last code point. */
export const MAX_CODE = 0x10_ffff;

/** Any character: the line end is in no line. */
export const ANY: CharSet = { ranges: [[10, 10]], properties: [], negated: true };

/** The set of all characters in the ranges. */
export function setOfRanges(ranges: readonly Range[]): CharSet {
  return { ranges, properties: [], negated: false };
}

/** The characters of a set as ranges; undefined where they depend on the tables of Unicode. */
export function rangesOf({ ranges, properties, negated }: CharSet): readonly Range[] | undefined {
  if (properties.length > 0) return undefined;
  return negated ? complement(ranges) : ranges;
}

/** In order and without overlaps. */
export function union(ranges: readonly Range[]): Range[] {
  const result: [number, number][] = [];
  for (const [low, high] of ranges.toSorted((a, b) => a[0] - b[0])) {
    const last = result.at(-1);
    if (last !== undefined && low <= last[1] + 1) last[1] = Math.max(last[1], high);
    else result.push([low, high]);
  }
  return result;
}

/** All code points that are in none of the ranges. */
export function complement(ranges: readonly Range[]): Range[] {
  const result: Range[] = [];
  let from = 0;
  for (const [low, high] of union(ranges)) {
    if (low > from) result.push([from, low - 1]);
    from = high + 1;
  }
  if (from <= MAX_CODE) result.push([from, MAX_CODE]);
  return result;
}

/** Whether surely no character is in both. */
export function disjoint(a: CharSet | undefined, b: CharSet | undefined, ignoreCase: boolean): boolean {
  const one = a && rangesOf(a);
  const other = b && rangesOf(b);
  if (one === undefined || other === undefined) return false;
  const [left, right] = ignoreCase ? [fold(one), fold(other)] : [one, other];
  return left.every(([low, high]) => right.every(([from, to]) => high < from || to < low));
}

/** Whether surely every character of the set is in one of the ranges. */
export function within(set: CharSet, ranges: readonly Range[], ignoreCase: boolean): boolean {
  return disjoint(set, { ranges, properties: [], negated: true }, ignoreCase);
}

/** At least all that equals one of the ranges but for the case: beyond ASCII, everything. */
function fold(ranges: readonly Range[]): Range[] {
  const result: Range[] = [...ranges];
  for (const [low, high] of ranges) {
    for (let code = Math.max(low, 65); code <= Math.min(high, 122); code++) {
      const other = code ^ 32;
      if ((other >= 65 && other <= 90) || (other >= 97 && other <= 122)) result.push([other, other]);
      if (code === 107 || code === 75) result.push([0x212a, 0x212a]);
      if (code === 115 || code === 83) result.push([0x17f, 0x17f]);
    }
    if (high > 127) result.push([75, 75], [83, 83], [107, 107], [115, 115], [128, MAX_CODE]);
  }
  return union(result);
}
