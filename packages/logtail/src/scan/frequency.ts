/** The most frequent bytes of logs, the most frequent first; all others are rarer. */
const FREQUENT = Buffer.from(' 0123456789e.-:tnarosid/l\np[]cumhT="gZ,bfwyv_(){}INkFOERASDCxLPWMUGBHqjzKQ+YVX$');
const RANK = new Uint8Array(256);
for (const [index, byte] of FREQUENT.entries()) RANK[byte] = 255 - index;
/** Longer parts are looked for by another algorithm, which is slower on rare bytes. */
const MAX_PART = 7;
const MIN_PART = 3;

/** Places at which parts of a literal begin, those with the rarest first bytes first. */
export function quietPlaces(literal: Buffer): readonly number[] {
  const places = Array.from({ length: Math.max(1, literal.length - MIN_PART + 1) }, (_, at) => at);
  const rank = (at: number): number => RANK[literal[at] ?? 0] ?? 0;
  return places.toSorted((a, b) => rank(a) - rank(b));
}

/** The part of a literal that begins at a place. */
export function partAt(literal: Buffer, place: number, length = MAX_PART): Buffer {
  return literal.subarray(place, place + length);
}
